"""Sample calls to the registration of candidates."""

from typing import Any

from google.protobuf.message import Message

from ndxp.education.v1 import education_pb2 as pb
from ndxp.samples.sample import Sample, Turn, holder, true_claim
from ndxp.world.registers.candidates import Candidates

_METHODS = pb.DESCRIPTOR.services_by_name["EducationService"].methods_by_name
_UNIVERSITIES = ("BKA", "QHI", "KHA", "NTH", "YHB", "QSB", "TCT", "DHY")
_PROGRAMMES = ("7480101", "7340101", "7720101", "7220201", "7510205")
_WISHES = 5


def _get_season(_: Turn) -> list[Message]:
    return [pb.GetSeasonRequest()]


def _register(turn: Turn) -> list[Message]:
    """Every fourth pupil takes the examination only, and every tenth types another ethnicity."""
    pupil, _ = holder(turn, Candidates)
    claim = true_claim(pupil, turn.number)
    request = pb.RegisterCandidateRequest(
        citizen_number=claim["citizen_number"], full_name=claim["full_name"], birth_date=claim["birth_date"],
        telephone="0900000000",
    )  # fmt: skip
    if turn.number % 10 == 0:
        request.ethnicity = "Khác"
    if turn.number % 4:
        for place in range(turn.number, turn.number + _WISHES):
            request.wishes.add(
                university_code=_UNIVERSITIES[place % len(_UNIVERSITIES)],
                programme_code=_PROGRAMMES[place % len(_PROGRAMMES)],
            )
    return [request]


def _is_registered(answer: Any) -> bool:
    return bool(answer.registration.state == pb.REGISTRATION_STATE_REGISTERED)


SAMPLES = (
    Sample(name="get-season", method=_METHODS["GetSeason"], make=_get_season),
    Sample(
        name="register-candidate", method=_METHODS["RegisterCandidate"], make=_register, yes=_is_registered,
        expected=True,
    ),
)  # fmt: skip
