"""Limits for strangers: connections without a known caller.

Members are served at once. Strangers share a part of the worker's time in turns, and a part of its connections, of
which an old one is closed when a new one comes.
"""

import asyncio
import time
from collections import OrderedDict, deque
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.dataplane.listener import Inbound

_PART = 0.2
"""The part of the worker's time for all strangers together."""

_AT_ONCE = 0.01
"""The most seconds of this time that they may use at once."""

_PAUSE = 0.005
"""Seconds between two turns when their time is used up."""

_LOOKED_THROUGH = 100
"""So many of the oldest connections are searched for one without calls. If all have calls, the oldest is closed:
otherwise a stranger with a health watch on every connection could keep members out."""


class Strangers:
    """The connections of a worker without a known caller, by address."""

    def __init__(self, loop: asyncio.AbstractEventLoop, most: int) -> None:
        """``most`` is how many connections strangers may have from one address."""
        self._loop = loop
        self._most = most
        self._by_address: dict[str, OrderedDict[Inbound, None]] = {}
        self._queue: deque[tuple[Inbound, bytes]] = deque()
        self._spent = 0.0
        self._at = time.perf_counter()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, inbound: "Inbound") -> None:
        """Adds a connection; closes an old one of its address when there are too many."""
        same = self._by_address.setdefault(inbound.address, OrderedDict())
        if len(same) >= self._most:
            self._evict(same)
        same[inbound] = None

    def remove(self, inbound: "Inbound") -> None:
        """The connection has ended, or its caller is known now."""
        same = self._by_address.get(inbound.address)
        if same is not None:
            same.pop(inbound, None)
            if not same:
                del self._by_address[inbound.address]

    def make_room(self) -> bool:
        """Closes an old connection of the address that has the most; False when there is none."""
        most = max(self._by_address.values(), key=len, default=None)
        if most is not None:
            self._evict(most)
        return most is not None

    def receive(self, inbound: "Inbound", data: bytes) -> None:
        """Reads a stranger's data, now or when there is time for strangers."""
        if self._queue or not self._has_time():
            inbound.pause()
            self.wait(inbound, data)
        else:
            self._look_at(inbound, data)

    def wait(self, inbound: "Inbound", data: bytes) -> None:
        """Reads data later, after the rest of earlier data."""
        self._queue.append((inbound, data))
        if self._timer is None:
            self._timer = self._loop.call_later(_PAUSE, self._turn)

    def _turn(self) -> None:
        """Serves waiting strangers in turn, as long as there is time."""
        self._timer = None
        while self._queue and self._has_time():
            inbound, data = self._queue.popleft()
            if inbound.transport is None:
                continue
            self._look_at(inbound, data)
            if not inbound.connection.behind:
                inbound.resume()
        if self._queue and self._timer is None:
            self._timer = self._loop.call_later(_PAUSE, self._turn)

    def _look_at(self, inbound: "Inbound", data: bytes) -> None:
        began = time.perf_counter()
        inbound.take_in(data)
        self._spent += time.perf_counter() - began

    def _has_time(self) -> bool:
        now = time.perf_counter()
        self._spent = max(0.0, self._spent - _PART * (now - self._at))
        self._at = now
        return self._spent < _AT_ONCE

    def _evict(self, connections: "OrderedDict[Inbound, None]") -> None:
        """Closes an old connection at once."""
        oldest = islice(connections, _LOOKED_THROUGH)
        inbound = next((one for one in oldest if not one.connection.streams), next(iter(connections)))
        self.remove(inbound)
        inbound.abort()
