"""The journal: group commits, and what happens when the store is away."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.core.transaction import Record, parse
from gateway.dataplane import journal as journaling
from gateway.dataplane.journal import Journal, JournalUnavailable
from gateway.settings import Durability
from gateway.store import STREAM, Store
from ndxp.process import end
from tests.support.fakes import until
from tests.support.records import record
from tests.support.stores import Valkey


@pytest.fixture
async def journal(valkey: Valkey) -> AsyncIterator[Journal]:
    journal = Journal(valkey.url)
    writer = asyncio.create_task(journal.run())
    await until(lambda: journal.available)
    yield journal
    await end([writer])


async def written(store: Store) -> list[Record]:
    return [parse(data) for _, fields in await store.xrange(STREAM) for data in fields.values()]


async def crash(valkey: Valkey, journal: Journal) -> None:
    """The store is killed and started again; returns when the journal has written what it had to."""
    valkey.kill()
    await until(lambda: not journal.available)
    valkey.start()
    await until(lambda: journal.available)
    await journal.flushed()


async def test_a_record_taken_is_in_the_store(journal: Journal, store: Store) -> None:
    one = record()
    await journal.append(one)
    assert await written(store) == [one]


async def test_all_that_wait_are_written_in_their_order_with_few_round_trips(journal: Journal, store: Store) -> None:
    records = [record() for _ in range(2500)]
    await asyncio.gather(*(journal.append(one) for one in records))
    assert await written(store) == records
    assert await store.xlen(STREAM) < 10


async def test_it_counts_records_and_commits_and_what_waits(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    await asyncio.gather(*(journal.append(record()) for _ in range(10)))
    assert (journal.records, sum(journal.appends.counts), journal.waiting) == (10, 1, 0)
    monkeypatch.setattr(journaling, "_BETWEEN_COMMITS", 600.0)
    late = asyncio.ensure_future(journal.append(record(), under_way=16))
    await until(lambda: journal.waiting == 1)
    late.cancel()


async def test_on_a_busy_worker_records_soon_after_a_commit_share_the_next(
    journal: Journal, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journaling, "_BETWEEN_COMMITS", 600.0)
    await journal.append(record())
    waiting = []
    for _ in range(3):
        waiting.append(asyncio.ensure_future(journal.append(record(), under_way=16)))
        await asyncio.sleep(0)  # each in a turn of the loop of its own
    assert (await store.xlen(STREAM), journal.waiting) == (1, 3)
    journal._flush()  # the moment is over
    await asyncio.gather(*waiting)
    assert await store.xlen(STREAM) == 2


async def test_a_call_alone_on_its_worker_does_not_wait_for_others(
    journal: Journal, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journaling, "_BETWEEN_COMMITS", 600.0)
    for _ in range(3):
        await journal.append(record(), under_way=1)
    assert await store.xlen(STREAM) == 3


@pytest.mark.parametrize(
    ("durability", "name", "too_little", "enough"),
    [("everysec", "appendonly", "no", "yes"), ("always", "appendfsync", "everysec", "always")],
)
async def test_a_store_that_cannot_keep_the_promise_gets_no_record_until_it_can(
    valkey: Valkey, store: Store, durability: Durability, name: str, too_little: str, enough: str,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    await store.config_set(name, too_little)
    journal = Journal(valkey.url, durability=durability)
    writer = asyncio.create_task(journal.run())
    waiting = asyncio.ensure_future(journal.append(one := record()))
    needed = f"the store has {name} {too_little}, NDXP_DURABILITY={durability} needs {name} {enough}"
    await until(lambda: needed in caplog.text)
    assert not journal.available
    assert await written(store) == []
    await store.config_set(name, enough)
    await waiting
    assert journal.available
    assert await written(store) == [one]
    await end([writer])


async def test_a_store_that_may_not_say_how_durable_it_is_is_believed(
    valkey: Valkey, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    await store.execute_command("ACL", "SETUSER", "default", "-config")
    journal = Journal(valkey.url, durability="always")
    writer = asyncio.create_task(journal.run())
    await journal.append(one := record())
    assert await written(store) == [one]
    assert "the store does not say how durable it is" in caplog.text
    await end([writer])


async def test_without_a_connection_it_is_not_available(valkey: Valkey) -> None:
    assert not Journal(valkey.url).available


async def test_a_store_that_refuses_to_write_is_not_available_until_it_takes_records(
    journal: Journal, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    await store.config_set("maxmemory", 1)
    waiting = asyncio.ensure_future(journal.append(record()))
    await until(lambda: not journal.available)
    assert "does not take records: the store has used all its memory: raise maxmemory" in caplog.text
    assert not waiting.done()
    await store.config_set("maxmemory", 0)
    await waiting
    assert journal.available


async def test_a_store_that_hangs_is_not_available(
    journal: Journal, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journaling, "PATIENCE", 0.05)
    valkey.freeze()
    waiting = asyncio.ensure_future(journal.append(record()))
    await until(lambda: not journal.available)
    valkey.thaw()
    await waiting
    assert journal.available


async def test_who_waits_too_long_is_let_go_and_the_record_is_written_all_the_same(
    valkey: Valkey, store: Store
) -> None:
    journal = Journal(valkey.url, patience=0.0)
    waiting = asyncio.ensure_future(journal.append(one := record()))
    await until(lambda: len(journal._waiting) == 1)
    journal.expire()
    with pytest.raises(JournalUnavailable):
        await waiting
    writer = asyncio.create_task(journal.run())
    await journal.flushed()
    assert await written(store) == [one]
    await end([writer])


async def test_a_store_that_does_not_answer_is_noticed_without_a_call(journal: Journal, valkey: Valkey) -> None:
    valkey.kill()
    await until(lambda: not journal.available)


async def test_a_record_waits_while_the_store_is_away_and_is_written_when_it_is_back(
    journal: Journal, valkey: Valkey, store: Store
) -> None:
    first, second = record(), record()
    await journal.append(first)
    valkey.kill()
    waiting = asyncio.ensure_future(journal.append(second))
    await until(lambda: not journal.available)
    assert not waiting.done()
    valkey.start()
    await waiting
    assert await written(store) == [first, first, second]
    assert journal.available


async def test_what_a_killed_store_had_taken_and_lost_is_written_again(
    journal: Journal, valkey: Valkey, store: Store
) -> None:
    await journal.append(one := record())
    await store.delete(STREAM)
    await store.aclose()
    await crash(valkey, journal)
    assert await written(store) == [one]


async def test_what_is_written_again_is_no_more_than_a_bounded_number(
    journal: Journal, valkey: Valkey, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journaling, "MAX_REPEATED", 2)
    records = [record() for _ in range(4)]
    for one in records:
        await journal.append(one)
    await crash(valkey, journal)
    assert await written(store) == [*records, *records[-2:]]


async def test_what_is_written_again_is_of_the_last_seconds_only(
    journal: Journal, valkey: Valkey, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journaling, "REPEATED", 0.0)
    first, second = record(), record()
    await journal.append(first)
    await journal.append(second)
    await crash(valkey, journal)
    assert await written(store) == [first, second, second]


async def test_a_record_is_written_even_when_its_caller_gave_up(journal: Journal, valkey: Valkey, store: Store) -> None:
    one = record()
    valkey.kill()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await journal.append(one)
    valkey.start()
    await until(lambda: journal.available)
    other = record()
    await journal.append(other)
    assert await written(store) == [one, other]


async def test_too_many_that_wait_are_refused_at_once(
    journal: Journal, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journaling, "MAX_WAITING", 2)
    valkey.kill()
    waiting = [asyncio.ensure_future(journal.append(record()))]
    await until(lambda: not journal.available)
    waiting += [asyncio.ensure_future(journal.append(record()))]
    await until(lambda: len(journal._waiting) == 2)
    with pytest.raises(JournalUnavailable):
        await journal.append(record())
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_it_knows_when_everything_is_written(valkey: Valkey, store: Store) -> None:
    journal = Journal(valkey.url)
    records = [record() for _ in range(10)]
    appended = [asyncio.ensure_future(journal.append(one)) for one in records]
    await until(lambda: len(journal._waiting) == 10)
    writer = asyncio.create_task(journal.run())
    await journal.flushed()
    assert await written(store) == records
    await asyncio.gather(*appended)
    await end([writer])
