"""A call at its provider whose answer meets a fault that was set on purpose."""

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from gateway.core.effects import Effects
from gateway.dataplane.attempt import Attempt
from gateway.dataplane.faults.tampering import Tampering
from ndxp.http2 import ClientConnection, Field, Fields, Stream
from ndxp.http2.errors import StreamFailure

if TYPE_CHECKING:
    from gateway.dataplane.relay import Relay

_TURN = 0.05
"""Seconds between two parts of a slow answer."""


class _Copy:
    """A copy of a call, as the user of its stream: nobody waits for what the provider answers to it."""

    stream: Stream

    def on_headers(self, status: str, fields: Fields, *, ended: bool) -> None: ...

    def on_data(self, data: bytes, *, ended: bool) -> None:
        self.stream.consumed(len(data))

    def on_sent(self, size: int) -> None: ...

    def on_reset(self, code: int) -> None: ...

    def on_failure(self, failure: StreamFailure) -> None: ...

    def on_lost(self) -> None: ...


def open_copy(connection: ClientConnection, constant: tuple[Field, ...], rest: str) -> Stream:
    """Begins the same call a second time; its answer is ignored."""
    copy = _Copy()
    copy.stream = connection.open(copy, constant, rest)
    return copy.stream


class DisturbedAttempt(Attempt):
    """One try. What the provider sends is delayed, changed or held back before the relay gets it."""

    __slots__ = ("_effects", "_ending", "_parts", "_tampering", "_timer")

    def __init__(self, relay: "Relay", effects: Effects) -> None:
        super().__init__(relay)
        self._effects = effects
        self._tampering = Tampering(effects)
        self._parts: deque[bytes] = deque()  # of a slow answer
        self._ending: tuple[str, Fields] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def on_headers(self, status: str, fields: Fields, *, ended: bool) -> None:
        """The answer begins, or ends; the end waits behind the data, and for what happens after the provider."""
        if not ended:
            super().on_headers(status, fields, ended=False)
        elif not self._tampering.over:
            self._ending = status, fields
            if not self._parts:
                self._pass_end()

    def on_data(self, data: bytes, *, ended: bool) -> None:
        """Data of the answer: it is changed, and passes on now or bit by bit."""
        if ended:  # no correct end; it is the provider's own fault
            super().on_data(data, ended=True)
            return
        held = self._tampering.held
        passed = self._tampering.feed(data)
        left_out = held + len(data) - len(passed) - self._tampering.held
        if left_out and not self._tampering.over:
            self.consumed(left_out)
        if passed and self._effects.slow:
            self._parts.append(passed)
            if self._timer is None:
                self._pass_slowly()
        elif passed:
            super().on_data(passed, ended=False)
        if self._tampering.cut and self._relay is not None:
            self._relay.cut_off()

    def on_failure(self, failure: StreamFailure) -> None:
        """The provider does not keep to HTTP/2."""
        self._stop()
        super().on_failure(failure)

    def on_lost(self) -> None:
        """The provider's connection is gone."""
        self._stop()
        super().on_lost()

    def leave(self) -> None:
        """Cancels the call at the provider."""
        self._stop()
        super().leave()

    def _pass_slowly(self) -> None:
        """Passes on as many bytes as fit into one turn, and goes on later."""
        self._timer = None
        rate = self._effects.slow
        data = b"".join(self._parts)
        size = max(1, int(rate * _TURN))
        self._parts.clear()
        if data[size:]:
            self._parts.append(data[size:])
        if data:
            super().on_data(data[:size], ended=False)
            self._timer = asyncio.get_running_loop().call_later(max(_TURN, 1 / rate), self._pass_slowly)
        elif self._ending is not None:
            self._pass_end()

    def _pass_end(self) -> None:
        relay, ending = self._relay, self._ending
        if relay is not None and ending is not None:
            relay.provider_done(lambda: Attempt.on_headers(self, *ending, ended=True))

    def _stop(self) -> None:
        self._parts.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
