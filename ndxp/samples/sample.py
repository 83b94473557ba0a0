"""What a sample call is, and what a demo shows of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from ndxp.world import Citizen, Register, Sex, World, normalise_name

_MOTHER_AGES = range(20, 41)
_STRIDE = 1_000_000_007
"""A prime beyond every population: steps of it come to everybody, and not to neighbours, who are all of one age."""


class Turn(NamedTuple):
    """What a request is made of: somebody of the synthetic nation, the turn of this call, and who calls."""

    world: World
    citizen: Citizen
    number: int
    client: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A kind of call. Load profiles name it by its ``name``.

    ``make`` gives the requests of one call, a single one unless they are a stream. ``yes`` tells whether an answer is a
    yes (a matched citizen, an admitted patient); it gets all answers of a stream together. ``expected`` is what it must
    be, None where the nation does not decide it. ``suits`` tells whom the call can be about. ``drills`` is how often
    the crash drills make the call relative to the others, 0 for never; they call as the one-stop system of a province.
    ``renew`` changes in a request, each time that it is sent, what may be there only once, such as a dossier's code.
    ``purpose`` is what a load test states with the call, where a grant asks for one, ``provider`` whom it names where
    several offer the contract.
    """

    name: str
    method: MethodDescriptor
    make: Callable[[Turn], list[Message]]
    yes: Callable[[Any], bool] | None = None
    expected: bool | None = None
    suits: Callable[[Citizen], bool] = lambda _: True
    drills: int = 0
    renew: Callable[[Any], None] | None = None
    purpose: str = ""
    provider: str = ""

    @property
    def full_method(self) -> str:
        """The method as the ledger names it: "package.Service/Method"."""
        return f"{self.method.containing_service.full_name}/{self.method.name}"

    @property
    def series(self) -> str:
        """The method without the package, under which a load test counts it: "Service/Method"."""
        return f"{self.method.containing_service.name}/{self.method.name}"

    @property
    def numbered(self) -> bool:
        """Whether each sending needs a request_id of its own."""
        return "request_id" in self.method.input_type.fields_by_name

    @property
    def answer(self) -> type[Message]:
        """The type of an answer."""
        return message_factory.GetMessageClass(self.method.output_type)

    def right(self, answer: Any) -> bool:
        """Whether an answer is the one that the nation demands; every answer is where it demands none."""
        return self.yes is None or self.expected is None or self.yes(answer) is self.expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A part of the demo: so many unary calls by the subsystems of some groups, and how they are counted.

    ``parts`` are samples with their shares. ``title`` is the row of the reckoning, ``progress`` the line while it runs.
    ``alive`` leaves the deceased out. ``onward`` is the method that the provider calls in turn for each call, if any,
    with the title of its row.
    """

    title: str
    progress: str
    provider: str
    callers: Sequence[str]
    calls: int
    parts: Sequence[tuple[Sample, int]]
    alive: bool = True
    onward: tuple[str, str] | None = None

    def split(self, calls: int) -> list[int]:
        """How many of so many calls each part makes; none is lost."""
        whole, split, left = sum(share for _, share in self.parts), list[int](), calls
        for _, share in self.parts:
            split.append(round(left * share / whole))
            whole, left = whole - share, left - split[-1]
        return split


def holder(turn: Turn, register: type[Register[Any]]) -> tuple[Citizen, str]:
    """Somebody who is in a register, and the register's number: the citizen of the turn, or another one.

    Raises ValueError when nobody is.
    """
    world, first = turn.world, turn.world.index(turn.citizen.number) or 0
    for step in range(world.population):
        number = world.number((first + step * _STRIDE) % world.population)
        value = world.identifier(register, number)
        if value and (citizen := world.citizen(number)):
            return citizen, value
    raise ValueError(f"nobody in this world of {world.population} people is in the register {register.name!r}")


def true_claim(citizen: Citizen, turn: int = 1) -> dict[str, str]:
    """Number, name and birth date as a caller states them; every fourth name without diacritics."""
    name = normalise_name(citizen.full_name) if turn % 4 == 0 else citizen.full_name
    return {"citizen_number": citizen.number, "full_name": name, "birth_date": citizen.birth_date.isoformat()}


def false_claim(world: World, citizen: Citizen, turn: int) -> dict[str, str]:
    """A claim with a difference: in turn a wrong name, a wrong birth date, a number that nobody has."""
    claim = true_claim(citizen)
    match turn % 3:
        case 0:
            claim["full_name"] += "h"
        case 1:
            claim["birth_date"] = (citizen.birth_date - timedelta(days=1)).isoformat()
        case _:
            claim["citizen_number"] = world.absent_number(turn)
    return claim


def can_be_mother(citizen: Citizen) -> bool:
    """Whether the birth of a child of this citizen may be registered."""
    return citizen.sex is Sex.FEMALE and citizen.age() in _MOTHER_AGES


def is_matched(answer: Any) -> bool:
    """Whether an agency has found somebody as the request states them."""
    return bool(answer.matched)
