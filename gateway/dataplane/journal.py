"""The journal: records go to a stream of the store in group commits, one round trip for all calls that wait."""

import asyncio
import logging

import redis

from gateway.core.transaction import Record, canonical
from gateway.store import Store

STREAM = "ndxp:journal"
MAX_WAITING = 20_000
_LARGEST_COMMIT = 1000
_RETRY_FIRST, _RETRY_LAST = 0.05, 1.0

_log = logging.getLogger(__name__)


class JournalUnavailable(Exception):
    """The journal cannot take a record now."""


class Journal:
    """Appends records.

    A record once taken is written as soon as the store is back, even when its caller has given up waiting: the ledger
    may know more than the caller, never less. A write whose answer was lost is repeated; the recorder drops repeats.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._stopping = False
        self._reachable = True
        self._failing = False
        self.backlog = 0

    @property
    def available(self) -> bool:
        """False from a failed write until one succeeds, and while the store does not answer."""
        return self._reachable and not self._failing

    async def append(self, record: Record) -> None:
        """Returns when the store has the record; raises JournalUnavailable when too many wait already."""
        if len(self._waiting) >= MAX_WAITING:
            raise JournalUnavailable(f"{MAX_WAITING} records wait for the store")
        written = asyncio.get_running_loop().create_future()
        self._waiting.append((canonical(record), written))
        self._wake.set()
        await written

    async def run(self) -> None:
        """Writes until ``stop``."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while batch := self._waiting[:_LARGEST_COMMIT]:
                del self._waiting[: len(batch)]
                await self._write(batch)
            if self._stopping:
                return

    def stop(self) -> None:
        """Ends ``run`` when everything that waits is written."""
        self._stopping = True
        self._wake.set()

    async def measure(self) -> None:
        """Learns how many entries wait for the recorder, and whether the store answers at all."""
        try:
            self.backlog = await self._store.xlen(STREAM)
        except redis.RedisError:
            self._reachable = False
        else:
            self._reachable = True

    async def _write(self, batch: list[tuple[bytes, asyncio.Future[None]]]) -> None:
        command: list[bytes | str] = ["XADD", STREAM, "*"]
        for index, (data, _) in enumerate(batch):
            command += (str(index), data)
        pause = _RETRY_FIRST
        while True:
            try:
                await self._store.execute_command(*command)
                break
            except redis.RedisError as error:
                if not self._failing:
                    _log.error("the store does not take records: %s", error)
                self._failing = True
                await asyncio.sleep(pause)
                pause = min(2 * pause, _RETRY_LAST)
        self._failing = False
        for _, written in batch:
            if not written.done():
                written.set_result(None)
