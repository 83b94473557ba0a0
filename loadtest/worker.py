"""One generator process: its slots, what they call and count, and what it tells the conductor."""

import gc
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any, TextIO

import gevent
import msgspec
from gevent.event import Event
from gevent.lock import BoundedSemaphore
from gevent.queue import Queue

from loadtest import arrivals, calls, tally
from loadtest.consumers import Consumers
from loadtest.health import Health
from loadtest.profiles import Profile
from loadtest.scheduler import Scheduler
from loadtest.tally import Tally
from loadtest.users import Caller, Lanes, Outcome

REPORT_EVERY = 1.0
"""Seconds between two reports to the conductor."""

GRACE = 2.0
"""Seconds after the deadline of the last call within which it must have ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a run is asked to do: the profile, as it is varied, and whom to call."""

    profile: Profile
    curve: arrivals.Curve
    compress: float
    seed: int
    gateway: str
    transactions: Path | None
    """Where the transaction ids go, one line an answer: ``ID STATUS METHOD`` ("-" for an answer without an id)."""


class Worker:
    """Runs slots in this process. ``send`` takes messages to the conductor, ``note`` answers to Locust's tables."""

    def __init__(
        self,
        order: Order,
        consumers: Consumers,
        send: Callable[[str, Any], None],
        note: Callable[[str, Outcome, float], None],
        note_dropped: Callable[[str], None],
    ) -> None:
        self._order = order
        self._consumers = consumers
        self._callers = {kind: consumers.select(call.members) for kind, call in order.profile.mix.items()}
        consumers.open(sorted({client for clients in self._callers.values() for client in clients}))
        self._send, self._note, self._note_dropped = send, note, note_dropped
        self._tally, self._health = Tally(), Health()
        self._stages = list(order.profile.stage_times(order.compress).items())
        self._turns: Queue[tuple[int, int, str]] = Queue()
        self._connecting = BoundedSemaphore()
        self._lanes: Lanes | None = None
        self._schedulers: list[Scheduler] = []
        self._slots = 0
        self._begun, self._ended = Event(), Event()
        self._begin = 0.0
        self._file: TextIO | None = order.transactions.open("w") if order.transactions else None
        self._reporter: gevent.Greenlet | None = None

    def take(self, slot: int, of: int, run: str) -> None:
        """The conductor's answer to a claim: the slot to run, of so many in all, and the name of the run."""
        self._turns.put((slot, of, run))

    def begin(self, delay: float) -> None:
        """The conductor's word that all slots of all workers are ready: the run begins after so many seconds."""
        self._begin = time.monotonic() + delay
        self._health.start()
        self._reporter = gevent.spawn(self._report)
        self._begun.set()

    def run_slot(self) -> None:
        """Claims a slot, prepares, waits for the beginning, follows the schedule to its end. For a user's greenlet.

        Raises ExchangeUnreachable when the gateway does not answer.
        """
        lanes = self._connect()
        self._send("ndxp_claim", {})
        slot, of, run = self._turns.get()
        scheduler = self._prepare(slot, of, run, lanes)
        self._slots += 1
        self._send("ndxp_ready", {})
        self._begun.wait()
        scheduler.run(self._begin, self._order.profile.deadline + GRACE)
        self._slots -= 1
        if not self._slots:
            self._end()

    def stop(self) -> None:
        """Sends nothing more; the slots end when their last calls have."""
        for scheduler in self._schedulers:
            scheduler.stop()

    def close(self) -> None:
        """Stops, and waits until everything is reported or the last deadline is over."""
        self.stop()
        if self._begun.is_set():
            self._ended.wait(self._order.profile.deadline + GRACE)
        self._consumers.close()
        if self._lanes is not None:
            self._lanes.close()

    def _connect(self) -> Lanes:
        """The connections of this process: its slots share them, since each connection takes a thread to wait in."""
        with self._connecting:
            if self._lanes is None:
                certificates = self._consumers.certificates()
                self._lanes = Lanes(self._order.gateway, self._order.profile.channels, certificates)
            return self._lanes

    def _prepare(self, slot: int, of: int, run: str, lanes: Lanes) -> Scheduler:
        profile, seed = self._order.profile, self._order.seed
        coming = cycle(calls.ring(profile, self._callers, seed=seed, slot=slot))
        caller = Caller(lanes, self._consumers, deadline=profile.deadline, name=f"{run}-{slot}")
        scheduler = Scheduler(
            arrivals.due_times(self._order.curve, profile.arrivals, seed=seed, slot=slot, slots=of),
            lambda due: self._one(caller, next(coming), due),
            lambda due: self._drop(next(coming), due),
            max_in_flight=max(1, len(range(slot, profile.max_in_flight, of))),
            tally=self._tally,
        )
        self._schedulers.append(scheduler)
        gc.collect()
        gc.freeze()  # a full collection over the prepared calls would stop the loop for longer than a call takes
        return scheduler

    def _one(self, caller: Caller, prepared: calls.Prepared, due: float) -> None:
        names = (prepared.series, *self._stages_at(due))
        for series in names:
            self._tally.due(due, series)
        sent = time.monotonic()
        self._health.late.record(round((sent - self._begin - due) * 1e6))
        outcome = caller.call(prepared)
        finished = time.monotonic()
        response, service = finished - self._begin - due, finished - sent
        for series in names:
            self._tally.answered(
                finished - self._begin, series, outcome.status, failed=outcome.failed,
                response=round(response * 1e6), service=round(service * 1e6),
            )  # fmt: skip
        if self._file is not None:
            self._file.write(f"{outcome.transaction_id or '-'} {outcome.status} {prepared.series}\n")
        self._note(prepared.series, outcome, response)

    def _drop(self, prepared: calls.Prepared, due: float) -> None:
        for series in (prepared.series, *self._stages_at(due)):
            self._tally.due(due, series, dropped=True)
        self._note_dropped(prepared.series)

    def _stages_at(self, due: float) -> Iterator[str]:
        return (f"stage {name}" for name, (begin, end) in self._stages if begin <= due < end)

    def _report(self) -> None:
        while True:
            gevent.sleep(REPORT_EVERY)
            self._send_report()

    def _send_report(self) -> None:
        now = max(time.monotonic() - self._begin, 0.0)
        self._send("ndxp_report", tally.pack(self._tally.take(now)))

    def _end(self) -> None:
        """The last report, the health, and that nothing more will come."""
        self._health.stop()
        if self._reporter is not None:
            self._reporter.kill()
        if self._file is not None:
            self._file.close()
        self._send_report()
        path = str(self._order.transactions.resolve()) if self._order.transactions else ""
        health = self._health.report(self._tally.in_flight_max)
        self._send("ndxp_done", {"health": msgspec.json.encode(health), "transactions": path})
        self._ended.set()


def listen(runner: Any, current: Callable[[], Worker | None]) -> None:
    """Has Locust's runner hand the conductor's messages to the worker of the moment."""

    def hand(act: Callable[[Worker, Any], None], environment: Any, msg: Any) -> None:
        if (worker := current()) is not None:
            act(worker, msg)

    for message, act in {
        "ndxp_slot": lambda worker, msg: worker.take(msg.data["slot"], msg.data["of"], msg.data["run"]),
        "ndxp_begin": lambda worker, msg: worker.begin(msg.data["delay"]),
        "ndxp_stop": lambda worker, _: worker.stop(),
    }.items():
        runner.register_message(message, partial(hand, act))
