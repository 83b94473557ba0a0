"""The open model: every request is sent when it is due or counted as dropped; a late system slows nothing down."""

import asyncio
import math
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from loadtest.tally import Tally

_LONGEST_WAIT = 0.1
"""Seconds after which a schedule that waits looks whether it has been stopped."""


class Scheduler:
    """Sends the requests of one slot, each in a task of its own, at most ``max_in_flight`` at a time.

    ``due`` gives seconds since the beginning; ``send`` makes one request and is told when it was due; ``drop`` is told
    the same of a request that cannot be sent because too many are under way. ``send`` must not raise.
    """

    def __init__(
        self,
        due: Iterator[float],
        send: Callable[[float], Coroutine[Any, Any, None]],
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
        self._under_way: set[asyncio.Task[None]] = set()

    async def run(self, begin: float, patience: float) -> None:
        """Follows the schedule from ``begin`` (monotonic clock), then waits so many seconds for the last answers.

        Returns early after ``stop``. What is late is sent at once, and its latency counts from when it was due.
        """
        self._begin = begin
        try:
            await self._follow()
            if self._under_way:
                await asyncio.wait(self._under_way, timeout=patience)
        finally:
            for call in self._under_way:
                call.cancel()

    def stop(self) -> None:
        """Sends nothing more; what is under way is waited for by ``run``."""
        self._stopped = True

    async def _follow(self) -> None:
        for due in self._due:
            await self._wait_until(self._begin + due)
            if self._stopped:
                break
            if len(self._under_way) >= self._room:
                self._tally.dropped(due)
                self._drop(due)
                continue
            self._tally.sent(due)
            call = asyncio.create_task(self._send(due))
            self._under_way.add(call)
            call.add_done_callback(self._ended)

    async def _wait_until(self, when: float) -> None:
        """Waits, and lets others run even when it is late already: answers need the loop as well."""
        left = when - time.monotonic()
        if left <= 0:
            await asyncio.sleep(0)
        while left > 0 and not self._stopped:
            # uvloop's timers know whole milliseconds; a shorter wait would be none, over and over.
            await asyncio.sleep(math.ceil(min(left, _LONGEST_WAIT) * 1000) / 1000)
            left = when - time.monotonic()

    def _ended(self, call: asyncio.Task[None]) -> None:
        self._under_way.discard(call)
        self._tally.finished(time.monotonic() - self._begin)
