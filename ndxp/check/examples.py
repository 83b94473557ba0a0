"""Valid requests: from the catalogue of sample calls, and from a file of one's own."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from ndxp import messages
from ndxp.check.provider import Asker, Examples
from ndxp.samples import PERSONA, Sample, Turn, samples
from ndxp.world import World

FILE = "examples.jsonl"
"""The file of examples in the folder of an agency."""

_PEOPLE = 300


class ExamplesRefused(ValueError):
    """A file of examples cannot be used; the text names the line."""


def from_catalogue(world: World) -> Examples:
    """The requests of the sample calls, each number about another citizen; those that get a yes come first."""
    people = [world.persona(PERSONA).citizen, *world.sample(_PEOPLE, alive=True)]
    known = dict[str, list[Sample]]()
    for sample in samples().values():
        known.setdefault(sample.full_method, []).append(sample)
    for each in known.values():
        each.sort(key=lambda sample: sample.expected is False)

    def example(method: MethodDescriptor, asker: Asker, number: int) -> Sequence[Message] | None:
        offered = known.get(f"{method.containing_service.full_name}/{method.name}")
        if not offered:
            return None
        sample = offered[0]
        suited = [citizen for citizen in people if sample.suits(citizen)]
        try:
            made = sample.make(Turn(world, suited[number % len(suited)], number + 1, asker.client))
        except (LookupError, ValueError, ZeroDivisionError):  # nobody in this world suits it
            return None
        for request in made if sample.renew else ():
            sample.renew(request)  # type: ignore[misc] # it is there
        return [GetMessageClass(method.input_type).FromString(request.SerializeToString()) for request in made]

    return example


def from_lines(data: bytes) -> Examples:
    """The requests in lines of JSON, each ``{"method": "package.Service/Method", "request": {...}}``.

    A request of a stream is an array. Raises ExamplesRefused; a request that does not fit its method raises it later.
    """
    known = dict[str, list[tuple[int, Any]]]()
    for number, line in _lines(data):
        try:
            given = json.loads(line)
            known.setdefault(str(given["method"]), []).append((number, given["request"]))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            why = 'each line is {"method": "package.Service/Method", "request": {...}}'
            raise ExamplesRefused(f"line {number}: {why}") from error

    def example(method: MethodDescriptor, _: Asker, number: int) -> Sequence[Message] | None:
        offered = known.get(f"{method.containing_service.full_name}/{method.name}")
        if not offered:
            return None
        line, request = offered[number % len(offered)]
        try:
            return messages.read(json.dumps(request).encode(), method)
        except messages.WrongRequest as error:
            raise ExamplesRefused(f"line {line}: {error}") from error

    return example


def _lines(data: bytes) -> Iterable[tuple[int, str]]:
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ExamplesRefused(f"it is not UTF-8: byte {error.start}") from error
    return ((number, line) for number, line in enumerate(lines, 1) if line.strip())


def first_of(sources: Sequence[Examples]) -> Examples:
    """The examples of the first source that knows a method."""

    def example(method: MethodDescriptor, asker: Asker, number: int) -> Sequence[Message] | None:
        found = (source(method, asker, number) for source in sources)
        return next((requests for requests in found if requests is not None), None)

    return example
