"""The server's role: streams are opened by the peer."""

from collections.abc import Callable

from ndxp.http2 import fields as checked
from ndxp.http2 import frames
from ndxp.http2.connection import Connection
from ndxp.http2.errors import ConnectionFailure, ErrorCode, StreamFailure, protocol_error
from ndxp.http2.fields import Fields, Request
from ndxp.http2.limits import DEFAULT_WINDOW, LARGEST_STREAM_ID, Limits
from ndxp.http2.stream import Stream, StreamUser

Accept = Callable[[Stream, Request | None, bool], StreamUser]
"""Takes a new stream, and whether it has ended; returns its user. None stands for a header list that is too large."""


class _Nobody:
    """The user of a stream whose events are ignored."""

    def on_headers(self, status: str, fields: Fields, *, ended: bool) -> None: ...

    def on_data(self, data: bytes, *, ended: bool) -> None: ...

    def on_sent(self, size: int) -> None: ...

    def on_reset(self, code: int) -> None: ...

    def on_failure(self, failure: StreamFailure) -> None: ...

    def on_lost(self) -> None: ...


NOBODY: StreamUser = _Nobody()
"""The user of a stream before it is taken, and after it is answered."""


class ServerConnection(Connection):
    """A connection that the peer has made."""

    def __init__(self, limits: Limits, wake: Callable[[], None], accept: Accept) -> None:
        super().__init__(limits, wake)
        self._accept = accept
        self._newest = 0
        self._last_said = LARGEST_STREAM_ID  # in GOAWAY
        self._preface = frames.PREFACE

    def greet(self) -> None:
        """Sends this side's settings; must be called once, before anything else."""
        limits = self.limits
        own = (
            (frames.MAX_CONCURRENT_STREAMS, limits.concurrent_streams),
            (frames.INITIAL_WINDOW_SIZE, limits.stream_window),
            (frames.MAX_HEADER_LIST_SIZE, limits.field_bytes),
        )
        self.write(frames.settings(own))
        if limits.connection_window > DEFAULT_WINDOW:
            self.write(frames.window_update(0, limits.connection_window - DEFAULT_WINDOW))

    def receive(self, data: bytes) -> None:
        """Takes data from the peer; data without the preface is not HTTP/2 and gets no answer."""
        if self._preface and not self.closed:
            expected = self._preface[: len(data)]
            if not data.startswith(expected):
                self.closed, self.failure = True, "no HTTP/2"
                self._reader.stop()
                return
            self._preface = self._preface[len(expected) :]
            data = data[len(expected) :]
        super().receive(data)

    def drain(self) -> None:
        """Announces the end: the peer should open no more streams here (6.8). ``leave`` must follow."""
        if not self.leaving:  # the last stream in GOAWAY must not grow (6.8)
            self.write(frames.goaway(LARGEST_STREAM_ID, ErrorCode.NO_ERROR))
            self.ping()

    def leave(self) -> None:
        """Takes no more streams; those that are open may end."""
        if not self.leaving:
            self.leaving = True
            self._last_said = self._newest
            self.write(frames.goaway(self._newest, ErrorCode.NO_ERROR))

    def local_end(self, stream: Stream) -> None:
        """The answer is complete. The rest of the caller's request is not read (8.1)."""
        stream.local_closed = True
        if stream.remote_closed:
            self._forget(stream)
        else:
            self.reset(stream, ErrorCode.NO_ERROR)

    def _last_stream(self) -> int:
        return min(self._newest, self._last_said)

    def _is_idle(self, stream_id: int) -> bool:
        return stream_id > self._newest or not stream_id & 1

    def _peer_leaves(self, last: int) -> None:
        """The client opens no more streams; open streams go on."""

    def _on_block(self, stream_id: int, fields: Fields | None, *, ended: bool) -> None:
        stream = self.streams.get(stream_id)
        if stream is not None:
            self._on_trailers(stream, fields, ended=ended)
        elif stream_id in self._resets:
            self.nuisance()  # trailers of a stream that this side has reset
            if ended:
                self._resets.discard(stream_id)
        elif not stream_id & 1:
            raise protocol_error("a client opens a stream with an even number")
        elif stream_id <= self._newest:
            raise ConnectionFailure(ErrorCode.STREAM_CLOSED, "a header block of a stream that has ended")
        else:
            self._newest = stream_id
            self._open(stream_id, fields, ended=ended)

    def _open(self, stream_id: int, fields: Fields | None, *, ended: bool) -> None:
        if stream_id > self._last_said or len(self.streams) >= self.limits.concurrent_streams:
            self._refuse(stream_id, ErrorCode.REFUSED_STREAM, ended=ended)
            return
        try:
            request = None if fields is None else checked.request(fields)
            if ended and request is not None and request.length:
                raise StreamFailure(ErrorCode.PROTOCOL_ERROR, "no data, where content-length has announced some")
        except StreamFailure as failure:
            self._refuse(stream_id, failure.code, ended=ended)
            return
        stream = self.streams[stream_id] = Stream(self, stream_id, NOBODY)
        stream.headers_read = True
        stream.remote_closed = ended
        if request is not None:
            stream.expected = request.length
        stream.user = self._accept(stream, request, ended)

    def _refuse(self, stream_id: int, code: ErrorCode, *, ended: bool) -> None:
        """Resets a stream that nobody has heard of."""
        self.nuisance()
        if not ended:
            self._resets.add(stream_id)
        self.write(frames.rst_stream(stream_id, code))

    def _on_trailers(self, stream: Stream, fields: Fields | None, *, ended: bool) -> None:
        try:
            if stream.remote_closed:
                raise StreamFailure(ErrorCode.STREAM_CLOSED, "a header block behind the end")
            if not ended:
                raise StreamFailure(ErrorCode.PROTOCOL_ERROR, "a second header block that is no end")
            if fields is None:
                raise StreamFailure(ErrorCode.ENHANCE_YOUR_CALM, "trailers are larger than allowed")
            if stream.expected:
                raise StreamFailure(ErrorCode.PROTOCOL_ERROR, "less data than content-length has announced")
            checked.trailers(fields)
        except StreamFailure as failure:
            self._break(stream, failure)
            return
        self._remote_end(stream)
        stream.user.on_headers("", fields, ended=True)
