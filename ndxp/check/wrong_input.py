"""Checks what an agency does with wrong requests: empty, huge, and any that its contract allows."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory
from typing import Any

from google.protobuf import text_format
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import Flaky

from ndxp.check import inputs
from ndxp.check.answer import Answer
from ndxp.check.errors import ENDS, RULES, broken
from ndxp.check.line import Line
from ndxp.check.result import Result, Rule
from ndxp.errors import Code

_STREAMED = 3
"""Messages in a stream of requests, at most."""

_SLOWER = 5
"""A method whose answer is a stream gets so many times fewer requests, because it may have no end."""


class _Fault(Exception):
    """An answer breaks a rule; hypothesis makes the request as small as it can."""


class _Hangs(BaseException):
    """The same for a request without an answer, which would take too long to make small."""


def check_wrong_input(line: Line) -> Iterator[Result]:
    """Each method, each rule about errors."""
    with _files_elsewhere():
        for method in line.provider.methods:
            place = line.provider.place(method)
            if line.provider.callable(method):
                yield from _check_method(line, method, place)
            else:
                for rule in RULES:
                    yield rule.skipped(place, "the method may change something")


@contextmanager
def _files_elsewhere() -> Iterator[None]:
    """Within it hypothesis keeps its files in a temporary folder, and not in the folder of whoever runs the check."""
    with TemporaryDirectory() as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)


def _check_method(line: Line, method: MethodDescriptor, place: str) -> Iterator[Result]:
    example = line.provider.example(method)
    failed = dict[Rule, Result]()

    def judge(sent: str, answer: Answer) -> None:
        for rule in RULES:
            if rule not in failed and broken(answer, rule):
                failed[rule] = rule.failed(place, sent=sent, came=str(answer))

    for sent, requests in _plain(method, example):
        answer = line.call(method, requests)
        if answer.code is not Code.RESOURCE_EXHAUSTED:  # gRPC's own library refuses it before the agency sees it
            judge(sent, answer)
    while ENDS not in failed:
        worst = _search(line, method, example, [rule for rule in RULES if rule not in failed])
        if worst is None:
            break
        judge(_outline(worst[0]), worst[1])
    for rule in RULES:
        yield failed.get(rule, rule.passed(place))


def _plain(method: MethodDescriptor, example: Sequence[Message] | None) -> Iterator[tuple[str, Sequence[Message]]]:
    """Requests that every method gets: an empty one, and huge ones."""
    empty = GetMessageClass(method.input_type)()
    yield "an empty request", [empty]
    if method.client_streaming:
        yield "a stream without a request", []
    for name, request in inputs.huge(example[0] if example else empty):
        yield f"a request whose field {name} is huge", inputs.renewed([request])


def _search(
    line: Line, method: MethodDescriptor, example: Sequence[Message] | None, rules: Sequence[Rule]
) -> tuple[list[Message], Answer] | None:
    """The smallest requests found whose answer breaks one of the rules, with the answer."""
    worst: list[tuple[list[Message], Answer]] = []

    def call(requests: list[Message]) -> None:
        answer = line.call(method, requests)
        if any(broken(answer, rule) for rule in rules):
            worst.append((requests, answer))
            raise _Hangs if broken(answer, ENDS) else _Fault

    tries = line.provider.tries // (_SLOWER if method.server_streaming else 1) or 1
    with suppress(_Fault, Flaky, _Hangs):  # Flaky: the same requests got different answers
        _property(_requests(method, example), call, tries, line.provider.seed)
    return worst[-1] if worst else None


def _property(requests: Any, call: Callable[[list[Message]], None], tries: int, start: int) -> None:
    @seed(start)
    @settings(
        max_examples=tries, database=None, deadline=None, phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip
    @given(requests)
    def holds(made: list[Message]) -> None:
        call(made)

    holds()


def _requests(method: MethodDescriptor, example: Sequence[Message] | None) -> st.SearchStrategy[list[Message]]:
    single = inputs.messages(method.input_type)
    if example:
        single = inputs.with_one_wrong(example[0]).map(_own) | single
    if method.client_streaming:
        return st.lists(single, min_size=1, max_size=_STREAMED)
    return single.map(lambda request: [request])


def _own(request: Message) -> Message:
    """The request with a request_id of its own, unless that is what is wrong."""
    if not getattr(request, "request_id", ""):
        return request
    (renewed,) = inputs.renewed([request])
    return renewed


def _outline(requests: Sequence[Message]) -> str:
    texts = [text_format.MessageToString(request, as_one_line=True, as_utf8=True).strip() for request in requests]
    return " then ".join(f"{{{text}}}" for text in texts)
