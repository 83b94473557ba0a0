"""Puts the population agency together: ``python -m services.population``."""

import sys

from ndxp.agency.hosting import Agency, Composition, database_of, host
from ndxp.agency.server import AgencyServer
from ndxp.agency.settings import AgencySettings
from ndxp.population.v1.population_pb2_grpc import add_PopulationServiceServicer_to_server
from ndxp.world import World
from services.population import ADDRESS, CONTRACT, NAME, SUBSYSTEM
from services.population.records import Registry
from services.population.service import PopulationService


def compose(settings: AgencySettings, world: World) -> Agency:
    """The agency over a world, not started yet."""
    database = database_of(settings, NAME)
    service = PopulationService(database, Registry(world))
    server = AgencyServer(SUBSYSTEM, settings.credentials, database, settings.tls_folder)
    server.add(CONTRACT, service, add_PopulationServiceServicer_to_server)
    address = settings.addresses.get(SUBSYSTEM, ADDRESS)
    return Agency(NAME, SUBSYSTEM, CONTRACT, address, server, database, ending=[service.end_watching])


AGENCY = Composition(AgencySettings, compose)

if __name__ == "__main__":
    sys.exit(host([AGENCY]))
