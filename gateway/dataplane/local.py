"""A call that the worker answers itself: health and reflection, on the same connections as the calls that it relays."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable

from gateway.core.transaction import Origin
from gateway.dataplane import headers
from gateway.dataplane.deadlines import Deadlines
from ndxp.errors import Code, Refusal
from ndxp.http2 import ErrorCode, Fields, Stream
from ndxp.http2.errors import StreamFailure
from ndxp.wire import metadata, status
from ndxp.wire.grpc_http2 import percent

_PREFIX = 5
_LARGEST = 16 * 1024
"""Bytes of the largest request; small, because callers may be unknown."""

_UNREAD = 10.0
"""Seconds that an answer which is complete may wait for its caller to read it."""


_log = logging.getLogger("gateway")


class LocalCall(ABC):
    """One call, as the user of its caller's stream: messages of the request come to ``received``."""

    def __init__(self, stream: Stream, deadlines: Deadlines) -> None:
        self.tick = 0
        self._stream: Stream | None = stream
        self._deadlines = deadlines
        self._buffer = b""
        self._begun = False
        self._complete = False  # whether all is said, the status too

    @abstractmethod
    def received(self, message: bytes) -> None:
        """A message of the request. May raise Refusal."""

    @abstractmethod
    def said_all(self) -> None:
        """The request has ended."""

    @abstractmethod
    def ready(self) -> None:
        """All messages have been sent, so that more can be sent."""

    @property
    def waits(self) -> bool:
        """Whether the caller has not read all messages yet."""
        return self._stream is not None and self._stream.queued > 0

    def say(self, message: bytes) -> None:
        """Sends a message of the answer."""
        if self._stream is not None:
            if not self._begun:
                self._begun = True
                self._stream.send_headers(headers.begin(), "")
            self._stream.send_data(b"\x00" + len(message).to_bytes(4, "big") + message)

    def end(self, code: Code = Code.OK, message: str = "", more: str = "") -> None:
        """Ends the call with a status; ``more`` are further fields of the trailers."""
        if self._stream is not None and not self._complete:
            self._complete = True
            fields = headers.status(code, percent(message)) + more
            self._stream.send_trailers(() if self._begun else headers.begin(), fields)
            if self.waits:
                self._deadlines.add(self, self._deadlines.now() + _UNREAD)
            else:
                self.over()

    def over(self) -> None:
        """Drops all references."""
        self._deadlines.discard(self)
        self._stream = None

    def overdue(self) -> None:
        """The deadline has passed."""
        if self._complete:
            self.cancel()
        else:
            self.end(Code.DEADLINE_EXCEEDED, "the deadline has passed")

    def on_data(self, data: bytes, *, ended: bool) -> None:
        """Data of the request."""
        if self._stream is None or self._complete:
            return
        self._stream.consumed(len(data))
        self._buffer += data
        self.guard(self._read)
        if ended and not self._complete:
            self.guard(self.said_all)

    def guard(self, step: Callable[[], None]) -> None:
        """Runs a step; a refusal ends the call."""
        try:
            step()
        except Refusal as refusal:
            details = ((metadata.STATUS_DETAILS, status.encode(refusal)), (metadata.ERROR_ORIGIN, str(Origin.GATEWAY)))
            self.end(refusal.code, refusal.message, headers.literals(details))
        except Exception as error:  # a defect here ends this call and no other
            _log.error("a call of health or reflection failed: %s", type(error).__name__)
            self.end(Code.INTERNAL, "the gateway failed")

    def _read(self) -> None:
        while not self._complete and (message := self._next()) is not None:
            self.received(message)

    def _next(self) -> bytes | None:
        """The next whole message that was received."""
        if len(self._buffer) < _PREFIX:
            return None
        length = int.from_bytes(self._buffer[1:_PREFIX], "big")
        if self._buffer[0]:
            self.end(Code.UNIMPLEMENTED, "compressed messages are not read here")
        elif length > _LARGEST:
            self.end(Code.RESOURCE_EXHAUSTED, f"a message of {length} bytes; {_LARGEST} are allowed")
        elif len(self._buffer) >= _PREFIX + length:
            message, self._buffer = self._buffer[_PREFIX : _PREFIX + length], self._buffer[_PREFIX + length :]
            return message
        return None

    def on_headers(self, status: str, fields: Fields, *, ended: bool) -> None:
        """Trailers, which end the request."""
        self.on_data(b"", ended=True)

    def on_sent(self, size: int) -> None:
        """Something that had to wait has left."""
        if self._stream is None or self.waits:
            return
        if self._complete:
            self.over()
        else:
            self.ready()

    def on_reset(self, code: int) -> None:
        """The caller has left."""
        self.over()

    def on_failure(self, failure: StreamFailure) -> None:
        """The caller broke a rule."""
        self.over()

    def on_lost(self) -> None:
        """The caller's connection is gone."""
        self.over()

    def cancel(self) -> None:
        """Ends the call without a status, because the caller reads nothing."""
        if self._stream is not None:
            self._stream.reset(ErrorCode.CANCEL)
            self.over()
