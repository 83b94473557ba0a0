"""The master's part of a run: gives slots to workers, starts when all are ready, ends the run, writes the results."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import msgspec
from gevent.event import Event

from loadtest import results, tally
from loadtest.collector import Collector, abort_reason
from loadtest.line import GRACE
from loadtest.profiles import Profile
from loadtest.results import Generator, Results, Second

_DELAY = 0.3
"""Seconds between the start message and the start, so that every worker has received it."""

Send = Callable[[str, Any, str | None], None]
"""Sends a message with its data to a worker (None: to all)."""


class Conductor:
    """One run with ``slots`` slots. ``ended`` is called once, after the results are written.

    Its methods are the workers' messages: claim -> ready -> report... -> done, or failed; lost if their process dies.
    """

    def __init__(
        self,
        profile: Profile,
        found: Results,
        slots: int,
        *,
        send: Send,
        ended: Callable[[], None],
        results_file: Path | None,
        progress_file: Path | None,
    ) -> None:
        self._profile, self._results = profile, found
        self._slots, self._claimed, self._ready = slots, 0, 0
        self._send, self._ended = send, ended
        self._results_file = results_file
        self._progress: TextIO | None = progress_file.open("w", encoding="utf-8") if progress_file else None
        self._workers: set[str] = set()
        self._collector: Collector | None = None
        self._over = Event()
        self._closing = False
        self.failure = ""
        """Why there is no result, in one line; empty when there is one."""

    @property
    def over(self) -> bool:
        """Whether the run is over and its results are written."""
        return bool(self._over.is_set())

    def claim(self, worker: str) -> None:
        """A user of a worker asks for a slot; users beyond the number of slots wait for ever."""
        if self._claimed < self._slots:
            self._send("ndxp_slot", {"slot": self._claimed, "of": self._slots, "run": self._results.run}, worker)
            self._claimed += 1
            self._workers.add(worker)

    def ready(self, worker: str) -> None:
        """A slot of a worker is prepared. After the last one, the run begins."""
        self._ready += 1
        if self._ready == self._slots and not self._over.is_set():
            self._collector = Collector(self._workers)
            self._results.started = time.time() + _DELAY
            for one in self._workers:
                self._send("ndxp_begin", {"delay": _DELAY}, one)

    def report(self, worker: str, data: dict[str, Any]) -> None:
        """A worker's counts of the last second."""
        if self._collector is not None and not self._over.is_set():
            self._show(self._collector.add(worker, tally.unpack(data)))
            if reason := abort_reason(self._collector.seconds, self._profile.slo.get("abort", {})):
                self.stop(reason)

    def done(self, worker: str, data: dict[str, Any]) -> None:
        """A worker's last message. After the last worker's, the run ends."""
        self._results.generators.append(msgspec.json.decode(data["health"], type=Generator))
        if data["transactions"]:
            self._results.transactions.append(data["transactions"])
        self._leave(worker)

    def lost(self, worker: str, reason: str = "went missing") -> None:
        """A worker has disappeared: the end of its calls is unknown, so the result is incomplete."""
        if worker in self._workers and self._collector is None:
            self._give_up(f"generator {worker} {reason} before the run began")
        elif worker in self._workers:
            self._results.missing += 1
            self.stop(f"generator {worker} {reason}")
            self._leave(worker)

    def failed(self, worker: str, reason: str) -> None:
        """A worker cannot go on: before the start the run fails, later the other workers' part is the result."""
        if self._collector is not None:
            self.lost(worker, f"failed: {reason}")
        else:
            self._give_up(reason)

    def stop(self, reason: str) -> None:
        """Ends the run early: no more calls are sent, and calls under way are awaited."""
        if not self._over.is_set() and not self._results.aborted:
            self._results.aborted = reason
            self._send_no_more()

    def close(self, reason: str) -> None:
        """Stops the run and waits for its end; for the end of Locust's own run. Without a reason it is no abort."""
        if self._over.is_set() or self._closing:
            return
        self._closing = True
        if reason:
            self.stop(reason)
        else:
            self._send_no_more()
        if self._collector is None:
            self._give_up("stopped before it began")
        elif not self._over.wait(self._profile.deadline + 2 * GRACE):
            for worker in list(self._workers):
                self.lost(worker)

    def _give_up(self, reason: str) -> None:
        if not self._over.is_set():
            self.failure = reason
            self._finish()

    def _send_no_more(self) -> None:
        self._results.duration = min(self._results.duration, max(0.0, time.time() - self._results.started))
        self._send("ndxp_stop", {}, None)

    def _leave(self, worker: str) -> None:
        self._workers.discard(worker)
        if self._collector is not None:
            self._collector.leave(worker)
        if not self._workers:
            self._finish()

    def _finish(self) -> None:
        if self._over.is_set():
            return
        self._over.set()
        if self._collector is not None:
            self._results.ended = time.time()
            self._show(self._collector.finish())
            self._collector.write_into(self._results)
            self._write()
        if self._progress is not None:
            self._progress.close()
        self._ended()

    def _write(self) -> None:
        if self._results_file is not None:
            try:
                results.write(self._results, self._results_file)
            except OSError as error:
                self.failure = f"the results cannot be written to {self._results_file}: {error.strerror}"

    def _show(self, seconds: list[Second]) -> None:
        if self._progress is not None:
            try:
                self._progress.writelines(f"{msgspec.json.encode(second).decode()}\n" for second in seconds)
                self._progress.flush()
            except OSError as error:
                self._progress = None
                self.stop(f"the progress cannot be written: {error.strerror}")


def listen(runner: Any, current: Callable[[], Conductor | None]) -> None:
    """Makes Locust's runner pass the workers' messages to the current run."""

    def hand(act: Callable[[Conductor, Any], None], environment: Any, msg: Any) -> None:
        if (conductor := current()) is not None:
            act(conductor, msg)

    for message, act in {
        "ndxp_claim": lambda conductor, msg: conductor.claim(msg.node_id),
        "ndxp_ready": lambda conductor, msg: conductor.ready(msg.node_id),
        "ndxp_report": lambda conductor, msg: conductor.report(msg.node_id, msg.data),
        "ndxp_lost": lambda conductor, msg: conductor.lost(msg.node_id),
        "ndxp_done": lambda conductor, msg: conductor.done(msg.node_id, msg.data),
        "ndxp_failed": lambda conductor, msg: conductor.failed(msg.node_id, msg.data["reason"]),
    }.items():
        runner.register_message(message, partial(hand, act))
