"""The tree of a trace: which call belongs to which, and where each is on the axis of time."""

from typing import Any

import pytest

from console.trace import Axis, trace_of, tree


def call(client: str, service: str, began: int, ended: int) -> dict[str, Any]:
    return {"client": client, "service": service, "request_in_ts": began, "response_out_ts": ended}


FIRST, NESTED, DEEPER = call("a", "b", 0, 100), call("b", "c", 10, 60), call("c", "d", 20, 30)
SECOND, LATER = call("a", "c", 70, 90), call("b", "c", 150, 160)


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([DEEPER, NESTED, FIRST], [(0, FIRST), (1, NESTED), (2, DEEPER)]),
        ([SECOND, FIRST, NESTED], [(0, FIRST), (1, NESTED), (0, SECOND)]),  # the caller's own second call
        ([FIRST, LATER], [(0, FIRST), (0, LATER)]),  # a job that ran when the answer was given
        ([], []),
    ],
)
def test_a_call_is_below_the_one_that_its_caller_was_answering(
    records: list[dict[str, Any]], expected: list[tuple[int, dict[str, Any]]]
) -> None:
    assert tree(records) == expected


def test_every_record_finds_its_place_on_the_axis() -> None:
    under_way = call("a", "b", 120, 0)  # a time of 0 was not reached
    assert Axis.of([under_way, LATER]) == Axis(120, 160)
    assert Axis(100, 300).part(150, 250) == (25.0, 50.0)
    assert Axis(100, 100).part(100, 100) == (0.0, 0.0)


def test_a_record_without_a_trace_has_no_trace_id() -> None:
    assert trace_of({"traceparent": ""}) == ""
    assert trace_of({"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}) == "a" * 32
