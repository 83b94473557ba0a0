"""A connection: frames in, frames out, and what both roles have in common (RFC 9113)."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable

from ndxp.http2 import frames
from ndxp.http2.decoder import Decoder
from ndxp.http2.encoder import Encoder
from ndxp.http2.errors import ConnectionFailure, ErrorCode, FieldsTooLarge, StreamFailure
from ndxp.http2.fields import Fields
from ndxp.http2.limits import (
    DEFAULT_WINDOW,
    LARGEST_MAX_FRAME,
    LARGEST_STREAM_ID,
    LARGEST_WINDOW,
    SMALLEST_MAX_FRAME,
    Limits,
)
from ndxp.http2.stream import Stream

_HIGH_WATER = 256 * 1024
"""Bytes of data that are given out in one turn; more waits in its streams, so that they share what is left."""

_REMEMBERED = 4096
"""How many streams that this side has reset are remembered; what the peer had sent before it knew is passed over."""

_SMALL_UPDATE = 1024
"""Bytes; an honest peer gives larger parts of a window back at once."""

_ENDED = "a frame of a stream that has ended"


class Connection(ABC):
    """One end of a connection.

    ``wake`` is called when there is something to ``take`` and was not before. Nothing here raises because of what the
    peer sends: a connection that is broken has said so in its last frame and is ``closed``.
    """

    def __init__(self, limits: Limits, wake: Callable[[], None]) -> None:
        self.limits = limits
        self.wake = wake
        self.encoder = Encoder()
        self.streams: dict[int, Stream] = {}
        self.blocked: dict[int, Stream] = {}  # with data that waits, in the order in which they go on
        self.send_window = DEFAULT_WINDOW
        self.peer_stream_window = DEFAULT_WINDOW
        self.peer_max_frame = SMALLEST_MAX_FRAME
        self.peer_max_streams = LARGEST_STREAM_ID
        self.may_send = True  # whether data can go out now
        self.closed = False
        self.leaving = False  # whether this side takes or makes no new streams
        self.failure = ""  # why it is broken, for the log
        self.answered_pings = 0
        self.pings = 0.0  # since the last frame of ours that carries a call
        self._pinged_at = 0.0
        self._decoder = Decoder(limits.field_bytes)
        self._receive_window = limits.connection_window
        self._unreturned = 0
        self._out: list[bytes | memoryview] = []
        self._out_data = 0
        self._held = False
        self._rest = b""
        self._block: tuple[int, bool, list[bytes]] | None = None  # a header block that is not complete
        self._block_bytes = 0
        self._greeted = False
        self._reset: dict[int, None] = {}
        self._nuisances = 0.0
        self._nuisance_at = time.monotonic()
        self._handlers = (
            self._on_data,
            self._on_headers,
            self._on_priority,
            self._on_rst_stream,
            self._on_settings,
            self._on_push_promise,
            self._on_ping,
            self._on_goaway,
            self._on_window_update,
            self._on_continuation,
        )

    @property
    def greeted(self) -> bool:
        """Whether the peer has said its settings."""
        return self._greeted

    # What this side does.

    def take(self) -> bytes:
        """What is to be sent now."""
        out, self._out, self._out_data = self._out, [], 0
        if not self._held:
            self.may_send = True
            if self.blocked:
                self._unblock()
        return b"".join(out)

    def hold(self) -> None:
        """The transport takes no more for now: data waits in its streams."""
        self._held, self.may_send = True, False

    def release(self) -> None:
        """The transport takes data again."""
        self._held, self.may_send = False, True
        self._unblock()

    def ping(self) -> None:
        """Asks the peer for a sign of life, which counts in ``answered_pings``."""
        self.write(frames.frame(frames.PING, 0, 0, bytes(8)))

    def lost(self) -> None:
        """The transport is gone, or is given up: every stream has ended."""
        self.closed = self.leaving = True
        streams, self.streams = self.streams, {}
        self.blocked.clear()
        for stream in streams.values():
            stream.local_closed = stream.remote_closed = True
            stream.drop_queue()
            stream.user.on_lost()

    def fail(self, code: ErrorCode, text: str) -> None:
        """Ends the connection with a last word; ``lost`` is still to be called."""
        if not self.closed:
            self.write(frames.goaway(self._last_stream(), code, text))
            self.closed = True
            self.failure = f"{code.name}: {text}"

    def receive(self, data: bytes) -> None:
        """Takes what has come from the peer."""
        try:
            self._receive(data)
        except ConnectionFailure as failure:
            self.fail(failure.code, failure.text)

    def nuisance(self, cost: float = 1.0) -> None:
        """Counts work that brings the peer nothing. Raises ConnectionFailure when it is too much."""
        now = time.monotonic()
        self._nuisances = (
            max(0.0, self._nuisances - (now - self._nuisance_at) * self.limits.nuisances_per_second) + cost
        )
        self._nuisance_at = now
        if self._nuisances > self.limits.nuisances_at_once:
            raise ConnectionFailure(ErrorCode.ENHANCE_YOUR_CALM, "too many frames that carry no call")

    # What streams do.

    def write(self, data: bytes) -> None:
        """Adds a frame to what is to be sent."""
        if self.closed:
            return
        if not self._out:
            self.wake()
        self._out.append(data)

    def write_data(self, header: bytes, data: bytes | memoryview, size: int) -> None:
        """Adds a frame of data, which the connection's window has room for."""
        self.send_window -= size
        self.pings = 0.0
        self.write(header)
        self._out.append(data)
        self._out_data += size
        if self._out_data >= _HIGH_WATER:
            self.may_send = False

    def block(self, stream: Stream) -> None:
        """Notes a stream whose data has to wait."""
        self.blocked[stream.id] = stream
        if self.may_send:
            self._unblock()

    def reset(self, stream: Stream, code: ErrorCode) -> None:
        """Ends a stream in both directions."""
        if self.streams.get(stream.id) is stream:
            if not stream.remote_closed:
                self._remember(stream.id)
            self._forget(stream)
            self.write(frames.rst_stream(stream.id, code))

    @abstractmethod
    def local_end(self, stream: Stream) -> None:
        """Notes that this side has sent everything."""

    # What the roles do in their own way.

    @abstractmethod
    def _last_stream(self) -> int:
        """The last stream of the peer's that was taken, for GOAWAY."""

    @abstractmethod
    def _on_block(self, stream_id: int, fields: Fields | None, *, ended: bool) -> None:
        """A header list; None for one that is larger than allowed."""

    @abstractmethod
    def _is_idle(self, stream_id: int) -> bool:
        """Whether no stream of this number was opened yet."""

    @abstractmethod
    def _on_goaway(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        """The peer takes no more streams."""

    # Frames.

    def _receive(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
            self._rest = b""
        at, end = 0, len(data)
        while end - at >= frames.HEADER_BYTES and not self.closed:
            high, low, kind, flags, stream_id = frames.read_header(data, at)
            length = high << 8 | low
            if length > SMALLEST_MAX_FRAME:
                raise ConnectionFailure(ErrorCode.FRAME_SIZE_ERROR, "a frame is larger than allowed")
            start = at + frames.HEADER_BYTES
            if start + length > end:
                break
            at = start + length
            if self._block is not None and kind != frames.CONTINUATION:
                raise _protocol("a header block is not complete")
            if not self._greeted:
                if kind != frames.SETTINGS or flags & frames.ACK:
                    raise _protocol("the first frame is no SETTINGS")
                self._greeted = True
            if kind < len(self._handlers):
                self._handlers[kind](flags, stream_id & LARGEST_STREAM_ID, data, start, at)
            else:
                self.nuisance()
        if at < end and not self.closed:
            self._rest = data[at:]

    def _on_data(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        size = end - start
        self._take_in(size)
        stream = self.streams.get(stream_id)
        if stream is None or stream.remote_closed:
            self._ignore(stream_id, size)
            return
        ended = bool(flags & frames.END_STREAM)
        if flags & frames.PADDED:
            start, end = _unpad(data, start, end)
        try:
            stream.count_in(size, end - start, ended=ended)
        except StreamFailure as failure:
            self._break(stream, failure)
            return
        if ended:
            self._remote_end(stream)
        elif start == end:
            self.nuisance()
        if size != end - start:
            stream.consumed(size - (end - start))
        if start < end or ended:
            stream.user.on_data(data[start:end], ended=ended)

    def _on_headers(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        if not stream_id:
            raise _protocol("HEADERS on stream 0")
        if flags & frames.PADDED:
            start, end = _unpad(data, start, end)
        if flags & frames.PRIORITISED:
            start += 5  # the priority, which is not looked at (5.3.2)
            if start > end:
                raise ConnectionFailure(ErrorCode.FRAME_SIZE_ERROR, "HEADERS is too short for its priority")
        ended = bool(flags & frames.END_STREAM)
        if flags & frames.END_HEADERS:
            self._decode(stream_id, data[start:end], ended=ended)
        else:
            self._block, self._block_bytes = (stream_id, ended, [data[start:end]]), end - start

    def _on_continuation(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        if self._block is None or self._block[0] != stream_id:
            raise _protocol("CONTINUATION of nothing")
        self.nuisance()
        _, ended, parts = self._block
        parts.append(data[start:end])
        self._block_bytes += end - start
        if self._block_bytes > self.limits.block_bytes or len(parts) > self.limits.block_frames:
            raise ConnectionFailure(ErrorCode.ENHANCE_YOUR_CALM, "a header block is larger than allowed")
        if flags & frames.END_HEADERS:
            self._block = None
            self._decode(stream_id, b"".join(parts), ended=ended)

    def _decode(self, stream_id: int, block: bytes, *, ended: bool) -> None:
        try:
            fields: Fields | None = self._decoder.decode(block)
        except FieldsTooLarge:
            fields = None
        self._on_block(stream_id, fields, ended=ended)

    def _on_priority(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        if not stream_id:
            raise _protocol("PRIORITY on stream 0")
        self.nuisance()
        if end - start != 5:
            self.write(frames.rst_stream(stream_id, ErrorCode.FRAME_SIZE_ERROR))

    def _on_rst_stream(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        if end - start != 4:
            raise ConnectionFailure(ErrorCode.FRAME_SIZE_ERROR, "RST_STREAM has another length than 4")
        if not stream_id or self._is_idle(stream_id):
            raise _protocol("RST_STREAM of a stream that was never opened")
        self.nuisance()
        stream = self.streams.get(stream_id)
        if stream is not None:
            self._forget(stream)
            stream.user.on_reset(frames.read_number(data, start)[0])

    def _on_settings(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        if stream_id:
            raise _protocol("SETTINGS of a stream")
        if (end - start) % 6 or (flags & frames.ACK and end != start):
            raise ConnectionFailure(ErrorCode.FRAME_SIZE_ERROR, "SETTINGS has a wrong length")
        if flags & frames.ACK:
            return
        self.nuisance()
        for at in range(start, end, 6):
            self._set(*frames.read_setting(data, at))
        self.write(frames.frame(frames.SETTINGS, frames.ACK, 0))

    def _set(self, identifier: int, value: int) -> None:
        """One setting of the peer's; an unknown one means nothing (6.5.2)."""
        if identifier == frames.INITIAL_WINDOW_SIZE:
            if value > LARGEST_WINDOW:
                raise ConnectionFailure(ErrorCode.FLOW_CONTROL_ERROR, "a window is larger than a window can be")
            change, self.peer_stream_window = value - self.peer_stream_window, value
            for stream in list(self.streams.values()):
                self._widen(stream, change)
            self._unblock()
        elif identifier == frames.MAX_FRAME_SIZE:
            if not SMALLEST_MAX_FRAME <= value <= LARGEST_MAX_FRAME:
                raise _protocol("SETTINGS_MAX_FRAME_SIZE")
            self.peer_max_frame = value
        elif identifier == frames.HEADER_TABLE_SIZE:
            self.encoder.allow(value)
        elif identifier == frames.MAX_CONCURRENT_STREAMS:
            self.peer_max_streams = value
        elif identifier == frames.ENABLE_PUSH and value > 1:
            raise _protocol("SETTINGS_ENABLE_PUSH")

    def _on_push_promise(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        raise _protocol("PUSH_PROMISE, which nobody may send here")

    def _on_ping(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        if stream_id:
            raise _protocol("PING of a stream")
        if end - start != 8:
            raise ConnectionFailure(ErrorCode.FRAME_SIZE_ERROR, "PING has another length than 8")
        if flags & frames.ACK:
            self.answered_pings += 1
            return
        self.nuisance()
        now = time.monotonic()
        self.pings = max(0.0, self.pings - (now - self._pinged_at) * self.limits.pings_per_second) + 1
        self._pinged_at = now
        if self.pings > self.limits.pings_at_once:
            raise ConnectionFailure(ErrorCode.ENHANCE_YOUR_CALM, "too_many_pings")  # as gRPC's clients know it
        self.write(frames.frame(frames.PING, frames.ACK, 0, data[start:end]))

    def _on_window_update(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        if end - start != 4:
            raise ConnectionFailure(ErrorCode.FRAME_SIZE_ERROR, "WINDOW_UPDATE has another length than 4")
        more = frames.read_number(data, start)[0] & LARGEST_WINDOW
        if more < _SMALL_UPDATE:
            self.nuisance(0.1)
        if not stream_id:
            if not more:
                raise _protocol("WINDOW_UPDATE by 0")
            self.send_window += more
            if self.send_window > LARGEST_WINDOW:
                raise ConnectionFailure(ErrorCode.FLOW_CONTROL_ERROR, "a window is larger than a window can be")
            self._unblock()
            return
        stream = self.streams.get(stream_id)
        if stream is None:
            if self._is_idle(stream_id):
                raise _protocol("WINDOW_UPDATE of a stream that was never opened")
            if stream_id not in self._reset:
                self.nuisance()
        elif not more:
            self._break(stream, StreamFailure(ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE by 0"))
        else:
            self._widen(stream, more)
            self._unblock()

    # Accounts.

    def _take_in(self, size: int) -> None:
        """Counts data in, and gives the connection's window back at once: the windows of streams limit what is kept."""
        self._receive_window -= size
        if self._receive_window < 0:
            raise ConnectionFailure(ErrorCode.FLOW_CONTROL_ERROR, "more data than the window allows")
        self._unreturned += size
        if self._unreturned * 2 >= self.limits.connection_window:
            self.write(frames.window_update(0, self._unreturned))
            self._receive_window += self._unreturned
            self._unreturned = 0

    def _ignore(self, stream_id: int, size: int) -> None:
        """Data that belongs to no open stream."""
        if not stream_id or self._is_idle(stream_id):
            raise _protocol("DATA of a stream that was never opened")
        if stream_id in self._reset:
            if not size:
                self.nuisance()
            return
        self.nuisance()
        stream = self.streams.get(stream_id)
        if stream is not None:
            self._break(stream, StreamFailure(ErrorCode.STREAM_CLOSED, _ENDED))
        else:
            self.write(frames.rst_stream(stream_id, ErrorCode.STREAM_CLOSED))

    def _widen(self, stream: Stream, more: int) -> None:
        stream.send_window += more
        if stream.send_window > LARGEST_WINDOW:
            self._break(stream, StreamFailure(ErrorCode.FLOW_CONTROL_ERROR, "a window is larger than a window can be"))

    def _unblock(self) -> None:
        """Sends what waits, a frame of each stream in turn."""
        moved = True
        while moved and self.may_send and self.blocked:
            moved = False
            for stream in list(self.blocked.values()):
                sent = stream.send_more()
                if sent >= 0:
                    moved = True
                    stream.user.on_sent(sent)
                if not self.may_send:
                    return

    def _break(self, stream: Stream, failure: StreamFailure) -> None:
        """Ends a stream whose peer has broken a rule."""
        self.nuisance()
        if self.streams.get(stream.id) is stream:
            self.reset(stream, failure.code)
            stream.user.on_failure(failure)

    def _remote_end(self, stream: Stream) -> None:
        stream.remote_closed = True
        if stream.local_closed:
            self._forget(stream)

    def _forget(self, stream: Stream) -> None:
        self.streams.pop(stream.id, None)
        self.blocked.pop(stream.id, None)
        stream.local_closed = stream.remote_closed = True
        stream.drop_queue()

    def _remember(self, stream_id: int) -> None:
        self._reset[stream_id] = None
        if len(self._reset) > _REMEMBERED:
            del self._reset[next(iter(self._reset))]


def _unpad(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Where the payload of a padded frame begins and ends (6.1)."""
    if start == end or data[start] >= end - start:
        raise _protocol("more padding than payload")
    return start + 1, end - data[start]


def _protocol(text: str) -> ConnectionFailure:
    return ConnectionFailure(ErrorCode.PROTOCOL_ERROR, text)
