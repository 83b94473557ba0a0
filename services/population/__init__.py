"""The national population database of the Ministry of Public Security, simulated."""

from ndxp.agency.hosting import Composition, Foundation
from ndxp.agency.settings import AgencySettings
from ndxp.population.v1.population_pb2_grpc import add_PopulationServiceServicer_to_server
from services.population.records import Registry
from services.population.service import PopulationService


def build(foundation: Foundation[AgencySettings]) -> PopulationService:
    """What answers the calls."""
    service = PopulationService(foundation.database, Registry(foundation.world), foundation.clock)
    foundation.ending.append(service.end_watching)
    return service


AGENCY = Composition(build, [add_PopulationServiceServicer_to_server], AgencySettings)
