"""Retention of the access log, in SQLite and in PostgreSQL."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from ndxp.agency import retention
from ndxp.agency.database import Access, Database
from ndxp.agency.retention import Limits, Retention
from ndxp.clock import real_now
from ndxp.errors import AgencyError, Code
from tests.support.fakes import until
from tests.support.stores import Postgres

DAY = 86_400 * 1_000_000


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'agency.db'}"
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.new_database()
    database = Database(url)
    yield database
    database.close()


def log(database: Database, *days: float) -> list[int]:
    """Logs an access for each number of days ago; gives their times."""
    times = [real_now() - int(ago * DAY) for ago in days]
    with database.transaction() as transaction:
        before = len(transaction.accesses()) + transaction.accesses_kept()[1]
        transaction.log([Access(f"{before + n}", "c", "", "", "m", 0, at) for n, at in enumerate(times)])
    return times


def kept(database: Database) -> list[str]:
    with database.reading() as reader:
        return [access.transaction_id for _, access in reader.accesses()]


def complete_since(database: Database) -> int:
    with database.reading() as reader:
        return reader.accesses_kept()[0]


def cut(database: Database, limits: Limits) -> int:
    """Removes all that is over the limits; gives in how many parts."""
    parts, cutting = 1, Retention(database, limits)
    while not cutting.remove_some():
        parts += 1
    return parts


def test_what_is_older_than_the_days_goes_and_the_log_says_since_when_it_is_complete(database: Database) -> None:
    _, second, third, _ = log(database, 5, 3, 1, 0)
    cut(database, Limits(days=2))
    assert kept(database) == ["2", "3"]
    assert second < complete_since(database) <= third


def test_of_more_than_so_many_entries_the_newest_stay(database: Database) -> None:
    log(database, 5, 4, 3, 2, 1)
    cut(database, Limits(entries=2))
    assert kept(database) == ["3", "4"]
    log(database, 0.9, 0.8)
    cut(database, Limits(entries=2))
    assert kept(database) == ["5", "6"]


def test_one_retention_counts_what_comes_and_goes(database: Database) -> None:
    cutting = Retention(database, Limits(entries=3))
    for number in range(1, 8):
        log(database, 10 - number)
        assert cutting.remove_some()
        assert kept(database) == [str(n) for n in range(max(0, number - 3), number)]


def test_two_processes_remove_no_more_than_one(database: Database) -> None:
    cuttings = [Retention(database, Limits(entries=2)) for _ in range(2)]
    for number in range(1, 8):
        log(database, 10 - number)
        for cutting in cuttings:
            cutting.remove_some()
        assert kept(database) == [str(n) for n in range(max(0, number - 2), number)]


def test_both_limits_hold_at_once(database: Database) -> None:
    log(database, 5, 4, 3, 1, 0.5)
    cut(database, Limits(days=2, entries=4))
    assert kept(database) == ["3", "4"]
    cut(database, Limits(days=2, entries=1))
    assert kept(database) == ["4"]


def test_entries_of_the_last_hour_stay_however_many_there_are(database: Database) -> None:
    log(database, 1, 0, 0, 0)
    cut(database, Limits(entries=1))
    assert kept(database) == ["1", "2", "3"]


def test_an_entry_that_is_young_enough_stays_even_when_a_clock_went_back_after_it(database: Database) -> None:
    log(database, 1, 5, 0)
    cut(database, Limits(days=2))
    assert kept(database) == ["0", "1", "2"]
    assert complete_since(database) == 0


def test_a_long_log_is_counted_and_cut_in_small_parts(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_AT_ONCE", 2)
    monkeypatch.setattr(retention, "_COUNTED_AT_ONCE", 3)
    log(database, *[9] * 7, 1)
    assert cut(database, Limits(days=2)) == 4
    assert kept(database) == ["7"]
    log(database, *[1] * 8)
    assert cut(database, Limits(entries=2)) == 5
    assert kept(database) == ["14", "15"]


def test_what_was_removed_is_not_taken_for_new_when_the_process_starts_again(database: Database) -> None:
    log(database, 5, 4, 3)
    cut(database, Limits(entries=2))
    since = complete_since(database)
    cut(database, Limits(entries=2))
    assert kept(database) == ["1", "2"]
    assert complete_since(database) == since


async def test_without_limits_everything_stays_and_nothing_runs(database: Database) -> None:
    log(database, 5000)
    await Retention(database, Limits()).run()
    assert kept(database) == ["0"]
    assert complete_since(database) == 0


async def test_it_goes_on_by_itself_and_tries_again_when_the_database_was_away(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(retention, "_EVERY", 0.0)
    away: list[Exception] = [
        AgencyError(Code.UNAVAILABLE, "DATABASE_UNAVAILABLE", "away"),
        sqlite3.DatabaseError("malformed"),
    ]
    remove_some = Retention.remove_some

    def sometimes(self: Retention) -> bool:
        if away:
            raise away.pop()
        return remove_some(self)

    monkeypatch.setattr(Retention, "remove_some", sometimes)
    async with asyncio.TaskGroup() as beside:
        running = beside.create_task(Retention(database, Limits(days=1)).run())
        log(database, 2, 0)
        await until(lambda: kept(database) == ["1"])
        log(database, 2)
        await until(lambda: "2" in kept(database))  # it stays behind a younger one
        running.cancel()
    for why in ("DATABASE_UNAVAILABLE", "DatabaseError"):
        assert f"the access log is not cut: {why}" in caplog.text
