"""The ids and tokens of education."""

from typing import TYPE_CHECKING

from ndxp.education.v1 import education_pb2 as pb
from ndxp.world import World
from ndxp.world.registers.candidates import Candidates
from tests.support.objects import OBJECT, Kind, call

if TYPE_CHECKING:
    from tests.services.conftest import Town

RULES = {
    "ndxp.education.v1.EducationService/GetRegistration": {"registration_id": OBJECT},
    "ndxp.education.v1.EducationService/ChangeWishes": {"registration_id": OBJECT},
    "ndxp.education.v1.EducationService/WithdrawRegistration": {"registration_id": OBJECT},
}
AGENCIES = (
    "population",
    "education",
)


async def registered(town: "Town", world: World) -> pb.Registration:
    pupil = next(citizen for citizen in world.sample(5000, seed=1) if world.identifier(Candidates, citizen.number))
    answer = await call(
        town, "ndxp.education.v1.EducationService/RegisterCandidate", citizen_number=pupil.number,
        full_name=pupil.full_name, birth_date=str(pupil.birth_date),
    )  # fmt: skip
    registration: pb.Registration = answer.registration
    return registration


KINDS = {
    "ndxp.education.v1.EducationService/registration_id": Kind(
        "VN/GOV/G03/education", "VN/GOV/G03/lgsp", registered, "GetRegistration", "registration_id"
    ),
}
