"""One generator process: its slots, what they call and count, and what it tells the conductor."""

import asyncio
import gc
import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, TextIO

import msgspec
from google.protobuf.descriptor import MethodDescriptor

from loadtest import arrivals, calls, tally
from loadtest.consumers import Consumers
from loadtest.health import Health
from loadtest.line import GRACE, Order
from loadtest.scheduler import Scheduler
from loadtest.tally import Tally
from loadtest.users import Caller, Outcome
from ndxp.rpc import Lanes

REPORT_EVERY = 1.0
"""Seconds between two reports to the conductor."""


class Worker:
    """Runs slots in this process. ``send`` passes messages to the conductor, ``note`` adds answers to the tables."""

    def __init__(
        self,
        order: Order,
        consumers: Consumers,
        send: Callable[[str, Any], None],
        note: Callable[[str, Outcome, float], None],
        note_dropped: Callable[[str], None],
        contracts: Mapping[str, MethodDescriptor] = MappingProxyType({}),
    ) -> None:
        self._order, self._contracts = order, contracts
        self._consumers = consumers
        self._callers = {kind: consumers.select(call.members) for kind, call in order.profile.mix.items()}
        self._send, self._note, self._note_dropped = send, note, note_dropped
        self._tally, self._health = Tally(), Health()
        self._stages = list(order.profile.stage_times(order.compress).items())
        self._turns: asyncio.Queue[tuple[int, int, str]] = asyncio.Queue()
        self._connecting = asyncio.Lock()
        self._lanes: Lanes | None = None
        self._schedulers: list[Scheduler] = []
        self._slots = 0
        self._begun, self._ended = asyncio.Event(), asyncio.Event()
        self._begin = 0.0
        self._transactions = Path(order.transactions) if order.transactions else None
        self._file: TextIO | None = self._transactions.open("w", encoding="utf-8") if self._transactions else None
        self._reporter: asyncio.Task[None] | None = None

    def take(self, slot: int, of: int, run: str) -> None:
        """The conductor's answer to a claim: the slot to run, the number of slots, and the name of the run."""
        self._turns.put_nowait((slot, of, run))

    def begin(self, delay: float) -> None:
        """The conductor's message that all slots are ready: the run begins after ``delay`` seconds."""
        self._begin = time.monotonic() + delay
        self._health.start()
        self._reporter = asyncio.create_task(self._report())
        self._begun.set()

    async def run_slot(self) -> None:
        """Claims a slot, prepares it, waits for the start, and follows the schedule to its end.

        Raises ExchangeUnreachable when the exchange gives no tokens, ConnectionError when its gateway does not answer.
        """
        lanes = await self._connect()
        self._send("ndxp_claim", {})
        slot, of, run = await self._turns.get()
        scheduler = self._prepare(slot, of, run, lanes)
        self._slots += 1
        self._send("ndxp_ready", {})
        await self._begun.wait()
        await scheduler.run(self._begin, self._order.profile.deadline + GRACE)
        self._slots -= 1
        if not self._slots:
            self._end()

    def stop(self) -> None:
        """Sends no more calls; the slots end with their last calls."""
        for scheduler in self._schedulers:
            scheduler.stop()

    async def close(self) -> None:
        """Stops, and waits until everything is reported or the last deadline has passed."""
        self.stop()
        if self._begun.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), self._order.profile.deadline + GRACE)
        self._consumers.close()
        if self._lanes is not None:
            self._lanes.close()

    async def _connect(self) -> Lanes:
        """The connections of this process and a token for each caller, which its slots share."""
        async with self._connecting:
            if self._lanes is None:
                await self._consumers.open(sorted({one for clients in self._callers.values() for one in clients}))
                certificates = self._consumers.certificates()
                lanes = Lanes(self._order.gateway, self._order.profile.channels, certificates, agent="ndxp-load")
                await lanes.open()
                self._lanes = lanes
            return self._lanes

    def _prepare(self, slot: int, of: int, run: str, lanes: Lanes) -> Scheduler:
        profile, seed = self._order.profile, self._order.seed
        ring = calls.ring(profile, self._callers, self._contracts, seed=seed, slot=slot)
        coming = calls.Coming(ring, random.Random(f"{seed} {slot} stages"))
        caller = Caller(lanes, self._consumers, deadline=profile.deadline, name=f"{run}-{slot}")
        scheduler = Scheduler(
            arrivals.due_times(self._order.curve, profile.arrivals, seed=seed, slot=slot, slots=of),
            lambda due, ended: self._one(caller, coming, due, ended),
            lambda due: self._drop(coming, due),
            max_in_flight=max(1, len(range(slot, profile.max_in_flight, of))),
            tally=self._tally,
        )
        self._schedulers.append(scheduler)
        gc.collect()
        gc.freeze()  # a full collection of the prepared calls would block the loop longer than a call takes
        return scheduler

    def _one(self, caller: Caller, coming: calls.Coming, due: float, ended: Callable[[], None]) -> None:
        stages = self._stages_at(due)
        prepared = coming.next(stages)
        names = (prepared.series, *map(_series, stages))
        for series in names:
            self._tally.due(due, series)
        sent = time.monotonic()
        self._health.late.record(round((sent - self._begin - due) * 1e6))

        def answered(outcome: Outcome) -> None:
            finished = time.monotonic()
            response, service = finished - self._begin - due, finished - sent
            for series in names:
                self._tally.answered(
                    finished - self._begin,
                    series,
                    outcome.status,
                    failed=outcome.failed,
                    response=round(response * 1e6),
                    service=round(service * 1e6),
                )
            if self._file is not None:
                self._file.write(f"{outcome.transaction_id or '-'} {outcome.status} {prepared.series}\n")
            self._note(prepared.series, outcome, response)
            ended()

        caller.call(prepared, answered)

    def _drop(self, coming: calls.Coming, due: float) -> None:
        stages = self._stages_at(due)
        prepared = coming.next(stages)
        for series in (prepared.series, *map(_series, stages)):
            self._tally.due(due, series, dropped=True)
        self._note_dropped(prepared.series)

    def _stages_at(self, due: float) -> list[str]:
        return [name for name, (begin, end) in self._stages if begin <= due < end]

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(REPORT_EVERY)
            self._send_report()

    def _send_report(self) -> None:
        now = max(time.monotonic() - self._begin, 0.0)
        self._send("ndxp_report", tally.pack(self._tally.take(now)))

    def _end(self) -> None:
        """Sends the last report with the health, and that no more will come."""
        self._health.stop()
        if self._reporter is not None:
            self._reporter.cancel()
        if self._file is not None:
            self._file.close()
        self._send_report()
        path = str(self._transactions.resolve()) if self._transactions else ""
        health = self._health.report(self._tally.in_flight_max)
        self._send("ndxp_done", {"health": msgspec.json.encode(health), "transactions": path})
        self._ended.set()


def _series(stage: str) -> str:
    return f"stage {stage}"
