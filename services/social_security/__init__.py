"""Social insurance of Vietnam Social Security, simulated."""

from pydantic import Field

from ndxp.agency.hosting import Composition, Foundation
from ndxp.agency.settings import AgencySettings
from ndxp.agency.verification import Verification
from ndxp.social_security.v1.social_security_pb2_grpc import add_SocialSecurityServiceServicer_to_server
from services.social_security.decisions import Decisions
from services.social_security.records import Fund
from services.social_security.service import SocialSecurityService


class SocialSecuritySettings(AgencySettings):
    """What social security reads besides: how long it takes."""

    social_security_hours: float = Field(default=40.0, ge=0, le=1000)
    """Working hours after which a claim is decided; at the latest when it is due."""


def build(foundation: Foundation[SocialSecuritySettings]) -> SocialSecurityService:
    """What answers the calls."""
    fund, database, clock = Fund(foundation.world), foundation.database, foundation.clock
    verification = Verification(foundation.onward())
    decisions = Decisions(foundation.part.subsystems[0], database, fund, verification, clock)
    foundation.works(decisions.handlers())
    return SocialSecurityService(database, fund, verification, clock, foundation.settings.social_security_hours)


AGENCY = Composition(build, [add_SocialSecurityServiceServicer_to_server], SocialSecuritySettings)
