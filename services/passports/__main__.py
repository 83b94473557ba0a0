"""Puts the passport agency together: ``python -m services.passports``."""

import sys

from pydantic import Field

from ndxp.agency.hosting import Agency, Composition, database_of, host
from ndxp.agency.server import AgencyServer
from ndxp.agency.settings import AgencySettings
from ndxp.passports.v1.passports_pb2_grpc import add_PassportServiceServicer_to_server
from ndxp.world import World
from services.passports import ADDRESS, CONTRACT, NAME, SUBSYSTEM
from services.passports.records import Department
from services.passports.rules import Course, Progress
from services.passports.service import PassportService
from services.verification import verification_of


class PassportSettings(AgencySettings):
    """What the passport agency reads besides: how applications move on."""

    passports_progress: Progress = Progress.TIME
    """``immediate``: posted at once; ``time``: a state every few seconds; ``hand``: by AdvanceApplication."""
    passports_step_seconds: float = Field(default=5.0, gt=0)
    """Seconds that an application stays in a state when it moves by time."""


def compose(settings: PassportSettings, world: World) -> Agency:
    """The agency over a world, not started yet."""
    database = database_of(settings, NAME)
    verification = verification_of(settings, SUBSYSTEM)
    course = Course(settings.passports_progress, settings.passports_step_seconds)
    service = PassportService(database, Department(world), verification, course)
    server = AgencyServer(SUBSYSTEM, settings.credentials, database, settings.tls_folder)
    server.add(CONTRACT, service, add_PassportServiceServicer_to_server)
    address = settings.addresses.get(SUBSYSTEM, ADDRESS)
    return Agency(NAME, SUBSYSTEM, CONTRACT, address, server, database, closing=[verification.close])


AGENCY = Composition(PassportSettings, compose)

if __name__ == "__main__":
    sys.exit(host([AGENCY]))
