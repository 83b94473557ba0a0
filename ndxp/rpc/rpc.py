"""One gRPC call on a stream of HTTP/2: framed messages out; status, messages and trailers in."""

from asyncio import TimerHandle
from collections.abc import Callable

from ndxp.errors import Code
from ndxp.http2 import ErrorCode, Fields, Stream
from ndxp.http2.errors import StreamFailure
from ndxp.rpc.answer import Answer
from ndxp.rpc.framing import unframe
from ndxp.wire.grpc_http2 import code_of_http, code_of_reset

Ended = Callable[[Answer], None]
"""Called when a call has ended."""


class Rpc:
    """A call under way: the user of its stream. ``ended`` is called once, however the call ends.

    Its creator sets ``stream`` and the ``timer`` of its deadline. ``again`` makes the call once more on a new stream,
    if the gateway has refused the stream, as gRPC's own clients do.
    """

    __slots__ = ("_again", "_data", "_ended", "_leading", "stream", "timer")

    def __init__(self, ended: Ended, again: Callable[[], None] | None = None) -> None:
        self._ended: Ended | None = ended
        self._again = again
        self._data: list[bytes] = []
        self._leading: Fields = []
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
            self.end(Answer(code_of_http(status)))
        elif ended:
            self.end(self._read(fields))
        else:
            self._leading = fields

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
        self.end(Answer(code_of_reset(code)))

    def on_failure(self, failure: StreamFailure) -> None:
        """The gateway has broken a rule of HTTP/2."""
        self.end(Answer(Code.INTERNAL))

    def on_lost(self) -> None:
        """The connection is gone."""
        self.end(Answer(Code.UNAVAILABLE))

    def _read(self, fields: Fields) -> Answer:
        answer = Answer.read(fields)
        if answer.code is not Code.OK:
            return answer
        messages = unframe(b"".join(self._data))
        if messages is None:
            return Answer(Code.INTERNAL, (), answer.trailing)
        return Answer(Code.OK, messages, answer.trailing, answer.text, self._leading)
