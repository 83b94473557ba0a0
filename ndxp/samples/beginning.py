"""A request to begin with, for people who try a method: a sample call about a citizen, or what every request has."""

from dataclasses import dataclass
from functools import cache
from secrets import randbelow
from typing import Any
from uuid import uuid4

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from ndxp.samples import Sample, Turn, samples
from ndxp.samples.sample import true_claim
from ndxp.world import Citizen, World

_OTHERS = 1000
"""How many citizens are looked at for one whom a call suits."""
_MOST_ITEMS = 2
_TURNS = 10**6
_REQUEST_ID = "request_id"


@dataclass(frozen=True, slots=True)
class Beginning:
    """Requests, whom they are about, and the purpose that the call states with them where a grant asks for one.

    ``citizen`` is somebody else than was asked for where the sample does not suit that one.
    """

    requests: list[Message]
    citizen: Citizen
    purpose: str = ""


def samples_of(full_method: str) -> list[Sample]:
    """The samples of a method, "package.Service/Method"."""
    return [sample for sample in samples().values() if sample.full_method == full_method]


@cache
def world() -> World:
    """The nation of the samples."""
    return World()


def beginning(method: MethodDescriptor, persona: str, client: str, name: str = "") -> Beginning:
    """The request of the sample ``name`` about a persona; without a sample, what is known of the persona and an id.

    ``client`` is who makes the call, where a request names its caller. Raises UnknownPersonaError.
    """
    citizen = world().persona(persona).citizen
    sample = samples().get(name)
    try:
        made = _of_sample(sample, citizen, client) if sample is not None else None
    except (LookupError, ValueError):  # nobody in this nation suits it
        made = None
    if made is None or sample is None:
        request = GetMessageClass(method.input_type)()
        _claim(request, citizen)
        return Beginning(_numbered([request]), citizen)
    requests, about = made
    kind = GetMessageClass(method.input_type)
    copies = [kind.FromString(request.SerializeToString()) for request in requests]
    return Beginning(_numbered(copies), about, sample.purpose)


def _of_sample(sample: Sample, citizen: Citizen, client: str) -> tuple[list[Message], Citizen]:
    """Raises LookupError and ValueError."""
    if not sample.suits(citizen):
        citizen = next(filter(sample.suits, world().sample(_OTHERS, alive=True)), citizen)
    requests = sample.make(Turn(world(), citizen, randbelow(_TURNS), client))[:_MOST_ITEMS]
    for request in requests if sample.renew is not None else ():
        sample.renew(request)  # type: ignore[misc] # it is there
    return requests, citizen


def _claim(request: Any, citizen: Citizen) -> None:
    """Writes what a citizen states about himself into a request, and into the messages in it."""
    claim = true_claim(citizen)
    for field in request.DESCRIPTOR.fields:
        if field.is_repeated:
            continue
        if field.message_type is not None:
            if "citizen_number" in field.message_type.fields_by_name:
                _claim(getattr(request, field.name), citizen)
        elif field.name in claim and field.type == field.TYPE_STRING:
            setattr(request, field.name, claim[field.name])


def _numbered(requests: list[Message]) -> list[Message]:
    for request in requests:
        if _REQUEST_ID in request.DESCRIPTOR.fields_by_name:
            setattr(request, _REQUEST_ID, str(uuid4()))
    return requests
