"""What the verdict says of events from outside."""

from collections import Counter

from loadtest import outages
from tests.support.made import CHECK_IN, INSURER, STARTED, VERIFY, answer, entry, results, series, usages

GONE = "UNAVAILABLE:PROVIDER_UNREACHABLE"


def test_an_outage_says_whose_calls_failed_how_and_when() -> None:
    ledger = [entry(0), *(entry(n, status=GONE, origin="gateway", second=n / 10) for n in range(120, 152))]
    [found] = outages.find(results(), ledger, Counter())
    assert found.sentence == f"population: 32 calls failed with {GONE} between second 12 and 15"


def test_nested_calls_that_failed_are_told_apart() -> None:
    ledger = [entry(0), entry(1, status=GONE, origin="gateway", client=INSURER, purpose="", run="", second=4)]
    [found] = outages.find(results(), ledger, Counter())
    assert found.sentence == f"population: 1 call (1 of them nested) failed with {GONE} in second 4"


def test_a_call_of_a_client_that_never_got_an_answer_is_not_nested() -> None:
    ledger = [entry(0), entry(1, status=GONE, origin="gateway", client="VN/GOV/H01/one-stop", second=4)]
    [found] = outages.find(results(), ledger, Counter())
    assert found.nested == 0


def test_an_agencys_answer_is_no_outage_but_its_failure_is() -> None:
    ledger = [entry(0, status="NOT_FOUND:NO_CARD"), entry(1, status="INTERNAL", service=INSURER, second=1)]
    [found] = outages.find(results(), ledger, Counter())
    assert (found.service, found.status) == ("health-insurance", "INTERNAL")


def test_refusals_that_the_ledger_does_not_have_count_too() -> None:
    overloaded, unwritten = "UNAVAILABLE:OVERLOADED", "UNAVAILABLE:JOURNAL_UNAVAILABLE"
    ledger = [entry(0), entry(1, status=overloaded, origin="gateway", second=2)]
    answers = [answer(0), *(answer(n, status=overloaded) for n in range(1, 8)), answer(9, status=unwritten)]
    answers.append(answer(10, method=CHECK_IN, status=overloaded))
    found = outages.find(results(), ledger, Counter(), outages.unrecorded(answers, ledger))
    assert [(one.service, one.status, one.calls) for one in found] == [
        ("population", overloaded, 7),
        ("population", unwritten, 1),
        ("HealthInsuranceService", overloaded, 1),
    ]


def test_calls_without_an_answer_are_named_with_the_seconds_in_which_calls_failed() -> None:
    run = results({VERIFY: series(90, failed=10, status="DEADLINE_EXCEEDED"), CHECK_IN: series(5)})
    left = outages.unanswered(run, ["OK"] * 95)
    [found] = outages.find(run, [], left)
    assert found.sentence == "no answer from the gateway: 10 calls failed with DEADLINE_EXCEEDED in second 3"


def test_processes_that_ended_are_named_until_the_end_of_the_run() -> None:
    used = usages(gateway=0.1)
    used.changes = [(STARTED + 4.2, "the process agencies ended"), (STARTED + 99, "the process control ended")]
    assert outages.changes(results(), used) == ["second 4: the process agencies ended"]
