"""The ids and tokens of the wallet."""

from typing import TYPE_CHECKING, Any

from ndxp.wallet.v1 import wallet_pb2 as pb
from ndxp.world import World
from ndxp.world.registers.wallet_accounts import WalletAccounts
from tests.support.objects import ADDRESSED, OBJECT, PLACE, Kind, call

if TYPE_CHECKING:
    from tests.services.conftest import Town

RULES = {
    "ndxp.wallet.v1.WalletService/GetReport": {"report_id": OBJECT},
    "ndxp.wallet.v1.WalletService/ListReports": {"page_token": PLACE},
    "ndxp.wallet.v1.WalletService/AnswerReport": {"report_id": ADDRESSED},
}
AGENCIES = ("wallet",)


async def reported(town: "Town", world: World) -> pb.Report:
    """A report of an offence in Hà Nội, which is MEMBER's province."""
    holder = next(
        citizen for citizen in world.sample(50, alive=True) if world.identifier(WalletAccounts, citizen.number)
    )
    place = pb.Place(province="001", ward="Phường Hàng Bạc", detail="1 Hàng Bạc")
    answer = await call(
        town, "ndxp.wallet.v1.WalletService/ReportOffence", citizen_number=holder.number,
        full_name=holder.full_name, birth_date=str(holder.birth_date), text="Đổ rác xuống sông", place=place,
    )  # fmt: skip
    report: pb.Report = answer.report
    return report


async def of_reports(town: "Town", world: World) -> tuple[dict[str, Any], str]:
    for _ in range(2):
        await reported(town, world)
    listing = await call(town, "ndxp.wallet.v1.WalletService/ListReports", page_size=1)
    return {"page_size": 1}, listing.next_page_token


KINDS = {
    "ndxp.wallet.v1.WalletService/report_id": Kind(
        "VN/GOV/G01/wallet", "VN/GOV/G01/lgsp", reported, "GetReport", "report_id"
    ),
}

LISTS = {"ndxp.wallet.v1.WalletService/ListReports": of_reports}
