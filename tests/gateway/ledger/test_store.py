"""The ledger's tables and their search."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.transaction import Origin, Phase, Record
from gateway.ledger import reader
from gateway.ledger.reader import Reader, Search
from gateway.ledger.signer import Signer
from gateway.ledger.tables import open_ledger, subjects
from gateway.ledger.writer import Writer
from tests.support.records import record
from tests.support.stores import Postgres

KINDS = [
    record(client="VN/GOV/H26/one-stop", method="demo.v1.Demo/Get", request_in_ts=100, message_id="m1"),
    record(client="VN/GOV/H26/hospital", method="demo.v1.Demo/Put", request_in_ts=200, status_code=5, fault="f-1,f-2"),
    record(client="VN/COM/99/ekyc", method="demo.v1.Demo/Forget", request_in_ts=300, service="VN/GOV/G02/demo"),
    record(
        client="VN/COM/99/ekyc", method="demo.v1.Demo/Get", request_in_ts=400, status_code=7,
        reason="ACCESS_DENIED", origin=Origin.GATEWAY,
    ),
]  # fmt: skip


@pytest.fixture
def filled(writer: Writer, ledger: Reader) -> Reader:
    writer.append(KINDS)
    return ledger


def found(ledger: Reader, **search: Any) -> list[Record]:
    return [entry.record for entry in ledger.search(Search(**search))]


def test_a_record_comes_out_as_it_went_in(writer: Writer, ledger: Reader) -> None:
    one = record(
        message_id="m", user_id="u", issue="i", represented_party="r", purpose="xác thực", request_in_ts=2**62,
        request_out_ts=2, response_in_ts=3, response_out_ts=4, request_size=5, response_size=6, request_hash="a" * 64,
        response_hash="b" * 64, messages_in=7, messages_out=8, status_code=9, reason="X", attempts=2, grant="g",
        traceparent="t", subjects=" ".join(f"{n:032x}" for n in range(64)) + " +",
    )  # fmt: skip
    writer.append([one])
    assert [entry.record for entry in ledger.transaction(one.transaction_id)] == [one]


def test_records_are_still_there_when_the_ledger_is_opened_again(writer: Writer, url: str) -> None:
    writer.append(KINDS)
    again = open_ledger(url)
    assert Reader(again).last() == len(KINDS)
    again.dispose()


def test_a_record_given_again_is_left_out_and_the_first_one_stays(writer: Writer, ledger: Reader) -> None:
    first = record(status_code=0)
    writer.append([first])
    writer.append([record(transaction_id=first.transaction_id, status_code=1), first])
    assert [entry.record for entry in ledger.transaction(first.transaction_id)] == [first]


def test_request_and_outcome_of_a_transaction_are_two_records(writer: Writer, ledger: Reader) -> None:
    request = record(Phase.REQUEST)
    outcome = record(transaction_id=request.transaction_id)
    writer.append([request, outcome])
    assert [entry.record for entry in ledger.transaction(request.transaction_id)] == [request, outcome]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations([0, 0, 1, 1, 2, 2]))
def test_in_whatever_order_and_batches_repeats_come_each_is_there_once(
    writer: Writer, ledger: Reader, order: list[int]
) -> None:
    given_records = [record() for _ in range(3)]
    before = ledger.last()
    for number in order:
        writer.append([given_records[number], given_records[order[0]]])
    found = [entry.record.transaction_id for entry in ledger.search(Search(after=before, limit=100))]
    assert sorted(found) == sorted(one.transaction_id for one in given_records)


def test_an_empty_batch_adds_nothing(writer: Writer, ledger: Reader) -> None:
    writer.append([])
    assert ledger.last() == 0


@pytest.mark.parametrize(
    ("search", "places"),
    [
        ({}, [3, 2, 1, 0]),
        ({"client": "VN/COM/99/ekyc"}, [3, 2]),
        ({"client": "VN/COM/99"}, []),
        ({"service": "VN/GOV/G02/demo"}, [2]),
        ({"method": "demo.v1.Demo/Get"}, [3, 0]),
        ({"method": "Get"}, [3, 0]),
        ({"method": "G_t"}, []),
        ({"method": "%"}, []),
        ({"status_code": 0}, [2, 0]),
        ({"status_code": 7}, [3]),
        ({"reason": "ACCESS_DENIED"}, [3]),
        ({"origin": "gateway"}, [3]),
        ({"message_id": "m1"}, [0]),
        ({"fault": "f-1"}, [1]),
        ({"fault": "f-2"}, [1]),
        ({"fault": "f"}, []),
        ({"since": 200}, [3, 2, 1]),
        ({"until": 200}, [0]),
        ({"since": 200, "until": 400}, [2, 1]),
        ({"until": 400, "limit": 2}, [2, 1]),
        ({"until": 400, "before": 3}, [1, 0]),
        ({"until": 400, "after": 1}, [1, 2]),
        ({"client": "VN/COM/99/ekyc", "status_code": 0}, [2]),
        ({"limit": 2}, [3, 2]),
        ({"before": 3, "limit": 2}, [1, 0]),
        ({"after": 0, "limit": 3}, [0, 1, 2]),
        ({"after": 3}, [3]),
        ({"after": 1, "before": 4}, [1, 2]),
    ],
)
@pytest.mark.parametrize("sorted_up_to", [0, 50_000])
def test_a_search_finds_what_it_asks_for_in_its_order(
    filled: Reader, search: dict[str, Any], places: list[int], sorted_up_to: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_SORTED", sorted_up_to)
    assert found(filled, **search) == [KINDS[place] for place in places]


def test_a_search_by_subject_finds_every_transaction_about_one_of_many(writer: Writer, ledger: Reader) -> None:
    one, other, third = (f"{n:032x}" for n in (1, 2, 3))
    about = [record(subjects=one), record(subjects=f"{one} {other}"), record(subjects=f"{other} +"), record()]
    writer.append(about)
    assert found(ledger, subject=one) == [about[1], about[0]]
    assert found(ledger, subject=other) == [about[2], about[1]]
    assert found(ledger, subject=third) == []


def test_a_frozen_writer_does_not_keep_postgresql_from_others_for_ever(postgres: Postgres) -> None:
    engine = open_ledger(postgres.new_database())
    with engine.connect() as connection:
        limits = [
            connection.execute(sa.text(f"SHOW {name}")).scalar()
            for name in ("idle_in_transaction_session_timeout", "lock_timeout")
        ]
    engine.dispose()
    assert limits == ["10s", "5s"]


@contextmanager
def planned(engine: sa.Engine) -> Iterator[list[str]]:
    """How SQLite goes about everything that it is asked meanwhile."""
    steps: list[str] = []

    @sa.event.listens_for(engine, "before_cursor_execute")
    def _(connection: sa.Connection, cursor: Any, statement: str, values: Any, context: Any, many: bool) -> None:
        if statement.startswith(("SELECT", "DELETE")):
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values[0] if many else values)
            steps.extend(step[3] for step in cursor.fetchall())

    yield steps


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_ledger(f"sqlite:///{tmp_path / 'plain.db'}")
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    ("search", "index"),
    [
        ({"status_code": 5}, "records_by_status"),
        ({"reason": "ACCESS_DENIED"}, "records_by_reason"),
        ({"message_id": "m1"}, "records_by_message"),
        ({"trace": "0" * 32}, "records_by_trace"),
        ({"fault": "f-1"}, "records_by_fault"),
        ({"service": "VN/GOV/G01/demo", "trace": "0" * 32}, "records_by_trace"),
        ({"client": "VN/COM/99/ekyc", "subject": "0" * 32}, "INTEGER PRIMARY KEY"),
        ({"client": "VN/COM/99/ekyc", "since": 200, "until": 300}, "records_by_client"),
    ],
)
def test_what_is_rare_is_found_by_its_index(sqlite: sa.Engine, search: dict[str, Any], index: str) -> None:
    with planned(sqlite) as steps:
        Reader(sqlite).search(Search(**search))
    assert any(step.startswith("SEARCH records USING") and index in step for step in steps), steps
    assert not any(step.startswith("SCAN records") for step in steps), steps


@pytest.mark.parametrize(
    "search", [{"service": "VN/GOV/G01/demo"}, {"client": "VN/COM/99/ekyc"}, {"member": "VN/GOV/H26"}]
)
def test_of_what_is_frequent_only_the_page_is_read(
    sqlite: sa.Engine, search: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_SORTED", -1)
    with planned(sqlite) as steps:
        Reader(sqlite).search(Search(**search))
    assert steps[-1] == "SCAN records"  # from its end; nothing is sorted
    assert "USE TEMP B-TREE FOR ORDER BY" not in steps


def test_the_look_for_rows_outside_the_tree_does_not_read_those_inside(sqlite: sa.Engine) -> None:
    with planned(sqlite) as steps:
        assert Reader(sqlite).state()["outside"] == []
    assert not any(step.startswith("SCAN records") for step in steps), steps


def test_rows_that_are_removed_take_their_subjects_along_and_no_others(engine: sa.Engine, writer: Writer) -> None:
    old = [record(subjects=f"{n % 3:032x} {9:032x} +", request_in_ts=10) for n in range(5)]
    writer.append([*old, record(subjects=f"{9:032x}", request_in_ts=20)])
    writer.sign_all()
    assert writer.prune(20) == (6, True)
    with engine.connect() as connection:
        assert [tuple(row) for row in connection.execute(sa.select(subjects))] == [(f"{9:032x}", 6)]


def test_to_remove_rows_the_index_of_subjects_is_not_read_through(sqlite: sa.Engine, tmp_path: Path) -> None:
    writer = Writer(sqlite, Signer(tmp_path, "ndxp.example/test"))
    writer.append([record(subjects=f"{1:032x}", request_in_ts=10)])
    writer.sign_all()
    with planned(sqlite) as steps:
        writer.prune(20)
    assert any(step.startswith("SEARCH subjects USING PRIMARY KEY (subject=?") for step in steps), steps
    assert "SCAN subjects" not in steps


def test_a_search_finds_outcomes_only(writer: Writer, ledger: Reader) -> None:
    writer.append([record(Phase.REQUEST)])
    assert found(ledger) == []


def test_pages_lead_through_the_whole_ledger_once(writer: Writer, ledger: Reader) -> None:
    everything = [record() for _ in range(25)]
    writer.append(everything)
    seen: list[Record] = []
    after = 0
    while page := ledger.search(Search(after=after, limit=4)):
        seen += [entry.record for entry in page]
        after = page[-1].seq
    assert seen == everything


def test_totals_count_by_who_what_and_how_behind_a_place(writer: Writer, filled: Reader) -> None:
    writer.append(
        [record(Phase.REQUEST), record(client="VN/COM/99/ekyc", request_in_ts=500, service="VN/GOV/G02/demo")]
    )
    counted = {row[:4]: row[5] for row in filled.count()}
    assert sum(counted.values()) == 5
    assert counted["VN/COM/99/ekyc", "VN/GOV/G02/demo", "demo.v1.Demo/Get", 0] == 1
    assert sum(row[5] for row in filled.count(after=4)) == 1


def test_an_empty_ledger_ends_at_zero(ledger: Reader) -> None:
    assert ledger.last() == 0
    assert ledger.count() == []
