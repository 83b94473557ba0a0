"""Checks that the agency takes calls of the gateway only."""

from collections.abc import Callable, Iterator, Sequence
from secrets import token_bytes

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from ndxp.check.line import Line
from ndxp.check.result import Result, Rule
from ndxp.errors import Code, Reason

_WHY = "whoever reaches the agency's port would get citizens' data without a grant, and without a record in the ledger"
_PAGE = "docs/decisions/0003-assertions.md"
_OLD = 600
"""Seconds; an assertion may be presented for 30, and clocks may differ by 5."""

_Assertion = Callable[[Line, MethodDescriptor, Sequence[bytes]], str]


def _without(_: Line, __: MethodDescriptor, ___: Sequence[bytes]) -> str:
    return ""


def _forged(line: Line, method: MethodDescriptor, data: Sequence[bytes]) -> str:
    return line.assertion(method, data, key=token_bytes(32))


def _of_another_method(line: Line, method: MethodDescriptor, data: Sequence[bytes]) -> str:
    others = [other for other in line.provider.methods if other.name != method.name]
    return line.assertion(others[0], data) if others else ""


def _old(line: Line, method: MethodDescriptor, data: Sequence[bytes]) -> str:
    return line.assertion(method, data, age=_OLD)


_CASES: dict[str, tuple[str, _Assertion]] = {
    "no-assertion": ("a call without an assertion", _without),
    "forged-assertion": ("a call with an assertion that another key has signed", _forged),
    "old-assertion": ("a call with an assertion that has expired", _old),
    "another-method": ("a call with an assertion for another method", _of_another_method),
}
_RULES = {
    name: Rule(f"gateway-only/{name}", f"{what} is refused: PERMISSION_DENIED, reason GATEWAY_ONLY", _WHY, _PAGE)
    for name, (what, _) in _CASES.items()
}


def check_gateway_only(line: Line) -> Iterator[Result]:
    """Each method, with direct calls."""
    for method in line.provider.methods:
        data = [GetMessageClass(method.input_type)().SerializeToString()]
        for name, (what, assertion) in _CASES.items():
            place, rule = line.provider.place(method), _RULES[name]
            if assertion is _of_another_method and len(line.provider.methods) == 1:
                yield rule.skipped(place, "the contract has no other method")
                continue
            answer = line.call_with(method, data, assertion(line, method, data))
            if answer.code is Code.PERMISSION_DENIED and answer.failure.reason == Reason.GATEWAY_ONLY:
                yield rule.passed(place)
            else:
                yield rule.failed(place, sent=f"{what}, straight to {line.provider.address}", came=str(answer))
