"""Puts the health-insurance agency together: ``python -m services.health_insurance``."""

import sys

from ndxp.agency.hosting import Agency, Composition, database_of, host
from ndxp.agency.server import AgencyServer
from ndxp.agency.settings import AgencySettings
from ndxp.health_insurance.v1.health_insurance_pb2_grpc import add_HealthInsuranceServiceServicer_to_server
from ndxp.world import World
from services.health_insurance import ADDRESS, CONTRACT, NAME, SUBSYSTEM
from services.health_insurance.records import Insurer
from services.health_insurance.service import HealthInsuranceService
from services.verification import verification_of


def compose(settings: AgencySettings, world: World) -> Agency:
    """The agency over a world, not started yet."""
    database = database_of(settings, NAME)
    verification = verification_of(settings, SUBSYSTEM)
    service = HealthInsuranceService(database, Insurer(world), verification)
    server = AgencyServer(SUBSYSTEM, settings.credentials, database, settings.tls_folder)
    server.add(CONTRACT, service, add_HealthInsuranceServiceServicer_to_server)
    address = settings.addresses.get(SUBSYSTEM, ADDRESS)
    return Agency(NAME, SUBSYSTEM, CONTRACT, address, server, database, closing=[verification.close])


AGENCY = Composition(AgencySettings, compose)

if __name__ == "__main__":
    sys.exit(host([AGENCY]))
