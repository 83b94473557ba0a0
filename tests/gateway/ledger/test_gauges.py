"""What a recorder shows of the ledger."""

import asyncio

from gateway.core.transaction import canonical
from gateway.ledger.gauges import LedgerGauges
from gateway.ledger.recorder import ASIDE, Recorder, caught_up
from gateway.ledger.writer import Writer
from gateway.store import STREAM, Store
from ndxp.process import end
from tests.support.fakes import PATIENCE, until
from tests.support.records import record
from tests.support.stores import Valkey


async def shown(gauges: LedgerGauges) -> dict[str, float]:
    await gauges.refresh()
    return {sample.name: sample.value for family in gauges.collect() for sample in family.samples}


async def test_what_waits_is_shown_with_its_age(store: Store, writer: Writer) -> None:
    gauges = LedgerGauges(store, Recorder(store, writer, "test"), writer)
    assert (await shown(gauges))["ndxp_ledger_lag_seconds"] == 0
    await store.xadd(STREAM, {"0": canonical(record())}, id="1000-0")  # of 1970
    await store.xadd(STREAM, {"0": canonical(record())})
    await store.xadd(ASIDE, {"data": b"nonsense"})
    found = await shown(gauges)
    assert (found["ndxp_journal_backlog"], found["ndxp_journal_aside"]) == (2, 1)
    assert found["ndxp_ledger_lag_seconds"] > 1e9


async def test_the_one_who_writes_shows_the_ledger_and_the_one_who_stands_by_does_not(
    store: Store, writer: Writer
) -> None:
    writes, waits = Recorder(store, writer, "one"), Recorder(store, writer, "other")
    running = [asyncio.create_task(writes.run())]
    await until(lambda: writes.writing)
    running.append(asyncio.create_task(waits.run()))
    for _ in range(3):
        await store.xadd(STREAM, {"0": canonical(record())})
    assert await caught_up(store, PATIENCE)
    await until(lambda: writer.signed == 3 and waits.healthy)
    found = await shown(LedgerGauges(store, writes, writer))
    assert (found["ndxp_ledger_writing"], found["ndxp_ledger_trouble"]) == (1, 0)
    assert (found["ndxp_ledger_records"], found["ndxp_ledger_signed_records"]) == (3, 3)
    assert 0 <= found["ndxp_ledger_checkpoint_age_seconds"] < 60
    stands_by = await shown(LedgerGauges(store, waits, writer))
    assert (stands_by["ndxp_ledger_writing"], stands_by["ndxp_ledger_trouble"]) == (0, 0)
    assert "ndxp_ledger_records" not in stands_by
    await end(running)


async def test_without_the_store_nothing_is_shown_that_is_not_known(
    valkey: Valkey, store: Store, writer: Writer
) -> None:
    gauges = LedgerGauges(store, Recorder(store, writer, "test"), writer)
    await shown(gauges)
    valkey.kill()
    found = await shown(gauges)
    assert "ndxp_journal_backlog" not in found
    assert found["ndxp_ledger_trouble"] == 1
