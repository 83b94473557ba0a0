"""Reconciliation as tables: what agrees, what is lost, twice, orphaned or explained."""

from pathlib import Path

import pytest

from loadtest.books import Access, Entry
from loadtest.reconciliation import Answer, Reconciliation, read_answers, reconcile
from loadtest.results import Results
from tests.support.made import (
    CHECK_IN,
    INSURER,
    POPULATION,
    STARTED,
    VERIFY,
    access,
    answer,
    entry,
    results,
    series,
    transaction,
)

AGENCIES = (POPULATION, INSURER)


def reckon(
    answers: list[Answer], ledger: list[Entry], accesses: list[Access], found: Results | None = None
) -> Reconciliation:
    found = found or results({VERIFY: series(len(answers))})
    return reconcile([found], answers, ledger, accesses, AGENCIES)


def three() -> tuple[list[Answer], list[Entry], list[Access]]:
    numbers = range(3)
    return [answer(n) for n in numbers], [entry(n) for n in numbers], [access(n) for n in numbers]


def test_books_that_agree_reconcile() -> None:
    found = reckon(*three())
    assert found.holds
    assert found.sentence == (
        "3 answered, 3 in the ledger (0 nested), 3 in the agencies' logs: 0 lost, 0 duplicate, 0 orphan"
    )


def test_nested_calls_are_held_against_the_agency_that_answered_them() -> None:
    answers, ledger, accesses = three()
    answers.append(answer(3, method=CHECK_IN))
    ledger += [entry(3, method=CHECK_IN, service=INSURER), entry(4, client=INSURER, purpose="", run="")]
    accesses += [access(3, agency=INSURER, method=CHECK_IN), access(4)]
    found = reckon(answers, ledger, accesses)
    assert found.holds
    assert found.nested == 1
    assert reckon(answers, ledger, accesses[:-1]).lost == 1


def test_an_answer_that_the_ledger_does_not_have_is_lost() -> None:
    answers, ledger, accesses = three()
    found = reckon(answers, ledger[1:], accesses[1:])
    assert (found.lost, found.duplicate, found.orphan) == (1, 0, 0)
    assert found.examples == {"lost": [transaction(0)]}


def test_an_answer_that_the_agency_knows_nothing_of_is_lost() -> None:
    answers, ledger, accesses = three()
    assert reckon(answers, ledger, accesses[1:]).lost == 1


def test_a_refusal_of_the_gateway_needs_no_access() -> None:
    refused = entry(0, status="UNAVAILABLE:CIRCUIT_OPEN", origin="gateway")
    assert reckon([answer(0, status="UNAVAILABLE:CIRCUIT_OPEN")], [refused], []).holds


def test_an_id_that_comes_twice_is_a_duplicate_in_whichever_book() -> None:
    answers, ledger, accesses = three()
    assert reckon([*answers, answers[0]], ledger, accesses).duplicate == 1
    assert reckon(answers, [*ledger, ledger[0]], accesses).duplicate == 1
    assert reckon(answers, ledger, [*accesses, accesses[0]]).duplicate == 1


def test_a_transaction_of_ours_that_nobody_was_told_of_is_an_orphan() -> None:
    answers, ledger, accesses = three()
    assert reckon(answers, [*ledger, entry(9)], [*accesses, access(9)]).orphan == 1


def test_a_call_that_ended_without_an_answer_explains_a_transaction_that_nobody_was_told_of() -> None:
    answers, ledger, accesses = three()
    found = results({VERIFY: series(3, failed=2, status="DEADLINE_EXCEEDED")})
    reckoned = reckon(answers, [*ledger, entry(9)], [*accesses, access(9)], found)
    assert reckoned.holds
    assert (reckoned.unanswered, reckoned.unanswered_recorded) == (2, 1)
    assert reckoned.sentence.endswith("; 2 calls ended without an answer, 1 of them in the ledger")


def test_a_transaction_of_a_client_that_never_got_an_answer_is_of_this_test() -> None:
    found = results({VERIFY: series(3, failed=1, status="DEADLINE_EXCEEDED")})
    answers, ledger, accesses = three()
    ledger.append(entry(9, client="VN/GOV/H01/one-stop", status="DEADLINE_EXCEEDED", origin="gateway"))
    reckoned = reckon(answers, ledger, accesses, found)
    assert (reckoned.foreign, reckoned.unanswered, reckoned.unanswered_recorded) == (0, 1, 1)


def test_a_call_without_an_answer_explains_no_transaction_of_another_method() -> None:
    answers, ledger, accesses = three()
    found = results({VERIFY: series(3), CHECK_IN: series(failed=1)})
    assert reckon(answers, [*ledger, entry(9)], [*accesses, access(9)], found).orphan == 1


def test_calls_of_others_are_none_of_ours() -> None:
    answers, ledger, accesses = three()
    ledger += [entry(7, purpose="by hand", run=""), entry(8, client="VN/GOV/H01/one-stop", run="")]
    found = reckon(answers, ledger, [*accesses, access(7), access(8)])
    assert found.holds
    assert found.foreign == 2


def test_another_load_test_at_the_same_time_is_none_of_ours() -> None:
    answers, ledger, accesses = three()
    found = reckon(answers, [*ledger, entry(9, run="load-b")], [*accesses, access(9)])
    assert (found.holds, found.foreign, found.orphan) == (True, 1, 0)


def test_an_access_without_a_transaction_is_an_orphan_unless_it_is_older_than_the_run() -> None:
    answers, ledger, accesses = three()
    assert reckon(answers, ledger, [*accesses, access(9)]).orphan == 1
    assert reckon(answers, ledger, [*accesses, access(9, at=STARTED - 5)]).holds


def test_what_others_call_while_the_books_are_read_is_none_of_ours() -> None:
    answers, ledger, accesses = three()  # the agencies' logs are read after the ledger, and have calls that came since
    assert reckon(answers, ledger, [*accesses, access(9, at=STARTED + 11)]).holds


def test_a_status_that_is_not_the_ledgers_is_found() -> None:
    found = reckon([answer(0)], [entry(0, status="INTERNAL:BROKEN")], [access(0)])
    assert found.differing == 1
    assert not found.holds


def test_who_was_refused_for_want_of_a_record_may_or_may_not_find_one_of_whatever_status() -> None:
    unwritten = answer(0, status="UNAVAILABLE:JOURNAL_UNAVAILABLE")
    assert reckon([unwritten], [], []).holds
    assert reckon([unwritten], [entry(0)], [access(0)]).holds


@pytest.mark.parametrize(
    "status", ["UNAVAILABLE:OVERLOADED", "RESOURCE_EXHAUSTED:QUOTA_EXCEEDED", "PERMISSION_DENIED:MEMBER_DISABLED"]
)
def test_who_was_not_let_in_may_or_may_not_find_that_refusal(status: str) -> None:
    refused = answer(0, status=status)
    unrecorded = reckon([refused], [], [])
    assert unrecorded.holds
    assert unrecorded.sentence.endswith("0 orphan; 1 refusal not in the ledger, which has a part of them only")
    recorded = reckon([refused], [entry(0, status=status, origin="gateway")], [])
    assert recorded.holds
    assert recorded.sentence.endswith("0 orphan")
    assert reckon([refused], [entry(0)], [access(0)]).differing == 1


def test_a_book_that_cannot_be_read_is_not_reconciled() -> None:
    found = Reconciliation(incomplete="the ledger is not complete after 60 s")
    assert not found.holds
    assert found.sentence == "not reconciled: the ledger is not complete after 60 s"


def test_what_a_missing_generator_was_answered_is_unknown_so_nothing_is_reconciled() -> None:
    found = results({VERIFY: series(3)})
    found.missing = 1
    reckoned = reckon(*three(), found)
    assert not reckoned.holds
    assert reckoned.sentence.startswith("not reconciled: a generator went missing")


def test_answers_are_read_from_the_generators_files_but_not_those_without_an_id(tmp_path: Path) -> None:
    file = tmp_path / "a.transactions"
    file.write_text(f"{transaction(1)} OK {VERIFY}\n- DEADLINE_EXCEEDED {VERIFY}\n", encoding="utf-8")
    found = results()
    found.transactions = [str(file)]
    assert read_answers(found) == [answer(1)]
