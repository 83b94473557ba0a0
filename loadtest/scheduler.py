"""The open model: every request is sent when it is due or counted as dropped; a late system slows nothing down."""

import time
from collections.abc import Callable, Iterator

import gevent
from gevent.event import Event

from loadtest.tally import Tally


class Scheduler:
    """Sends the requests of one slot, each in a greenlet of its own, at most ``max_in_flight`` at a time.

    ``due`` gives seconds since the beginning; ``send`` makes one request and is told when it was due; ``drop`` is told
    the same of a request that cannot be sent because too many are under way. ``send`` must not raise.
    """

    def __init__(
        self,
        due: Iterator[float],
        send: Callable[[float], None],
        drop: Callable[[float], None],
        *,
        max_in_flight: int,
        tally: Tally,
    ) -> None:
        self._due = due
        self._send = send
        self._drop = drop
        self._room = max_in_flight
        self._tally = tally
        self._begin = 0.0
        self._stopped = Event()
        self._idle = Event()
        self._under_way = 0

    def run(self, begin: float, patience: float) -> None:
        """Follows the schedule from ``begin`` (monotonic clock), then waits so many seconds for the last answers.

        Returns early after ``stop``. What is late is sent at once, and its latency counts from when it was due.
        """
        self._begin = begin
        for due in self._due:
            self._wait_until(begin + due)
            if self._stopped.is_set():
                break
            if self._under_way >= self._room:
                self._tally.dropped(due)
                self._drop(due)
                continue
            self._under_way += 1
            self._tally.sent(due)
            gevent.spawn(self._one, due)
        if self._under_way:
            self._idle.clear()
            self._idle.wait(patience)

    def stop(self) -> None:
        """Sends nothing more; what is under way is waited for by ``run``."""
        self._stopped.set()

    def _wait_until(self, when: float) -> None:
        """Waits, and lets others run even when it is late already: answers need the loop as well."""
        left = when - time.monotonic()
        if left <= 0:
            gevent.sleep(0)
        while left > 0 and not self._stopped.wait(left):
            left = when - time.monotonic()

    def _one(self, due: float) -> None:
        try:
            self._send(due)
        finally:
            self._under_way -= 1
            self._tally.finished(time.monotonic() - self._begin)
            if not self._under_way:
                self._idle.set()
