"""The residence register of the Ministry of Public Security, simulated."""

from pydantic import Field

from ndxp.agency.hosting import Composition, Foundation
from ndxp.agency.settings import AgencySettings
from ndxp.agency.verification import Verification
from ndxp.residence.v1.residence_pb2_grpc import add_ResidenceServiceServicer_to_server
from services.residence.records import Register
from services.residence.service import DECISION, ResidenceService


class ResidenceSettings(AgencySettings):
    """What the residence agency reads besides: how long it takes to decide."""

    residence_hours: float = Field(default=12.0, ge=0, le=16)
    """Working hours until a registration or a removal is decided; within the 2 working days of the law."""


def build(foundation: Foundation[ResidenceSettings]) -> ResidenceService:
    """What answers the calls, and decides what was filed."""
    service = ResidenceService(
        foundation.database, Register(foundation.world), Verification(foundation.onward()), foundation.clock,
        hours=foundation.settings.residence_hours, subsystem=foundation.part.subsystems[0],
    )  # fmt: skip
    foundation.works({DECISION: service.decide})
    return service


AGENCY = Composition(build, [add_ResidenceServiceServicer_to_server], ResidenceSettings)
