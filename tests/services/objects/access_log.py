"""The ids and tokens of access log."""

from typing import TYPE_CHECKING, Any

from ndxp.world import World
from tests.services.objects.passports import submitted
from tests.support.objects import PLACE, call

if TYPE_CHECKING:
    from tests.services.conftest import Town

RULES = {
    "ndxp.access_log.v1.AccessLogService/ListAccesses": {"page_token": PLACE},
}
AGENCIES = (
    "population",
    "passports",
)


async def of_accesses(town: "Town", world: World) -> tuple[dict[str, Any], str]:
    await submitted(town, world)
    await submitted(town, world)
    fields: dict[str, Any] = {"service": "VN/GOV/G01/passports", "page_size": 1}
    return fields, (await call(town, "ndxp.access_log.v1.AccessLogService/ListAccesses", **fields)).next_page_token


LISTS = {"ndxp.access_log.v1.AccessLogService/ListAccesses": of_accesses}
