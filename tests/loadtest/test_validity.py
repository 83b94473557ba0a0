"""Validity as a table: which runs measured their own generator."""

from pathlib import Path

import pytest

from loadtest import profiles, validity
from loadtest.health import Health
from loadtest.results import Generator, Results, Series
from loadtest.run import check_validity
from loadtest.traffic import Plan
from tests.support.made import VERIFY, histogram, results, series


def broken(found: Results, *, expected: float = 100) -> list[str]:
    checks = validity.judge(found, expected=expected, max_in_flight=100)
    return [check.what for check in checks if not check.passed]


def generated(**health: float) -> Results:
    found = results()
    found.generators = [Generator(name="good", cpu=0.1), Generator(name="other", **health)]  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(
    ("health", "what"),
    [
        ({"lag_p99_ms": 20}, []),
        ({"lag_p99_ms": 21}, ["generator loop lag, p99"]),
        ({"late_p99_ms": 20}, []),
        ({"late_p99_ms": 21}, ["sent later than due, p99"]),
        ({"cpu": 0.9}, []),
        ({"cpu": 0.95}, ["generator CPU, busiest process"]),
    ],
)
def test_one_generator_out_of_bounds_is_enough(health: dict[str, float], what: list[str]) -> None:
    assert broken(generated(**health)) == what


def test_late_calls_do_not_hide_behind_slow_answers() -> None:
    """20 of 1,000 calls take 5 s and are sent on time, 200 are sent 500 ms late: both latencies have p99 5 s."""
    health = Health()
    for late in [0] * 800 + [500_000] * 200:
        health.late.record(late)
    slow, on_time = [5000.0] * 20, [10.0] * 780
    calls = Series(
        statuses={"OK": 1000},
        response=histogram(*slow, *on_time, *[510] * 200),
        service=histogram(*slow, *on_time, *[10] * 200),
    )
    found = results({VERIFY: calls})
    found.generators.append(health.report(in_flight_max=9))
    plan = Plan(profile="ndxp-average", folder=Path(), rate=100, duration=10)
    [check] = [check for check in check_validity(profiles.load(plan.profile), plan, found) if not check.passed]
    assert check.what == "sent later than due, p99"
    assert check.measured == pytest.approx(500, rel=0.001)


def test_a_schedule_that_was_not_kept_makes_a_run_invalid() -> None:
    assert broken(results(), expected=102) == ["scheduled of asked for"]


def test_a_fraction_of_a_call_is_nobodys_fault() -> None:
    plan = Plan(profile="ndxp-average", folder=Path(), rate=1.45, duration=1)
    checks = check_validity(profiles.load(plan.profile), plan, results({VERIFY: series(1)}, seconds=1))
    assert [check.what for check in checks if not check.passed] == []


def test_a_run_that_stopped_itself_need_not_have_kept_its_schedule() -> None:
    found = results()
    found.aborted = "too many errors"
    assert broken(found, expected=1000) == []


@pytest.mark.parametrize(("in_flight", "what"), [(100, []), (10, ["in flight when calls were dropped, of the limit"])])
def test_drops_are_the_exchanges_only_when_the_limit_in_flight_was_near(in_flight: int, what: list[str]) -> None:
    found = results({VERIFY: series(100, dropped=50)})
    found.generators = [Generator(name="one", in_flight_max=in_flight)]
    assert broken(found) == what
