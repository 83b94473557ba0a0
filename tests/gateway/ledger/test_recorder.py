"""The recorder: from the journal into the ledger, each record exactly once."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from gateway.core.transaction import Phase, Record, canonical, parse
from gateway.ledger import recorder as recording
from gateway.ledger import tables
from gateway.ledger.lease import LEASE
from gateway.ledger.reader import Reader, Search
from gateway.ledger.recorder import ASIDE, CHECKPOINT, GROUP, Recorder, caught_up
from gateway.ledger.signer import Signer
from gateway.ledger.source import Source
from gateway.ledger.writer import LedgerTaken, Writer
from gateway.store import STREAM, Store
from ndxp.clock import real_now
from ndxp.ledger.audit import Audit
from ndxp.ledger.checkpoint import Checkpoint
from ndxp.process import end
from tests.support.fakes import PATIENCE, until
from tests.support.records import record
from tests.support.stores import Valkey


async def journal(store: Store, *records: Record) -> None:
    await store.xadd(STREAM, {str(number): canonical(one) for number, one in enumerate(records)})


@asynccontextmanager
async def running(recorder: Recorder) -> AsyncIterator[Recorder]:
    task = asyncio.create_task(recorder.run())
    try:
        yield recorder
    finally:
        assert not task.done(), task
        await end([task])


def outcomes(ledger: Reader) -> list[Record]:
    return [entry.record for entry in ledger.search(Search(after=0, limit=1000))]


@pytest.fixture
def lock(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[[], sa.Connection]:
    """Takes the ledger away: somebody else holds its write lock, and the wait for it is short."""

    sqlite = engine.dialect.name == "sqlite"

    @sa.event.listens_for(engine, "connect")
    def _(connection: Any, _: object) -> None:
        connection.execute("PRAGMA busy_timeout=50" if sqlite else "SET lock_timeout = 50")

    engine.dispose()
    monkeypatch.setattr(recording, "_RETRY", 0.05)

    def take() -> sa.Connection:
        connection = engine.connect().execution_options(write=True)
        connection.execute(sa.text("UPDATE tree SET size = size"))
        return connection

    return take


async def test_what_the_journal_has_is_in_the_ledger_in_its_order(store: Store, writer: Writer, ledger: Reader) -> None:
    records = [record() for _ in range(450)]
    for start in range(0, len(records), 3):
        await journal(store, *records[start : start + 3])
    async with running(Recorder(store, writer, "test")):
        assert await caught_up(store, PATIENCE)
        assert outcomes(ledger) == records
        assert await store.xlen(STREAM) == 0


async def test_what_comes_later_is_recorded_too(store: Store, writer: Writer, ledger: Reader) -> None:
    async with running(Recorder(store, writer, "test")) as recorder:
        await until(lambda: recorder.healthy)
        for _ in range(5):
            await journal(store, record(Phase.REQUEST), record())
            assert await caught_up(store, PATIENCE)
        assert len(outcomes(ledger)) == 5
        assert ledger.last() == 10


async def test_an_emptied_journal_is_reported_and_later_entries_are_recorded(
    store: Store, writer: Writer, ledger: Reader, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(recording, "_RETRY", 0.05)
    async with running(Recorder(store, writer, "test")) as recorder:
        await until(lambda: recorder.healthy)
        await journal(store, record())
        assert await caught_up(store, PATIENCE)
        await store.flushall()
        await until(lambda: "the journal was emptied under the recorder" in caplog.text)
        await until(lambda: recorder.healthy)
        await journal(store, record())
        assert await caught_up(store, PATIENCE)
        assert ledger.last() == 2
    assert (await store.get(CHECKPOINT)).decode() == ledger.latest_checkpoint()


async def test_what_a_dead_recorder_had_read_is_recorded_by_the_next(
    store: Store, writer: Writer, ledger: Reader
) -> None:
    records = [record() for _ in range(5)]
    for one in records:
        await journal(store, one)
    await store.xgroup_create(STREAM, GROUP, id="0")
    await store.xreadgroup(GROUP, "recorder", {STREAM: ">"}, count=3)
    async with running(Recorder(store, writer, "test")):
        assert await caught_up(store, PATIENCE)
        assert outcomes(ledger) == records
        assert (await store.xpending(STREAM, GROUP))["pending"] == 0


async def test_what_was_recorded_but_not_acknowledged_is_not_recorded_twice(
    store: Store, writer: Writer, ledger: Reader
) -> None:
    records = [record() for _ in range(3)]
    await journal(store, *records)
    await store.xgroup_create(STREAM, GROUP, id="0")
    await store.xreadgroup(GROUP, "recorder", {STREAM: ">"})
    writer.append(records)
    async with running(Recorder(store, writer, "test")):
        assert await caught_up(store, PATIENCE)
        assert outcomes(ledger) == records


async def test_a_record_journaled_twice_is_in_the_ledger_once(store: Store, writer: Writer, ledger: Reader) -> None:
    one, other = record(), record()
    await journal(store, one)
    await journal(store, one, other)
    await journal(store, other, one)
    async with running(Recorder(store, writer, "test")):
        assert await caught_up(store, PATIENCE)
        assert outcomes(ledger) == [one, other]


@pytest.mark.parametrize("broken", [b"no record", b"{}", b'"\xff\xfe"', b""], ids=repr)
async def test_an_entry_that_is_no_record_is_left_out_and_stops_nothing(
    store: Store, writer: Writer, ledger: Reader, broken: bytes
) -> None:
    before, after = record(), record()
    await store.xadd(STREAM, {"0": broken})
    async with running(Recorder(store, writer, "test")) as recorder:
        await until(lambda: recorder.healthy)
        await store.xadd(STREAM, {"0": canonical(before), "1": broken})
        await until(lambda: outcomes(ledger) == [before])
        await store.xadd(STREAM, {"0": broken})
        await journal(store, after)
        await until(lambda: outcomes(ledger) == [before, after])
        assert await caught_up(store, PATIENCE)


async def test_a_ledger_that_is_away_loses_nothing(
    store: Store, writer: Writer, ledger: Reader, lock: Callable[[], sa.Connection]
) -> None:
    records = [record() for _ in range(10)]
    async with running(Recorder(store, writer, "test")) as recorder:
        await until(lambda: recorder.healthy)
        held = lock()
        for one in records:
            await journal(store, one)
        await until(lambda: not recorder.healthy)
        assert outcomes(ledger) == []
        assert await store.xlen(STREAM) == 10
        held.close()
        await until(lambda: recorder.healthy)
        await until(lambda: outcomes(ledger) == records)


async def test_a_store_that_is_away_loses_nothing(valkey: Valkey, store: Store, writer: Writer, ledger: Reader) -> None:
    first, second, third = record(), record(), record()
    async with running(Recorder(store, writer, "test")) as recorder:
        await journal(store, first)
        await until(lambda: outcomes(ledger) == [first])
        await journal(store, second)
        valkey.kill()
        await until(lambda: not recorder.healthy)
        valkey.start()
        await journal(store, third)
        await until(lambda: outcomes(ledger) == [first, second, third])


async def test_an_empty_journal_is_caught_up_at_once(store: Store, writer: Writer, ledger: Reader) -> None:
    assert await caught_up(store, PATIENCE)


async def test_nobody_is_told_that_all_is_recorded_when_nobody_records(store: Store) -> None:
    await journal(store, record())
    assert not await caught_up(store, 0.05)


async def test_without_a_store_nobody_is_told_that_all_is_recorded(
    valkey: Valkey, store: Store, writer: Writer, ledger: Reader
) -> None:
    valkey.kill()
    assert not await caught_up(store, 0.05)


async def test_one_recorder_writes_and_the_other_takes_over_when_it_goes(
    valkey: Valkey, store: Store, engine: sa.Engine, signer: Signer, ledger: Reader
) -> None:
    first, second = (Recorder(store, Writer(engine, signer), name) for name in ("first", "second"))
    one, other = record(), record()
    async with running(second):
        async with running(first):
            await until(lambda: first.healthy and second.healthy)
            holder = (await store.get(LEASE)).decode()
            await journal(store, one)
            await until(lambda: outcomes(ledger) == [one])
            assert (await store.get(LEASE)).decode() == holder
        await journal(store, other)
        await until(lambda: outcomes(ledger) == [one, other])
        assert (await store.get(LEASE)).startswith(b"second/")
    assert await store.get(LEASE) is None


async def test_a_recorder_that_is_stopped_leaves_nothing_unsigned(
    store: Store, writer: Writer, ledger: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.ledger.writer.CHECKPOINT_SECONDS", 3600.0)
    async with running(Recorder(store, writer, "one")):
        for _ in range(2):
            await journal(store, record())
            assert await caught_up(store, PATIENCE)
        assert Checkpoint.parse(ledger.latest_checkpoint()).size == 1
    assert Checkpoint.parse(ledger.latest_checkpoint()).size == 2
    assert (await store.get(CHECKPOINT)).decode() == ledger.latest_checkpoint()


async def test_a_recorder_that_gets_no_answer_is_not_healthy(
    valkey: Valkey, store: Store, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "_STUCK", 0.8)  # more than it waits for new entries, less than the store's patience
    recorder = Recorder(store, writer, "one")
    async with running(recorder):
        await until(lambda: recorder.healthy)
        valkey.freeze()
        await until(lambda: not recorder.healthy)
        assert not recorder.trouble
        valkey.thaw()
        await until(lambda: recorder.healthy)


async def test_two_recorders_that_both_think_that_they_write_record_each_record_once(
    engine: sa.Engine, signer: Signer, ledger: Reader
) -> None:
    """As after a pause longer than the lease: the ledger itself lets one of them through."""
    writers = [Writer(engine, signer) for _ in range(2)]
    batches = [[record() for _ in range(20)] for _ in range(10)]

    def write(writer: Writer) -> None:
        for batch in batches:
            with suppress(LedgerTaken, SQLAlchemyError):
                writer.append(batch)
            writer.append(batch)

    await asyncio.gather(*(asyncio.to_thread(write, writer) for writer in writers))
    expected = sorted(one.transaction_id for batch in batches for one in batch)
    assert sorted(one.transaction_id for one in outcomes(ledger)) == expected
    Writer(engine, signer).sign()
    audited = Audit(Source(ledger), signer.public_keys()).run()
    assert (audited.size, audited.findings) == (200, [])


async def test_a_recorder_that_wakes_up_without_the_lease_publishes_no_older_checkpoint(
    store: Store, engine: sa.Engine, signer: Signer, ledger: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen, woken = threading.Event(), threading.Event()
    sleeper, successor = Writer(engine, signer), Writer(engine, signer)
    append = sleeper.append

    def append_and_freeze(batch: Sequence[Record]) -> str:
        note = append(batch)
        frozen.set()
        woken.wait()
        return note

    monkeypatch.setattr(sleeper, "append", append_and_freeze)
    async with running(Recorder(store, sleeper, "sleeper")) as first:
        try:
            await journal(store, record())
            await until(frozen.is_set)
            await store.delete(LEASE)  # as when its time is over
            async with running(Recorder(store, successor, "successor")) as second:
                await until(lambda: second.writing and second.healthy)
                await journal(store, record())
                await until(partial(_signed, store, ledger, signer, 2))
                woken.set()
                await until(lambda: not first.writing)
                assert await _signed(store, ledger, signer, 2)
        finally:
            woken.set()


async def test_what_was_signed_and_not_published_is_published_by_the_next(
    store: Store, writer: Writer, ledger: Reader, signer: Signer
) -> None:
    writer.append([record()])
    async with running(Recorder(store, writer, "next")):
        await until(partial(_signed, store, ledger, signer, 1))


async def test_a_checkpoint_follows_the_last_record_and_is_published(
    store: Store, writer: Writer, ledger: Reader, signer: Signer
) -> None:
    async with running(Recorder(store, writer, "test")):
        for count in (1, 2):
            await journal(store, record())
            await until(partial(_signed, store, ledger, signer, count))


@pytest.mark.parametrize(
    ("entries", "seconds", "pause"),
    [
        (1, 1.0, 0.05),
        (0, 0.5, 0.05),
        (2, 0.05, 0.05),
        (14, 0.05, 0.25),
        (70, 0.25, 0.25),
        (5, 0.25, 0.05),
        (500, 0.1, 0),
    ],
)
def test_entries_gather_for_longer_under_load_only(entries: int, seconds: float, pause: float) -> None:
    assert recording.pause_after(entries, seconds) == pause


async def test_a_recorder_does_not_go_on_behind_an_older_copy_of_the_ledger(
    store: Store, writer: Writer, ledger: Reader, signer: Signer
) -> None:
    await journal(store, record())
    await store.set(CHECKPOINT, signer.checkpoint(Checkpoint(signer.name, 5, bytes(32))))
    async with running(Recorder(store, writer, "test")) as recorder:
        await until(lambda: "older copy" in recorder.trouble)
        assert recorder.refuses
        assert outcomes(ledger) == []


async def test_a_recorder_does_not_go_on_behind_an_inserted_row(
    store: Store, writer: Writer, engine: sa.Engine, ledger: Reader
) -> None:
    writer.append([record()])
    with engine.execution_options(write=True).begin() as connection:
        connection.execute(sa.update(tables.tree).values(size=0))
    async with running(Recorder(store, writer, "test")) as recorder:
        await until(lambda: "not in the tree" in recorder.trouble)


async def test_rows_are_removed_when_their_days_are_over(
    store: Store, writer: Writer, ledger: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.ledger.writer._PRUNED_AT_ONCE", 1)
    monkeypatch.setattr(recording, "_TIDY_EVERY", 0.0)
    new = record(request_in_ts=real_now())
    writer.append([record(request_in_ts=1000) for _ in range(3)])
    writer.sign()
    async with running(Recorder(store, writer, "test", keep_days=1)):
        await journal(store, new)
        await until(lambda: outcomes(ledger) == [new])


async def _signed(store: Store, ledger: Reader, signer: Signer, size: int) -> bool:
    note = ledger.latest_checkpoint()
    published = (await store.get(CHECKPOINT) or b"").decode()
    return note == published != "" and Checkpoint.open(note, signer.public_keys()).size == size


async def test_a_recorder_that_writes_again_signs_what_another_has_not(
    store: Store, engine: sa.Engine, signer: Signer, ledger: Reader
) -> None:
    first, second = Writer(engine, signer), Writer(engine, signer)
    assert first.append([record()])
    assert not first.sign(), "it was signed with its batch"
    second.append([record()])
    async with running(Recorder(store, first, "first")) as recorder:
        await until(lambda: recorder.healthy)
        await journal(store, record())
        await until(partial(_signed, store, ledger, signer, 3))


async def test_what_no_database_holds_is_put_aside_and_stops_nothing(
    store: Store, writer: Writer, ledger: Reader
) -> None:
    before, poison, after = record(), record(request_size=2**63), record()
    await journal(store, before, poison, after)
    async with running(Recorder(store, writer, "test")):
        await until(lambda: store.xlen(ASIDE))
        assert outcomes(ledger) == [before, after]
        [(_, fields)] = await store.xrange(ASIDE)
        assert parse(fields[b"data"]) == poison


async def test_a_status_that_does_not_exist_is_recorded_like_any_other(
    store: Store, writer: Writer, ledger: Reader
) -> None:
    records = [record(status_code=99), record()]
    await journal(store, *records)
    async with running(Recorder(store, writer, "test")):
        assert await caught_up(store, 20)
        assert outcomes(ledger) == records


async def test_entries_that_another_recorder_has_read_and_not_recorded_are_recorded(
    store: Store, writer: Writer, ledger: Reader
) -> None:
    stranded = record()
    async with running(Recorder(store, writer, "test")) as recorder:
        await until(lambda: recorder.healthy)
        async with store.pipeline(transaction=True) as pipe:  # before the running one can read it
            pipe.xadd(STREAM, {"0": canonical(stranded)})
            pipe.xreadgroup(GROUP, "recorder", {STREAM: ">"})
            await pipe.execute()
        await until(lambda: outcomes(ledger) == [stranded])


async def test_no_error_ends_the_recorder(
    store: Store, writer: Writer, ledger: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "_RETRY", 0.05)
    sign = writer.sign
    monkeypatch.setattr(writer, "sign", lambda: 1 / 0)
    async with running(Recorder(store, writer, "test")) as recorder:
        await until(lambda: "ZeroDivisionError" in recorder.trouble)
        monkeypatch.setattr(writer, "sign", sign)
        await journal(store, one := record())
        await until(lambda: outcomes(ledger) == [one] and recorder.healthy)
