"""A recorder as a process of its own: ``python -m gateway.ledger``. Of several, one writes and the others stand by."""

import asyncio
import os
import sys
from pathlib import Path

import uvloop

from gateway.ledger.gauges import LedgerGauges
from gateway.ledger.recorder import Recorder
from gateway.ledger.signer import Signer
from gateway.ledger.tables import open_ledger
from gateway.ledger.writer import Writer
from gateway.settings import RecorderSettings
from gateway.store import connect
from ndxp.metrics import shown
from ndxp.process import end, run_process, until_stopped


async def record(settings: RecorderSettings) -> None:
    """Records until SIGTERM or SIGINT. Raises OSError when the ledger cannot be opened."""
    settings.run_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = await asyncio.to_thread(open_ledger, settings.ledger)
    store = connect(settings.redis_url)
    writer = Writer(engine, Signer(settings.run_folder, settings.ledger_name))
    recorder = Recorder(store, writer, settings.name, settings.ledger_keep_days)
    gauges = LedgerGauges(store, recorder, writer)
    async with shown(settings.metrics_address, gauges.collect, refresh=[gauges.refresh]), asyncio.TaskGroup() as duties:
        recording = [duties.create_task(recorder.run())]
        if settings.heartbeat is not None:
            recording.append(duties.create_task(_beat(recorder, settings.heartbeat)))
        await until_stopped()
        await end(recording)
    await store.aclose()
    engine.dispose()


async def _beat(recorder: Recorder, file: Path) -> None:
    while True:
        if recorder.healthy:
            await asyncio.to_thread(file.touch)
        await asyncio.sleep(1)


def main() -> int:
    """Runs a recorder; exit code 0 after a stop, 1 when it cannot start, 2 for wrong settings."""
    os.umask(0o077)
    return run_process("recorder", RecorderSettings, record, loop_factory=uvloop.new_event_loop)


if __name__ == "__main__":
    sys.exit(main())
