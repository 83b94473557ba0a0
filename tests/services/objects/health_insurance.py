"""The ids and tokens of health insurance."""

from typing import TYPE_CHECKING, Any

from ndxp.world import World
from tests.support.objects import PLACE, call

if TYPE_CHECKING:
    from tests.services.conftest import Town

RULES = {
    "ndxp.health_insurance.v1.HealthInsuranceService/ListVisits": {"page_token": PLACE},
}
AGENCIES = ("health_insurance",)


async def of_visits(town: "Town", world: World) -> tuple[dict[str, Any], str]:
    number = world.persona("traveller").citizen.number
    service = "ndxp.health_insurance.v1.HealthInsuranceService"
    for _ in range(2):
        await call(town, f"{service}/RecordVisit", citizen_number=number, facility="01001", purpose="check")
    fields: dict[str, Any] = {"citizen_number": number, "page_size": 1}
    return fields, (await call(town, f"{service}/ListVisits", **fields)).next_page_token


LISTS = {"ndxp.health_insurance.v1.HealthInsuranceService/ListVisits": of_visits}
