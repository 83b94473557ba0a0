"""The land registry of the Ministry of Natural Resources and Environment, simulated."""

from pydantic import Field

from ndxp.agency.hosting import Composition, Foundation
from ndxp.agency.settings import AgencySettings
from ndxp.agency.verification import Verification
from ndxp.land.v1.land_pb2_grpc import add_LandServiceServicer_to_server
from services.land.records import LandRegistry
from services.land.service import LandService
from services.land.work import Pace, Work


class LandSettings(AgencySettings):
    """What the land registry reads besides: how long it takes, and how often it asks; by the nation's clock."""

    land_check_hours: float = Field(default=4.0, ge=0)
    """Working hours that the land registry takes to check certificate and owner (chosen by this project)."""
    land_registration_hours: float = Field(default=8.0, ge=0)
    """Working hours that the land registry takes to register the new owner (chosen by this project)."""
    land_query_minutes: float = Field(default=30.0, gt=0)
    """Minutes between two queries of a tax notice, or of what is owed for it; payments are checked twice an hour."""


def build(foundation: Foundation[LandSettings]) -> LandService:
    """What answers the calls."""
    registry, settings, onward = LandRegistry(foundation.world), foundation.settings, foundation.onward()
    pace = Pace(settings.land_check_hours, settings.land_registration_hours, settings.land_query_minutes)
    work = Work(foundation.database, registry, onward, Verification(onward), foundation.clock, pace)
    foundation.works(work.handlers)
    return LandService(foundation.database, registry, work)


AGENCY = Composition(build, [add_LandServiceServicer_to_server], LandSettings)
