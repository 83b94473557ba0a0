"""The ids and tokens of residence."""

from typing import TYPE_CHECKING

from ndxp.residence.v1 import residence_pb2 as pb
from ndxp.world import World
from tests.support.objects import OBJECT, Kind, call

if TYPE_CHECKING:
    from tests.services.conftest import Town

RULES = {
    "ndxp.residence.v1.ResidenceService/GetStay": {"stay_id": OBJECT},
    "ndxp.residence.v1.ResidenceService/WithdrawStay": {"stay_id": OBJECT},
}
AGENCIES = (
    "population",
    "residence",
)


async def notified(town: "Town", world: World) -> pb.Stay:
    guest = world.persona("migrant").citizen
    notice = pb.StayNotice(
        full_name=guest.full_name, identity_number=guest.number, reason="du lịch",
        address=pb.Address(province="001", ward="Phường Hàng Bạc", detail="1 Hàng Bạc"),
    )  # fmt: skip
    stay: pb.Stay = (await call(town, "ndxp.residence.v1.ResidenceService/NotifyStay", notice=notice)).stay
    return stay


KINDS = {
    "ndxp.residence.v1.ResidenceService/stay_id": Kind(
        "VN/GOV/G01/residence", "VN/GOV/G01/lgsp", notified, "GetStay", "stay_id"
    ),
}
