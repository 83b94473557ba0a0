"""The outgoing data of a connection: frames to send, and streams whose data waits for its turn (RFC 9113, 5.2)."""

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from ndxp.http2.errors import ErrorCode
from ndxp.http2.limits import DEFAULT_WINDOW, Limits
from ndxp.http2.nuisances import Nuisances

if TYPE_CHECKING:
    from ndxp.http2.stream import Stream

_HIGH_WATER = 256 * 1024
"""Bytes of data that are given out in one turn; more waits in its streams, so that they share what is left."""

_LEAST = 2048
"""What a frame counts among them at least: a thousand frames of a byte each take their time too."""


class Outgoing(ABC):
    """The half of a connection that sends.

    ``wake`` is called when there is something to ``take`` and was not before, and when the connection has failed.
    ``blocked`` holds the streams whose data waits for the connection's window or for the transport, the next one first.
    A stream whose own window is used up is not among them until the peer widens it.
    """

    def __init__(self, limits: Limits, wake: Callable[[], None]) -> None:
        self.limits = limits
        self.wake = wake
        self.blocked: OrderedDict[int, Stream] = OrderedDict()
        self.send_window = DEFAULT_WINDOW
        self.may_send = True  # whether data can go out now
        self.closed = False
        # Emptied by what carries a call; the text is the one that gRPC's clients know.
        self.pings = Nuisances(limits.pings_at_once, limits.pings_per_second, "too_many_pings")
        self._out: list[bytes | memoryview] = []
        self._out_data = 0
        self._held = False
        self._unsent = 0  # bytes said while the transport takes nothing
        self._unblocking = False

    @abstractmethod
    def fail(self, code: ErrorCode, text: str) -> None:
        """Ends the connection with a GOAWAY."""

    def take(self) -> bytes:
        """The bytes to send now."""
        out, self._out, self._out_data = self._out, [], 0
        if not self._held:
            self.may_send = True
            if self.blocked:
                self._unblock()
        return b"".join(out)

    def hold(self) -> None:
        """The transport takes no more for now; data waits in its streams."""
        self._held, self.may_send = True, False

    def release(self) -> None:
        """The transport takes data again."""
        self._held, self.may_send, self._unsent = False, True, 0
        self._unblock()

    def write(self, data: bytes) -> None:
        """Adds a frame to what is to be sent."""
        if self.closed:
            return
        if not self._out:
            self.wake()
        self._out.append(data)
        if self._held:
            self._unsent += len(data)
            if self._unsent > self.limits.unsent_bytes:
                self.fail(ErrorCode.ENHANCE_YOUR_CALM, "the peer does not read what it is told")

    def write_data(self, header: bytes, data: bytes | memoryview, size: int) -> None:
        """Adds a frame of data, which the connection's window has room for."""
        if self.closed:
            return
        if not self._out:
            self.wake()
        self.send_window -= size
        self.pings.forget()
        self._out += (header, data)
        self._out_data += max(size, _LEAST)
        if self._out_data >= _HIGH_WATER:
            self.may_send = False

    def block(self, stream: "Stream") -> None:
        """Notes a stream whose data has to wait."""
        self.blocked[stream.id] = stream
        if self.may_send:
            self._unblock()

    def _unblock(self) -> None:
        """Sends waiting data, one frame of each stream in turn."""
        if self._unblocking:  # a user sends more data from its callback: the loop below will reach it
            return
        self._unblocking = True
        try:
            while self.blocked and self.may_send and self.send_window > 0 and not self.closed:
                _, stream = self.blocked.popitem(last=False)
                sent = stream.send_more()
                if stream.queued and stream.send_window > 0:
                    self.blocked[stream.id] = stream  # at the end
                if sent:
                    stream.user.on_sent(sent)
        finally:
            self._unblocking = False
