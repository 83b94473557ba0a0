"""The national population database of the Ministry of Public Security, simulated."""

NAME = "population"
SUBSYSTEM = "VN/GOV/G01/population"
ADDRESS = "127.0.0.1:50061"
CONTRACT = "ndxp.population.v1.PopulationService"
