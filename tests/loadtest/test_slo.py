"""Objectives as tables: what holds, what is missed, what is refused."""

import math
from typing import Any

import pytest

from loadtest import slo
from loadtest.checks import Check
from loadtest.results import Results, Series
from tests.support.made import CHECK_IN, VERIFY, results, series


def failed(block: dict[str, Any], found: Results) -> list[str]:
    return [check.what for check in slo.judge(block, found) if not check.passed]


@pytest.mark.parametrize(
    ("limits", "missed"),
    [
        ({"p50_ms": 10.1, "p99_ms": 10.1}, []),
        ({"p50_ms": 9}, ["p50 response, all calls"]),
        ({"p99_ms": 9}, ["p99 response, all calls"]),
        ({"error_share": 0.1}, []),
        ({"error_share": 0.09}, ["errors, all calls"]),
        ({"dropped_share": 0.1}, []),
        ({"dropped_share": 0.04}, ["dropped of planned, all calls"]),
        ({"achieved_share": 0.8}, []),
        ({"achieved_share": 0.9}, ["succeeded of planned, all calls"]),
        ({}, []),
    ],
)
def test_a_limit_holds_or_is_missed(limits: dict[str, float], missed: list[str]) -> None:
    found = results({VERIFY: series(90, failed=10, dropped=5)})
    assert failed({"overall": limits}, found) == missed


def test_a_limit_of_a_method_or_a_service_sees_only_its_own_calls() -> None:
    found = results({VERIFY: series(50, ms=5), CHECK_IN: series(50, ms=80)})
    block = {"services": {VERIFY: {"p99_ms": 10}, "HealthInsuranceService": {"p99_ms": 50}}}
    assert failed(block, found) == ["p99 response, HealthInsuranceService"]


def test_a_stage_has_limits_of_its_own_and_counts_only_once_overall() -> None:
    found = results({VERIFY: series(100), "stage evening": series(10, failed=5)})
    block = {"overall": {"error_share": 0}, "stages": {"evening": {"error_share": 0.1}}}
    assert failed(block, found) == ["errors, stage evening"]


def test_drops_and_successes_are_stated_by_service_and_stage() -> None:
    busy, calm = series(90, dropped=10), series(100)
    found = results({VERIFY: calm, CHECK_IN: busy, "stage morning": calm, "stage evening": busy})
    limits = {"dropped_share": 0.05, "achieved_share": 0.95}
    block = {
        "services": {VERIFY: limits, "HealthInsuranceService": limits},
        "stages": {"morning": limits, "evening": limits},
    }
    assert failed({"overall": limits} | block, found) == [
        "dropped of planned, HealthInsuranceService",
        "succeeded of planned, HealthInsuranceService",
        "dropped of planned, stage evening",
        "succeeded of planned, stage evening",
    ]


def test_a_limit_on_calls_that_never_came_is_missed() -> None:
    [check] = slo.judge({"services": {CHECK_IN: {"error_share": 0.5}}}, results())
    assert not check.passed
    assert check.why == "no call was made"


def test_failures_are_nobodys_latency() -> None:
    quick_refusals = results({VERIFY: series(0, failed=40, ms=1)})
    checks = slo.judge({"overall": {"p50_ms": 500, "p99_ms": 500}}, quick_refusals)
    assert [(check.passed, check.finding) for check in checks] == [
        (False, "p50 response, all calls: no successful answer"),
        (False, "p99 response, all calls: no successful answer"),
    ]


def test_quick_failures_do_not_make_slow_answers_fast() -> None:
    found = results({VERIFY: series(10, ms=900), CHECK_IN: series(0, failed=990, ms=1)})
    assert failed({"overall": {"p50_ms": 500}}, found) == ["p50 response, all calls"]


@pytest.mark.parametrize(
    ("found", "missed"),
    [
        (series(1000), []),
        (series(0, failed=40), ["errors, all calls", "succeeded of planned, all calls"]),
        (series(998, failed=2), ["errors, all calls"]),
        (series(999, dropped=1), ["dropped of planned, all calls"]),
        (series(90, dropped=10), ["dropped of planned, all calls", "succeeded of planned, all calls"]),
    ],
)
def test_errors_drops_and_successes_have_limits_that_no_profile_has_to_state(found: Series, missed: list[str]) -> None:
    assert failed(slo.complete({}), results({VERIFY: found})) == missed


def test_a_profile_loosens_what_it_names_and_nothing_else() -> None:
    block = {"overall": {"error_share": 1, "p99_ms": 500}, "abort": {"error_share": 0.5}}
    assert slo.complete(block) == {
        "overall": {"error_share": 1, "dropped_share": 0, "achieved_share": 0.99, "p99_ms": 500},
        "abort": {"error_share": 0.5},
    }


def test_the_response_time_counts_from_when_a_call_was_due() -> None:
    found = results({VERIFY: series(100, ms=10, queued=500)})
    assert failed({"overall": {"p50_ms": 100}}, found) == ["p50 response, all calls"]


def test_a_run_that_stopped_itself_has_missed() -> None:
    found = results()
    found.aborted = "30 % of the answers failed"
    [check] = slo.judge({}, found)
    assert (check.passed, check.measured_text, check.bound_text) == (False, "yes", "no")
    assert check.why == "30 % of the answers failed"


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        ({"overal": {}}, "slo has no overal; it has: overall, services, stages, abort"),
        ({"overall": {"p95_ms": 5}}, "slo.overall has no p95_ms; it has: p50_ms, p99_ms,"),
        ({"services": {VERIFY: {"p95_ms": 5}}}, f"slo.services.{VERIFY} has no p95_ms"),
        ({"overall": {"p99_ms": "fast"}}, "slo.overall.p99_ms is 'fast'"),
        ({"overall": {"p99_ms": True}}, "slo.overall.p99_ms is True"),
        ({"overall": {"error_share": 5}}, "a share is between 0 and 1"),
        ({"overall": {"p99_ms": 10**400}}, "slo.overall.p99_ms is 1"),
        ({"abort": {"seconds": math.inf}}, "slo.abort.seconds is inf"),
        ({"overall": [1]}, "slo.overall is [1]; it takes names with limits"),
        ({"abort": {"p99_ms": 1}}, "slo.abort has no p99_ms"),
    ],
)
def test_a_block_that_cannot_be_checked_is_refused_with_its_place(block: dict[str, Any], complaint: str) -> None:
    with pytest.raises(slo.BadSlo) as refused:
        slo.check(block)
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


def test_without_calls_there_is_no_error_share() -> None:
    assert slo.error_share([Series()]) == 0


def test_what_misses_its_bound_by_little_does_not_look_like_the_bound() -> None:
    assert Check.below("p99", 100.03, 100, "ms").measured_text == "100.03 ms"
    assert Check.below("p99", 99.97, 100, "ms").measured_text == "100.0 ms"
    assert Check.above("succeeded", 0.9899999, 0.99, "%").measured_text == "98.99999 %"
