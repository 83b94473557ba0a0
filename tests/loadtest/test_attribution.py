"""Attribution as tables: where the time went and who limits."""

import msgspec
import pytest

from loadtest.attribution import attribute, role
from loadtest.durations import Spent
from loadtest.usage import OTHERS, Usages
from tests.support.made import CHECK_IN, METHODS, VERIFY, entry, results, series, transaction, usages


@pytest.mark.parametrize(
    ("used", "limit", "part"),
    [
        (usages(gateway=0.97, agencies=0.4), "gateway", "gateway used 97% of a core"),
        (usages(generator=0.9, gateway=0.5), "generator", "The generator limits"),
        (usages(store=0.99), "journal (store)", "The journal (store) limits"),
        (usages(control=0.9), "recorder and control", "The recorder and control limits"),
        (usages(gateway=0.8, agencies=0.8, generator=0.3), "machine", "its 2 cores were 95% busy"),
        (usages(generator=0.1, other_processes=1.9), "unknown", "The exchange's processes are elsewhere"),
        (usages(gateway=0.3, agencies=0.1), "none", "Nothing was at its limit"),
    ],
)
def test_who_limits(used: Usages, limit: str, part: str) -> None:
    ledger = [entry(number) for number in range(100)]
    attribution = attribute(results(), ledger, used, [one.transaction_id for one in ledger])
    assert attribution.limit == limit
    assert part in attribution.sentence


def test_the_way_of_a_call_adds_up_to_its_response_time() -> None:
    ledger = [entry(number, micros=(1000, 5000, 500)) for number in range(100)]
    run = results({VERIFY: series(100, ms=8, queued=2)})
    attribution = attribute(run, ledger, usages(gateway=0.1), [one.transaction_id for one in ledger])
    means = {segment.name: round(segment.mean_ms, 1) for segment in attribution.segments}
    assert means == {
        "due, not yet sent": 2.0,
        "client, connection, gRPC; journal, commit of the outcome": 1.5,
        "gateway, before it forwards": 1.0,
        "provider": 5.0,
        "gateway, after the provider": 0.5,
    }
    assert sum(segment.share for segment in attribution.segments) == pytest.approx(1, abs=0.01)


def test_over_http_the_time_in_the_doors_is_with_the_clients() -> None:
    ledger = [entry(number, micros=(1000, 5000, 500)) for number in range(10)]
    run = msgspec.structs.replace(results({VERIFY: series(10, ms=8)}), gateway="http://127.0.0.1:8081")
    attribution = attribute(run, ledger, usages(rest=0.2), [one.transaction_id for one in ledger])
    assert attribution.segments[1].name == "client, connection, doors; journal, commit of the outcome"
    assert [cost.role for cost in attribution.costs if cost.process == "rest"] == ["doors for HTTP"]


def test_the_commit_is_told_apart_where_the_gateways_counted_it() -> None:
    """100 calls and 10 nested ones: 5 ms between the stamps of each, and 0.5 ms more until it could be answered."""
    ledger = [entry(number, micros=(1000, 3500, 500)) for number in range(110)]
    run = results({VERIFY: series(100, ms=8)})
    spent = {METHODS[VERIFY]: Spent(110, 110 * 0.0055), "another.Service/Method": Spent(1, 9)}
    answered = [transaction(number) for number in range(100)]
    attribution = attribute(run, ledger, usages(gateway=0.1), answered, spent)
    means = {segment.name: round(segment.mean_ms, 1) for segment in attribution.segments}
    assert means["journal, commit of the outcome"] == 0.5
    assert means["client, connection, gRPC"] == 2.5
    assert sum(segment.share for segment in attribution.segments) == pytest.approx(1, abs=0.01)


def test_what_the_gateways_do_not_count_does_not_blur_the_commit() -> None:
    ledger = [entry(0, micros=(1000, 3500, 500)), entry(1, method=CHECK_IN, micros=(1000, 90_000, 500))]
    run = results({VERIFY: series(1), CHECK_IN: series(1, ms=100)})
    spent = {METHODS[VERIFY]: Spent(1, 0.0055)}
    attribution = attribute(run, ledger, usages(gateway=0.1), [one.transaction_id for one in ledger], spent)
    assert attribution.segments[-1].mean_ms == pytest.approx(0.5)


def test_percentiles_are_told_only_where_single_calls_are_known() -> None:
    ledger = [entry(n, micros=(100, 1000 * n, 100)) for n in range(1, 101)]
    attribution = attribute(results(), ledger, usages(gateway=0.1), [one.transaction_id for one in ledger])
    by_name = {segment.name: segment for segment in attribution.segments}
    assert (by_name["provider"].p50_ms, by_name["provider"].p99_ms) == (50.0, 99.0)
    assert by_name["due, not yet sent"].p99_ms is None


def test_cpu_is_counted_by_transaction_nested_ones_among_them() -> None:
    ledger = [*(entry(n) for n in range(100)), *(entry(n, client="VN/GOV/G24/health-insurance") for n in (200, 201))]
    attribution = attribute(results(), ledger, usages(gateway=0.51), [transaction(n) for n in range(100)])
    [cost] = attribution.costs
    assert attribution.transactions == 102
    assert cost.micros_per_transaction == pytest.approx(0.51 * 10 / 102 * 1e6)


def test_processes_that_are_not_ours_are_named_and_never_the_limit() -> None:
    used = usages(gateway=0.1, other_processes=1.2)
    assert OTHERS in used.processes
    attribution = attribute(results(), [entry(0)], used, [transaction(0)])
    assert attribution.limit == "none"
    assert "Other processes on this machine took 120% of a core" in attribution.sentence


def test_gateway_workers_are_one_role() -> None:
    assert {role("gateway-1"), role("gateway-2"), role("gateway")} == {"gateway"}
    assert role("generator-2") == "generator"


def test_without_a_single_answer_there_is_still_an_attribution() -> None:
    attribution = attribute(results({}), [], usages(gateway=0.1), [])
    assert attribution.segments == []
    assert attribution.exchange_micros == 0
