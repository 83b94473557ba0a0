"""The recorder: drains the journal into the ledger, each record exactly once."""

import asyncio
import logging

import msgspec
import redis
from sqlalchemy.exc import SQLAlchemyError

from gateway.core.transaction import Record, parse
from gateway.dataplane.journal import STREAM
from gateway.ledger.store import LedgerStore
from gateway.store import Store

GROUP = "recorder"
_ENTRIES = 500
_BLOCK_MS = 500
_GATHER = 0.05
"""Seconds in which entries gather: a commit of many costs hardly more than a commit of one."""

_RETRY = 1.0

_log = logging.getLogger(__name__)


class Recorder:
    """Reads the stream as a consumer group and acknowledges only what the ledger has committed.

    What a dead recorder had read but not acknowledged is read again; the ledger drops what it has already.
    """

    def __init__(self, store: Store, ledger: LedgerStore) -> None:
        self._store = store
        self._ledger = ledger
        self._done = asyncio.Condition()
        self._recorded = (0, 0)
        self.healthy = False

    async def run(self) -> None:
        """Records until cancelled; waits and goes on when the store or the ledger is away."""
        while True:
            try:
                await self._prepare()
                await self._drain("0")
                self.healthy = True
                while True:
                    if not await self._drain(">"):
                        await asyncio.sleep(_GATHER)
            except (redis.RedisError, SQLAlchemyError) as error:
                self.healthy = False
                _log.error("waiting to record: %s", type(error).__name__)
                await asyncio.sleep(_RETRY)

    async def caught_up(self, patience: float = 2.0) -> bool:
        """Waits until everything is recorded that the journal had when asked; False when it takes longer."""
        try:
            async with asyncio.timeout(patience):
                if not await self._store.xlen(STREAM):
                    return True
                last = _place((await self._store.xinfo_stream(STREAM))["last-generated-id"])
                async with self._done:
                    await self._done.wait_for(lambda: self._recorded >= last)
        except (TimeoutError, redis.RedisError):
            return False
        return True

    async def _prepare(self) -> None:
        try:
            await self._store.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
        except redis.ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def _drain(self, start: str) -> bool:
        """Records one batch of new entries (">"), or all that were read before and not acknowledged ("0").

        Returns whether the batch was a full one, so that there may be more.
        """
        while True:
            found = await self._store.xreadgroup(GROUP, "recorder", {STREAM: start}, count=_ENTRIES, block=_BLOCK_MS)
            entries = found[0][1] if found else []
            if entries:
                batch = [record for _, fields in entries for record in _read(fields)]
                await asyncio.to_thread(self._ledger.append, batch)
                ids = [entry_id for entry_id, _ in entries]
                async with self._store.pipeline(transaction=True) as pipe:
                    pipe.xack(STREAM, GROUP, *ids).xdel(STREAM, *ids)
                    await pipe.execute()
                async with self._done:
                    self._recorded = _place(ids[-1])
                    self._done.notify_all()
            if start == ">" or not entries:
                return len(entries) == _ENTRIES


def _place(entry_id: bytes) -> tuple[int, int]:
    milliseconds, _, number = entry_id.partition(b"-")
    return int(milliseconds), int(number)


def _read(fields: dict[bytes, bytes]) -> list[Record]:
    found = []
    for data in fields.values():
        try:
            found.append(parse(data))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            _log.error("an entry of the journal is no record and is left out")
    return found
