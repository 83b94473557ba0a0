"""One gRPC call on a stream of HTTP/2: framed messages out; status, messages and trailers in."""

from asyncio import TimerHandle
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ndxp.errors import Code
from ndxp.http2 import ErrorCode, Fields, Stream
from ndxp.http2.errors import StreamFailure
from ndxp.wire.metadata import Pair

_PREFIX = 5
"""Bytes before each message: a flag, and the length."""

_NO_METADATA = frozenset({"content-type", "grpc-message"})
"""Fields of trailers that are not metadata."""

_CODES_OF_RESETS: Mapping[int, Code] = {
    ErrorCode.REFUSED_STREAM: Code.UNAVAILABLE,
    ErrorCode.CANCEL: Code.CANCELLED,
    ErrorCode.ENHANCE_YOUR_CALM: Code.RESOURCE_EXHAUSTED,
    ErrorCode.INADEQUATE_SECURITY: Code.PERMISSION_DENIED,
}
"""Codes of resets by "gRPC over HTTP/2", section "Errors"; every other code is INTERNAL."""

_CODES_OF_HTTP: Mapping[str, Code] = {
    "401": Code.UNAUTHENTICATED,
    "403": Code.PERMISSION_DENIED,
    "404": Code.UNIMPLEMENTED,
    "429": Code.UNAVAILABLE,
    "502": Code.UNAVAILABLE,
    "503": Code.UNAVAILABLE,
    "504": Code.UNAVAILABLE,
}
"""Codes of HTTP answers that are not gRPC; every other status is UNKNOWN (gRPC's http-grpc-status-mapping)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a call ended, its messages (none if it failed), and the trailing metadata."""

    code: Code
    messages: Sequence[bytes] = ()
    trailing: Sequence[Pair] = ()


Ended = Callable[[Answer], None]
"""Called when a call has ended."""


class Rpc:
    """A call under way: the user of its stream. ``ended`` is called once, however the call ends.

    Its creator sets ``stream`` and the ``timer`` of its deadline. ``again`` makes the call once more on a new stream,
    if the gateway has refused the stream, as gRPC's own clients do.
    """

    __slots__ = ("_again", "_data", "_ended", "stream", "timer")

    def __init__(self, ended: Ended, again: Callable[[], None] | None = None) -> None:
        self._ended: Ended | None = ended
        self._again = again
        self._data: list[bytes] = []
        self.stream: Stream | None = None
        self.timer: TimerHandle | None = None

    def expire(self) -> None:
        """Its deadline has passed."""
        self.end(Answer(Code.DEADLINE_EXCEEDED))

    def end(self, answer: Answer) -> None:
        """Ends the call: later events are ignored, and all references are dropped, without work for the collector."""
        stream, timer, ended = self.stream, self.timer, self._ended
        self.stream = self.timer = self._ended = self._again = None
        if timer is not None:
            timer.cancel()
        if stream is not None:
            stream.reset(ErrorCode.CANCEL)  # does nothing when the stream has ended too
        if ended is not None:
            ended(answer)

    def on_headers(self, status: str, fields: Fields, *, ended: bool) -> None:
        """The headers of the answer, or its trailers."""
        if status not in ("", "200"):
            self.end(Answer(_CODES_OF_HTTP.get(status, Code.UNKNOWN)))
        elif ended:
            self.end(self._read(fields))

    def on_data(self, data: bytes, *, ended: bool) -> None:
        """A part of the messages; a correct answer does not end with data."""
        self._data.append(data)
        if self.stream is not None:
            self.stream.consumed(len(data))
        if ended:
            self.end(Answer(Code.UNKNOWN))

    def on_sent(self, size: int) -> None:
        """Waiting request data has been sent."""

    def on_reset(self, code: int) -> None:
        """The gateway has reset the stream."""
        again = self._again
        if code == ErrorCode.REFUSED_STREAM and again is not None:
            self._ended = None  # the second try calls it
            self.end(Answer(Code.UNAVAILABLE))
            again()
            return
        self.end(Answer(_CODES_OF_RESETS.get(code, Code.INTERNAL)))

    def on_failure(self, failure: StreamFailure) -> None:
        """The gateway has broken a rule of HTTP/2."""
        self.end(Answer(Code.INTERNAL))

    def on_lost(self) -> None:
        """The connection is gone."""
        self.end(Answer(Code.UNAVAILABLE))

    def _read(self, fields: Fields) -> Answer:
        trailing: list[Pair] = []
        code = Code.UNKNOWN
        for name, value in fields:
            if name == "grpc-status":
                code = Code(int(value)) if value.isdecimal() and int(value) <= max(Code) else Code.UNKNOWN
            elif name not in _NO_METADATA:
                trailing.append((name, _bytes(value) if name.endswith("-bin") else value))
        if code is not Code.OK:
            return Answer(code, (), trailing)
        messages = unframe(b"".join(self._data))
        return Answer(Code.INTERNAL, (), trailing) if messages is None else Answer(Code.OK, messages, trailing)


def _bytes(value: str) -> bytes:
    """The bytes of a "-bin" value, padded or not; empty for invalid base64."""
    try:
        return b64decode(value + "==")
    except ValueError:
        return b""


def frame(messages: Sequence[bytes]) -> bytes:
    """Messages in the framing of gRPC."""
    return b"".join([b"\0" + len(message).to_bytes(4, "big") + message for message in messages])


def unframe(data: bytes) -> list[bytes] | None:
    """The messages in the data of a stream; None for an incomplete or a compressed message."""
    messages, at = [], 0
    while at < len(data):
        end = at + _PREFIX + int.from_bytes(data[at + 1 : at + _PREFIX], "big")
        if data[at] or end > len(data):
            return None
        messages.append(data[at + _PREFIX : end])
        at = end
    return messages
