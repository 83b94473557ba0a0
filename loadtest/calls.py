"""The kinds of calls a load consists of, and a ring of them prepared in advance so that sending is cheap."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from types import MappingProxyType
from typing import Any, cast
from uuid import uuid4

from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from loadtest import placeholders
from loadtest.mix import KINDS, PURPOSE, Call, Kind
from loadtest.placeholders import Turn
from loadtest.profiles import BadProfile, Profile
from ndxp import messages
from ndxp.health_insurance.v1 import health_insurance_pb2 as insurance
from ndxp.passports.v1 import passports_pb2 as passports
from ndxp.population.v1 import population_pb2 as population
from ndxp.world import Citizen, World, normalise_name, provinces

RING = 4096
"""How many calls are prepared for each slot; they are sent in turn, over and over."""

_MARK = placeholders.ID.encode()

_BATCH = 10
"""Questions or changes in one stream."""


class Shape(Enum):
    """How many messages go each way: one or a stream."""

    UNARY = "unary"
    OUT = "many answers"
    IN = "many requests"
    BOTH = "many both ways"

    @classmethod
    def of(cls, many_requests: bool, many_answers: bool) -> "Shape":
        """The shape of a method by what streams."""
        if many_requests:
            return cls.BOTH if many_answers else cls.IN
        return cls.OUT if many_answers else cls.UNARY


@dataclass(frozen=True, slots=True)
class _Form:
    """What a kind of call looks like. ``right`` tells of an answer whether it is the one that the world demands."""

    make: Callable[[World, Citizen, int, str], list[Message]]
    shape: Shape = Shape.UNARY
    numbered: bool = False
    right: Callable[[Any], bool] | None = None


@dataclass(slots=True)
class Prepared:
    """One call, ready to be sent. ``numbered`` ones change something: each sending needs a request_id of its own.

    A call of a profile's own is described by its contract, and has the ``provider`` and ``purpose`` that it states.
    ``series`` is the name under which it is counted: "PopulationService/VerifyCitizen"; ``path`` is where it goes on
    the wire; ``response`` is the type of its answers.
    """

    service: str
    method: str
    client: str
    shape: Shape
    requests: Sequence[Any]
    numbered: bool
    right: Callable[[Any], bool] | None
    described: MethodDescriptor | None = None
    provider: str = ""
    purpose: str = PURPOSE
    series: str = field(init=False)
    path: str = field(init=False)
    response: type[Message] = field(init=False)
    _encoded: Sequence[bytes] = field(init=False, repr=False)
    _marked: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        method = self.described or _method(self.requests[0], self.service, self.method)
        self.series = f"{self.service}/{self.method}"
        self.path = f"/{method.containing_service.full_name}/{self.method}"
        self.response = message_factory.GetMessageClass(method.output_type)
        self._encoded = [] if self.numbered else [request.SerializeToString() for request in self.requests]
        self._marked = any(_MARK in data for data in self._encoded)

    def encode(self, message_id: str) -> Sequence[bytes]:
        """The requests as they go on the wire this time; each $id in them is a new one."""
        if self._marked:
            return [data.replace(_MARK, uuid4().hex.encode()) for data in self._encoded]
        return self._encoded or [request.SerializeToString() for request in self.number(message_id)]

    def number(self, message_id: str) -> Sequence[Any]:
        """The requests as they are sent this time."""
        if not self.numbered:
            return self.requests
        if self.shape is Shape.UNARY:
            self.requests[0].request_id = message_id
            return self.requests
        return [_numbered(request, f"{message_id}-{turn}") for turn, request in enumerate(self.requests)]


def ring(
    profile: Profile,
    callers: Mapping[Kind, Sequence[str]],
    contracts: Mapping[str, MethodDescriptor] = MappingProxyType({}),
    *,
    seed: int,
    slot: int,
) -> list[Prepared]:
    """The calls of one slot in random order, every kind as often as its weight says; the same for the same seed.

    ``contracts`` describe the methods of the profile's own calls. Raises BadProfile for a request that does not fit.
    """
    world = World()
    source = random.Random(f"{seed} {slot}")
    people = world.sample(RING, seed * 1009 + slot, alive=True)
    prepared = []
    for kind, number in shares({kind: call.weight for kind, call in profile.mix.items()}, RING).items():
        call = profile.mix[kind]
        for turn in range(number):
            made = Turn(world, next(people), turn, source.choice(callers[kind]))
            prepared.append(_own(kind, call, contracts[call.method], made) if call.method else _known(kind, made))
    source.shuffle(prepared)
    return prepared


def shares(weights: Mapping[Kind, float], total: int) -> dict[Kind, int]:
    """Splits a number by weights, to the nearest and with nothing left over (largest remainder)."""
    whole = sum(weights.values())
    exact = {kind: total * weight / whole for kind, weight in weights.items()}
    split = {kind: int(number) for kind, number in exact.items()}
    for kind in sorted(exact, key=lambda kind: split[kind] - exact[kind])[: total - sum(split.values())]:
        split[kind] += 1
    return split


def _known(kind: Kind, turn: Turn) -> Prepared:
    form = _FORMS[kind]
    service, _, method = KINDS[kind].partition("/")
    return Prepared(service, method, turn.client, form.shape, form.make(*turn), form.numbered, form.right)


def _own(kind: Kind, call: Call, method: MethodDescriptor, turn: Turn) -> Prepared:
    try:
        requests = messages.read(json.dumps(placeholders.fill(call.request, turn)).encode(), method)
    except messages.WrongRequest as error:
        raise BadProfile(f"mix.{kind}: {error}") from error
    shape = Shape.of(method.client_streaming, method.server_streaming)
    return Prepared(
        method.containing_service.name, method.name, turn.client, shape, requests, False, None, method, call.provider,
        call.purpose,
    )  # fmt: skip


def _method(request: Message, service: str, method: str) -> MethodDescriptor:
    """A method of the contract that a request is of."""
    found: Any = request.DESCRIPTOR.file.services_by_name[service].methods_by_name[method]
    return cast(MethodDescriptor, found)


def _numbered(request: Any, number: str) -> Any:
    copy = type(request)()
    copy.CopyFrom(request)
    copy.request_id = number
    return copy


def _claim(citizen: Citizen, turn: int = 1) -> dict[str, str]:
    """Number, name and birth date as a caller states them; every fourth name without diacritics."""
    name = normalise_name(citizen.full_name) if turn % 4 == 0 else citizen.full_name
    return {"citizen_number": citizen.number, "full_name": name, "birth_date": citizen.birth_date.isoformat()}


def _false_claim(world: World, citizen: Citizen, turn: int) -> dict[str, str]:
    """A claim with a difference: in turn a wrong name, a wrong birth date, a number that nobody has."""
    claim = _claim(citizen)
    match turn % 3:
        case 0:
            claim["full_name"] += "h"
        case 1:
            claim["birth_date"] = (citizen.birth_date - timedelta(days=1)).isoformat()
        case _:
            claim["citizen_number"] = world.absent_number(turn)
    return claim


def _verify_matched(world: World, citizen: Citizen, turn: int, client: str) -> list[Message]:
    return [population.VerifyCitizenRequest(**_claim(citizen, turn))]


def _verify_differing(world: World, citizen: Citizen, turn: int, client: str) -> list[Message]:
    return [population.VerifyCitizenRequest(**_false_claim(world, citizen, turn))]


def _get_citizen(world: World, citizen: Citizen, turn: int, client: str) -> list[Message]:
    claim = _false_claim(world, citizen, turn) if turn % 5 == 0 else _claim(citizen, turn)
    return [population.GetCitizenRequest(**claim)]


def _list_household(world: World, citizen: Citizen, turn: int, client: str) -> list[Message]:
    return [population.ListHouseholdRequest(citizen_number=citizen.number)]


def _batch_verify(world: World, citizen: Citizen, turn: int, client: str) -> list[Message]:
    return [
        population.BatchVerifyCitizensRequest(
            item_id=str(item),
            **(_claim(citizen, item) if item % 5 < 3 else _false_claim(world, citizen, turn * _BATCH + item)),
        )
        for item in range(_BATCH)
    ]


def _watch_changes(world: World, citizen: Citizen, turn: int, client: str) -> list[Message]:
    return [population.WatchChangesRequest(stop_at_end=True, kinds=[population.CHANGE_KIND_BIRTH])]


def _upload_changes(world: World, citizen: Citizen, turn: int, client: str) -> list[Message]:
    towns = provinces()
    return [
        population.UploadChangesRequest(
            citizen_number=citizen.number,
            current_address=population.Address(
                province=towns[(turn + item) % len(towns)].code, ward="Phường 1", detail=f"Số {item + 1}"
            ),
        )
        for item in range(_BATCH)
    ]


def _get_card(world: World, citizen: Citizen, turn: int, client: str) -> list[Message]:
    claim = _claim(citizen, turn)
    return [insurance.GetCardRequest(number=claim.pop("citizen_number"), **claim)]


def _check_in(world: World, citizen: Citizen, turn: int, client: str) -> list[Message]:
    return [insurance.CheckInRequest(facility=client.split("/")[2], **_claim(citizen))]


def _submit_application(world: World, citizen: Citizen, turn: int, client: str) -> list[Message]:
    address = str(citizen.current_address)
    return [passports.SubmitApplicationRequest(delivery_address=address, **_claim(citizen))]


def _is_matched(response: Any) -> bool:
    return bool(response.matched)


def _is_different(response: Any) -> bool:
    return not response.matched


def _all_answered(responses: Sequence[Any]) -> bool:
    return len(responses) == _BATCH


_FORMS: Mapping[Kind, _Form] = {
    "verify-matched": _Form(_verify_matched, right=_is_matched),
    "verify-differing": _Form(_verify_differing, right=_is_different),
    "get-citizen": _Form(_get_citizen),
    "list-household": _Form(_list_household),
    "batch-verify": _Form(_batch_verify, Shape.BOTH, right=_all_answered),
    "watch-changes": _Form(_watch_changes, Shape.OUT),
    "upload-changes": _Form(_upload_changes, Shape.IN, numbered=True),
    "get-card": _Form(_get_card),
    "check-in": _Form(_check_in, numbered=True),
    "submit-application": _Form(_submit_application, numbered=True),
}
