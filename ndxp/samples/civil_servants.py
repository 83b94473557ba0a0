"""Sample calls to the database of civil servants, by the bodies that synchronise them."""

from typing import Any

from google.protobuf.message import Message

from ndxp.civil_servants.v1 import civil_servants_pb2 as pb
from ndxp.identifiers import member_code
from ndxp.samples.sample import Sample, Turn
from ndxp.world.registers.civil_servants import CivilServants

BATCH = 10
"""Profiles in one stream."""

_METHODS = pb.DESCRIPTOR.services_by_name["CivilServantService"].methods_by_name


def _synchronise(turn: Turn) -> list[Message]:
    """Civil servants of the calling body, from the first on, as the population database has them."""
    code = member_code(turn.client)
    body = turn.world.registers[CivilServants].bodies[code]
    serials = (serial % body.staff for serial in range(turn.number * BATCH, (turn.number + 1) * BATCH))
    return [_request(turn, f"{code}-{serial:07d}") for serial in serials]


def _differing(turn: Turn) -> list[Message]:
    """The same, with names that the population database does not have."""
    requests: list[Any] = _synchronise(turn)
    for request in requests:
        request.profile.full_name += "h"
    return requests


def _request(turn: Turn, number: str) -> Message:
    holder = turn.world.resolve(CivilServants, number) or ""
    servant, citizen = turn.world.entry(CivilServants, holder), turn.world.citizen(holder)
    if servant is None or citizen is None:
        raise ValueError(f"the nation has no civil servant {number}")
    profile = pb.Profile(
        citizen_number=holder, full_name=citizen.full_name, birth_date=citizen.birth_date.isoformat(),
        position=servant.position, grade=servant.grade, entry_date=servant.entered.isoformat(), state=pb.STATE_WORKING,
    )  # fmt: skip
    return pb.SynchroniseProfilesRequest(profile=profile)


def _get_body(_: Turn) -> list[Message]:
    return [pb.GetBodyRequest()]


def _all_taken(answers: Any) -> bool:
    taken = (pb.RESULT_STORED, pb.RESULT_UNCHANGED)
    return len(answers) == BATCH and all(answer.result in taken for answer in answers)


SAMPLES = (
    Sample(
        name="synchronise-profiles", method=_METHODS["SynchroniseProfiles"], make=_synchronise, yes=_all_taken,
        expected=True,
    ),
    Sample(
        name="synchronise-differing", method=_METHODS["SynchroniseProfiles"], make=_differing, yes=_all_taken,
        expected=False,
    ),
    Sample(name="get-body", method=_METHODS["GetBody"], make=_get_body),
)  # fmt: skip
