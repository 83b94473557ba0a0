"""Ends of HTTP/2 connections, for tests: users that note what they hear, and peers whose frames are written by hand."""

from dataclasses import dataclass, field
from typing import TypeAlias

import hpack
from hyperframe.frame import Frame, GoAwayFrame, RstStreamFrame

from ndxp.http2 import ClientConnection, Connection, ErrorCode, Fields, Limits, ServerConnection, Stream
from ndxp.http2.errors import StreamFailure
from ndxp.http2.fields import Request

Event: TypeAlias = tuple[object, ...]
"""What a user has heard: ("headers", status, fields, ended), ("data", bytes, ended), ("reset", code), ("failure", code)
or ("lost",). Data that follows data is one event."""

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
TYPES = (
    "DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE",
    "CONTINUATION", "UNKNOWN",
)  # fmt: skip
END_STREAM = ACK = 0x1
END_HEADERS, PADDED, PRIORITISED = 0x4, 0x8, 0x20

PSEUDO: Fields = [(":method", "POST"), (":scheme", "http"), (":path", "/wait"), (":authority", "gateway")]
REQUEST: Fields = [*PSEUDO, ("te", "trailers"), ("content-type", "application/grpc")]
QUICK: Fields = [(name, "/answer" if name == ":path" else value) for name, value in REQUEST]
RESPONSE = ((":status", "200"), ("content-type", "application/grpc"))
TRAILERS = (("grpc-status", "0"),)


@dataclass
class Heard:
    """The user of a stream, on either side. ``consume``: whether data is passed on at once."""

    request: Request | None = None
    consume: bool = True
    events: list[Event] = field(default_factory=list)
    sent: int = 0
    received: int = 0
    stream: Stream | None = None

    def on_headers(self, status: str, fields: Fields, *, ended: bool) -> None:
        self.events.append(("headers", status, fields, ended))

    def on_data(self, data: bytes, *, ended: bool) -> None:
        self.received += len(data)
        if self.events and self.events[-1][0] == "data":
            data_before = self.events.pop()[1]
            assert isinstance(data_before, bytes)
            self.events.append(("data", data_before + data, ended))
        else:
            self.events.append(("data", data, ended))
        if self.consume and self.stream is not None:
            self.stream.consumed(len(data))

    def on_sent(self, size: int) -> None:
        self.sent += size

    def on_reset(self, code: int) -> None:
        self.events.append(("reset", code))

    def on_failure(self, failure: StreamFailure) -> None:
        self.events.append(("failure", failure.code))

    def on_lost(self) -> None:
        self.events.append(("lost",))


class End:
    """One end of a connection of ours, with a peer that is written by hand."""

    connection: Connection

    def __init__(self) -> None:
        self.wakes = 0

    def wake(self) -> None:
        self.wakes += 1

    def hear(self, *sent: bytes) -> list[Frame]:
        """Takes frames of the peer's; gives the answers."""
        self.connection.receive(b"".join(sent))
        return self.said()

    def said(self) -> list[Frame]:
        """What this end has to say now."""
        return parse(self.connection.take())

    def verdict(self, *sent: bytes) -> object:
        """How frames are judged: None for legal ones, a code for an error of the connection, a stream and its code."""
        answers = self.hear(*sent)
        goaways = [answer.error_code for answer in answers if isinstance(answer, GoAwayFrame)]
        resets = [answer for answer in answers if isinstance(answer, RstStreamFrame)]
        assert self.connection.closed is bool(goaways)
        if goaways:
            return ErrorCode(goaways[0])
        return (resets[0].stream_id, ErrorCode(resets[0].error_code)) if resets else None


class Server(End):
    """A server's end. A call of ``/answer`` is answered when its request has ended, a call of ``/reset`` is reset."""

    connection: ServerConnection

    def __init__(self, limits: Limits | None = None, *, greeted: bool = True) -> None:
        super().__init__()
        self.calls: dict[int, Heard] = {}
        self.connection = ServerConnection(limits or Limits(), self.wake, self._accept)
        self.connection.greet()
        if greeted:
            self.hear(PREFACE, frame("SETTINGS"), frame("SETTINGS", flags=ACK))

    def _accept(self, stream: Stream, request: Request | None, ended: bool) -> Heard:
        self.calls[stream.id] = heard = Heard(request)
        heard.stream = stream
        if request is not None and request.path == "/reset":
            stream.reset(ErrorCode.CANCEL)
        if request is not None and request.path == "/answer" and ended:
            stream.send_headers(RESPONSE, "")
            stream.send_trailers(TRAILERS, "")
        return heard


class Client(End):
    """A client's end."""

    connection: ClientConnection

    def __init__(self, limits: Limits | None = None, *, greeted: bool = True) -> None:
        super().__init__()
        self.connection = ClientConnection(limits or Limits(), self.wake)
        self.connection.greet()
        if greeted:
            self.connection.take()
            self.hear(frame("SETTINGS"), frame("SETTINGS", flags=ACK))

    def open(self, *, end: bool = False) -> Heard:
        """A call, whose header block is said."""
        heard = Heard()
        heard.stream = self.connection.open(heard, tuple(REQUEST), "", end=end)
        return heard


def frame(kind: str, stream: int = 0, payload: bytes = b"", flags: int = 0) -> bytes:
    """A frame, legal or not."""
    return len(payload).to_bytes(3) + bytes((TYPES.index(kind), flags)) + stream.to_bytes(4) + payload


def block(fields: Fields) -> bytes:
    """A header block that changes no table."""
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]
    return hpack.Encoder().encode([hpack.NeverIndexedHeaderTuple(*pair) for pair in pairs])


def headers(stream: int, fields: Fields, flags: int = END_HEADERS) -> bytes:
    """A HEADERS frame."""
    return frame("HEADERS", stream, block(fields), flags)


def number(value: int) -> bytes:
    """Four bytes."""
    return value.to_bytes(4)


def setting(identifier: int, value: int) -> bytes:
    """A setting, as it stands in SETTINGS."""
    return identifier.to_bytes(2) + number(value)


def parse(data: bytes) -> list[Frame]:
    """The frames in bytes, the preface aside; there is nothing else."""
    view, found = memoryview(data.removeprefix(PREFACE)), []
    while view:
        parsed, length = Frame.parse_frame_header(view[:9])
        parsed.parse_body(view[9 : 9 + length])
        found.append(parsed)
        view = view[9 + length :]
    return found
