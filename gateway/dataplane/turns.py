"""Turns: how members, and connections that send more than one turn takes, share the time of a worker.

A member is served at once if it has not used more than its share of the worker's time lately, or if nobody else has
called lately. A member that has used more waits for a turn, and in each round of the loop one of those who wait goes
on. So a member that sends as fast as it can, on any number of connections, makes others wait for their turns only, and
not for all its data.
"""

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from ndxp.http2.nuisances import TOO_MANY_NUISANCES, Nuisances

if TYPE_CHECKING:
    from gateway.dataplane.carrier import Carrier
    from ndxp.http2 import Limits

TURN, LONG_TURN = 0.0005, 0.002
"""Seconds of a turn, where others wait and where nobody does; a frame that takes longer is read to its end. Long turns
keep together what has come together: it leaves in fewer writes."""

_PART = 0.2
"""The part of the worker's time that is a member's share."""

_AT_ONCE = 0.005
"""Seconds of it that a member may use in one go."""

_LATELY = 1.0
"""Seconds for which a member counts as one that calls."""

_OF_MEMBERS = 10
"""How many times more of a nuisance a member may be than a stranger: calls that he cancels are resets."""


class Share:
    """What a member has used of one worker, on all connections from one address."""

    __slots__ = ("_at", "_spent", "nuisances")

    def __init__(self, limits: "Limits") -> None:
        at_once, per_second = _OF_MEMBERS * limits.nuisances_at_once, _OF_MEMBERS * limits.nuisances_per_second
        self.nuisances = Nuisances(at_once, per_second, TOO_MANY_NUISANCES)
        self._spent = 0.0
        self._at = time.perf_counter()

    def spend(self, since: float) -> None:
        """Counts the time since a moment (of ``time.perf_counter``) as used."""
        now = time.perf_counter()
        self._spent = max(0.0, self._spent - _PART * (now - self._at)) + now - since
        self._at = now

    @property
    def used_up(self) -> bool:
        """Whether more was used than the member's share."""
        return self._spent > _AT_ONCE


class Turns:
    """The connections that wait for a turn, in their order, and whether more than one member has called lately."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[Carrier[Any]] = deque()
        self._last: Share | None = None
        self._shared_until = 0.0

    @property
    def shared(self) -> bool:
        """Whether more than one member has called lately, so that one with much to do must wait for its turn."""
        return time.perf_counter() < self._shared_until

    def turn(self) -> float:
        """Seconds of a turn now."""
        return TURN if self.shared else LONG_TURN

    def serve(self, share: Share, since: float) -> None:
        """Counts the time since a moment (of ``time.perf_counter``) as used by a member."""
        share.spend(since)
        if share is not self._last:
            if self._last is not None:
                self._shared_until = since + _LATELY
            self._last = share

    def wait(self, carrier: "Carrier[Any]") -> None:
        """Lets a connection go on when those before it have had their turns."""
        self._waiting.append(carrier)
        if len(self._waiting) == 1:
            self._loop.call_soon(self._next)

    def _next(self) -> None:
        carrier = self._waiting[0]
        carrier.go_on()
        self._waiting.popleft()
        if self._waiting:
            self._loop.call_soon(self._next)
