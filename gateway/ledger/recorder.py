"""The recorder: moves the journal into the ledger, each record exactly once, and has it signed."""

import asyncio
import logging
import time

import msgspec
import redis
from sqlalchemy.exc import DataError, OperationalError, SQLAlchemyError

from gateway.core.transaction import Record, canonical, parse
from gateway.ledger.lease import Lease
from gateway.ledger.tables import LedgerDisagrees
from gateway.ledger.writer import Writer
from gateway.store import STREAM, Store
from ndxp.exhausted import exhausted

GROUP = "recorder"
CHECKPOINT = "ndxp:ledger:checkpoint"
"""The last signed checkpoint, kept in the store: it shows when the ledger was replaced by an older or another copy."""

ASIDE = "ndxp:journal:refused"
"""Entries that are not records, kept for an operator."""

_ENTRIES = 500
_BLOCK_MS, _QUIET_BLOCK_MS = 500, 2000
"""Milliseconds that a read waits for entries: while something must be signed, and otherwise. The lease lasts longer."""

_GATHER, _BUSY_GATHER = 0.05, 0.25
"""Seconds for which entries gather after a batch: a commit of many costs hardly more than a commit of one."""

_BUSY = 50.0
"""From this number of entries a second, they gather for longer."""

_RETRY = 1.0
_LEAVE = 5.0
"""Seconds that a stopped recorder may take to sign its last records; after that it stops without."""

_STAND_BY = 0.5
_TIDY_EVERY, _PRUNE_EVERY = 0.5, 3600.0
_LOOK_EVERY = 5.0
"""Seconds after which it asks the database for unsigned records although it has recorded nothing itself."""

_STUCK = 10.0
"""Seconds without progress after which a recorder counts as stuck, in the store or in the database."""
_MOST_ASIDE = 10_000
_REFUSED_DATA = (DataError, OverflowError, UnicodeEncodeError)

_log = logging.getLogger(__name__)


class Recorder:
    """Reads the stream as a consumer group and acknowledges only what is committed to the ledger.

    Entries that a dead recorder had read but not acknowledged are read again; the ledger skips records that it has. All
    recorders read as the same consumer, so the holder of the lease continues where the last one ended. ``keep_days`` is
    how long rows are kept, 0 for ever. ``writing`` says whether it has the lease, ``trouble`` why it cannot work.
    """

    def __init__(self, store: Store, writer: Writer, node: str, keep_days: float = 0) -> None:
        self._store = store
        self._writer = writer
        self._lease = Lease(store, node)
        self._keep_days = keep_days
        self._prune_at = self._tidy_at = self._turn_at = self._read_at = self._look_at = 0.0
        self._checked = False  # whether it has checked the ledger since it got the lease
        self.trouble = "it is starting"
        self.writing = False
        self.refuses = False

    @property
    def healthy(self) -> bool:
        """Whether it records, or stands by for a recorder that does."""
        return not self.trouble and time.monotonic() - self._turn_at < _STUCK

    async def run(self) -> None:
        """Records until cancelled; while the store or the ledger does not answer, it waits."""
        try:
            while True:
                try:
                    await self._take_turns()
                except Exception as error:  # the outermost step: after any error, recording must go on
                    self.writing = self._checked = False
                    self.refuses = isinstance(error, LedgerDisagrees)
                    self._complain(str(error) if self.refuses else f"waiting to record: {_reason(error)}")
                    await asyncio.sleep(_RETRY)
        finally:
            await self._leave()

    async def _take_turns(self) -> None:
        while not await self._keep_lease():
            self.trouble = ""
            await asyncio.sleep(_STAND_BY)
        await self._prepare()
        self._checked = True
        await self._drain("0")
        self.trouble = ""
        while await self._keep_lease():
            entries, before, self._read_at = await self._drain(">"), self._read_at, time.monotonic()
            pause = pause_after(entries, self._read_at - before)
            if time.monotonic() >= self._tidy_at:
                # A recorder that had lost the lease without knowing may have read entries and not recorded them.
                await self._drain("0")
                await self._sign()
                await self._prune()
                self._tidy_at = time.monotonic() + _TIDY_EVERY
            await asyncio.sleep(pause)
        self._checked = False

    async def _keep_lease(self) -> bool:
        self._turn_at = time.monotonic()
        self.writing = await self._lease.keep()
        return self.writing

    async def _prepare(self) -> None:
        published = (await self._store.get(CHECKPOINT) or b"").decode()
        # The recorder before this one may have stopped after signing and before publishing.
        await self._publish(await asyncio.to_thread(self._writer.check, published))
        try:
            await self._store.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
        except redis.ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    @property
    def _unsigned(self) -> bool:
        return self._writer.size > self._writer.signed

    async def _drain(self, start: str) -> int:
        """Records one batch of new entries (">"), or all entries that were read but not acknowledged ("0").

        Returns the number of entries in the last batch.
        """
        while True:
            block = _BLOCK_MS if self._unsigned else _QUIET_BLOCK_MS
            found = await self._store.xreadgroup(GROUP, "recorder", {STREAM: start}, count=_ENTRIES, block=block)
            entries = found[0][1] if found else []
            if entries:
                await self._record([data for _, fields in entries for data in fields.values()])
                ids = [entry_id for entry_id, _ in entries]
                async with self._store.pipeline(transaction=True) as pipe:
                    pipe.xack(STREAM, GROUP, *ids).xdel(STREAM, *ids)
                    await pipe.execute()
            if start == ">" or not entries:
                return len(entries)

    async def _record(self, batch: list[bytes]) -> None:
        """Records a batch; puts aside entries that are not records or that the database cannot store."""
        records, refused = _read(batch)
        try:
            await self._append(records)
        except _REFUSED_DATA:
            for record in records:
                try:
                    await self._append([record])
                except _REFUSED_DATA:
                    refused.append(canonical(record))
        for data in refused:
            _log.error("an entry of the journal is not a record that the ledger takes; it is kept in %s", ASIDE)
            await self._store.xadd(ASIDE, {"data": data}, maxlen=_MOST_ASIDE, approximate=True)

    async def _append(self, records: list[Record]) -> None:
        await self._publish(await asyncio.to_thread(self._writer.append, records))

    async def _publish(self, note: str) -> None:
        if note:
            await self._lease.set(CHECKPOINT, note)

    async def _sign(self) -> None:
        if self._unsigned or time.monotonic() >= self._look_at:
            await self._publish(await asyncio.to_thread(self._writer.sign))
            self._look_at = time.monotonic() + _LOOK_EVERY

    async def _prune(self) -> None:
        if self._keep_days and time.monotonic() >= self._prune_at:
            before = int((time.time() - self._keep_days * 86_400) * 1e6)
            # One part in each turn, so that new entries are recorded and the lease is renewed in between.
            first, complete = await asyncio.to_thread(self._writer.prune, before, 0)
            if complete:
                _log.info("rows before record %d are removed", first)
                self._prune_at = time.monotonic() + _PRUNE_EVERY

    def _complain(self, trouble: str) -> None:
        if trouble != self.trouble:
            _log.error("%s", trouble)
        self.trouble = trouble

    async def _leave(self) -> None:
        try:
            async with asyncio.timeout(_LEAVE):
                if self._checked:  # a copy of a ledger that is stopped should be signed to its end
                    await self._publish(await asyncio.to_thread(self._writer.sign_all))
                await self._lease.leave()
        except (redis.RedisError, TimeoutError, SQLAlchemyError, LedgerDisagrees) as error:
            _log.warning("what was recorded last is not signed, or the lease runs out by itself: %s", _reason(error))


def pause_after(entries: int, seconds: float) -> float:
    """For how many seconds entries gather after a batch of ``entries`` that came within ``seconds``."""
    if entries == _ENTRIES:  # there may be more of them
        return 0.0
    return _BUSY_GATHER if entries > _BUSY * seconds else _GATHER


async def caught_up(store: Store, patience: float = 2.0) -> bool:
    """Waits until all present entries of the journal are recorded; False when it takes longer than ``patience``."""
    try:
        async with asyncio.timeout(patience):
            if not await store.xlen(STREAM):
                return True
            last = _place((await store.xinfo_stream(STREAM))["last-generated-id"])
            # Another process may be recording, so there is no event to wait for.
            while (first := await store.xrange(STREAM, count=1)) and _place(first[0][0]) <= last:  # noqa: ASYNC110
                await asyncio.sleep(_GATHER / 2)
    except (TimeoutError, redis.RedisError):
        return False
    return True


def _place(entry_id: bytes) -> tuple[int, int]:
    milliseconds, _, number = entry_id.partition(b"-")
    return int(milliseconds), int(number)


def _read(batch: list[bytes]) -> tuple[list[Record], list[bytes]]:
    records, refused = [], []
    for data in batch:
        try:
            records.append(parse(data))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            refused.append(data)
    return records, refused


def _reason(error: Exception) -> str:
    """The kind of an error, with the database's text only if that cannot contain data of a record."""
    if isinstance(error, redis.ResponseError) and "NOGROUP" in str(error):
        return (
            "the journal was emptied under the recorder; calls that were answered just before may lack a record, and "
            "what comes from now on is recorded"
        )
    if full := exhausted(error):
        return full
    text = str(getattr(error, "orig", "")).partition("\n")[0] if isinstance(error, OperationalError) else ""
    return f"{type(error).__name__}{f' ({text})' if text else ''}"
