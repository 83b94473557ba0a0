"""Health insurance of Vietnam Social Security, simulated."""

NAME = "health_insurance"
SUBSYSTEM = "VN/GOV/G24/health-insurance"
ADDRESS = "127.0.0.1:50062"
CONTRACT = "ndxp.health_insurance.v1.HealthInsuranceService"
