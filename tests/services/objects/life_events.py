"""The ids and tokens of the linked life events."""

import asyncio
from typing import TYPE_CHECKING, Any

import grpc

from ndxp.life_events.v1 import life_events_pb2 as pb
from ndxp.world import World
from tests.support.fakes import PATIENCE
from tests.support.objects import MARK, OBJECT, PLACE, Kind, call, stated

if TYPE_CHECKING:
    from tests.services.conftest import Town

REPORTED = "of a dossier that the calling province works on; for everybody else the step is invalid"

CONTRACT = "ndxp.life_events.v1.LifeEventService"
RULES = {
    f"{CONTRACT}/GetDossier": {"code": OBJECT},
    f"{CONTRACT}/SupplementDossier": {"code": OBJECT},
    f"{CONTRACT}/WithdrawDossier": {"code": OBJECT},
    f"{CONTRACT}/ListNewDossiers": {"page_token": PLACE},
    f"{CONTRACT}/ReportSteps": {
        "steps.code": REPORTED, "steps.one_stop_code": REPORTED, "steps.step.code": MARK,
        "steps.step.transaction_id": MARK,
    },
}  # fmt: skip
NOT_NOW = {f"{CONTRACT}/SupplementDossier": "NO_SUPPLEMENT_WANTED"}
AGENCIES = ("population", "life_events", "one_stop")


async def filed(town: "Town", world: World) -> pb.Dossier:
    """The dossier of a birth."""
    mother = stated(world, "newborn-mother")
    born = {"surname": "Trần", "given_name": "An", "sex": 1, "birth_date": "2023-06-30", "mother": mother}
    answer = await call(town, f"{CONTRACT}/SubmitBirth", province="VN/GOV/H26", applicant=mother, birth=born)
    dossier: pb.Dossier = answer.dossier
    return dossier


async def received(town: "Town", world: World) -> pb.Dossier:
    """A dossier that its province has received: nothing happens to it in the next minutes."""
    dossier = await filed(town, world)
    async with asyncio.timeout(PATIENCE):
        while not dossier.one_stop_code:
            await asyncio.sleep(0.01)
            dossier = (await call(town, f"{CONTRACT}/GetDossier", code=dossier.code)).dossier
    return dossier


async def of_new_dossiers(town: "Town", world: World) -> tuple[dict[str, Any], str]:
    """While no province can be reached."""

    async def down(context: Any) -> None:
        await context.abort(grpc.StatusCode.UNAVAILABLE, "down")

    town.gateway.failing["ReceiveDossier"] = down
    for _ in range(2):
        await filed(town, world)
    fields: dict[str, Any] = {"page_size": 1}
    return fields, (await call(town, f"{CONTRACT}/ListNewDossiers", **fields)).next_page_token


KINDS = {f"{CONTRACT}/code": Kind("VN/GOV/G22/life-events", "VN/GOV/G22/lgsp", received, "GetDossier", "code")}
LISTS = {f"{CONTRACT}/ListNewDossiers": of_new_dossiers}
