import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from ndxp.agency import jobs
from ndxp.agency.database import Database, Job, Transaction
from ndxp.agency.jobs import Jobs, Settle
from ndxp.agency.onward import OnwardFailed
from ndxp.clock import FIRST_MOMENT, Clock, begin, micros_of, move
from ndxp.errors import Code
from tests.support.fakes import PATIENCE


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path}/jobs.db")


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_LOOK_EVERY", 0.005)
    monkeypatch.setattr(jobs, "_FIRST_PAUSE", 0.001)


@asynccontextmanager
async def at_work(database: Database, clock: Clock, handler: jobs.Handler) -> AsyncIterator[None]:
    running = asyncio.create_task(Jobs(database, clock, {"work": handler}).run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def add(database: Database, *keys: str, due: int = 0) -> None:
    with database.transaction() as documents:
        for key in keys:
            documents.add_job("work", key, key.encode(), due=due)


def left(database: Database) -> list[str]:
    with database.reading() as documents:
        return [job.key for job in documents.due_jobs(2**62, 2**62, limit=100)]


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 - a database tells nobody
            await asyncio.sleep(0.002)


def keeps(key: str) -> Settle:
    def settle(documents: Transaction) -> None:
        documents.put("done", key, b"")

    return settle


async def test_work_is_done_and_taken_away(database: Database) -> None:
    done = []

    async def handler(job: Job) -> Settle:
        done.append((job.key, job.body))
        return keeps(job.key)

    add(database, *(f"{n}" for n in range(40)))
    async with at_work(database, Clock(), handler):
        await until(lambda: not left(database))
    assert sorted(done) == sorted((f"{n}", f"{n}".encode()) for n in range(40))
    with database.reading() as documents:
        assert all(documents.get("done", f"{n}") == b"" for n in range(40))


async def test_work_waits_until_it_is_due_by_the_nations_clock(database: Database, tmp_path: Path) -> None:
    begin(tmp_path / "clock", 0.0)
    clock, done = Clock(tmp_path / "clock"), list[str]()

    async def handler(job: Job) -> Settle:
        done.append(job.key)
        return keeps(job.key)

    tomorrow = FIRST_MOMENT + timedelta(1)
    add(database, "tomorrow", due=micros_of(tomorrow))
    add(database, "today")
    async with at_work(database, clock, handler):
        await until(lambda: left(database) == ["tomorrow"])
        assert done == ["today"]
        move(tmp_path / "clock", tomorrow)
        await until(lambda: not left(database))
    assert done == ["today", "tomorrow"]


async def test_what_settles_a_job_may_add_the_next_one(database: Database) -> None:
    order = []

    async def handler(job: Job) -> Settle:
        order.append(job.key)

        def settle(documents: Transaction) -> None:
            if job.key == "first":
                documents.add_job("work", "second")

        return settle

    add(database, "first")
    async with at_work(database, Clock(), handler):
        await until(lambda: not left(database))
    assert order == ["first", "second"]


async def test_work_that_nobody_answered_is_tried_again(database: Database) -> None:
    attempts = []

    async def handler(job: Job) -> Settle:
        attempts.append(job.attempts)
        if len(attempts) < 4:
            raise OnwardFailed(Code.UNAVAILABLE, "NOBODY", "nobody answered")
        return keeps(job.key)

    add(database, "patient")
    async with at_work(database, Clock(), handler):
        await until(lambda: not left(database))
    assert attempts == [0, 1, 2, 3]


async def test_an_error_keeps_the_job_and_stops_no_other_and_its_text_is_in_no_log(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async def handler(job: Job) -> Settle:
        if job.key == "wrong":
            raise ValueError("Nguyễn Văn A")
        return keeps(job.key)

    add(database, "right", "wrong")
    async with at_work(database, Clock(), handler):
        await until(lambda: left(database) == ["wrong"] and bool(caplog.records))
    assert "ValueError in " in caplog.text
    assert "test_jobs.py" in caplog.text
    assert "Nguyễn" not in caplog.text


async def test_of_two_processes_that_do_a_job_one_settles_it(database: Database) -> None:
    settled, both = [], asyncio.Barrier(2)

    async def handler(job: Job) -> Settle:
        await both.wait()
        return lambda _: settled.append(job.key)

    add(database, "once")
    async with at_work(database, Clock(), handler), at_work(database, Clock(), handler):
        await until(lambda: not left(database))
    assert settled == ["once"]


async def test_work_of_a_process_that_ends_is_there_for_the_next(database: Database) -> None:
    began = asyncio.Event()

    async def never(_: Job) -> Settle:
        began.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def handler(job: Job) -> Settle:
        return keeps(job.key)

    add(database, "left")
    async with at_work(database, Clock(), never):
        await began.wait()
    assert left(database) == ["left"]
    async with at_work(database, Clock(), handler):
        await until(lambda: not left(database))


def test_a_job_is_added_once_for_its_key(database: Database) -> None:
    with database.transaction() as documents:
        documents.add_job("work", "same", b"first")
        documents.add_job("work", "same", b"second")
        [job] = documents.due_jobs(2**62, 2**62, limit=2)
    assert job.body == b"first"
