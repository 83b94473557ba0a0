"""Deadlines of many calls on one timer, which runs only while there are any."""

import asyncio
from typing import Protocol

_TICK = 0.01
"""Seconds; a deadline is noticed so much late at most."""


class Timed(Protocol):
    """Who has a deadline; ``tick`` is kept here."""

    tick: int

    def overdue(self) -> None:
        """The deadline has passed."""


class Deadlines:
    """Calls ``overdue`` of everybody whose time is over; ``now`` is the time that is meant, the loop's."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.now = loop.time
        self._ticks: dict[int, dict[Timed, None]] = {}
        self._done = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, who: Timed, at: float) -> None:
        """Notes a deadline, in seconds of the loop's clock; an earlier one of the same call is forgotten."""
        self.discard(who)
        if self._timer is None:
            self._done = int(self._loop.time() / _TICK)
            self._timer = self._loop.call_later(_TICK, self._turn)
        tick = who.tick = max(self._done, int(at / _TICK)) + 1
        self._ticks.setdefault(tick, {})[who] = None

    def discard(self, who: Timed) -> None:
        """Forgets a deadline."""
        there = self._ticks.get(who.tick)
        if there is not None:
            there.pop(who, None)
            if not there:
                del self._ticks[who.tick]
        who.tick = 0

    def _turn(self) -> None:
        now = int(self._loop.time() / _TICK)
        overdue: list[Timed] = []
        if now - self._done > len(self._ticks):
            due = sorted(tick for tick in self._ticks if tick <= now)
        else:
            due = [tick for tick in range(self._done + 1, now + 1) if tick in self._ticks]
        for tick in due:
            overdue += self._ticks.pop(tick)
        self._done = now
        self._timer = self._loop.call_later(_TICK, self._turn) if self._ticks else None
        for who in overdue:
            who.tick = 0
            who.overdue()
