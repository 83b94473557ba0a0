"""The journal: group commits, and what happens when the store is away."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.core.transaction import Record, parse
from gateway.dataplane import journal as journaling
from gateway.dataplane.journal import STREAM, Journal, JournalUnavailable
from gateway.store import Store
from ndxp.process import end
from tests.fakes import until
from tests.records import record
from tests.stores import Valkey


@pytest.fixture
async def journal(valkey: Valkey) -> AsyncIterator[Journal]:
    journal = Journal(valkey.url)
    writer = asyncio.create_task(journal.run())
    await until(lambda: journal.available)
    yield journal
    await end([writer])


async def written(store: Store) -> list[Record]:
    return [parse(data) for _, fields in await store.xrange(STREAM) for data in fields.values()]


async def test_a_record_taken_is_in_the_store(journal: Journal, store: Store) -> None:
    one = record()
    await journal.append(one)
    assert await written(store) == [one]


async def test_all_that_wait_are_written_in_their_order_with_few_round_trips(journal: Journal, store: Store) -> None:
    records = [record() for _ in range(2500)]
    await asyncio.gather(*(journal.append(one) for one in records))
    assert await written(store) == records
    assert await store.xlen(STREAM) < 10


async def test_on_a_busy_worker_records_soon_after_a_commit_share_the_next(
    journal: Journal, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journaling, "_BETWEEN_COMMITS", 0.2)
    await journal.append(record())
    waiting = []
    for _ in range(3):
        waiting.append(asyncio.create_task(journal.append(record(), under_way=16)))
        await asyncio.sleep(0)  # each in a turn of the loop of its own
    await asyncio.gather(*waiting)
    assert await store.xlen(STREAM) == 2


async def test_a_call_alone_on_its_worker_does_not_wait_for_others(
    journal: Journal, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journaling, "_BETWEEN_COMMITS", 600.0)
    for _ in range(3):
        await journal.append(record(), under_way=1)
    assert await store.xlen(STREAM) == 3


async def test_without_a_connection_it_is_not_available(valkey: Valkey) -> None:
    assert not Journal(valkey.url).available


async def test_a_store_that_refuses_to_write_is_not_available_until_it_takes_records(
    journal: Journal, store: Store
) -> None:
    await store.config_set("maxmemory", 1)
    waiting = asyncio.create_task(journal.append(record()))
    await until(lambda: not journal.available)
    assert not waiting.done()
    await store.config_set("maxmemory", 0)
    await waiting
    assert journal.available


async def test_a_store_that_hangs_is_not_available(
    journal: Journal, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journaling, "PATIENCE", 0.05)
    valkey.freeze()
    waiting = asyncio.create_task(journal.append(record()))
    await until(lambda: not journal.available)
    valkey.thaw()
    await waiting
    assert journal.available


async def test_who_waits_too_long_is_let_go_and_the_record_is_written_all_the_same(
    valkey: Valkey, store: Store
) -> None:
    journal = Journal(valkey.url, patience=0.0)
    waiting = asyncio.create_task(journal.append(one := record()))
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
    waiting = asyncio.create_task(journal.append(second))
    await until(lambda: not journal.available)
    assert not waiting.done()
    valkey.start()
    await waiting
    assert await written(store) == [first, second]
    assert journal.available


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
    waiting = [asyncio.create_task(journal.append(record()))]
    await until(lambda: not journal.available)
    waiting += [asyncio.create_task(journal.append(record()))]
    await until(lambda: len(journal._waiting) == 2)
    with pytest.raises(JournalUnavailable):
        await journal.append(record())
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_it_knows_when_everything_is_written(valkey: Valkey, store: Store) -> None:
    journal = Journal(valkey.url)
    records = [record() for _ in range(10)]
    appended = [asyncio.create_task(journal.append(one)) for one in records]
    await until(lambda: len(journal._waiting) == 10)
    writer = asyncio.create_task(journal.run())
    await journal.flushed()
    assert await written(store) == records
    await asyncio.gather(*appended)
    await end([writer])
