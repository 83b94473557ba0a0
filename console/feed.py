"""What the page Live shows: sums by minute, asked once for all browsers, and only while one of them looks."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from console.exchange import Exchange
from console.traffic import MINUTE, Calls, Flow, Minute, Window, flow
from ndxp.ledger.checkpoint import Checkpoint

EVERY = 2.0
"""Seconds between two questions."""

SECONDS = 10
"""The rates of now are those of so many seconds."""

_HOUR, _DAY = 3600, 86_400
_SELDOM = 10.0
_YOUNG = 10
"""In its first seconds a minute has too few calls for percentiles: those of the minute before are shown."""
_LATE = 15
"""A call belongs to the minute in which it began. For so many seconds after its end a minute is asked for once more."""
_END = 2**61
"""A place after every record: the totals after it have no line, and say where the ledger ends."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The calls of the last seconds, or of a minute of the past: by pair, together, and the reasons of the minute."""

    flows: list[Flow]
    rate: float
    bad: float
    reasons: Mapping[str, int]
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Background:
    """What changes slowly. ``signed`` and ``checkpoint`` are None for a viewer, who may not read the ledger."""

    members: list[dict[str, Any]] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)
    today: int = 0
    records: int = 0
    signed: int | None = None
    checkpoint: int | None = None


class Feed:
    """The figures of an exchange; raises what ``Exchange`` raises."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._asking = asyncio.Lock()
        self._asked = self._asked_seldom = -_DAY * 1.0
        self._window = Window()
        self._minutes: dict[int, Minute] = {}
        self.background = Background()

    async def now(self) -> Moment:
        """The calls of the last seconds, at most 2 s old."""
        async with self._asking:  # many pages ask, one question is put
            if time.monotonic() - self._asked >= EVERY * 0.9:
                await self._ask()
            if time.monotonic() - self._asked_seldom >= _SELDOM:
                self.background = await self._background()
                self._asked_seldom = time.monotonic()
        lasted, recent = self._window.calls(SECONDS)
        everything, minute = Calls(), Calls()
        for calls in recent.values():
            everything.add(calls)
        for calls in self._window.calls(MINUTE)[1].values():
            minute.add(calls)
        whole = flow(("", ""), everything, lasted, 0.0, minute)
        latest = self._latest()
        percentiles = (latest.p50_ms, latest.p99_ms) if latest else (0.0, 0.0)
        return Moment(self._window.flows(SECONDS), whole.rate, whole.bad, minute.reasons, *percentiles)

    async def minute(self, start: int) -> Moment:
        """The calls of a minute that begins at ``start``, in seconds since 1970."""
        query = {"period": "minute", "since": start, "until": start + MINUTE}
        pairs = await self._exchange.get("/statistics", **query, by="pair")
        times = [Minute.of(line) for line in await self._exchange.get("/statistics", **query, by="time")]
        whole = times[0] if times else Minute(start, Calls(), 0.0, 0.0)
        flows = []
        for line in pairs:
            calls, p99_ms = Calls.of(line), line["duration_us"]["p99"] / 1000
            flows.append(flow((line["client"], line["service"]), calls, MINUTE, p99_ms, calls))
        rate = whole.calls.count / MINUTE
        return Moment(flows, rate, whole.calls.bad / MINUTE, whole.calls.reasons, whole.p50_ms, whole.p99_ms)

    async def hour(self, end: int | None = None) -> list[Minute]:
        """The minutes of an hour that ends with the minute ``end``, or with now, without those in which nobody called.

        Those until now are as ``now`` has found them last.
        """
        if end is None:
            return [self._minutes[start] for start in sorted(self._minutes)]
        query = {"since": end - _HOUR + MINUTE, "until": end + MINUTE}
        return list(map(Minute.of, await self._exchange.get("/statistics", period="minute", by="time", **query)))

    async def _ask(self) -> None:
        at = time.time()
        following = time.monotonic() - self._asked < MINUTE
        since = int(at - (_LATE if following else MINUTE)) // MINUTE * MINUTE
        self._window.add(at, since, await self._exchange.get("/statistics", period="minute", since=since))
        begin = int(at) // MINUTE * MINUTE - _HOUR + MINUTE
        latest = await self._exchange.get(
            "/statistics", period="minute", by="time", since=since if following else begin
        )
        known = self._minutes | {line["start"]: Minute.of(line) for line in latest}
        self._minutes = {start: minute for start, minute in known.items() if start >= begin}
        self._asked = time.monotonic()

    def _latest(self) -> Minute | None:
        now = int(time.time())
        start = now // MINUTE * MINUTE
        before = self._minutes.get(start - MINUTE)
        young = now - start < _YOUNG and before is not None
        return before if young else self._minutes.get(start, before)

    async def _background(self) -> Background:
        get = self._exchange.get
        midnight = int(time.time()) // _DAY * _DAY
        days = await get("/statistics", period="day", since=midnight, by="time")
        signed = checkpoint = None
        if self._exchange.role != "viewer":
            note = (await get("/ledger"))["checkpoint"]
            if note:
                latest = Checkpoint.parse(note)
                signed, checkpoint = latest.size, latest.number
        return Background(
            await get("/members"),
            [fault for fault in await get("/faults") if fault["on"]],
            sum(line["count"] for line in days),
            (await get("/totals", after=_END))["last"],
            signed,
            checkpoint,
        )
