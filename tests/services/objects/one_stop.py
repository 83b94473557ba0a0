"""The tokens of the one-stop systems. Their codes are counted, as the real ones: test_one_stop.py has who sees what."""

from typing import TYPE_CHECKING, Any

from ndxp.world import World
from tests.support.objects import MEMBER, PLACE, call, stated

if TYPE_CHECKING:
    from tests.services.conftest import Town

CONTRACT = "ndxp.one_stop.v1.OneStopService"
RULES = {f"{CONTRACT}/ListDossiers": {"page_token": PLACE}}
AGENCIES = ("population", "one_stop")


async def of_dossiers(town: "Town", world: World) -> tuple[dict[str, Any], str]:
    applicant = stated(world, "traveller")
    for _ in range(2):
        await call(
            town, f"{CONTRACT}/ReceiveDossier", service=MEMBER, procedure_code="1", general={"subject": "a permit"},
            applicant=applicant,
        )  # fmt: skip
    fields: dict[str, Any] = {"service": MEMBER, "citizen_number": applicant["citizen_number"], "page_size": 1}
    return fields, (await call(town, f"{CONTRACT}/ListDossiers", **fields)).next_page_token


LISTS = {f"{CONTRACT}/ListDossiers": of_dossiers}
