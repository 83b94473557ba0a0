"""The ids of social security."""

from typing import TYPE_CHECKING

from ndxp.social_security.v1 import social_security_pb2 as pb
from ndxp.world import World
from tests.support.objects import OBJECT, Kind, call, stated

if TYPE_CHECKING:
    from tests.services.conftest import Town

CONTRACT = "ndxp.social_security.v1.SocialSecurityService"
RULES = {
    f"{CONTRACT}/GetClaim": {"code": OBJECT},
    f"{CONTRACT}/SupplementClaim": {"code": OBJECT},
    f"{CONTRACT}/WithdrawClaim": {"code": OBJECT},
}
NOT_NOW = {f"{CONTRACT}/SupplementClaim": "NO_SUPPLEMENT_WANTED"}
AGENCIES = ("population", "social_security")


async def claimed(town: "Town", world: World) -> pb.Claim:
    answer = await call(
        town, f"{CONTRACT}/ClaimDeathBenefits", dossier_code="1", funeral=True,
        deceased=stated(world, "traveller"), survivor=stated(world, "migrant"),
    )  # fmt: skip
    claim: pb.Claim = answer.claim
    return claim


KINDS = {f"{CONTRACT}/code": Kind("VN/GOV/G24/social-security", "VN/GOV/G24/lgsp", claimed, "GetClaim", "code")}
