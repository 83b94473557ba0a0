"""Two reports side by side."""

import msgspec
import pytest

from loadtest.capacity import Capacity
from loadtest.compare import compare
from loadtest.faults import Met
from loadtest.report import Report
from loadtest.verdict import Verdict
from tests.support.made import VERIFY, report, results, series


@pytest.fixture
def slow() -> Report:
    return report(found=results({VERIFY: series(100, ms=20)}))


@pytest.fixture
def fast() -> Report:
    return report(found=results({VERIFY: series(100, ms=10)}))


def test_less_time_is_better_and_the_same_is_neither(slow: Report, fast: Report) -> None:
    rows = {row.what: row for row in compare(slow, fast).rows}
    assert rows["p99 response"].better == "B"
    assert rows["p99 response"].ratio == pytest.approx(0.5, abs=0.01)
    assert rows["achieved rate"].better == "same"
    assert rows["errors"].ratio is None


def test_a_latency_of_failures_is_not_compared(slow: Report) -> None:
    refused = report(found=results({VERIFY: series(0, failed=100, ms=1)}))
    row = {row.what: row for row in compare(slow, refused).rows}["p99 response"]
    assert (row.b, row.ratio, row.better) == (None, None, "same")


def test_more_capacity_is_better() -> None:
    a, b = (report(capacity=Capacity(rate=rate, steps=[], limited_by="p99")) for rate in (500.0, 300.0))
    assert (compare(a, b).rows[0].what, compare(a, b).rows[0].better) == ("capacity", "A")


def test_reports_of_the_same_kind_bring_no_warning(slow: Report, fast: Report) -> None:
    assert compare(slow, fast).warnings == []


def test_a_run_that_met_faults_is_told_as_no_clean_one(slow: Report) -> None:
    met = Met(fault="f-1", effects="delay=1s", calls=1200, first=3, last=9)
    [warning] = compare(slow, report(found=slow.results, faults=[met])).warnings
    told = "1,200 calls met the fault f-1 (delay=1s), set on purpose, between second 3 and 9"
    assert warning == f"B is not a clean run: {told}"


def test_what_makes_reports_unlike_is_named(slow: Report, fast: Report) -> None:
    fast.profile = msgspec.structs.replace(fast.profile, name="ndxp-peak")
    fast.origin = msgspec.structs.replace(
        fast.origin, machine={"processor": "abacus", "cores": "64"}, versions={"python": "3.12", "ndxp": "1"}
    )
    fast.verdict = Verdict(word="INVALID", why="loop lag", exit_code=98)
    assert compare(slow, fast).warnings == [
        "B is INVALID: loop lag",
        "profile differs: made-up and ndxp-peak",
        "machine, cores differs: 2 and 64",
        "version of python differs: 3.11 and 3.12",
    ]
