"""What the commands say of a ledger that somebody has changed: nothing is told as if it were good."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.testing import RunningExchange
from ndxp.world import World
from tests.ndxp.cli.conftest import Ndxp
from tests.support.fakes import until_now

CLIENT = "VN/GOV/G30/lgsp"
METHOD = "ndxp.exchange.v1.ExchangeService/ListMembers"
Change = Callable[[str, str], Any]


@contextmanager
def changed(exchange: RunningExchange, there: str, *back: str) -> Iterator[None]:
    """The ledger with a change that a statement makes, until others have undone it."""
    with sqlite3.connect(exchange.folder / "ledger.db", timeout=30) as database:
        database.executescript(there)
    try:
        yield
    finally:
        with sqlite3.connect(exchange.folder / "ledger.db", timeout=30) as database:
            for statement in back:
                database.execute(statement)
        database.close()


@pytest.fixture
def transaction(ndxp: Ndxp) -> str:
    """A transaction of one record, signed."""
    made: str = ndxp("call", METHOD, "{}", "--as", CLIENT, "--json").data["transaction_id"]
    until_now(lambda: ndxp("log", "show", made, "--json").data[0]["proof"] == "signed" or None)
    return made


@pytest.fixture
def old(ndxp: Ndxp, transaction: str, tmp_path: Path) -> Path:
    """A checkpoint that covers the transaction."""
    path = tmp_path / "old"
    path.write_text(ndxp("log", "checkpoint").out, encoding="utf-8")
    return path


@pytest.fixture
def forged(exchange: RunningExchange, transaction: str, old: Path) -> Iterator[str]:
    """The transaction, with another client in its row."""
    statement = f"UPDATE records SET client = '{{}}' WHERE transaction_id = '{transaction}'"  # noqa: S608
    with changed(exchange, statement.format("VN/GOV/H01/one-stop"), statement.format(CLIENT)):
        yield transaction


def test_a_forged_record_has_no_explanation_and_no_evidence(ndxp: Ndxp, forged: str, tmp_path: Path) -> None:
    for words in (("explain", forged), ("log", "evidence", forged, "-o", tmp_path / "proof.json")):
        ran = ndxp(*words)
        assert ran.code == 1
        assert f"(transaction {forged}) is not what the tree holds at its place" in ran.complaint
    assert not (tmp_path / "proof.json").exists()


def test_a_forged_record_is_marked_wherever_it_is_shown(
    ndxp: Ndxp, forged: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ndxp("log", "show", forged, "--json").data[0]["proof"] == "changed"
    for words in (("log", "search", "--client", "VN/GOV/H01/one-stop"), ("log", "tail", "-n", 1000)):
        [line] = [line for line in ndxp(*words).out.splitlines() if forged in line]
        assert line.endswith("✗ CHANGED in the database")
        monkeypatch.setenv("NDXP_LANG", "vi")
        assert "✗ BỊ SỬA trong cơ sở dữ liệu" in ndxp(*words).out
        monkeypatch.delenv("NDXP_LANG")
        assert {one["transaction_id"]: one["proof"] for one in ndxp(*words, "--json").data}[forged] == "changed"


def test_a_ledger_with_a_forged_record_has_not_only_grown(ndxp: Ndxp, forged: str, old: Path) -> None:
    ran = ndxp("log", "consistency", old)
    assert ran.code == 1
    assert f"(transaction {forged}) was changed: it is not the record that was signed" in ran.out
    assert ndxp("log", "consistency", old, "--json").data["consistent"] is False
    tree = ndxp("log", "consistency", old, "--tree-only")
    assert (tree.code, "whether the records are those of the tree was not checked" in tree.out) == (0, True)


def test_of_a_deleted_record_it_is_said_that_records_are_missing(
    ndxp: Ndxp, exchange: RunningExchange, transaction: str, old: Path
) -> None:
    here = f"WHERE transaction_id = '{transaction}'"
    away = f"CREATE TABLE away AS SELECT * FROM records {here}; DELETE FROM records {here}"  # noqa: S608
    with changed(exchange, away, "INSERT INTO records SELECT * FROM away", "DROP TABLE away"):
        ran = ndxp("explain", transaction)
        assert (ran.code, "1 of its records were deleted" in ran.complaint) == (1, True)
        grown = ndxp("log", "consistency", old)
        assert (grown.code, "missing: deleted" in grown.out) == (1, True)
    assert ndxp("explain", transaction).code == 0


def test_who_asked_about_a_citizen_is_told_when_the_index_of_subjects_was_emptied(
    ndxp: Ndxp, exchange: RunningExchange
) -> None:
    citizen = next(World().sample(1, 506, alive=True))
    with exchange.connect("VN/GOV/H29/one-stop") as connection:
        request = VerifyCitizenRequest(
            citizen_number=citizen.number, full_name=citizen.full_name, birth_date=str(citizen.birth_date)
        )
        PopulationServiceStub(connection.channel).VerifyCitizen(request)
    [asked] = ndxp("log", "subject", citizen.number, "--json").data
    away = "CREATE TABLE away AS SELECT * FROM subjects; DELETE FROM subjects"
    with changed(exchange, away, "INSERT OR IGNORE INTO subjects SELECT * FROM away", "DROP TABLE away"):
        ran = ndxp("log", "subject", citizen.number)
        audited = ndxp("log", "verify")
    assert ran.code == 1
    assert asked["transaction_id"] in ran.out
    assert "the index of subjects does not have them" in ran.err
    assert (audited.code, "whom the index of subjects does not have" in audited.out) == (1, True)
    assert ndxp("log", "verify").code == 0


def test_a_second_size_of_the_tree_is_named_and_no_command_ends_without_words(
    ndxp: Ndxp, ndxp_alone: Ndxp, exchange: RunningExchange, transaction: str, old: Path
) -> None:
    with changed(exchange, "INSERT INTO tree VALUES (2, 5)", "DELETE FROM tree WHERE id = 2"):
        audited = ndxp_alone("log", "verify")
        assert (audited.code, "the table tree has 2 rows" in audited.out) == (1, True)
        for words in (
            ("explain", transaction), ("log", "tail"), ("log", "evidence", transaction), ("log", "checkpoint"),
            ("log", "consistency", old), ("log", "export", old.with_suffix(".jsonl")),
        ):  # fmt: skip
            ran = ndxp_alone(*words)
            assert (ran.code, "the table tree has 2 rows" in ran.complaint) == (1, True)
    until_now(lambda: ndxp("log", "verify").code == 0 or None)


def test_statistics_and_exports_say_that_they_are_not_checked(ndxp: Ndxp, transaction: str, tmp_path: Path) -> None:
    assert "not checked here: `ndxp log verify`" in ndxp("stats").err
    assert {line["checked"] for line in ndxp("stats", "--json").data} == {False}
    assert "`ndxp log verify` checks" in ndxp("log", "export", tmp_path / "a.jsonl").out
    assert ndxp("log", "export", tmp_path / "a.jsonl", "--json").data["checked"] is False


def test_statistics_that_were_made_unreadable_are_a_line(
    ndxp: Ndxp, ndxp_alone: Ndxp, exchange: RunningExchange, transaction: str
) -> None:
    ndxp("stats")
    away = "CREATE TABLE away AS SELECT * FROM rollups; UPDATE rollups SET reasons = 'x' WHERE period = 86400"
    with changed(exchange, away, "REPLACE INTO rollups SELECT * FROM away", "DROP TABLE away"):
        ran = ndxp_alone("stats")
        assert (ran.code, "cannot be read any more" in ran.complaint) == (1, True)
    assert ndxp("log", "verify").code == 0
