"""Checks that the agency goes on after callers who did not wait: short deadlines, and calls that were cancelled."""

from collections.abc import Callable, Iterator, Sequence

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from ndxp.check.inputs import renewed
from ndxp.check.line import Line
from ndxp.check.result import Result, Rule, WhyNot
from ndxp.errors import Code

_PAGE = "docs/guides/agency.md#check-your-agency"
_WHY = "callers give up all the time; an agency that keeps a place for each of them soon has none"
_SHORT = Rule(
    "deadlines/short", "after calls with deadlines of some milliseconds the agency answers as before", _WHY, _PAGE
)
_CANCELLED = Rule("deadlines/cancelled", "after calls that were cancelled the agency answers as before", _WHY, _PAGE)
_Disturb = Callable[[Line, MethodDescriptor, Sequence[Message], int], None]
_CALLS = 15
_MILLISECOND = 0.001
_GONE = frozenset({Code.UNAVAILABLE, Code.INTERNAL, Code.UNKNOWN, Code.RESOURCE_EXHAUSTED})


def check_deadlines(line: Line) -> Iterator[Result]:
    """Each method that takes one message; one that may change something gets an empty request."""
    for method in line.provider.methods:
        why = WhyNot.STREAM if method.client_streaming else ""
        why = why or ("" if line.provider.callable(method) else WhyNot.CHANGES)
        for rule, disturb in ((_SHORT, _let_expire), (_CANCELLED, _cancel)):
            if why:
                yield rule.skipped(line.provider.place(method), why)
            else:
                yield _check_method(line, method, rule, disturb)


def _check_method(line: Line, method: MethodDescriptor, rule: Rule, disturb: _Disturb) -> Result:
    place, provider = line.provider.place(method), line.provider
    empty = [GetMessageClass(method.input_type)()]
    requests = (provider.example(method) or empty) if provider.contract.read_only(method) else empty
    before = line.call(method, renewed(requests))
    for number in range(1, _CALLS + 1):
        disturb(line, method, requests, number)
    after = line.call(method, renewed(requests))
    if after.late or (after.code in _GONE and before.code not in _GONE):
        sent = f"{_CALLS} calls that were not waited for, and then one that was"
        return rule.failed(place, sent=sent, came=f"{after}; before them: {before}")
    return rule.passed(place)


def _let_expire(line: Line, method: MethodDescriptor, requests: Sequence[Message], number: int) -> None:
    line.call(method, requests, deadline=number * _MILLISECOND)


def _cancel(line: Line, method: MethodDescriptor, requests: Sequence[Message], _: int) -> None:
    data = [request.SerializeToString() for request in requests]
    line.start(method, data, line.assertion(method, data)).cancel()
