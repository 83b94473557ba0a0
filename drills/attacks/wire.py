"""An HTTP/2 connection that sends any bytes, for frames that no gRPC library would send."""

import base64
import socket
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from hpack import Decoder, Encoder
from hyperframe.frame import (
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
)

from drills.attacks.target import Outcome
from ndxp.errors import Code
from ndxp.wire import metadata, status

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_PATIENCE = 8.0
_ERRORS = {
    0: "NO_ERROR", 1: "PROTOCOL_ERROR", 2: "INTERNAL_ERROR", 3: "FLOW_CONTROL_ERROR", 4: "SETTINGS_TIMEOUT",
    5: "STREAM_CLOSED", 6: "FRAME_SIZE_ERROR", 7: "REFUSED_STREAM", 8: "CANCEL", 9: "COMPRESSION_ERROR",
    11: "ENHANCE_YOUR_CALM",
}  # fmt: skip

Pair = tuple[str | bytes, str | bytes]


class Wire:
    """A connection. ``headers`` and ``resets`` have come, by stream; ``farewell`` is the code of GOAWAY or empty."""

    def __init__(self, address: str, settings: Mapping[int, int] | None = None, *, greet: bool = True) -> None:
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=_PATIENCE)
        self._encoder, self._decoder = Encoder(), Decoder()
        self._received = b""
        self.headers: dict[int, dict[str, str]] = {}
        self.resets: dict[int, str] = {}
        self.farewell = ""
        self.closed = False
        self.frames = 0
        if greet:
            self.send(PREFACE, SettingsFrame(settings=dict(settings or {})))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._socket.close()

    def send(self, *parts: Frame | bytes) -> bool:
        """Sends frames or bytes unchanged; False when the other side takes no more."""
        try:
            self._socket.sendall(b"".join(p if isinstance(p, bytes) else p.serialize() for p in parts))
        except TimeoutError:
            return False
        except OSError:
            self.closed = True
            return False
        return True

    def block(self, path: str | bytes, *pairs: Pair) -> bytes:
        """The header block of a call."""
        usual: tuple[Pair, ...] = (
            (":method", "POST"),
            (":scheme", "http"),
            (":path", path),
            (":authority", "drill"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
        )
        return self._encoder.encode([*usual, *pairs], huffman=False)

    def request(self, stream: int, path: str | bytes, *pairs: Pair) -> bool:
        """Begins a call."""
        return self.send(HeadersFrame(stream, self.block(path, *pairs), flags=["END_HEADERS"]))

    def message(self, stream: int, payload: bytes, *, compressed: int = 0, length: int | None = None) -> bool:
        """Sends a message and ends the request; ``length`` is what its frame claims, by default the true length."""
        claimed = len(payload) if length is None else length
        framed = bytes([compressed]) + claimed.to_bytes(4, "big") + payload
        return self.send(DataFrame(stream, framed, flags=["END_STREAM"]))

    def read(self, until: Callable[["Wire"], bool], seconds: float = _PATIENCE) -> bool:
        """Reads frames until a condition is true; False when the time is over or the connection was closed before."""
        deadline = time.monotonic() + seconds
        while not until(self):
            while (frame := self._next()) is not None:
                self._take(frame)
            left = deadline - time.monotonic()
            if until(self) or left <= 0 or self.closed:
                break
            self._socket.settimeout(left)
            try:
                more = self._socket.recv(1 << 16)
            except TimeoutError:
                break
            except OSError:
                more = b""
            self.closed = not more
            self._received += more
        return until(self)

    def outcome(self, stream: int = 1, seconds: float = _PATIENCE) -> Outcome:
        """How a call ended: its status and reason, RST_STREAM or GOAWAY with its code, "closed", or "open"."""
        self.read(lambda w: stream in w.resets or "grpc-status" in w.headers.get(stream, {}), seconds)
        found = self.headers.get(stream, {})
        if "grpc-status" in found:
            packed = found.get(metadata.STATUS_DETAILS, "")
            reason = status.reason_of(base64.b64decode(packed + "=" * (-len(packed) % 4)))
            name = Code(int(found["grpc-status"])).name
            return Outcome(f"{name} {reason}".strip(), found.get(metadata.TRANSACTION_ID, ""))
        if stream in self.resets:
            return Outcome(f"RST_STREAM {self.resets[stream]}")
        return Outcome(self.ending(0))

    def ending(self, seconds: float = _PATIENCE) -> str:
        """How the connection ended: "GOAWAY" with its code, "closed", or "open" when it has not within the time."""
        self.read(lambda w: bool(w.farewell), seconds)
        if self.farewell:
            return f"GOAWAY {self.farewell}"
        return "closed" if self.closed else "open"

    def _next(self) -> Frame | None:
        if len(self._received) < 9:
            return None
        frame, length = Frame.parse_frame_header(memoryview(self._received[:9]))
        if len(self._received) < 9 + length:
            return None
        frame.parse_body(memoryview(self._received[9 : 9 + length]))
        self._received = self._received[9 + length :]
        self.frames += 1
        return frame

    def _take(self, frame: Frame) -> None:
        if isinstance(frame, HeadersFrame):
            pairs = self._decoder.decode(frame.data, raw=True)
            found = {bytes(k).decode(): bytes(v).decode("latin-1") for k, v in pairs}
            self.headers.setdefault(frame.stream_id, {}).update(found)
        elif isinstance(frame, RstStreamFrame):
            self.resets[frame.stream_id] = _ERRORS.get(frame.error_code, str(frame.error_code))
        elif isinstance(frame, GoAwayFrame):
            self.farewell = _ERRORS.get(frame.error_code, str(frame.error_code))
        elif isinstance(frame, SettingsFrame) and "ACK" not in frame.flags:
            self.send(SettingsFrame(flags=["ACK"]))
        elif isinstance(frame, PingFrame) and "ACK" not in frame.flags:
            self.send(PingFrame(opaque_data=frame.opaque_data, flags=["ACK"]))


def ask(address: str, path: str | bytes, payload: bytes, *pairs: Pair) -> Outcome:
    """A unary call with any path and any metadata."""
    with Wire(address) as wire:
        wire.request(1, path, *pairs)
        wire.message(1, payload)
        return wire.outcome()
