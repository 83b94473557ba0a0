"""The ids and tokens of population."""

from typing import TYPE_CHECKING, Any

from ndxp.population.v1 import population_pb2 as pb
from ndxp.world import World
from tests.support.objects import MARK, PLACE, call

if TYPE_CHECKING:
    from tests.services.conftest import Town

RULES = {
    "ndxp.population.v1.PopulationService/BatchVerifyCitizens": {"item_id": MARK},
    "ndxp.population.v1.PopulationService/WatchChanges": {"cursor": PLACE},
}
AGENCIES = ("population",)


async def of_changes(town: "Town", world: World) -> tuple[dict[str, Any], str]:
    service, address = "ndxp.population.v1.PopulationService", pb.Address(province="001", ward="W", detail="1")
    number = world.persona("traveller").citizen.number
    for _ in range(2):
        await call(town, f"{service}/ChangeAddress", citizen_number=number, current_address=address)
    return {"stop_at_end": True}, (await call(town, f"{service}/WatchChanges", stop_at_end=True)).cursor


LISTS = {"ndxp.population.v1.PopulationService/WatchChanges": of_changes}
