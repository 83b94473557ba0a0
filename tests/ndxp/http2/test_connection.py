"""How traffic is judged: the checks that h2spec publishes, by its sections, for RFC 9113 and RFC 7541."""

import pytest
from hyperframe.frame import GoAwayFrame, PingFrame, RstStreamFrame, SettingsFrame

from ndxp.http2 import ErrorCode, Limits
from tests.support.http2 import (
    ACK,
    END_HEADERS,
    END_STREAM,
    PADDED,
    PREFACE,
    PRIORITISED,
    PSEUDO,
    QUICK,
    REQUEST,
    Client,
    Server,
    block,
    frame,
    headers,
    number,
    setting,
)

PROTOCOL_ERROR, STREAM_CLOSED = ErrorCode.PROTOCOL_ERROR, ErrorCode.STREAM_CLOSED
FRAME_SIZE_ERROR, FLOW_CONTROL_ERROR = ErrorCode.FRAME_SIZE_ERROR, ErrorCode.FLOW_CONTROL_ERROR
COMPRESSION_ERROR = ErrorCode.COMPRESSION_ERROR
TAKEN = None

END = END_HEADERS | END_STREAM
OPEN, ENDED, ANSWERED = headers(1, REQUEST), headers(1, REQUEST, END), headers(1, QUICK, END)
RESET_HERE = headers(1, [(":path", "/reset") if name == ":path" else (name, value) for name, value in REQUEST])
RESET_THERE = OPEN + frame("RST_STREAM", 1, number(8))
PRIORITY = number(0) + b"\x0f"
WHOLE = block(REQUEST)
BEGUN, CONTINUED = frame("HEADERS", 1, WHOLE[:5]), frame("CONTINUATION", 1, WHOLE[5:], END_HEADERS)
STRAY = frame("CONTINUATION", 1, WHOLE, END_HEADERS)
TEST = frame("DATA", 1, b"test")
LONGER = headers(1, [*REQUEST, ("content-length", "5")])
MORE: list[tuple[str, str]] = [("x-more", "fields")]


def without(name: str) -> bytes:
    return headers(1, [pair for pair in REQUEST if pair[0] != name], END)


def extra(*fields: tuple[str, str]) -> bytes:
    return headers(1, [*REQUEST, *fields], END)


def pseudo(*fields: tuple[str, str]) -> bytes:
    return headers(1, [*PSEUDO, *fields], END)


def coded(data: bytes) -> bytes:
    """A request with a field in this representation behind its others."""
    return frame("HEADERS", 1, WHOLE + data, END)


def update(stream: int, more: int) -> bytes:
    return frame("WINDOW_UPDATE", stream, number(more))


GENERIC: list[tuple[str, str, bytes, object]] = [
    ("2", "PRIORITY of an idle stream", frame("PRIORITY", 1, PRIORITY), TAKEN),
    ("2", "WINDOW_UPDATE of a half-closed stream", ENDED + update(1, 100), TAKEN),
    ("2", "PRIORITY of a half-closed stream", ENDED + frame("PRIORITY", 1, PRIORITY), TAKEN),
    ("2", "RST_STREAM of a half-closed stream", ENDED + frame("RST_STREAM", 1, number(8)), TAKEN),
    ("2", "PRIORITY of a closed stream", ANSWERED + frame("PRIORITY", 1, PRIORITY), TAKEN),
    ("3.1", "DATA", OPEN + frame("DATA", 1, b"test", END_STREAM), TAKEN),
    ("3.1", "several DATA", OPEN + TEST + frame("DATA", 1, b"test", END_STREAM), TAKEN),
    ("3.1", "DATA with padding", OPEN + frame("DATA", 1, b"\x06test\0\0\0\0\0\0", END_STREAM | PADDED), TAKEN),
    ("3.2", "HEADERS", ENDED, TAKEN),
    ("3.2", "HEADERS with padding", frame("HEADERS", 1, b"\x04" + WHOLE + bytes(4), END | PADDED), TAKEN),
    ("3.2", "HEADERS with a priority", frame("HEADERS", 1, PRIORITY + WHOLE, END | PRIORITISED), TAKEN),
    (
        "3.2",
        "HEADERS with both",
        frame("HEADERS", 1, b"\1" + PRIORITY + WHOLE + b"\0", END | PADDED | PRIORITISED),
        TAKEN,
    ),
    ("3.3", "PRIORITY with weight 1", frame("PRIORITY", 1, number(0) + b"\0"), TAKEN),
    ("3.3", "PRIORITY with weight 256", frame("PRIORITY", 1, number(0) + b"\xff"), TAKEN),
    ("3.3", "PRIORITY with a dependency", frame("PRIORITY", 3, number(1) + b"\xff"), TAKEN),
    ("3.3", "PRIORITY with an exclusive dependency", frame("PRIORITY", 3, number(1 << 31 | 1) + b"\xff"), TAKEN),
    ("3.3", "PRIORITY of a later idle stream, and a request", frame("PRIORITY", 7, PRIORITY) + ENDED, TAKEN),
    ("3.4", "RST_STREAM", RESET_THERE, TAKEN),
    ("3.5", "SETTINGS", frame("SETTINGS", 0, setting(3, 100)), TAKEN),
    ("3.7", "PING", frame("PING", 0, bytes(8)), TAKEN),
    ("3.8", "GOAWAY", frame("GOAWAY", 0, bytes(8)), TAKEN),
    ("3.9", "WINDOW_UPDATE of the connection", update(0, 1), TAKEN),
    ("3.9", "WINDOW_UPDATE of a stream", OPEN + update(1, 1), TAKEN),
    ("3.10", "CONTINUATION", BEGUN + CONTINUED, TAKEN),
    (
        "3.10",
        "several CONTINUATION",
        frame("HEADERS", 1, WHOLE[:5], END_STREAM)
        + frame("CONTINUATION", 1, WHOLE[5:9])
        + frame("CONTINUATION", 1)
        + frame("CONTINUATION", 1, WHOLE[9:], END_HEADERS),
        TAKEN,
    ),
    ("4", "GET", headers(1, [(":method", "GET"), *PSEUDO[1:]], END), TAKEN),
    ("4", "HEAD", headers(1, [(":method", "HEAD"), *PSEUDO[1:]], END), TAKEN),
    ("4", "POST", OPEN + frame("DATA", 1, b"test", END_STREAM), TAKEN),
    ("4", "POST with trailers", OPEN + TEST + headers(1, MORE, END), TAKEN),
    ("5", "an indexed field", coded(b"\x90"), TAKEN),
    ("5", "incremental, indexed name", coded(b"\x73\x01a"), TAKEN),
    ("5", "incremental, indexed name, Huffman", coded(b"\x73\x81\x1f"), TAKEN),
    ("5", "incremental, new name", coded(b"\x40\x01a\x01a"), TAKEN),
    ("5", "incremental, new name, Huffman", coded(b"\x40\x81\x1f\x81\x1f"), TAKEN),
    ("5", "not indexed, indexed name", coded(b"\x0f\x24\x01a"), TAKEN),
    ("5", "not indexed, indexed name, Huffman", coded(b"\x0f\x24\x81\x1f"), TAKEN),
    ("5", "not indexed, new name", coded(b"\x00\x01a\x01a"), TAKEN),
    ("5", "not indexed, new name, Huffman", coded(b"\x00\x81\x1f\x81\x1f"), TAKEN),
    ("5", "never indexed, indexed name", coded(b"\x1f\x24\x01a"), TAKEN),
    ("5", "never indexed, indexed name, Huffman", coded(b"\x1f\x24\x81\x1f"), TAKEN),
    ("5", "never indexed, new name", coded(b"\x10\x01a\x01a"), TAKEN),
    ("5", "never indexed, new name, Huffman", coded(b"\x10\x81\x1f\x81\x1f"), TAKEN),
    ("5", "a change of the table's size", frame("HEADERS", 1, b"\x3f\x61" + WHOLE, END), TAKEN),
    ("5", "two changes of the table's size", frame("HEADERS", 1, b"\x20\x3f\xe1\x1f" + WHOLE, END), TAKEN),
]

HTTP2: list[tuple[str, str, bytes, object]] = [
    ("4.1", "a frame of an unknown type", frame("UNKNOWN", 0, bytes(8)), TAKEN),
    ("4.1", "an undefined flag", frame("PING", 0, bytes(8), 0x16), TAKEN),
    ("4.1", "the reserved bit", frame("PING", 1 << 31, bytes(8)), TAKEN),
    ("4.2", "DATA of 16,384 bytes", OPEN + frame("DATA", 1, bytes(16_384), END_STREAM), TAKEN),
    ("4.2", "DATA of more", OPEN + frame("DATA", 1, bytes(16_385), END_STREAM), FRAME_SIZE_ERROR),
    ("4.2", "HEADERS of more", frame("HEADERS", 1, bytes(16_385), END), FRAME_SIZE_ERROR),
    ("4.2", "DATA that is too short for its flags", OPEN + frame("DATA", 1, b"", PADDED), FRAME_SIZE_ERROR),
    (
        "4.2",
        "HEADERS that is too short for its flags",
        frame("HEADERS", 1, bytes(5), END | PADDED | PRIORITISED),
        FRAME_SIZE_ERROR,
    ),
    ("4.3", "a broken header block", frame("HEADERS", 1, b"\x40", END), COMPRESSION_ERROR),
    ("4.3", "PRIORITY in a header block", frame("HEADERS", 1, WHOLE) + frame("PRIORITY", 1, PRIORITY), PROTOCOL_ERROR),
    (
        "4.3",
        "HEADERS of another stream in a header block",
        frame("HEADERS", 1, WHOLE) + headers(3, REQUEST),
        PROTOCOL_ERROR,
    ),
    ("5.1", "idle: DATA", frame("DATA", 1, b"test", END_STREAM), PROTOCOL_ERROR),
    ("5.1", "idle: RST_STREAM", frame("RST_STREAM", 1, number(8)), PROTOCOL_ERROR),
    ("5.1", "idle: WINDOW_UPDATE", update(1, 100), PROTOCOL_ERROR),
    ("5.1", "idle: CONTINUATION", STRAY, PROTOCOL_ERROR),
    ("5.1", "half-closed (remote): DATA", ENDED + TEST, (1, STREAM_CLOSED)),
    ("5.1", "half-closed (remote): HEADERS", ENDED + headers(1, MORE, END), (1, STREAM_CLOSED)),
    ("5.1", "half-closed (remote): CONTINUATION", ENDED + STRAY, PROTOCOL_ERROR),
    ("5.1", "reset by the peer: DATA", RESET_THERE + TEST, (1, STREAM_CLOSED)),
    ("5.1", "reset by the peer: HEADERS", RESET_THERE + headers(1, MORE, END), STREAM_CLOSED),
    ("5.1", "reset by the peer: CONTINUATION", RESET_THERE + STRAY, PROTOCOL_ERROR),
    ("5.1", "closed: DATA", ANSWERED + TEST, (1, STREAM_CLOSED)),
    ("5.1", "closed: HEADERS", ANSWERED + headers(1, MORE, END), STREAM_CLOSED),
    ("5.1", "closed: CONTINUATION", ANSWERED + STRAY, PROTOCOL_ERROR),
    ("5.1", "closed: WINDOW_UPDATE and RST_STREAM", ANSWERED + update(1, 1) + frame("RST_STREAM", 1, number(0)), TAKEN),
    ("5.1.1", "a stream with an even number", headers(2, REQUEST), PROTOCOL_ERROR),
    ("5.1.1", "a stream with a smaller number than the last", headers(5, REQUEST) + headers(3, REQUEST), STREAM_CLOSED),
    (
        "5.3",
        "HEADERS that depend on themselves (no error since RFC 9113)",
        frame("HEADERS", 1, number(1) + b"\0" + WHOLE, END | PRIORITISED),
        TAKEN,
    ),
    (
        "5.3",
        "PRIORITY that depends on itself (no error since RFC 9113)",
        OPEN + frame("PRIORITY", 1, number(1) + b"\0"),
        TAKEN,
    ),
    ("5.4.1", "a broken PING", frame("PING", 0, bytes(6)), FRAME_SIZE_ERROR),
    ("5.5", "an unknown frame", frame("UNKNOWN", 1, b"extension"), TAKEN),
    ("5.5", "an unknown frame in a header block", frame("HEADERS", 1, WHOLE) + frame("UNKNOWN", 1), PROTOCOL_ERROR),
    ("6.1", "DATA on stream 0", frame("DATA", 0, b"test"), PROTOCOL_ERROR),
    ("6.1", "DATA with more padding than payload", OPEN + frame("DATA", 1, b"\x05test", PADDED), PROTOCOL_ERROR),
    ("6.1", "DATA of padding only", OPEN + frame("DATA", 1, b"\x04\0\0\0\0", PADDED | END_STREAM), TAKEN),
    ("6.2", "HEADERS on stream 0", headers(0, REQUEST), PROTOCOL_ERROR),
    ("6.2", "HEADERS with more padding than payload", frame("HEADERS", 1, b"\x05test", END | PADDED), PROTOCOL_ERROR),
    (
        "6.2",
        "HEADERS whose padding takes the priority",
        frame("HEADERS", 1, b"\x01" + PRIORITY, END | PADDED | PRIORITISED),
        PROTOCOL_ERROR,
    ),
    ("6.3", "PRIORITY on stream 0", frame("PRIORITY", 0, PRIORITY), PROTOCOL_ERROR),
    ("6.3", "PRIORITY of 4 bytes", OPEN + frame("PRIORITY", 1, bytes(4)), (1, FRAME_SIZE_ERROR)),
    ("6.3", "PRIORITY of 4 bytes of an idle stream", frame("PRIORITY", 1, bytes(4)), FRAME_SIZE_ERROR),
    ("6.4", "RST_STREAM on stream 0", frame("RST_STREAM", 0, number(8)), PROTOCOL_ERROR),
    ("6.4", "RST_STREAM of 3 bytes", OPEN + frame("RST_STREAM", 1, bytes(3)), FRAME_SIZE_ERROR),
    ("6.5", "an acknowledgement with a payload", frame("SETTINGS", 0, setting(3, 1), ACK), FRAME_SIZE_ERROR),
    ("6.5", "SETTINGS of a stream", frame("SETTINGS", 1, setting(3, 1)), PROTOCOL_ERROR),
    ("6.5", "SETTINGS of 3 bytes", frame("SETTINGS", 0, bytes(3)), FRAME_SIZE_ERROR),
    ("6.5.2", "ENABLE_PUSH is 2", frame("SETTINGS", 0, setting(2, 2)), PROTOCOL_ERROR),
    ("6.5.2", "INITIAL_WINDOW_SIZE is 2**31", frame("SETTINGS", 0, setting(4, 2**31)), FLOW_CONTROL_ERROR),
    ("6.5.2", "MAX_FRAME_SIZE is 16,383", frame("SETTINGS", 0, setting(5, 16_383)), PROTOCOL_ERROR),
    ("6.5.2", "MAX_FRAME_SIZE is 2**24", frame("SETTINGS", 0, setting(5, 2**24)), PROTOCOL_ERROR),
    ("6.5.2", "an unknown setting", frame("SETTINGS", 0, setting(0xFF, 1)), TAKEN),
    ("6.6", "PUSH_PROMISE", OPEN + frame("PUSH_PROMISE", 1, number(2) + WHOLE, END_HEADERS), PROTOCOL_ERROR),
    ("6.7", "PING of a stream", frame("PING", 1, bytes(8)), PROTOCOL_ERROR),
    ("6.7", "an answer to no PING", frame("PING", 0, b"whatever", ACK), TAKEN),
    ("6.8", "GOAWAY of a stream", frame("GOAWAY", 1, bytes(8)), PROTOCOL_ERROR),
    ("6.8", "GOAWAY of 7 bytes", frame("GOAWAY", 0, bytes(7)), FRAME_SIZE_ERROR),
    ("6.9", "WINDOW_UPDATE of the connection by 0", update(0, 0), PROTOCOL_ERROR),
    ("6.9", "WINDOW_UPDATE of a stream by 0", OPEN + update(1, 0), (1, PROTOCOL_ERROR)),
    ("6.9", "WINDOW_UPDATE of 3 bytes", frame("WINDOW_UPDATE", 0, bytes(3)), FRAME_SIZE_ERROR),
    ("6.9.1", "the connection's window beyond 2**31-1", update(0, 2**31 - 1), FLOW_CONTROL_ERROR),
    ("6.9.1", "a stream's window beyond 2**31-1", OPEN + update(1, 2**31 - 1), (1, FLOW_CONTROL_ERROR)),
    (
        "6.9.2",
        "a stream's window beyond 2**31-1 by a setting",
        OPEN + update(1, 2**30) + frame("SETTINGS", 0, setting(4, 2**30)),
        FLOW_CONTROL_ERROR,
    ),
    ("6.9.2", "a negative window", OPEN + frame("SETTINGS", 0, setting(4, 0)) + update(1, 1), TAKEN),
    ("6.10", "CONTINUATION, then another frame", BEGUN + frame("CONTINUATION", 1) + frame("DATA", 1), PROTOCOL_ERROR),
    ("6.10", "CONTINUATION on stream 0", BEGUN + frame("CONTINUATION", 0, WHOLE[5:], END_HEADERS), PROTOCOL_ERROR),
    ("6.10", "CONTINUATION behind a complete HEADERS", OPEN + STRAY, PROTOCOL_ERROR),
    (
        "6.10",
        "CONTINUATION behind a complete one",
        BEGUN + CONTINUED + CONTINUED,
        PROTOCOL_ERROR,
    ),
    ("6.10", "CONTINUATION behind DATA", OPEN + TEST + STRAY, PROTOCOL_ERROR),
    ("7", "GOAWAY with an unknown code", frame("GOAWAY", 0, number(0) + number(0xFF)), TAKEN),
    ("7", "RST_STREAM with an unknown code", OPEN + frame("RST_STREAM", 1, number(0xFF)), TAKEN),
    ("8.1", "a second HEADERS that is no end", OPEN + headers(1, MORE), (1, PROTOCOL_ERROR)),
    ("8.1.1", "less data than content-length", LONGER + frame("DATA", 1, b"test", END_STREAM), (1, PROTOCOL_ERROR)),
    (
        "8.1.1",
        "more data than content-length",
        LONGER + frame("DATA", 1, b"tes") + frame("DATA", 1, b"tes"),
        (1, PROTOCOL_ERROR),
    ),
    ("8.1.1", "no data, where content-length announces some", extra(("content-length", "1")), (1, PROTOCOL_ERROR)),
    ("8.1.1", "trailers before all that content-length announces", LONGER + headers(1, MORE, END), (1, PROTOCOL_ERROR)),
    ("8.1.1", "two content-lengths", extra(("content-length", "0"), ("content-length", "1")), (1, PROTOCOL_ERROR)),
    ("8.1.1", "a content-length that is no number", extra(("content-length", "+1")), (1, PROTOCOL_ERROR)),
    ("8.2", "a name in capitals", extra(("X-Test", "ok")), (1, PROTOCOL_ERROR)),
    ("8.2.1", "an empty name", extra(("", "ok")), (1, PROTOCOL_ERROR)),
    ("8.2.1", "a name with a space", extra(("x test", "ok")), (1, PROTOCOL_ERROR)),
    ("8.2.1", "a name with a line break", extra(("x\ntest", "ok")), (1, PROTOCOL_ERROR)),
    ("8.2.1", "a name that is not ASCII", extra(("x-\xe9", "ok")), (1, PROTOCOL_ERROR)),
    ("8.2.1", "a value with a line feed", extra(("x-test", "a\nb")), (1, PROTOCOL_ERROR)),
    ("8.2.1", "a value with a carriage return", extra(("x-test", "a\rb")), (1, PROTOCOL_ERROR)),
    ("8.2.1", "a value with a NUL", extra(("x-test", "a\0b")), (1, PROTOCOL_ERROR)),
    ("8.2.1", "a path with a line feed", headers(1, [*PSEUDO[:2], (":path", "/a\nb")], END), (1, PROTOCOL_ERROR)),
    ("8.2.1", "a value that ends with a space (gRPC sends such)", extra(("x-test", "a ")), TAKEN),
    ("8.2.2", "connection", extra(("connection", "keep-alive")), (1, PROTOCOL_ERROR)),
    ("8.2.2", "transfer-encoding", extra(("transfer-encoding", "chunked")), (1, PROTOCOL_ERROR)),
    ("8.2.2", "te that is not trailers", pseudo(("te", "trailers, deflate")), (1, PROTOCOL_ERROR)),
    ("8.3", "an unknown pseudo field", pseudo((":test", "ok")), (1, PROTOCOL_ERROR)),
    ("8.3", "a response's pseudo field", pseudo((":status", "200")), (1, PROTOCOL_ERROR)),
    ("8.3", "a pseudo field in trailers", OPEN + headers(1, [(":method", "POST")], END), (1, PROTOCOL_ERROR)),
    ("8.3", "a pseudo field behind another field", headers(1, [("x-test", "ok"), *PSEUDO], END), (1, PROTOCOL_ERROR)),
    ("8.3.1", "an empty path", headers(1, [*PSEUDO[:2], (":path", "")], END), (1, PROTOCOL_ERROR)),
    *(("8.3.1", f"no {name}", without(name), (1, PROTOCOL_ERROR)) for name in (":method", ":scheme", ":path")),
    *(("8.3.1", f"{name} twice", pseudo((name, value)), (1, PROTOCOL_ERROR)) for name, value in PSEUDO),
    (
        "8.5",
        "CONNECT, which needs no path (nobody tunnels here)",
        headers(1, [(":method", "CONNECT"), PSEUDO[3]], END),
        (1, PROTOCOL_ERROR),
    ),
]

HPACK: list[tuple[str, str, bytes, object]] = [
    ("2.3.3", "an index behind the table", coded(b"\xff\x80\x01"), COMPRESSION_ERROR),
    ("2.3.3", "a name behind the table", coded(b"\x7f\x80\x01\x01a"), COMPRESSION_ERROR),
    ("4.2", "a change of the table's size at the end", coded(b"\x3f\x61"), COMPRESSION_ERROR),
    ("5.2", "Huffman code with more than 7 bits of padding", coded(b"\x00\x01a\x82\x1f\xff"), COMPRESSION_ERROR),
    ("5.2", "Huffman code padded with zeros", coded(b"\x00\x01a\x81\x18"), COMPRESSION_ERROR),
    ("5.2", "Huffman code with the end of string", coded(b"\x00\x01a\x85\x1f\xff\xff\xff\xff"), COMPRESSION_ERROR),
    ("6.1", "index 0", coded(b"\x80"), COMPRESSION_ERROR),
    (
        "6.3",
        "a table larger than SETTINGS_HEADER_TABLE_SIZE",
        frame("HEADERS", 1, b"\x3f\xe2\x1f" + WHOLE, END),
        COMPRESSION_ERROR,
    ),
]

CHECKS = [
    pytest.param(sent, verdict, id=f"{part} {section}: {what}")
    for part, checks in (("generic", GENERIC), ("http2", HTTP2), ("hpack", HPACK))
    for section, what, sent, verdict in checks
]


@pytest.mark.parametrize(("sent", "verdict"), CHECKS)
def test_a_server_judges_traffic_as_h2spec_checks_it(sent: bytes, verdict: object) -> None:
    server = Server()
    assert server.verdict(sent) == verdict
    if not isinstance(verdict, ErrorCode):  # an error of a stream, or none: the next call is heard
        assert server.verdict(headers(101, QUICK, END)) is None
        assert server.calls[101].request is not None


@pytest.mark.parametrize(("sent", "verdict"), CHECKS)
def test_the_verdict_is_the_same_byte_by_byte(sent: bytes, verdict: object) -> None:
    server = Server()
    for byte in sent[:-1]:
        server.connection.receive(bytes((byte,)))
    assert server.verdict(sent[-1:]) == verdict


# The client's role, which h2spec does not check.

ANSWER = [(":status", "200"), ("content-type", "application/grpc")]
STARTED, FINISHED = headers(1, ANSWER), headers(1, ANSWER, END)
LONG = headers(1, [*ANSWER, ("content-length", "5")])

CLIENT: list[tuple[str, bytes, object]] = [
    ("an answer", STARTED + TEST + headers(1, MORE, END), TAKEN),
    ("an answer that is its trailers only", FINISHED, TAKEN),
    ("an answer that ends with its data", STARTED + frame("DATA", 1, b"test", END_STREAM), TAKEN),
    ("an answer as long as it says", LONG + TEST + frame("DATA", 1, b"!", END_STREAM), TAKEN),
    (
        "informational answers before the answer",
        headers(1, [(":status", "103")]) + headers(1, [(":status", "100")]) + FINISHED,
        TAKEN,
    ),
    (
        "frames behind the end",
        FINISHED + headers(1, MORE, END) + update(1, 1) + frame("RST_STREAM", 1, number(0)),
        TAKEN,
    ),
    ("data behind the end", FINISHED + TEST, (1, STREAM_CLOSED)),
    ("an answer to nothing", headers(3, ANSWER), PROTOCOL_ERROR),
    ("a stream of the server's", headers(2, ANSWER), PROTOCOL_ERROR),
    ("data of nothing", frame("DATA", 3), PROTOCOL_ERROR),
    ("a reset of nothing", frame("RST_STREAM", 3, number(8)), PROTOCOL_ERROR),
    ("a window of nothing", update(3, 1), PROTOCOL_ERROR),
    ("a promise", frame("PUSH_PROMISE", 1, number(2) + WHOLE, END_HEADERS), PROTOCOL_ERROR),
    ("ENABLE_PUSH is 1", frame("SETTINGS", 0, setting(2, 1)), PROTOCOL_ERROR),
    ("ENABLE_PUSH is 0", frame("SETTINGS", 0, setting(2, 0)), TAKEN),
    ("GOAWAY of 7 bytes", frame("GOAWAY", 0, bytes(7)), FRAME_SIZE_ERROR),
    ("GOAWAY of a stream", frame("GOAWAY", 1, bytes(8)), PROTOCOL_ERROR),
    ("data before a header block", TEST, (1, PROTOCOL_ERROR)),
    ("data behind an informational answer", headers(1, [(":status", "100")]) + TEST, (1, PROTOCOL_ERROR)),
    ("an informational answer that is the end", headers(1, [(":status", "100")], END), (1, PROTOCOL_ERROR)),
    ("a second header block that is no end", STARTED + STARTED, (1, PROTOCOL_ERROR)),
    ("no status", headers(1, MORE), (1, PROTOCOL_ERROR)),
    ("two statuses", headers(1, [*ANSWER[:1], *ANSWER]), (1, PROTOCOL_ERROR)),
    ("a status that is no number", headers(1, [(":status", "2 0")]), (1, PROTOCOL_ERROR)),
    ("a request's pseudo field", headers(1, [*ANSWER[:1], (":path", "/")]), (1, PROTOCOL_ERROR)),
    ("a pseudo field in trailers", STARTED + headers(1, ANSWER, END), (1, PROTOCOL_ERROR)),
    ("a field of the connection", headers(1, [*ANSWER, ("connection", "close")]), (1, PROTOCOL_ERROR)),
    (
        "a value with a line feed in trailers",
        STARTED + headers(1, [("grpc-message", "a\nb")], END),
        (1, PROTOCOL_ERROR),
    ),
    ("less data than it says", LONG + frame("DATA", 1, b"test", END_STREAM), (1, PROTOCOL_ERROR)),
    ("less data than it says before trailers", LONG + TEST + headers(1, MORE, END), (1, PROTOCOL_ERROR)),
    ("more data than it says", LONG + TEST + TEST, (1, PROTOCOL_ERROR)),
]


@pytest.mark.parametrize(("sent", "verdict"), [pytest.param(*check, id=what) for what, *check in CLIENT])
def test_a_client_judges_traffic(sent: bytes, verdict: object) -> None:
    client = Client()
    call = client.open(end=True)
    client.said()
    assert client.verdict(sent) == verdict
    if isinstance(verdict, tuple):
        failure = ("failure", verdict[1])
        assert (call.events[-1] == failure) is (verdict[1] is not STREAM_CLOSED)
    if not isinstance(verdict, ErrorCode):
        following = client.open(end=True)
        assert client.verdict(headers(3, ANSWER, END)) is None
        assert following.events == [("headers", "200", ANSWER[1:], True)]


# What both roles answer.


@pytest.mark.parametrize("end", [Server, Client])
def test_a_ping_is_answered_with_its_payload(end: type[Server | Client]) -> None:
    (pong,) = end().hear(frame("PING", 0, b"12345678"))
    assert isinstance(pong, PingFrame)
    assert (pong.opaque_data, set(pong.flags)) == (b"12345678", {"ACK"})


@pytest.mark.parametrize("end", [Server, Client])
def test_only_answers_to_own_pings_count(end: type[Server | Client]) -> None:
    side = end()
    side.connection.ping()
    (ping,) = side.said()
    assert isinstance(ping, PingFrame)
    assert side.hear(frame("PING", 0, b"another!", ACK), *2 * [frame("PING", 0, ping.opaque_data, ACK)]) == []
    assert side.connection.answered_pings == 1


@pytest.mark.parametrize("end", [Server, Client])
def test_settings_are_acknowledged_each(end: type[Server | Client]) -> None:
    answers = end().hear(frame("SETTINGS"), frame("SETTINGS", 0, setting(4, 1)), frame("SETTINGS", flags=ACK))
    assert [(type(answer), set(answer.flags)) for answer in answers] == [(SettingsFrame, {"ACK"})] * 2


@pytest.mark.parametrize("end", [Server, Client])
def test_the_first_frame_must_be_settings(end: type[Server | Client]) -> None:
    side = end(greeted=False)
    side.said()
    preface = PREFACE if end is Server else b""
    assert side.verdict(preface, frame("SETTINGS", flags=ACK)) is PROTOCOL_ERROR


@pytest.mark.parametrize("end", [Server, Client])
def test_a_broken_connection_says_why_and_nothing_more(end: type[Server | Client]) -> None:
    side = end()
    wakes = side.wakes
    (goaway,) = side.hear(frame("PING", 1, bytes(8)), frame("PING", 0, bytes(8)))
    assert isinstance(goaway, GoAwayFrame)
    assert (goaway.error_code, goaway.additional_data) == (PROTOCOL_ERROR, b"PING of a stream")
    assert side.connection.failure == "PROTOCOL_ERROR: PING of a stream"
    assert side.wakes > wakes
    assert side.hear(frame("PING", 0, bytes(8))) == []


def test_nothing_is_said_of_streams_behind_the_last_word() -> None:
    server = Server()
    server.hear(OPEN)
    stream = server.calls[1].stream
    assert stream is not None
    server.verdict(frame("PING", 1, bytes(8)))
    stream.send_headers((), "")
    stream.send_data(b"data")
    assert server.said() == []
    server.connection.lost()
    assert server.connection.tell_of_loss()
    assert server.calls[1].events == [("lost",)]
    assert not server.connection.streams


def test_data_that_waits_when_the_connection_breaks_is_not_told_as_sent() -> None:
    server = Server()
    server.hear(OPEN)
    stream = server.calls[1].stream
    assert stream is not None
    stream.send_data(bytes(100_000))
    sent = server.calls[1].sent
    server.verdict(update(1, 50_000), frame("PING", 1, bytes(8)), update(0, 50_000))
    server.connection.release()
    server.said()
    assert server.calls[1].sent == sent


def test_a_reset_of_both_sides_is_no_nuisance() -> None:
    server = Server(Limits(nuisances_at_once=1, nuisances_per_second=0))  # one is the greeting
    assert server.hear(RESET_HERE)[0].stream_id == 1
    assert server.hear(frame("RST_STREAM", 1, number(8))) == []
    assert not server.connection.closed


def test_frames_of_a_stream_that_this_side_has_reset_are_passed_over() -> None:
    server = Server()
    (reset,) = server.hear(RESET_HERE)
    assert isinstance(reset, RstStreamFrame)
    assert reset.error_code == ErrorCode.CANCEL
    assert server.hear(TEST, update(1, 1), headers(1, MORE, END)) == []
    assert server.calls[1].events == []
