"""Sample calls to the linked life events, and the applications of which stories and drills are made."""

from typing import Any

from google.protobuf.message import Message

from ndxp.life_events.v1 import life_events_pb2 as pb
from ndxp.samples.sample import Sample, Turn, can_be_mother, true_claim
from ndxp.world import Citizen, World, province_by_code
from ndxp.world.registers.participation import Participation

METHODS = pb.DESCRIPTOR.services_by_name["LifeEventService"].methods_by_name

_MOST_TRIES = 10_000

ALL_OF_A_DEATH = (
    pb.PROCEDURE_DEATH_REGISTRATION, pb.PROCEDURE_RESIDENCE_REMOVAL, pb.PROCEDURE_FUNERAL_ALLOWANCE,
    pb.PROCEDURE_SURVIVORS_ALLOWANCE,
)  # fmt: skip


def birth_of(mother: Citizen, given_name: str = "An", *, request_id: str = "") -> pb.SubmitBirthRequest:
    """The application of a mother for her child, in the province where she lives."""
    return pb.SubmitBirthRequest(
        request_id=request_id, province=_province(mother), applicant=true_claim(mother),
        birth={
            "surname": mother.surname, "middle_name": "Minh", "given_name": given_name, "sex": 2,
            "birth_date": "2023-06-30", "mother": true_claim(mother),
        },
    )  # fmt: skip


def death_of(
    deceased: Citizen, survivor: Citizen, procedures: tuple[pb.Procedure, ...] = ALL_OF_A_DEATH, *, request_id: str = ""
) -> pb.SubmitDeathRequest:
    """The application of a survivor, in the province where the deceased lived."""
    return pb.SubmitDeathRequest(
        request_id=request_id, province=_province(deceased), applicant=true_claim(survivor), procedures=procedures,
        death={
            "deceased": true_claim(deceased), "death_date": "2023-07-01", "survivor": true_claim(survivor),
        },
    )  # fmt: skip


def pensioner(world: World, seed: int = 0) -> Citizen:
    """A living citizen with a pension, whose death gives allowances. Raises LookupError in a world too small."""
    for citizen in world.sample(_MOST_TRIES, seed, alive=True):
        entry = world.entry(Participation, citizen.number)
        if entry is not None and entry.pension:
            return citizen
    raise LookupError(f"nobody among {_MOST_TRIES} people of this world has a pension")


def _province(citizen: Citizen) -> str:
    return f"VN/GOV/{province_by_code(citizen.current_address.province).agency_code}"


def _submit_birth(turn: Turn) -> list[Message]:
    return [birth_of(turn.citizen)]


def _submit_wrong_birth(turn: Turn) -> list[Message]:
    """The mother's name is not hers: civil status wants a supplement."""
    request = birth_of(turn.citizen)
    request.birth.mother.full_name = "Nguyễn Không Có"
    return [request]


def _submit_death(turn: Turn) -> list[Message]:
    return [death_of(turn.citizen, turn.world.persona("traveller").citizen)]


def _is_received(answer: Any) -> bool:
    return bool(answer.dossier.state == pb.DOSSIER_STATE_RECEIVED)


SAMPLES = (
    Sample(
        name="life-event-birth", method=METHODS["SubmitBirth"], make=_submit_birth, yes=_is_received, expected=True,
        suits=can_be_mother,
    ),
    Sample(
        name="life-event-birth-differing", method=METHODS["SubmitBirth"], make=_submit_wrong_birth, yes=_is_received,
        expected=True, suits=can_be_mother,
    ),
    Sample(
        name="life-event-death", method=METHODS["SubmitDeath"], make=_submit_death, yes=_is_received, expected=True,
        suits=lambda citizen: not citizen.deceased,
    ),
)  # fmt: skip
