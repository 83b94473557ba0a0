"""What is full is named with its remedy, by errors that real stores and databases give."""

import errno
import sqlite3
from pathlib import Path
from typing import Any

import hiredis
import psycopg
import pytest
import redis
import sqlalchemy as sa

from ndxp.agency.database import Database
from ndxp.errors import AgencyError
from ndxp.exhausted import exhausted, why
from tests.support.stores import Postgres, Valkey


@pytest.fixture
def full_store(tmp_path: Path) -> Any:
    """A store that has used all the memory that it may."""
    store = Valkey(tmp_path)
    store.start()
    with redis.Redis.from_url(store.url) as client:
        client.config_set("maxmemory", "1")
        client.config_set("maxmemory-policy", "noeviction")
        yield client
    store.kill()


def test_a_store_without_memory_is_said_to_need_more(full_store: Any) -> None:
    with pytest.raises(redis.RedisError) as refused:
        full_store.set("a", "b")
    assert exhausted(refused.value).startswith("the store has used all its memory: raise maxmemory")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"-OOM command not allowed when used memory > 'maxmemory'.\r\n", "raise maxmemory"),
        (b"-MISCONF Errors writing to the AOF file: No space left on device\r\n", "make room"),
        (b"-MISCONF Valkey is configured to save RDB snapshots, but it's unable to persist to disk.\r\n", "make room"),
        (b"-READONLY You can't write against a read only replica.\r\n", "primary"),
        (b"-ERR unknown command 'x'\r\n", ""),
    ],
)
def test_an_answer_of_the_store_is_understood_by_both_its_readers(answer: bytes, says: str) -> None:
    reader = hiredis.Reader()
    reader.feed(answer)
    of_journal = reader.gets()
    assert isinstance(of_journal, hiredis.ReplyError)
    text = answer[1:-2].decode()
    classes: Any = redis.connection.DefaultParser.EXCEPTION_CLASSES
    word, _, rest = text.partition(" ")
    of_client = classes[word](rest) if word in ("OOM", "READONLY") else redis.ResponseError(text)
    for error in (of_journal, of_client):
        assert says in exhausted(error)
        assert bool(exhausted(error)) == bool(says)


def full_sqlite(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE a (b)")
    connection.execute("PRAGMA max_page_count = 2")
    return connection


def test_a_file_of_sqlite_that_cannot_grow_is_a_full_disk(tmp_path: Path) -> None:
    connection = full_sqlite(tmp_path / "a.db")
    with pytest.raises(sqlite3.OperationalError) as refused:
        connection.execute("INSERT INTO a VALUES (zeroblob(100000))")
    connection.close()
    wrapped = sa.exc.OperationalError("INSERT", {}, refused.value)
    for error in (refused.value, wrapped):
        assert exhausted(error) == (
            "the database's file cannot grow: its disk is full: make room there, what waits is taken then"
        )


def test_a_file_of_sqlite_that_is_read_only_is_said_to_be(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "a.db").execute("CREATE TABLE a (b)").connection.close()
    connection = sqlite3.connect(f"file:{tmp_path / 'a.db'}?mode=ro", uri=True)
    with pytest.raises(sqlite3.OperationalError) as refused:
        connection.execute("INSERT INTO a VALUES (1)")
    connection.close()
    assert "read-only" in exhausted(refused.value)


@pytest.mark.parametrize(
    ("state", "says"), [("53100", "disk is full"), ("53200", "memory"), ("53300", "max_connections"), ("22000", "")]
)
def test_postgresql_says_what_is_full(postgres: Postgres, state: str, says: str) -> None:
    with psycopg.connect(postgres.new_database()) as connection, pytest.raises(psycopg.Error) as refused:
        connection.execute(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$")
    assert says in exhausted(refused.value)
    assert bool(exhausted(refused.value)) == bool(says)


def test_a_full_disk_of_the_system_is_one_too_and_other_errors_are_their_kind() -> None:
    assert "disk is full" in exhausted(OSError(errno.ENOSPC, "No space left on device"))
    assert why(OSError(errno.ENOENT, "No such file")) == "FileNotFoundError"
    assert why(TimeoutError()) == "TimeoutError"


def test_an_agency_whose_disk_is_full_says_so_in_its_log_once_and_to_callers_that_it_takes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'agency.db'}")

    def store() -> None:
        with database.transaction() as transaction:
            transaction._run("PRAGMA max_page_count = 1")
            transaction.put("a", "1", bytes(1_000_000))

    for _ in range(2):
        with pytest.raises(AgencyError, match="takes nothing now") as refused:
            store()
        assert refused.value.reason == "DATABASE_UNAVAILABLE"
    assert caplog.text.count("its disk is full: make room there") == 1
    with database.transaction() as transaction:
        transaction._run("PRAGMA max_page_count = 1000000")
        transaction.put("a", "1", b"")
    database.close()
