"""Turns for connections with more data than one turn allows: in each round of the loop one of them goes on.

So even a thousand connections that send as fast as they can make others wait for their turns only, and not for all
their data.
"""

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.dataplane.carrier import Carrier

TURN = 0.002
"""Seconds of a turn; a frame that takes longer is read to its end."""


class Turns:
    """The connections that wait for a turn, in their order."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[Carrier[Any]] = deque()

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
