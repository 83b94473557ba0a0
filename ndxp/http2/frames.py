"""Frames as they stand on the wire (RFC 9113, sections 4 and 6)."""

from collections.abc import Iterable
from struct import Struct

from ndxp.http2.errors import ErrorCode

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""What a client says first (3.4)."""

HEADER_BYTES = 9

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
"""Types of frames. Plain numbers: they are compared for every frame."""

END_STREAM = ACK = 0x1
END_HEADERS, PADDED, PRIORITISED = 0x4, 0x8, 0x20
"""Flags."""

HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = (
    range(1, 7)
)
"""Identifiers of settings."""

# A length has 24 bits: its upper 16 and its lower 8 are read and written as two numbers.
read_header = Struct(">HBBBL").unpack_from
_header = Struct(">HBBBL").pack
_number = Struct(">L")
_setting = Struct(">HL")
read_number = _number.unpack_from
read_setting = _setting.unpack_from


def header(length: int, kind: int, flags: int, stream: int) -> bytes:
    """The nine bytes before a payload of so many bytes."""
    return _header(length >> 8, length & 0xFF, kind, flags, stream)


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """A whole frame."""
    return header(len(payload), kind, flags, stream) + payload


def settings(values: Iterable[tuple[int, int]]) -> bytes:
    """A SETTINGS frame of identifiers and values."""
    return frame(SETTINGS, 0, 0, b"".join(_setting.pack(*pair) for pair in values))


def window_update(stream: int, more: int) -> bytes:
    """A WINDOW_UPDATE frame: the peer may send so many bytes more."""
    return frame(WINDOW_UPDATE, 0, stream, _number.pack(more))


def rst_stream(stream: int, code: int) -> bytes:
    """A RST_STREAM frame."""
    return frame(RST_STREAM, 0, stream, _number.pack(code))


def goaway(last_stream: int, code: ErrorCode, text: str = "") -> bytes:
    """A GOAWAY frame: nothing of streams after the last one was or will be done."""
    return frame(GOAWAY, 0, 0, _number.pack(last_stream) + _number.pack(code) + text.encode())


def block(stream: int, fields: bytes, max_frame: int, *, end: bool) -> bytes:
    """A header block as HEADERS, and as many CONTINUATION frames as it needs."""
    flags = END_STREAM if end else 0
    if len(fields) <= max_frame:
        return header(len(fields), HEADERS, flags | END_HEADERS, stream) + fields
    parts = [frame(HEADERS, flags, stream, fields[:max_frame])]
    for start in range(max_frame, len(fields), max_frame):
        last = END_HEADERS if start + max_frame >= len(fields) else 0
        parts.append(frame(CONTINUATION, last, stream, fields[start : start + max_frame]))
    return b"".join(parts)
