"""Connections to SQLite: the write-ahead log is turned on, also when somebody else has the database at that moment."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from ndxp import sqlite


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "any.db"


@pytest.fixture
def holder(file: Path) -> Iterator[sqlite3.Connection]:
    """Has the database to itself, until it is rolled back."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    yield connection
    connection.close()


def test_whoever_finds_the_database_locked_waits_for_its_turn(
    file: Path, holder: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ndxp.sqlite.time.sleep", lambda _: holder.rollback())
    connection = sqlite3.connect(file, timeout=0)
    sqlite.configure(connection, ("busy_timeout=7",))
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA busy_timeout").fetchone() == (7,)
    assert not holder.in_transaction
    connection.close()


def test_a_database_that_stays_locked_is_an_error(
    file: Path, holder: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_PATIENCE", 0.0)
    connection = sqlite3.connect(file, timeout=0)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        sqlite.configure(connection, ())
    connection.close()
    assert holder.in_transaction
