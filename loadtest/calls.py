"""The kinds of calls of a load, and a ring of calls that are prepared in advance so that sending is cheap."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import cycle
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from loadtest import placeholders
from loadtest.mix import PURPOSE, Call, Kind
from loadtest.profiles import BadProfile, Profile
from ndxp import messages
from ndxp.samples import Sample, Turn, samples
from ndxp.world import World

RING = 4096
"""How many calls are prepared for each slot; they are sent in turn, repeatedly."""

_MARK = placeholders.ID.encode()


class Shape(Enum):
    """Whether one message or a stream goes each way."""

    UNARY = "unary"
    OUT = "many answers"
    IN = "many requests"
    BOTH = "many both ways"

    @classmethod
    def of(cls, method: MethodDescriptor) -> "Shape":
        """The shape of a method."""
        if method.client_streaming:
            return cls.BOTH if method.server_streaming else cls.IN
        return cls.OUT if method.server_streaming else cls.UNARY


@dataclass(slots=True)
class Prepared:
    """One call of a client, ready to be sent to a method as its contract describes it.

    ``numbered`` calls change something: each sending needs its own request_id. ``right`` says whether an answer is the
    one that the world demands. A call that a profile defines has its own ``provider``. ``series`` is the name under
    which it is counted: "PopulationService/VerifyCitizen"; ``path`` is the method's path on the wire; ``response`` is
    the type of its answers; ``of`` is its entry in the mix; ``renew`` changes in a request what may be sent only once.
    """

    method: MethodDescriptor
    client: str
    requests: Sequence[Any]
    numbered: bool = False
    right: Callable[[Any], bool] | None = None
    provider: str = ""
    purpose: str = PURPOSE
    of: Call | None = None
    renew: Callable[[Any], None] | None = None
    shape: Shape = field(init=False)
    series: str = field(init=False)
    path: str = field(init=False)
    response: type[Message] = field(init=False)
    _encoded: Sequence[bytes] = field(init=False, repr=False)
    _marked: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        service, name = self.method.containing_service, self.method.name
        self.shape = Shape.of(self.method)
        self.series = f"{service.name}/{name}"
        self.path = f"/{service.full_name}/{name}"
        self.response = message_factory.GetMessageClass(self.method.output_type)
        self._encoded = [] if self.numbered else [request.SerializeToString() for request in self.requests]
        self._marked = any(_MARK in data for data in self._encoded)

    def encode(self, message_id: str) -> Sequence[bytes]:
        """The encoded requests for this sending; each $id in them is a new one."""
        if self._marked:
            return [data.replace(_MARK, uuid4().hex.encode()) for data in self._encoded]
        return self._encoded or [request.SerializeToString() for request in self.number(message_id)]

    def number(self, message_id: str) -> Sequence[Any]:
        """The requests for this sending."""
        if not self.numbered:
            return self.requests
        if self.shape is Shape.UNARY:
            self.requests[0].request_id = message_id
            if self.renew is not None:
                self.renew(self.requests[0])
            return self.requests
        return [_numbered(request, f"{message_id}-{turn}") for turn, request in enumerate(self.requests)]


def unary(profile: Profile, contracts: Mapping[str, MethodDescriptor]) -> dict[str, MethodDescriptor]:
    """The methods of a profile by their path on the wire. Raises BadProfile for one with streams."""
    found = {}
    for kind, call in profile.mix.items():
        method = contracts[call.method] if call.method else samples()[kind].method
        if Shape.of(method) is not Shape.UNARY:
            raise BadProfile(f"mix.{kind}: {method.name} has streams, which --http does not make")
        found[f"/{method.containing_service.full_name}/{method.name}"] = method
    return found


def ring(
    profile: Profile,
    callers: Mapping[Kind, Sequence[str]],
    contracts: Mapping[str, MethodDescriptor] = MappingProxyType({}),
    *,
    seed: int,
    slot: int,
) -> list[Prepared]:
    """The calls of one slot in random order, each kind as often as its peak says; the same for the same seed.

    ``contracts`` describe the methods of the profile's own calls. Raises BadProfile for a request that does not fit.
    """
    world = World()
    source = random.Random(f"{seed} {slot}")
    people = world.sample(world.population, seed * 1009 + slot, alive=True)
    prepared = []
    for kind, number in shares({kind: call.peak for kind, call in profile.mix.items()}, RING).items():
        call = profile.mix[kind]
        sample = None if call.method else samples()[kind]
        for turn in range(number):
            citizen = next(one for one in people if sample is None or sample.suits(one))
            made = Turn(world, citizen, turn, source.choice(callers[kind]))
            one = _known(sample, call, made) if sample else _own(kind, call, contracts[call.method], made)
            one.of = call
            prepared.append(one)
    source.shuffle(prepared)
    return prepared


class Coming:
    """The calls of a ring, over and over, each kind as often as its weight says at the time."""

    def __init__(self, ring: Sequence[Prepared], source: random.Random) -> None:
        self._ring = cycle(ring)
        self._source = source
        self._steady = not any(prepared.of is not None and prepared.of.during for prepared in ring)

    def next(self, stages: Sequence[str]) -> Prepared:
        """The next call while these stages last."""
        if self._steady:
            return next(self._ring)
        while True:  # of what comes too often now, some are passed over
            prepared = next(self._ring)
            call = prepared.of
            if call is None or self._source.random() * call.peak < call.weight_in(stages):
                return prepared


def shares(weights: Mapping[Kind, float], total: int) -> dict[Kind, int]:
    """Splits a number by weights, rounded, with the exact total (largest remainder)."""
    whole = sum(weights.values())
    exact = {kind: total * weight / whole for kind, weight in weights.items()}
    split = {kind: int(number) for kind, number in exact.items()}
    for kind in sorted(exact, key=lambda kind: split[kind] - exact[kind])[: total - sum(split.values())]:
        split[kind] += 1
    return split


def _known(sample: Sample, call: Call, turn: Turn) -> Prepared:
    right, purpose = sample.right if sample.expected is not None else None, sample.purpose or call.purpose
    return Prepared(
        sample.method, turn.client, sample.make(turn), sample.numbered, right, purpose=purpose,
        provider=sample.provider, renew=sample.renew,
    )  # fmt: skip


def _own(kind: Kind, call: Call, method: MethodDescriptor, turn: Turn) -> Prepared:
    try:
        requests = messages.read(json.dumps(placeholders.fill(call.request, turn)).encode(), method)
    except messages.WrongRequest as error:
        raise BadProfile(f"mix.{kind}: {error}") from error
    return Prepared(method, turn.client, requests, provider=call.provider, purpose=call.purpose)


def _numbered(request: Any, number: str) -> Any:
    copy = type(request)()
    copy.CopyFrom(request)
    copy.request_id = number
    return copy
