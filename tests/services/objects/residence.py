"""The ids of residence."""

from typing import TYPE_CHECKING

from ndxp.residence.v1 import residence_pb2 as pb
from ndxp.world import World
from tests.support.objects import OBJECT, Kind, call, stated

if TYPE_CHECKING:
    from tests.services.conftest import Town

CONTRACT = "ndxp.residence.v1.ResidenceService"
RULES = {
    f"{CONTRACT}/GetFiling": {"code": OBJECT},
    f"{CONTRACT}/GetStay": {"stay_id": OBJECT},
    f"{CONTRACT}/WithdrawStay": {"stay_id": OBJECT},
}
AGENCIES = ("population", "residence")


async def filed(town: "Town", world: World) -> pb.Filing:
    answer = await call(
        town, f"{CONTRACT}/RegisterResidence", dossier_code="1", kind=pb.RESIDENCE_KIND_TEMPORARY,
        household_member=world.persona("traveller").citizen.number, **stated(world, "migrant"),
    )  # fmt: skip
    filing: pb.Filing = answer.filing
    return filing


async def notified(town: "Town", world: World) -> pb.Stay:
    guest = world.persona("migrant").citizen
    notice = pb.StayNotice(
        full_name=guest.full_name, identity_number=guest.number, reason="du lịch",
        address=pb.Address(province="001", ward="Phường Hàng Bạc", detail="1 Hàng Bạc"),
    )  # fmt: skip
    stay: pb.Stay = (await call(town, f"{CONTRACT}/NotifyStay", notice=notice)).stay
    return stay


KINDS = {
    f"{CONTRACT}/code": Kind("VN/GOV/G01/residence", "VN/GOV/G01/lgsp", filed, "GetFiling", "code"),
    f"{CONTRACT}/stay_id": Kind("VN/GOV/G01/residence", "VN/GOV/G01/lgsp", notified, "GetStay", "stay_id"),
}
