"""The open model: every request is sent when it is due, or counted as dropped; a slow system does not slow it down."""

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from loadtest.tally import Tally

_LONGEST_WAIT = 0.1
"""Seconds between two checks of a waiting schedule whether it was stopped."""


class Scheduler:
    """Sends the requests of one slot, at most ``max_in_flight`` at a time.

    ``due`` gives seconds since the beginning. ``send`` makes one request: it gets the due time, and a function to call
    when the request has ended; it must not raise. ``drop`` gets the due time of a request that cannot be sent because
    too many are under way.
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
        """Follows the schedule from ``begin`` (monotonic clock), then waits ``patience`` seconds for the last answers.

        Returns early after ``stop``. A late request is sent at once, and its latency counts from its due time.
        """
        self._begin = begin
        await self._follow()
        self._idle.clear()
        if self._under_way:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), patience)

    def stop(self) -> None:
        """Sends no more requests; ``run`` waits for those under way."""
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
        """Waits; also lets other tasks run when it is late, because answers need the loop too."""
        left = when - time.monotonic()
        if left <= 0:
            await asyncio.sleep(0)
        while left > 0 and not self._stopped:
            # uvloop's timers have whole milliseconds; a shorter wait would be a busy loop.
            await asyncio.sleep(math.ceil(min(left, _LONGEST_WAIT) * 1000) / 1000)
            left = when - time.monotonic()

    def _ended(self) -> None:
        self._under_way -= 1
        self._tally.finished(time.monotonic() - self._begin)
        if not self._under_way:
            self._idle.set()
