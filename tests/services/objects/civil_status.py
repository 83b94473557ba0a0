"""The ids of civil status."""

from typing import TYPE_CHECKING

from ndxp.civil_status.v1 import civil_status_pb2 as pb
from ndxp.world import World
from tests.support.objects import OBJECT, Kind, call, stated

if TYPE_CHECKING:
    from tests.services.conftest import Town

CONTRACT = "ndxp.civil_status.v1.CivilStatusService"
RULES = {
    f"{CONTRACT}/GetAnswers": {"codes": OBJECT},
    f"{CONTRACT}/SupplementDossier": {"code": OBJECT},
}
NOT_NOW = {f"{CONTRACT}/SupplementDossier": "NO_SUPPLEMENT_WANTED"}
AGENCIES = ("population", "civil_status")


async def born(town: "Town", world: World) -> pb.Answer:
    filed = await call(
        town, f"{CONTRACT}/SubmitBirth", dossier_code="1", surname="Trần", given_name="An", sex=2,
        birth_date="2023-06-15", province="001", mother=stated(world, "newborn-mother"),
    )  # fmt: skip
    answer: pb.Answer = (await call(town, f"{CONTRACT}/GetAnswers", codes=[filed.code])).answers[0]
    return answer


KINDS = {f"{CONTRACT}/code": Kind("VN/GOV/G15/civil-status", "VN/GOV/G15/lgsp", born, "GetAnswers", "codes")}
