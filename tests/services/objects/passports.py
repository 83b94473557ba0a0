"""The ids and tokens of passports."""

from typing import TYPE_CHECKING, Any

from ndxp.passports.v1 import passports_pb2 as pb
from ndxp.world import World
from tests.support.agencies import passports
from tests.support.objects import OBJECT, PLACE, Kind, call

if TYPE_CHECKING:
    from tests.services.conftest import Town

RULES = {
    "ndxp.passports.v1.PassportService/GetApplication": {"application_id": OBJECT},
    "ndxp.passports.v1.PassportService/ListApplications": {"page_token": PLACE},
    "ndxp.passports.v1.PassportService/WithdrawApplication": {"application_id": OBJECT},
    "ndxp.passports.v1.PassportService/AdvanceApplication": {"application_id": OBJECT},
}
AGENCIES = (
    "population",
    "passports",
)


async def submitted(town: "Town", world: World) -> pb.Application:
    citizen = world.persona("migrant").citizen
    answer = await call(
        town, "ndxp.passports.v1.PassportService/SubmitApplication", citizen_number=citizen.number,
        full_name=citizen.full_name, birth_date=str(citizen.birth_date), delivery_address="1 Hàng Bạc, Hà Nội",
    )  # fmt: skip
    application: pb.Application = answer.application
    return application


async def of_applications(town: "Town", world: World) -> tuple[dict[str, Any], str]:
    number = [await submitted(town, world), await submitted(town, world)][0].citizen_number
    fields: dict[str, Any] = {"citizen_number": number, "page_size": 1}
    return fields, (await call(town, "ndxp.passports.v1.PassportService/ListApplications", **fields)).next_page_token


KINDS = {
    "ndxp.passports.v1.PassportService/application_id": Kind(
        passports.subsystem, "VN/GOV/G01/lgsp", submitted, "GetApplication", "application_id"
    ),
}

LISTS = {"ndxp.passports.v1.PassportService/ListApplications": of_applications}
