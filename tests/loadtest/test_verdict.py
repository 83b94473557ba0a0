"""The verdict: which finding decides, and the exit code that says so."""

import pytest

from loadtest import slo
from loadtest.capacity import Capacity, Limit
from loadtest.checks import Check
from loadtest.faults import Met
from loadtest.reconciliation import Reconciliation
from loadtest.verdict import decide, decide_search, disturbed
from tests.support.made import VERIFY, results, series

GOOD = Check.below("p99 response, all calls", 20, 100, "ms")
LATE = Check.below("p99 response, all calls", 200, 100, "ms")
LAG = Check.below("generator loop lag, p99", 90, 20, "ms")
AGREE, LOST = Reconciliation(answered=1), Reconciliation(answered=1, lost=1)


@pytest.mark.parametrize(
    ("books", "validity", "slo", "word", "code"),
    [
        (AGREE, GOOD, GOOD, "PASSED", 0),
        (AGREE, GOOD, LATE, "SLO MISSED", 99),
        (AGREE, LAG, LATE, "INVALID", 98),
        (AGREE, LAG, GOOD, "INVALID", 98),
        (LOST, LAG, LATE, "NOT RECONCILED", 97),
    ],
)
def test_the_gravest_finding_decides(books: Reconciliation, validity: Check, slo: Check, word: str, code: int) -> None:
    verdict = decide(books, [validity], [slo])
    assert (verdict.word, verdict.exit_code) == (word, code)


def test_an_invalid_run_says_which_bound_was_passed() -> None:
    assert decide(AGREE, [GOOD, LAG], []).why == "limited by its generator: generator loop lag, p99 90.0 ms (≤ 20.0 ms)"


def test_a_missed_objective_is_named_with_value_and_bound() -> None:
    share = Check.below("errors, all calls", 0.0123, 0.001, "%")
    assert decide(AGREE, [GOOD], [GOOD, share]).why == "errors, all calls 1.23 % (≤ 0.1 %)"


def test_a_run_that_was_stopped_early_says_why() -> None:
    stopped = Check.below("stopped early", 1, 0, "yes", "100.0% of the answers failed in the last 5 s")
    assert decide(AGREE, [GOOD], [stopped]).why == "stopped early: 100.0% of the answers failed in the last 5 s"


def test_a_profile_without_objectives_passes_and_says_so() -> None:
    assert decide(AGREE, [GOOD], []).why.startswith("the profile states no objectives")


def test_a_run_whose_every_call_failed_has_missed_although_its_profile_names_only_a_percentile() -> None:
    checks = slo.judge(slo.complete({"overall": {"p99_ms": 500}}), results({VERIFY: series(0, failed=40, ms=5)}))
    verdict = decide(AGREE, [GOOD], checks)
    assert verdict.exit_code == 99
    assert "errors, all calls 100 % (≤ 0.1 %)" in verdict.why
    assert "p99 response, all calls: no successful answer" in verdict.why


def test_a_run_whose_calls_met_faults_was_not_a_clean_one_and_its_verdict_says_so() -> None:
    verdict = decide(AGREE, [GOOD], [GOOD])
    assert disturbed(verdict, []) is verdict
    marked = disturbed(verdict, [Met(fault=name, effects="", calls=1, first=0, last=0) for name in ("f-1", "f-2")])
    assert (marked.word, marked.exit_code) == (verdict.word, verdict.exit_code)
    assert marked.why == f"{verdict.why}; not a clean run, calls met faults that were set on purpose: f-1, f-2"


@pytest.mark.parametrize(
    ("limit", "rate", "books", "word", "code"),
    [
        ("exchange", 200, AGREE, "200 tx/s", 0),
        ("search", 200, AGREE, "at least 200 tx/s", 0),
        ("generator", 200, AGREE, "at least 200 tx/s", 98),
        ("exchange", 0, AGREE, "SLO MISSED", 99),
        ("generator", 0, AGREE, "INVALID", 98),
        ("generator", 200, LOST, "NOT RECONCILED", 97),
    ],
)
def test_a_search_ends_as_what_limited_it(
    limit: Limit, rate: float, books: Reconciliation, word: str, code: int
) -> None:
    found = Capacity(rate=rate, steps=[], limited_by="what was missed", limit=limit)
    verdict = decide_search(found, decide(books, [GOOD], [GOOD]))
    assert (verdict.word, verdict.exit_code) == (word, code)
