"""A connection: frames in, frames out, and what both roles have in common (RFC 9113)."""

from abc import abstractmethod
from collections import deque
from collections.abc import Callable
from time import perf_counter

from ndxp.http2 import frames
from ndxp.http2.agreement import TOO_WIDE, Agreement, too_wide
from ndxp.http2.decoder import Decoder
from ndxp.http2.errors import ConnectionFailure, ErrorCode, FieldsTooLarge, StreamFailure, protocol_error
from ndxp.http2.fields import Fields
from ndxp.http2.limits import DEFAULT_WINDOW, LARGEST_STREAM_ID, LARGEST_WINDOW, Limits
from ndxp.http2.nuisances import Nuisances
from ndxp.http2.reader import FrameReader, unpad
from ndxp.http2.resets import Resets
from ndxp.http2.stream import Stream

_SMALL_UPDATE = 1024
"""Bytes; a normal peer gives larger parts of a window back at once."""

_CHEAP = 0.02
"""How much a small WINDOW_UPDATE counts as a nuisance; little, because gRPC's core sends two with every call."""

_PING = bytes(8)

_FIELDS_PER_NUISANCE = 100
"""A header list that is too large is still read, to keep the table right: so many fields count as one nuisance."""

_ENDED = "a frame of a stream that has ended"


class Connection(Agreement):
    """One end of a connection.

    Nothing here raises because of the peer's data: a broken connection has sent that in its last frame and is
    ``closed``.
    """

    def __init__(self, limits: Limits, wake: Callable[[], None]) -> None:
        super().__init__(limits, wake)
        self.leaving = False  # whether this side takes or makes no new streams
        self.failure = ""  # why it is broken, for the log
        self.answered_pings = 0
        self._open_pings = 0
        self._lost: deque[Stream] = deque()  # whose users do not know yet that the connection is lost
        self._decoder = Decoder(limits.field_bytes)
        self._window = max(limits.connection_window, DEFAULT_WINDOW)
        self._unreturned = 0  # bytes that the peer has not got back of it
        self._resets = Resets(self.stream_window)
        handlers = {
            frames.DATA: self._on_data,
            frames.PRIORITY: self._on_priority,
            frames.RST_STREAM: self._on_rst_stream,
            frames.SETTINGS: self._on_settings,
            frames.PUSH_PROMISE: self._on_push_promise,
            frames.PING: self._on_ping,
            frames.GOAWAY: self._on_goaway,
            frames.WINDOW_UPDATE: self._on_window_update,
        }
        self._reader = FrameReader(limits, handlers, self._decode, self.nuisance)

    @property
    def greeted(self) -> bool:
        """Whether the peer's settings have come."""
        return self._reader.greeted

    @property
    def behind(self) -> bool:
        """Whether a turn has ended before all data was read: ``receive`` goes on, also without new data."""
        return self._reader.behind

    # Actions of this side.

    def take_turns(self, seconds: float) -> None:
        """Reads for so many seconds in one go from now on, instead of the limit."""
        self._reader.turn = seconds

    def belongs_to(self, account: Nuisances) -> None:
        """Counts nuisances on this account from now on, because the peer is now known.

        Connections may share an account. The connection's own account is dropped.
        """
        self._nuisances = account

    def ping(self) -> None:
        """Sends a PING; its answer counts in ``answered_pings``."""
        self._open_pings += 1
        self.write(frames.frame(frames.PING, 0, 0, _PING))

    def lost(self) -> None:
        """The transport is gone or given up: every stream has ended. ``tell_of_loss`` must follow."""
        self.closed = self.leaving = True
        self._reader.stop()
        streams, self.streams = self.streams, {}
        self._lost += streams.values()
        self.blocked.clear()
        for stream in streams.values():
            stream.local_closed = stream.remote_closed = True
            stream.drop_queue()

    def tell_of_loss(self) -> bool:
        """Tells the users of streams that the connection is lost, as many as a turn allows; True when all know it."""
        until = perf_counter() + self.limits.turn
        while self._lost:
            self._lost.popleft().user.on_lost()
            if perf_counter() >= until:
                break
        return not self._lost

    def fail(self, code: ErrorCode, text: str) -> None:
        """Ends the connection with a GOAWAY; ``lost`` must still be called."""
        if not self.closed:
            self.closed = True
            self.failure = f"{code.name}: {text}"
            self._reader.stop()
            self._out.append(frames.goaway(self._last_stream(), code, text))
            self.wake()

    def abandon(self) -> None:
        """Ends the connection without a word to the peer; ``lost`` must still be called."""
        if not self.closed:
            self.closed = True
            self.failure = "abandoned"
            self._reader.stop()
            self._out.clear()
            self.wake()

    def receive(self, data: bytes) -> None:
        """Takes what has come from the peer."""
        try:
            self._reader.read(data)
        except ConnectionFailure as failure:
            self.fail(failure.code, failure.text)

    # Actions of streams.

    def reset(self, stream: Stream, code: ErrorCode) -> None:
        """Ends a stream in both directions."""
        if self.streams.get(stream.id) is stream:
            if not stream.remote_closed:
                self._resets.add(stream.id)
            self._forget(stream)
            self.write(frames.rst_stream(stream.id, code))

    @abstractmethod
    def local_end(self, stream: Stream) -> None:
        """Notes that this side has sent everything."""

    # Differences between the roles.

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
    def _peer_leaves(self, last: int) -> None:
        """The peer has said GOAWAY, and the last stream that it has taken."""

    # Frames.

    def _on_data(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        size = end - start
        self._take_in(size)
        stream = self.streams.get(stream_id)
        if stream is None or stream.remote_closed:
            self._ignore(stream_id, size)
            return
        ended = flags & frames.END_STREAM != 0
        if flags & frames.PADDED:
            start, end = unpad(data, start, end, flags)
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

    def _decode(self, stream_id: int, block: bytes, ended: bool) -> None:
        try:
            fields: Fields | None = self._decoder.decode(block)
        except FieldsTooLarge as large:
            self.nuisance(1 + large.fields / _FIELDS_PER_NUISANCE)
            fields = None
        self._on_block(stream_id, fields, ended=ended)

    def _on_priority(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        if not stream_id:
            raise protocol_error("PRIORITY on stream 0")
        self.nuisance()
        if end - start != 5:
            stream = self.streams.get(stream_id)
            if stream is not None:
                self._break(stream, StreamFailure(ErrorCode.FRAME_SIZE_ERROR, "PRIORITY has another length than 5"))
            elif self._is_idle(stream_id):  # which RST_STREAM may not name (6.4)
                raise ConnectionFailure(ErrorCode.FRAME_SIZE_ERROR, "PRIORITY has another length than 5")

    def _on_rst_stream(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        if end - start != 4:
            raise ConnectionFailure(ErrorCode.FRAME_SIZE_ERROR, "RST_STREAM has another length than 4")
        if not stream_id or self._is_idle(stream_id):
            raise protocol_error("RST_STREAM of a stream that was never opened")
        if self._resets.discard(stream_id):
            return  # both sides have reset it at the same time
        self.nuisance()
        stream = self.streams.get(stream_id)
        if stream is not None:
            self._forget(stream)
            stream.user.on_reset(frames.read_number(data, start)[0])

    def _on_push_promise(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        raise protocol_error("PUSH_PROMISE, which nobody may send here")

    def _on_ping(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        if stream_id:
            raise protocol_error("PING of a stream")
        if end - start != 8:
            raise ConnectionFailure(ErrorCode.FRAME_SIZE_ERROR, "PING has another length than 8")
        if flags & frames.ACK:
            if self._open_pings and data[start:end] == _PING:
                self._open_pings -= 1
                self.answered_pings += 1
            else:
                self.nuisance()
            return
        self.nuisance()
        self.pings.count()
        self.write(frames.frame(frames.PING, frames.ACK, 0, data[start:end]))

    def _on_goaway(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        if stream_id:
            raise protocol_error("GOAWAY of a stream")
        if end - start < 8:
            raise ConnectionFailure(ErrorCode.FRAME_SIZE_ERROR, "GOAWAY is too short")
        self.nuisance()
        self._peer_leaves(frames.read_number(data, start)[0] & LARGEST_STREAM_ID)

    def _on_window_update(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        if end - start != 4:
            raise ConnectionFailure(ErrorCode.FRAME_SIZE_ERROR, "WINDOW_UPDATE has another length than 4")
        more = frames.read_number(data, start)[0] & LARGEST_WINDOW
        stream = self.streams.get(stream_id)
        if more < _SMALL_UPDATE or (stream_id and stream is None):
            self.nuisance(_CHEAP)
        if not stream_id:
            if not more:
                raise protocol_error("WINDOW_UPDATE by 0")
            self.send_window += more
            if self.send_window > LARGEST_WINDOW:
                raise too_wide()
            self._unblock()
        elif stream is None:  # usually the peer had not seen its end yet
            if self._is_idle(stream_id):
                raise protocol_error("WINDOW_UPDATE of a stream that was never opened")
        elif not more:
            self._break(stream, StreamFailure(ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE by 0"))
        elif self._widen(stream, more):
            self._unblock()
        else:
            self._break(stream, StreamFailure(ErrorCode.FLOW_CONTROL_ERROR, TOO_WIDE))

    # Accounts.

    def _take_in(self, size: int) -> None:
        """Gives the connection's window back at once, so that a stream that nobody reads cannot stop the others.

        It is never used up. The windows of the streams limit what is kept.
        """
        self._unreturned += size
        if self._unreturned * 2 >= self._window:
            self.write(frames.window_update(0, self._unreturned))
            self._unreturned = 0

    def _ignore(self, stream_id: int, size: int) -> None:
        """Data that belongs to no open stream."""
        if not stream_id or self._is_idle(stream_id):
            raise protocol_error("DATA of a stream that was never opened")
        if stream_id in self._resets:
            self._resets.pass_over(stream_id, size)
            if not size:
                self.nuisance()
            return
        stream = self.streams.get(stream_id)
        if stream is not None:
            self._break(stream, StreamFailure(ErrorCode.STREAM_CLOSED, _ENDED))
        else:
            self.nuisance()
            self.write(frames.rst_stream(stream_id, ErrorCode.STREAM_CLOSED))

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
