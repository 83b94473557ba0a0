"""Limits how many calls of a method a provider gets at once, so that no lasting queue builds up before it.

The sign of a queue is the quickest call of an interval: when even this call took longer than calls take without a
queue, more calls arrive than are served. Then fewer are let in until the queue is gone, and then gradually more again.
Judging by the least delay of an interval is the idea of CoDel (RFC 8289); comparing it with the least delay ever seen
is that of TCP Vegas; the size of the cut is Little's law: as many as are served within the accepted delay. The queue
may be at the provider, or in this worker, which then sees answers late.
"""

INTERVAL = 0.1
"""Seconds between two changes."""

BURST = 1.0
"""Seconds for which a queue may last before calls are refused: a burst is not an overload."""

FEWEST = 32
"""Calls at once that are always let in."""

_GROW = 1.05
_REMEMBERED = 150.0
"""Seconds of a span. The least delay is that of the last one or two spans, so that a provider may become slower."""

_NEVER = float("inf")


class Room:
    """The limit for one method at one address; ``calls`` are under way, and the caller of this class adds each one.

    ``most`` is the limit at the start, ``target`` the accepted delay in seconds.
    """

    __slots__ = (
        "_before",
        "_ends",
        "_full",
        "_least",
        "_most",
        "_now",
        "_queued",
        "_renewed",
        "_target",
        "calls",
        "limit",
    )

    def __init__(self, most: int, target: float) -> None:
        self._most = most
        self._target = target
        self._least = self._before = self._now = self._queued = _NEVER
        self._ends = self._renewed = 0.0
        self._full = 0
        self.calls = 0
        self.limit = most

    @property
    def full(self) -> bool:
        """Whether there is no room for another call."""
        return self.calls >= self.limit

    def leave(self, took: float | None, now: float) -> None:
        """The call is over: answered within so many seconds, or not at all. ``now`` is seconds on any steady clock."""
        self._full = max(self._full, self.calls)
        self.calls -= 1
        if took is not None:
            self._least = min(self._least, took)
        if now >= self._ends and self._least < _NEVER:
            self._judge(now)

    def _judge(self, now: float) -> None:
        if now >= self._renewed + _REMEMBERED:
            self._before, self._now, self._renewed = self._now, _NEVER, now
        self._now = min(self._now, self._least)
        borne = min(self._before, self._now) + self._target
        if self._least <= borne:
            self._queued = _NEVER
            self.limit = min(self._most, int(self.limit * _GROW) + 1)
        else:
            self._queued = min(self._queued, now)
            if self.limit < self._most or now - self._queued >= BURST:
                self.limit = max(min(FEWEST, self._most), int(min(self.limit, self._full) * borne / self._least))
        self._least, self._full, self._ends = _NEVER, self.calls, now + INTERVAL
