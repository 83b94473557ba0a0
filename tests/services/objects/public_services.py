"""The ids and tokens of public services."""

from typing import TYPE_CHECKING, Any

from ndxp.world import World
from tests.support.objects import PLACE, PUBLIC, SECRET, call

if TYPE_CHECKING:
    from tests.services.conftest import Town

RULES = {
    "ndxp.public_services.v1.PublicServiceService/ListProcedures": {"page_token": PUBLIC},
    "ndxp.public_services.v1.PublicServiceService/ListDossiers": {"page_token": PLACE},
    "ndxp.public_services.v1.PublicServiceService/ConfirmPayment": {"redirect_token": SECRET},
}
AGENCIES = ("public_services",)


async def of_dossiers(town: "Town", world: World) -> tuple[dict[str, Any], str]:
    service, number = "ndxp.public_services.v1.PublicServiceService", world.persona("traveller").citizen.number
    for serial in (1, 2):
        await call(
            town, f"{service}/SyncDossier", code=f"000.00.00.H26-230703-000{serial}", procedure_code="2.002621",
            citizen_number=number, state=2, received_at="20230703080000",
        )  # fmt: skip
    fields: dict[str, Any] = {"citizen_number": number, "page_size": 1}
    return fields, (await call(town, f"{service}/ListDossiers", **fields)).next_page_token


LISTS = {"ndxp.public_services.v1.PublicServiceService/ListDossiers": of_dossiers}
