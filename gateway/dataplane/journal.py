"""The journal: records go to a stream of the store in group commits, one command for all calls that wait.

On a busy worker there is a short pause between commits, because a command costs more than the records in it.

It talks to the store over a connection of its own, packed and parsed by hiredis: redis-py's client costs more CPU for
each command than the whole rest of a record's way (docs/decisions/0008-journal-connection.md). What a record survives
once it is taken: docs/decisions/0012-durability.md.
"""

import asyncio
import logging
import ssl
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import hiredis
from redis.asyncio.connection import parse_url

from gateway.core.transaction import Record, canonical
from gateway.durability import FORBIDDEN, QUESTION, wanting
from gateway.settings import Durability
from gateway.store import STREAM
from ndxp.exhausted import exhausted
from ndxp.metrics import Histogram

MAX_WAITING = 20_000
"""Records that may wait for the store at once."""

PATIENCE = 1.0
"""Seconds without an answer after which the store counts as away."""

REPEATED = 3.0
"""After a lost connection, records of so many seconds are written again: a store that syncs every second may answer up
to two seconds before it writes, and may be killed in between."""

MAX_REPEATED = 20_000
"""At most so many records are kept for that."""

_LARGEST_COMMIT = 1000
_BETWEEN_COMMITS, _BUSY = 0.004, 5
"""Seconds, and how many calls must be under way to wait for them: commit_delay and commit_siblings of PostgreSQL."""

_RETRY_FIRST, _RETRY_LAST = 0.05, 1.0

_log = logging.getLogger(__name__)


class JournalUnavailable(Exception):
    """The journal cannot take a record now."""


@dataclass(slots=True)
class _Entry:
    data: bytes
    written: asyncio.Future[None]
    since: float


@dataclass(slots=True)
class _Commit:
    """One command to the store: records, or none for a greeting and for the question how durable it is (``asks``)."""

    entries: list[_Entry] = field(default_factory=list)
    sent: float = 0.0
    answered: float = 0.0
    asks: bool = False


class Journal:
    """Appends records.

    An accepted record is written as soon as the store is back, even when its caller no longer waits: the ledger may
    know more than the caller, never less. After a lost connection, unanswered and recently answered records are written
    again; the recorder drops repeats. ``patience`` is how many seconds a caller waits for its record; ``durability`` is
    what the store must promise before it gets records. ``records`` is how many the store has taken, ``appends`` how
    long the first record of each commit waited.
    """

    def __init__(self, url: str, patience: float = 5.0, durability: Durability = "everysec") -> None:
        self._url = url
        self._patience = patience
        self._durability = durability
        self._waiting: deque[_Entry] = deque()
        self._unanswered: deque[_Commit] = deque()
        self._latest: deque[_Commit] = deque()
        self._kept = 0
        self._transport: asyncio.WriteTransport | None = None
        self._lost = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._refused = True
        self._asking: asyncio.TimerHandle | None = None
        self._complaint = ""
        self._flushing = False
        self._flushed_at = 0.0
        self.records = 0
        self.appends = Histogram()

    @property
    def available(self) -> bool:
        """Whether the store takes records: connected, durable enough, not refusing, and answering in time."""
        if self._transport is None or self._refused:
            return False
        return not self._unanswered or time.monotonic() - self._unanswered[0].sent < PATIENCE

    @property
    def waiting(self) -> int:
        """How many records the store has not taken yet."""
        return len(self._waiting) + sum(len(commit.entries) for commit in self._unanswered)

    def append(self, record: Record, *, under_way: int = 0) -> asyncio.Future[None]:
        """The future of a record, done when the store has it; ``under_way`` are calls whose records may soon follow.

        Raises JournalUnavailable when too many records wait; so does the future when this one has waited too long, and
        the record is written later.
        """
        if len(self._waiting) >= MAX_WAITING:
            raise JournalUnavailable(f"{MAX_WAITING} records wait for the store")
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Entry(canonical(record), written, time.monotonic()))
        self._idle.clear()
        self._flush_soon(self._flushed_at + _BETWEEN_COMMITS - time.monotonic() if under_way >= _BUSY else 0.0)
        return written

    async def run(self) -> None:
        """Stays connected until cancelled."""
        pause = _RETRY_FIRST
        while True:
            self._lost.clear()
            try:
                await self._connect()
            except OSError as error:
                _log.warning("the store cannot be reached: %s", error)
            else:
                pause = _RETRY_FIRST
                await self._lost.wait()
                _log.warning("the connection to the store is lost")
            await asyncio.sleep(pause)
            pause = min(2 * pause, _RETRY_LAST)

    async def flushed(self) -> None:
        """Returns when nothing waits any more."""
        await self._idle.wait()

    def expire(self) -> None:
        """Ends waits that took too long; the records stay. Must be called regularly."""
        oldest = time.monotonic() - self._patience
        entries = [*(entry for commit in self._unanswered for entry in commit.entries), *self._waiting]
        for entry in entries:
            if entry.since < oldest and not entry.written.done():
                entry.written.set_exception(JournalUnavailable("the store has not taken the record in time"))

    async def _connect(self) -> None:
        options = parse_url(self._url)
        loop = asyncio.get_running_loop()
        if "path" in options:
            transport, _ = await loop.create_unix_connection(lambda: _Replies(self), options["path"])
        else:
            secure = ssl.create_default_context() if self._url.startswith("rediss") else None
            host, port = options.get("host", "localhost"), options.get("port", 6379)
            transport, _ = await loop.create_connection(lambda: _Replies(self), host, port, ssl=secure)
        greetings: list[Any] = []
        if "password" in options:
            greetings.append(("AUTH", options.get("username", "default"), options["password"]))
        if options.get("db"):
            greetings.append(("SELECT", str(options["db"])))
        for greeting in greetings:
            self._unanswered.append(_Commit(sent=time.monotonic()))
            transport.write(_pack(greeting))
        self._transport = transport
        while self._latest:
            self._again(self._latest.pop())
            self._idle.clear()
        self._kept = 0
        self._ask()

    def _ask(self) -> None:
        """Asks the store about its durability; it gets records only after a sufficient answer."""
        if self._transport is not None:
            self._unanswered.append(_Commit(sent=time.monotonic(), asks=True))
            self._transport.write(_pack(QUESTION))

    def _flush_soon(self, pause: float = 0.0) -> None:
        if not self._flushing and not self._refused:
            self._flushing = True
            asyncio.get_running_loop().call_later(max(0.0, pause), self._flush)

    def _flush(self) -> None:
        """Sends everything that waits: one command for each thousand records."""
        self._flushing = False
        self._flushed_at = time.monotonic()
        while self._waiting and self._transport is not None and not self._refused:
            commit = _Commit(sent=time.monotonic())
            command: list[Any] = ["XADD", STREAM, "*"]
            while self._waiting and len(commit.entries) < _LARGEST_COMMIT:
                entry = self._waiting.popleft()
                command += (str(len(commit.entries)), entry.data)
                commit.entries.append(entry)
            self._unanswered.append(commit)
            self._transport.write(_pack(command))

    def answered(self, reply: object) -> None:
        """The store's answer to the oldest commit."""
        commit = self._unanswered.popleft()
        if commit.asks:
            self._judge(reply)
        elif isinstance(reply, Exception):
            self._again(commit)
            self._refuse(_untaken(reply))
        else:
            self._settle(commit)
        if not (self._waiting or self._unanswered):
            self._idle.set()

    def _judge(self, reply: object) -> None:
        """Accepts or refuses the store by its durability; a store that may not answer is trusted."""
        words = [word.decode() for word in reply] if isinstance(reply, list) else []
        if isinstance(reply, Exception) and not str(reply).startswith(FORBIDDEN):
            self._refuse(_untaken(reply))
        elif lacking := wanting(self._durability, dict(zip(words[::2], words[1::2], strict=True))):
            self._refuse(lacking)
        else:
            if isinstance(reply, Exception):
                _log.warning("the store does not say how durable it is (%s) and is believed", reply)
            self._refused = False
            self._flush_soon()

    def _refuse(self, complaint: str) -> None:
        """Keeps waiting records for a moment, and asks the store again."""
        if complaint != self._complaint:
            _log.error("%s", complaint)
        self._complaint = complaint
        self._refused = True
        if self._asking is not None:
            self._asking.cancel()
        self._asking = asyncio.get_running_loop().call_later(_RETRY_LAST, self._ask)

    def _settle(self, commit: _Commit) -> None:
        for entry in commit.entries:
            if not entry.written.done():
                entry.written.set_result(None)
        self._complaint = ""
        if commit.entries:
            self.records += len(commit.entries)
            self.appends.observe(time.monotonic() - commit.entries[0].since)
        commit.answered = time.monotonic()
        self._latest.append(commit)
        self._kept += len(commit.entries)
        while self._kept > MAX_REPEATED or self._latest[0].answered < commit.answered - REPEATED:
            self._kept -= len(self._latest.popleft().entries)

    def lost(self) -> None:
        """The connection is gone; unanswered records go first on the next one."""
        self._transport = None
        self._refused = True
        while self._unanswered:
            self._again(self._unanswered.pop())
        self._lost.set()

    def _again(self, commit: _Commit) -> None:
        self._waiting.extendleft(reversed(commit.entries))


def _untaken(reply: Exception) -> str:
    return f"the store does not take records: {exhausted(reply) or reply}"


def _pack(words: Sequence[Any]) -> bytes:
    packed: bytes = hiredis.pack_command(tuple(words))
    return packed


class _Replies(asyncio.Protocol):
    """Feeds the store's answers to the journal, in their order."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._reader = hiredis.Reader()

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        while (reply := self._reader.gets()) is not False:
            self._journal.answered(reply)

    def connection_lost(self, _: Exception | None) -> None:
        self._journal.lost()
