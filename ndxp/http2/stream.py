"""One stream: what was received of it, and what waits to be sent (RFC 9113, section 5)."""

from collections import deque
from typing import TYPE_CHECKING, Protocol

from ndxp.http2 import frames
from ndxp.http2.errors import ErrorCode, StreamFailure
from ndxp.http2.fields import Field, Fields
from ndxp.http2.parts import add_part

if TYPE_CHECKING:
    from ndxp.http2.connection import Connection

Block = tuple[tuple[Field, ...], str]
"""A header block before it is encoded: fields that recur, and ``literal`` ones."""


class StreamUser(Protocol):
    """Who hears of a stream. After ``on_reset``, ``on_failure`` and ``on_lost`` nothing more comes."""

    def on_headers(self, status: str, fields: Fields, *, ended: bool) -> None:
        """A response's header list (``status`` is its ``:status``), or trailers (``status`` is empty)."""

    def on_data(self, data: bytes, *, ended: bool) -> None:
        """Data, empty at most at the end. Its bytes come back to the peer's window by ``Stream.consumed``."""

    def on_sent(self, size: int) -> None:
        """So many bytes of data that had to wait have left the stream."""

    def on_reset(self, code: int) -> None:
        """The peer has reset the stream; with REFUSED_STREAM it has done nothing of it."""

    def on_failure(self, failure: StreamFailure) -> None:
        """The peer has broken a rule, and this side has reset the stream."""

    def on_lost(self) -> None:
        """The connection has ended under the stream."""


class Stream:
    """A stream of a connection that is open on at least one side.

    ``queued`` is how many bytes of data wait for a window, or for the transport.
    """

    __slots__ = (
        "_connection",
        "_end_queued",
        "_queue",
        "_trailers",
        "_unreturned",
        "expected",
        "headers_read",
        "id",
        "local_closed",
        "queued",
        "receive_window",
        "remote_closed",
        "send_window",
        "user",
    )

    def __init__(self, connection: "Connection", stream_id: int, user: StreamUser) -> None:
        self._connection = connection
        self.id = stream_id
        self.user = user
        self.send_window = connection.peer_stream_window
        self.receive_window = connection.stream_window
        self.expected: int | None = None  # bytes of data that a content-length still announces
        self.headers_read = False
        self.local_closed = self.remote_closed = False
        self.queued = 0
        self._queue: deque[bytes | memoryview] | None = None
        self._end_queued = False
        self._trailers: Block | None = None
        self._unreturned = 0

    @property
    def open(self) -> bool:
        """Whether this side may still send."""
        return not self.local_closed

    def send_headers(self, constant: tuple[Field, ...], rest: str, *, end: bool = False) -> None:
        """Sends a header block that begins a message, or is all of it; nothing on a stream that has ended."""
        if self.local_closed:
            return
        connection = self._connection
        block = connection.encoder.encode(constant, rest)
        connection.write(frames.block(self.id, block, connection.peer_max_frame, end=end))
        connection.pings.forget()
        if end:
            connection.local_end(self)

    def send_data(self, data: bytes, *, end: bool = False) -> bool:
        """Sends data as far as the windows and the transport let it.

        Returns whether all of it was sent at once, or the stream has ended. Otherwise ``on_sent`` tells of its bytes as
        they leave, the first perhaps before this returns.
        """
        size, connection = len(data), self._connection
        if self.local_closed:
            return True
        if self._queue is None and (
            (
                size <= self.send_window
                and size <= connection.send_window
                and size <= connection.peer_max_frame
                and connection.may_send
            )
            or not size  # an end without data needs no window (6.9.1)
        ):
            self._send(data, size, end=end)
            return True
        if self._queue is None:
            self._queue = deque()
        if size:
            add_part(self._queue, data)
            self.queued += size
        self._end_queued = end
        connection.block(self)
        return False

    def send_trailers(self, constant: tuple[Field, ...], rest: str) -> None:
        """Ends the stream with trailers, behind all data that waits."""
        if self._queue is None:
            self.send_headers(constant, rest, end=True)
        else:  # encoded when they leave: the peer decodes blocks in the order in which they come
            self._trailers = constant, rest

    def reset(self, code: ErrorCode) -> None:
        """Ends the stream at once, in both directions; its user hears nothing more."""
        self._connection.reset(self, code)

    def abandon_connection(self) -> None:
        """Ends the stream with its connection, without a word to the peer."""
        self._connection.abandon()

    def consumed(self, size: int) -> None:
        """Lets the peer send so many bytes more: what it has sent was passed on."""
        self._unreturned += size
        if self._unreturned * 2 >= self._connection.limits.stream_window and not self.remote_closed:
            self.receive_window += self._unreturned
            self._connection.write(frames.window_update(self.id, self._unreturned))
            self._unreturned = 0

    def count_in(self, size: int, data: int, *, ended: bool) -> None:
        """Counts a frame in: its size with padding, and the data in it. Raises StreamFailure for what may not be."""
        self.receive_window -= size
        if self.receive_window < 0 < size:
            raise StreamFailure(ErrorCode.FLOW_CONTROL_ERROR, "more data than the window of the stream allows")
        if not self.headers_read:
            raise StreamFailure(ErrorCode.PROTOCOL_ERROR, "data before a header block")
        if self.expected is not None:
            self.expected -= data
            if self.expected < 0 or (ended and self.expected):
                raise StreamFailure(ErrorCode.PROTOCOL_ERROR, "the data has another length than content-length")

    def send_more(self) -> int:
        """Sends one frame of what waits, as far as it may; returns its bytes of data."""
        queue, connection = self._queue, self._connection
        if not queue:
            return 0
        head = queue[0]
        size = min(len(head), self.send_window, connection.send_window, connection.peer_max_frame)
        if size <= 0:
            return 0
        if size == len(head):
            queue.popleft()
        else:
            queue[0] = memoryview(head)[size:]
        self.queued -= size
        if queue:
            self._send(head[:size], size, end=False)
        else:
            self._queue = None
            self._send(head, size, end=self._end_queued)
            if self._trailers is not None:
                self.send_headers(*self._trailers, end=True)
        return size

    def drop_queue(self) -> None:
        """Forgets what waits, because the stream has ended."""
        self._queue = self._trailers = None
        self.queued = 0

    def _send(self, data: bytes | memoryview, size: int, *, end: bool) -> None:
        connection = self._connection
        self.send_window -= size
        connection.write_data(frames.header(size, frames.DATA, frames.END_STREAM if end else 0, self.id), data, size)
        if end:
            connection.local_end(self)
