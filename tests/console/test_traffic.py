"""The calls of the last seconds, counted between questions about sums that only grow."""

from collections import Counter
from typing import Any

import pytest

from console.traffic import MINUTE, Calls, Minute, Window

BEGIN = 1_800_000_000 // MINUTE * MINUTE


def line(count: int, start: int = BEGIN, service: str = "b", **other: Any) -> dict[str, Any]:
    durations = {"p50": 2000, "p99": 9000}
    none = {"failed": 0, "refused": 0, "reasons": {}}
    return {
        "start": start,
        "client": "a",
        "service": service,
        "count": count,
        "duration_us": durations,
        **none,
        **other,
    }


@pytest.fixture
def window() -> Window:
    """One that has asked once, 30 s after the begin of a minute with 1,200 calls."""
    made = Window()
    made.add(BEGIN + 30, BEGIN - MINUTE, [line(1200)])
    return made


def test_the_first_question_is_about_all_the_time_that_it_asks_for(window: Window) -> None:
    (flow,) = window.flows(10)
    assert flow.rate == pytest.approx(1200 / 90)


def test_later_only_what_was_added_counts(window: Window) -> None:
    window.add(BEGIN + 32, BEGIN - MINUTE, [line(1260, refused=20, reasons={"OVERLOADED": 20})])
    (flow,) = window.flows(10)
    assert (flow.rate, flow.bad, flow.p99_ms) == (30.0, 10.0, 9.0)
    assert flow.minute == Calls(1260, refused=20, reasons=Counter(OVERLOADED=20))


def test_the_last_seconds_forget_what_was_before_them(window: Window) -> None:
    for second, count in ((32, 1260), (37, 1260), (42, 1310)):
        window.add(BEGIN + second, BEGIN - MINUTE, [line(count)])
    assert window.calls(10) == (10.0, {("a", "b"): Calls(50)})


def test_a_new_minute_is_counted_beside_the_one_that_ends(window: Window) -> None:
    window.add(BEGIN + 62, BEGIN, [line(1210), line(30, start=BEGIN + MINUTE)])
    assert window.calls(10) == (32.0, {("a", "b"): Calls(40)})


def test_a_pair_without_calls_in_the_last_seconds_stays_for_a_minute_with_the_rate_0(window: Window) -> None:
    window.add(BEGIN + 32, BEGIN - MINUTE, [line(1200), line(5, service="c")])
    for second in range(34, 90, 2):
        window.add(BEGIN + second, BEGIN - MINUTE, [line(1200), line(5, service="c")])
    assert {flow.service: flow.rate for flow in window.flows(10)} == {"b": 0.0, "c": 0.0}
    for second in range(90, 98, 2):
        window.add(BEGIN + second, BEGIN, [line(1200), line(5, service="c")])
    assert window.flows(10) == []


def test_sums_that_have_become_smaller_are_those_of_another_ledger(window: Window) -> None:
    window.add(BEGIN + 32, BEGIN - MINUTE, [line(4)])
    assert window.calls(10) == (2.0, {("a", "b"): Calls(4)})


def test_after_a_time_without_questions_it_begins_anew(window: Window) -> None:
    window.add(BEGIN + 600, BEGIN + 540, [line(600, start=BEGIN + 540)])
    assert window.calls(10) == (60.0, {("a", "b"): Calls(600)})


def test_a_minute_has_percentiles_in_ms() -> None:
    assert Minute.of(line(3)) == Minute(BEGIN, Calls(3), 2.0, 9.0)
