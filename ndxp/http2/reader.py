"""Reads the peer's bytes as frames, and joins the frames of a header block (RFC 9113, 4 and 6.10)."""

from collections.abc import Callable, Mapping
from time import perf_counter

from ndxp.http2 import frames
from ndxp.http2.errors import ConnectionFailure, ErrorCode, protocol_error
from ndxp.http2.limits import LARGEST_STREAM_ID, SMALLEST_MAX_FRAME, Limits

Handler = Callable[[int, int, bytes, int, int], None]
"""Takes a frame: flags, stream, the data that contains its payload, and where the payload begins and ends."""

BlockHandler = Callable[[int, bytes, bool], None]
"""Takes a header block: its stream, its bytes, and whether it ends the stream."""

_PRIORITY_BYTES = 5
_TYPES = 256
"""The number of possible frame types."""

_PADDED_OR_PRIORITISED = frames.PADDED | frames.PRIORITISED


class FrameReader:
    """Passes frames to their handlers, in their order; HEADERS and CONTINUATION as whole blocks.

    ``greeted`` is whether the peer has sent its first SETTINGS, ``behind`` whether a turn has ended before all frames
    were read. After ``stop`` nothing more is read. ``turn`` is for how many seconds ``read`` may go on.
    """

    __slots__ = (
        "_block",
        "_block_bytes",
        "_handlers",
        "_limits",
        "_nuisance",
        "_on_block",
        "_rest",
        "behind",
        "greeted",
        "stopped",
        "turn",
    )

    def __init__(
        self,
        limits: Limits,
        handlers: Mapping[int, Handler],
        on_block: BlockHandler,
        nuisance: Callable[[], None],
    ) -> None:
        own = {frames.HEADERS: self._on_headers, frames.CONTINUATION: self._on_continuation}
        known = tuple(handler for _, handler in sorted({**handlers, **own}.items()))
        self._handlers = known + (self._on_unknown,) * (_TYPES - len(known))
        self._on_block = on_block
        self._nuisance = nuisance
        self._limits = limits
        self._rest = b""
        self._block: tuple[int, bool, list[bytes]] | None = None  # a header block that is not complete
        self._block_bytes = 0
        self.turn = limits.turn
        self.greeted = False
        self.behind = False
        self.stopped = False

    def stop(self) -> None:
        """Reads no more, and drops incomplete frames."""
        self.stopped = True
        self.behind = False
        self._rest, self._block = b"", None

    def read(self, data: bytes) -> None:
        """Reads the complete frames, all or as many as a turn allows. Raises ConnectionFailure."""
        if self._rest:
            data = self._rest + data
            self._rest = b""
        at, end, until = 0, len(data), perf_counter() + self.turn
        self.behind = False
        while end - at >= frames.HEADER_BYTES and not self.stopped:
            high, low, kind, flags, stream_id = frames.read_header(data, at)
            length = high << 8 | low
            if length > SMALLEST_MAX_FRAME:
                raise ConnectionFailure(ErrorCode.FRAME_SIZE_ERROR, "a frame is larger than allowed")
            start = at + frames.HEADER_BYTES
            if start + length > end:
                break
            at = start + length
            if self._block is not None and kind != frames.CONTINUATION:
                raise protocol_error("a header block is not complete")
            if not self.greeted:
                self._greet(kind, flags)
            self._handlers[kind](flags, stream_id & LARGEST_STREAM_ID, data, start, at)
            if perf_counter() >= until:
                self.behind = at < end and not self.stopped
                break
        if at < end and not self.stopped:
            self._rest = data[at:]

    def _greet(self, kind: int, flags: int) -> None:
        if kind != frames.SETTINGS or flags & frames.ACK:
            raise protocol_error("the first frame is no SETTINGS")
        self.greeted = True

    def _on_unknown(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        """Ignores a frame of an unknown type (5.5)."""
        self._nuisance()

    def _on_headers(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        if not stream_id:
            raise protocol_error("HEADERS on stream 0")
        if flags & _PADDED_OR_PRIORITISED:
            fixed = _PRIORITY_BYTES if flags & frames.PRIORITISED else 0
            start, end = unpad(data, start, end, flags, fixed)
            start += fixed  # the priority, which is ignored (5.3.2)
        ended = flags & frames.END_STREAM != 0
        if flags & frames.END_HEADERS:
            self._on_block(stream_id, data[start:end], ended)
        else:
            parts: list[bytes] = []
            self._block, self._block_bytes = (stream_id, ended, parts), 0
            self._add(parts, data[start:end])

    def _on_continuation(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        if self._block is None or self._block[0] != stream_id:
            raise protocol_error("CONTINUATION of nothing")
        self._nuisance()
        _, ended, parts = self._block
        self._add(parts, data[start:end])
        if flags & frames.END_HEADERS:
            self._block = None
            self._on_block(stream_id, b"".join(parts), ended)

    def _add(self, parts: list[bytes], part: bytes) -> None:
        """Keeps a part of a header block until it is complete; the first part is that of HEADERS."""
        parts.append(part)
        self._block_bytes += len(part)
        if self._block_bytes > self._limits.block_bytes or len(parts) - 1 > self._limits.block_frames:
            raise ConnectionFailure(ErrorCode.ENHANCE_YOUR_CALM, "a header block is larger than allowed")


def unpad(data: bytes, start: int, end: int, flags: int, fixed: int = 0) -> tuple[int, int]:
    """Where a payload begins and ends without its padding (6.1, 6.2); ``fixed`` bytes of it must be there.

    Raises ConnectionFailure: FRAME_SIZE_ERROR for a frame that is too short for its flags (4.2), PROTOCOL_ERROR for
    padding that is longer than the payload.
    """
    padded = 1 if flags & frames.PADDED else 0
    if end - start < padded + fixed:
        raise ConnectionFailure(ErrorCode.FRAME_SIZE_ERROR, "a frame is too short for its flags")
    if not padded:
        return start, end
    if data[start] > end - start - 1 - fixed:
        raise protocol_error("more padding than payload")
    return start + 1, end - data[start]
