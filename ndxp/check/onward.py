"""Checks what an agency answers when the agencies that it asks fail, by faults of the exchange."""

from collections.abc import Iterator, Sequence

from google.protobuf.descriptor import MethodDescriptor

from ndxp.check.errors import RULES, broken
from ndxp.check.inputs import renewed
from ndxp.check.line import Line
from ndxp.check.result import Result, Rule

_ANSWERS = Rule(
    "faults/onward",
    "when the agencies that it asks fail, an agency says so in time, with a reason of its own, and never INTERNAL",
    "its callers must know whether to come again; an agency that breaks together with another makes one outage two",
    "docs/guides/agency.md#check-your-agency",
)
EFFECTS = (
    "code=UNAVAILABLE", "code=INTERNAL", "refuse=QUOTA_EXCEEDED", "refuse=TOKEN_EXPIRED", "drop", "reset", "lose",
    "cut", "truncate", "corrupt", "dates",
)  # fmt: skip
"""What is done to the agency's own calls, one after another."""


def check_onward(line: Line) -> Iterator[Result]:
    """The methods with an example request, under each effect."""
    provider = line.provider
    methods = [method for method in provider.methods if provider.callable(method) and provider.example(method)]
    found = dict[str, tuple[str, str]]()
    if provider.disturb is not None and methods:
        for effect in EFFECTS:
            with provider.disturb(effect):
                for place, fault in _faults(line, methods, effect):
                    found.setdefault(place, fault)
    for method in provider.methods:
        place = provider.place(method)
        if provider.disturb is None:
            yield _ANSWERS.skipped(place, "faults are not set on an exchange that is attached, nor without changes")
        elif method not in methods:
            yield _ANSWERS.skipped(place, "no example request, or the method may change something")
        elif place in found:
            sent, came = found[place]
            yield _ANSWERS.failed(place, sent=sent, came=came)
        else:
            yield _ANSWERS.passed(place)


def _faults(line: Line, methods: Sequence[MethodDescriptor], effect: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for method in methods:
        answer = line.call(method, renewed(line.provider.example(method) or ()))
        if any(broken(answer, rule) for rule in RULES):
            yield line.provider.place(method), (f"an example request, while its own calls meet {effect}", str(answer))
