"""Deadlines of many calls on one timer, which is set for the earliest of them."""

import asyncio
from typing import Protocol

_TICK = 0.01
"""Seconds by which a deadline may be noticed late."""


class Timed(Protocol):
    """An object with a deadline; ``Deadlines`` stores its ``tick`` in it."""

    tick: int

    def overdue(self) -> None:
        """The deadline has passed."""


class Deadlines:
    """Calls ``overdue`` of everything whose deadline has passed; ``now`` gives the loop's time.

    Nearly all calls end long before their deadline, so the timer is set again only after it has run.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.now = loop.time
        self._ticks: dict[int, dict[Timed, None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._next = 0  # the tick that the timer is set for

    def add(self, who: Timed, at: float) -> None:
        """Notes a deadline, in seconds of the loop's clock; an earlier one of the same call is forgotten."""
        self.discard(who)
        tick = who.tick = int(at / _TICK) + 1
        self._ticks.setdefault(tick, {})[who] = None
        if self._timer is None or tick < self._next:
            self._set(tick)

    def discard(self, who: Timed) -> None:
        """Forgets a deadline."""
        there = self._ticks.get(who.tick)
        if there is not None:
            there.pop(who, None)
            if not there:
                del self._ticks[who.tick]
        who.tick = 0

    def _set(self, tick: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._next = tick
        self._timer = self._loop.call_at(tick * _TICK, self._turn)

    def _turn(self) -> None:
        self._timer = None
        now = int(self._loop.time() / _TICK)
        due = sorted(tick for tick in self._ticks if tick <= now)
        overdue = [who for tick in due for who in self._ticks.pop(tick)]
        if self._ticks:
            self._set(min(self._ticks))
        for who in overdue:
            who.tick = 0
            who.overdue()
