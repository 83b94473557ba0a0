"""The open model: every request is sent when it is due or counted as dropped; a late system slows nothing down."""

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from loadtest.tally import Tally

_LONGEST_WAIT = 0.1
"""Seconds after which a schedule that waits looks whether it has been stopped."""


class Scheduler:
    """Sends the requests of one slot, at most ``max_in_flight`` at a time.

    ``due`` gives seconds since the beginning; ``send`` makes one request, is told when it was due and calls what it is
    given when the request has ended; ``drop`` is told when a request was due that cannot be sent because too many are
    under way. ``send`` must not raise.
    """

    def __init__(
        self,
        due: Iterator[float],
        send: Callable[[float, Callable[[], None]], None],
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
        self._stopped = False
        self._under_way = 0
        self._idle = asyncio.Event()

    async def run(self, begin: float, patience: float) -> None:
        """Follows the schedule from ``begin`` (monotonic clock), then waits so many seconds for the last answers.

        Returns early after ``stop``. What is late is sent at once, and its latency counts from when it was due.
        """
        self._begin = begin
        await self._follow()
        self._idle.clear()
        if self._under_way:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), patience)

    def stop(self) -> None:
        """Sends nothing more; what is under way is waited for by ``run``."""
        self._stopped = True

    async def _follow(self) -> None:
        for due in self._due:
            await self._wait_until(self._begin + due)
            if self._stopped:
                break
            if self._under_way >= self._room:
                self._tally.dropped(due)
                self._drop(due)
                continue
            self._under_way += 1
            self._tally.sent(due)
            self._send(due, self._ended)

    async def _wait_until(self, when: float) -> None:
        """Waits, and lets others run even when it is late already: answers need the loop as well."""
        left = when - time.monotonic()
        if left <= 0:
            await asyncio.sleep(0)
        while left > 0 and not self._stopped:
            # uvloop's timers know whole milliseconds; a shorter wait would be none, over and over.
            await asyncio.sleep(math.ceil(min(left, _LONGEST_WAIT) * 1000) / 1000)
            left = when - time.monotonic()

    def _ended(self) -> None:
        self._under_way -= 1
        self._tally.finished(time.monotonic() - self._begin)
        if not self._under_way:
            self._idle.set()
