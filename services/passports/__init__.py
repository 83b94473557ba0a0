"""Ordinary passports of the Immigration Department, simulated."""

from pydantic import Field

from ndxp.agency.hosting import Composition, Foundation
from ndxp.agency.settings import AgencySettings
from ndxp.agency.verification import Verification
from ndxp.passports.v1.passports_pb2_grpc import add_PassportServiceServicer_to_server
from services.passports.records import Department
from services.passports.rules import Course, Progress
from services.passports.service import PassportService


class PassportSettings(AgencySettings):
    """What the passport agency reads besides: how applications move on."""

    passports_progress: Progress = Progress.TIME
    """``immediate``: posted at once; ``time``: a state a day, by the clock here; ``hand``: by AdvanceApplication."""
    passports_step_seconds: float = Field(default=86_400.0, gt=0)
    """Seconds that an application stays in a state when it moves by time."""


def build(foundation: Foundation[PassportSettings]) -> PassportService:
    """What answers the calls."""
    settings = foundation.settings
    course = Course(settings.passports_progress, settings.passports_step_seconds)
    department, verification = Department(foundation.world), Verification(foundation.onward())
    return PassportService(foundation.database, department, verification, course, foundation.clock)


AGENCY = Composition(build, [add_PassportServiceServicer_to_server], PassportSettings)
