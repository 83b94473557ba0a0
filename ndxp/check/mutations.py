"""Checks that a change is made once, however often the caller asks for it."""

from collections.abc import Iterator, Sequence

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from ndxp.check.answer import Answer
from ndxp.check.inputs import has_request_id, renewed
from ndxp.check.line import Line
from ndxp.check.result import Result, Rule, WhyNot
from ndxp.errors import Code

_PAGE = "docs/guides/agency.md#check-your-agency"
_AGAIN = Rule(
    "mutations/again",
    "a repeated request with the same request_id gets the first answer again",
    "a caller whose answer was lost asks again; without this it registers the child, or pays, twice",
    _PAGE,
)
_OTHER_BODY = Rule(
    "mutations/other-body",
    "a request_id that was used for another request is refused, as INVALID_ARGUMENT or a conflict",
    "otherwise the caller takes the answer to another question for that to its own",
    _PAGE,
)
_TRIES = 8
_REFUSED = frozenset({Code.INVALID_ARGUMENT, Code.ALREADY_EXISTS, Code.FAILED_PRECONDITION, Code.ABORTED})


def check_mutations(line: Line) -> Iterator[Result]:
    """The methods with a request_id that take one message and give one."""
    provider = line.provider
    for method in provider.methods:
        if provider.contract.read_only(method) or not has_request_id(method.input_type):
            continue
        place, why = provider.place(method), _why_not(line, method)
        accepted = None if why else _accepted(line, method)
        if accepted is None:
            for rule in (_AGAIN, _OTHER_BODY):
                yield rule.skipped(place, why or f"none of {_TRIES} example requests was accepted")
            continue
        number, request, first = accepted
        yield _again(line, method, request, first)
        yield _with_other_body(line, method, number, request)


def _why_not(line: Line, method: MethodDescriptor) -> str:
    """Why a method is not checked; empty when it is."""
    if method.client_streaming or method.server_streaming:
        return WhyNot.STREAMS
    if not line.provider.changes:
        return WhyNot.CHANGES
    return "" if line.provider.example(method) else WhyNot.NO_EXAMPLE


def _accepted(line: Line, method: MethodDescriptor) -> tuple[int, Message, Answer] | None:
    """The first example that the agency accepts: its number, the request, the answer."""
    for number in range(_TRIES):
        for request in renewed(line.provider.example(method, number) or ()):
            answer = line.call(method, [request])
            if answer.good:
                return number, request, answer
    return None


def _again(line: Line, method: MethodDescriptor, request: Message, first: Answer) -> Result:
    place, sent = line.provider.place(method), "a valid request, and the same bytes again"
    second = line.call(method, [request])
    if not second.good:
        return _AGAIN.failed(place, sent=sent, came=f"OK, and then {second}")
    if second.messages != first.messages:
        return _AGAIN.failed(place, sent=sent, came=f"two answers that differ in {_differing(first, second)}")
    return _AGAIN.passed(place)


def _with_other_body(line: Line, method: MethodDescriptor, number: int, request: Message) -> Result:
    place = line.provider.place(method)
    other = _other(line, method, number, request)
    if other is None:
        return _OTHER_BODY.skipped(place, "there is no second example request that differs")
    answer = line.call(method, [other])
    if answer.code not in _REFUSED:
        return _OTHER_BODY.failed(place, sent="another valid request with the same request_id", came=str(answer))
    return _OTHER_BODY.passed(place)


def _other(line: Line, method: MethodDescriptor, number: int, request: Message) -> Message | None:
    """Another example with the request_id of this one."""
    for step in range(1, _TRIES):
        for other in renewed(line.provider.example(method, number + step) or ()):
            other.request_id = request.request_id  # type: ignore[attr-defined]
            if other != request:
                return other
    return None


def _differing(first: Answer, second: Answer) -> str:
    """The names of the fields in which two single answers differ, without their values."""
    pairs: Sequence[tuple[Message, Message]] = list(zip(first.messages, second.messages, strict=False))
    names = [
        field.name
        for one, two in pairs
        for field in one.DESCRIPTOR.fields
        if getattr(one, field.name) != getattr(two, field.name)
    ]
    return ", ".join(names) or "their number"
