"""Checks that the agency releases only the fields that a grant names."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from ndxp.agency.release import released
from ndxp.check.inputs import renewed
from ndxp.check.line import Line
from ndxp.check.result import Result, Rule
from ndxp.wire import metadata

_PAGE = "docs/decisions/0015-rights.md"
_ONLY = Rule(
    "release/only-granted",
    "under a grant with fields the answer has these fields only",
    "the law gives each consumer a part of a record; the gateway cannot cut messages that it does not read",
    _PAGE,
)
_TOLD = Rule(
    "release/withheld",
    "the metadata x-ndxp-withheld names the fields that the grant does not release",
    "without it nobody can tell a withheld field from an empty one; the gateway refuses it (FIELDS_NOT_WITHHELD)",
    _PAGE,
)
_TRIES = 4


def check_release(line: Line) -> Iterator[Result]:
    """The methods that read."""
    provider = line.provider
    for method in provider.methods:
        if not provider.contract.read_only(method):
            continue
        field = _field(line, method) if provider.example(method) else ""
        if not field:
            for rule in (_ONLY, _TOLD):
                yield rule.skipped(provider.place(method), "no example request has an answer with a field")
            continue
        yield from _check_method(line, method, field)


def _check_method(line: Line, method: MethodDescriptor, field: str) -> Iterator[Result]:
    place, sent = line.provider.place(method), f"an example request under a grant for the field {field} only"
    for number in range(_TRIES):
        answer = line.call(method, renewed(line.provider.example(method, number) or ()), fields=field)
        if answer.good and answer.messages:
            break
    if not answer.good:
        yield _ONLY.failed(place, sent=sent, came=str(answer))
        yield _TOLD.skipped(place, "there was no answer")
        return
    others = {name for message in answer.messages for name in _differing(message, released(message, field))}
    came = f"more than that in {', '.join(sorted(others))}"
    yield _ONLY.failed(place, sent=sent, came=came) if others else _ONLY.passed(place)
    pairs = (answer.leading if method.server_streaming else answer.trailing).items()
    withheld = metadata.withheld(pairs)
    if withheld is None:
        yield _TOLD.failed(place, sent=sent, came="no x-ndxp-withheld in the metadata")
    elif field in withheld.split():
        yield _TOLD.failed(place, sent=sent, came=f"x-ndxp-withheld names {field} too")
    else:
        yield _TOLD.passed(place)


def _field(line: Line, method: MethodDescriptor) -> str:
    """The path of a field in an answer; empty when there is no answer with one."""
    for number in range(_TRIES):
        for message in line.call(method, renewed(line.provider.example(method, number) or ())).messages:
            if path := _path(message):
                return path
    return ""


def _path(message: Message) -> str:
    """The path of the first field that is there, down to a field that is no message, two steps at most."""
    for field, value in message.ListFields():
        inner: Any = value
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            return str(field.name)
        for element in inner if field.is_repeated else [inner]:
            for below, _ in element.ListFields():
                return f"{field.name}.{below.name}"
        return str(field.name)
    return ""


def _differing(message: Message, granted: Message) -> list[str]:
    """The fields in which an answer is not what is granted of it."""
    return [field.name for field, value in message.ListFields() if value != getattr(granted, field.name)]
