"""Whether the exchange can work now: the registry is there, journal and ledger take records.

A provider that does not answer does not matter: calls to it are refused, all others go on.
"""

import asyncio
import time

import redis
from sqlalchemy.exc import SQLAlchemyError

from gateway import durability
from gateway.control.keeper import Keeper
from gateway.ledger.recorder import Recorder
from gateway.ledger.writer import Writer
from gateway.settings import StoreSettings
from gateway.store import STREAM, Store
from ndxp.exhausted import why

PROBE = "ndxp:probe"
_GOOD_FOR = 0.5
_PATIENCE = 1.5


class Readiness:
    """Writes to the store and to the ledger to see whether they work, at most twice a second however many ask.

    ``recorder`` is the one in this process, if there is one.
    """

    def __init__(
        self, store: Store, keeper: Keeper, writer: Writer, recorder: Recorder | None, settings: StoreSettings
    ) -> None:
        self._settings = settings
        self._probe: asyncio.Task[None] | None = None
        self._store = store
        self._keeper = keeper
        self._writer = writer
        self._recorder = recorder
        self._trying = asyncio.Lock()
        self._found: list[str] = []
        self._found_at = float("-inf")

    async def waits_for(self) -> list[str]:
        """What is missing; empty when the exchange is ready."""
        async with self._trying:
            if time.monotonic() - self._found_at > _GOOD_FOR:
                self._found = await self._journal() + await self._ledger()
                if self._recorder is not None and not self._recorder.healthy:
                    word = "recorder refuses" if self._recorder.refuses else "recorder"
                    self._found.append(f"{word} ({self._recorder.trouble or 'it is stuck'})")
                self._found_at = time.monotonic()
            return self._found

    async def _journal(self) -> list[str]:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._store.set(PROBE, 1)
                lacks = await durability.lacks(self._store, self._settings.durability)
                backlog = await self._store.xlen(STREAM)
                lost = await self._keeper.lost()
        except (redis.RedisError, TimeoutError) as error:
            return [f"journal (the store takes no record: {why(error)})"]
        waits = [f"journal ({lacks})"] if lacks else []
        if lost:
            waits.append(f"registry (the store has lost {lost}; it is put back from its copy)")
        if backlog > self._settings.max_backlog:
            waits.append(f"recorder ({backlog} entries of the journal wait, calls are refused)")
        return waits

    async def _ledger(self) -> list[str]:
        """One probe at a time: a database that hangs then holds one thread only, however many ask."""
        if self._probe is None or self._probe.done():
            self._probe = asyncio.create_task(asyncio.to_thread(self._writer.probe))
        try:
            await asyncio.wait_for(asyncio.shield(self._probe), _PATIENCE)
        except (SQLAlchemyError, TimeoutError) as error:
            return [f"ledger (the database takes no record: {why(error)})"]
        return []
