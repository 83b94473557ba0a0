"""The client's role: streams are opened by this side."""

from collections.abc import Callable

from ndxp.http2 import fields as checked
from ndxp.http2 import frames
from ndxp.http2.connection import Connection
from ndxp.http2.errors import ErrorCode, StreamFailure, protocol_error
from ndxp.http2.fields import Field, Fields
from ndxp.http2.limits import DEFAULT_WINDOW, LARGEST_STREAM_ID, Limits
from ndxp.http2.stream import Stream, StreamUser

_INFORMATIONAL = "1"


class ClientConnection(Connection):
    """A connection that this side has made."""

    def __init__(self, limits: Limits, wake: Callable[[], None]) -> None:
        super().__init__(limits, wake)
        self._next = 1

    def greet(self) -> None:
        """Sends the preface and this side's settings; must be called once, before anything else."""
        limits = self.limits
        own = (
            (frames.ENABLE_PUSH, 0),
            (frames.INITIAL_WINDOW_SIZE, limits.stream_window),
            (frames.MAX_HEADER_LIST_SIZE, limits.field_bytes),
        )
        self.write(frames.PREFACE + frames.settings(own))
        if limits.connection_window > DEFAULT_WINDOW:
            self.write(frames.window_update(0, limits.connection_window - DEFAULT_WINDOW))

    @property
    def room(self) -> int:
        """How many streams may be opened now."""
        return 0 if self.leaving or self.closed else max(0, self.peer_max_streams - len(self.streams))

    def open(self, user: StreamUser, constant: tuple[Field, ...], rest: str, *, end: bool = False) -> Stream:
        """Opens a stream with a header block; there must be ``room`` for it."""
        stream = Stream(self, self._next, user)
        self._next += 2
        if self._next > LARGEST_STREAM_ID:  # further calls need a new connection (5.1.1)
            self.leaving = True
        self.streams[stream.id] = stream
        stream.send_headers(constant, rest, end=end)
        return stream

    def local_end(self, stream: Stream) -> None:
        """The request is complete."""
        stream.local_closed = True
        if stream.remote_closed:
            self._forget(stream)

    def _remote_end(self, stream: Stream) -> None:
        """The answer is complete. The rest of the request is not needed any more (8.1)."""
        super()._remote_end(stream)
        if not stream.local_closed:
            self.reset(stream, ErrorCode.NO_ERROR)

    def _last_stream(self) -> int:
        return 0  # the server has opened no streams

    def _is_idle(self, stream_id: int) -> bool:
        return stream_id >= self._next or not stream_id & 1

    def _peer_leaves(self, last: int) -> None:
        """The server has not processed the streams after the last one (6.8)."""
        self.leaving = True
        for stream in [stream for stream in self.streams.values() if stream.id > last]:
            self._forget(stream)
            stream.user.on_reset(ErrorCode.REFUSED_STREAM)

    def _set(self, identifier: int, value: int) -> None:
        if identifier == frames.ENABLE_PUSH and value:
            raise protocol_error("a server enables push")
        super()._set(identifier, value)

    def _on_block(self, stream_id: int, fields: Fields | None, *, ended: bool) -> None:
        stream = self.streams.get(stream_id)
        if stream is None:
            if self._is_idle(stream_id):
                raise protocol_error("a header block of a stream that was never opened")
            if stream_id not in self._resets:
                self.nuisance()  # of a stream that has ended
            elif ended:
                self._resets.discard(stream_id)
            return
        try:
            status, fields = self._read(stream, fields, ended=ended)
        except StreamFailure as failure:
            self._break(stream, failure)
            return
        if status[:1] == _INFORMATIONAL:
            return
        if ended:
            self._remote_end(stream)
        stream.user.on_headers(status, fields, ended=ended)

    def _read(self, stream: Stream, fields: Fields | None, *, ended: bool) -> tuple[str, Fields]:
        """The status, empty for trailers, and the fields."""
        if fields is None:
            raise StreamFailure(
                ErrorCode.ENHANCE_YOUR_CALM, f"a header list of more than {self.limits.field_bytes} bytes"
            )
        if stream.headers_read:
            if not ended:
                raise StreamFailure(ErrorCode.PROTOCOL_ERROR, "a second header block that is no end")
            if stream.expected:
                raise StreamFailure(ErrorCode.PROTOCOL_ERROR, "less data than content-length has announced")
            return "", checked.trailers(fields)
        status, rest, length = checked.response(fields)
        if status[0] == _INFORMATIONAL:
            if ended:
                raise StreamFailure(ErrorCode.PROTOCOL_ERROR, "an informational answer that is the end")
            self.nuisance()
        else:
            stream.headers_read = True
            stream.expected = length
        return status, rest
