"""Every limit of a connection, reached and exceeded."""

import pytest
from hyperframe.frame import RstStreamFrame, WindowUpdateFrame

from ndxp.http2 import ErrorCode, Limits
from ndxp.http2.limits import FAR_TOO_LARGE
from ndxp.http2.nuisances import TOO_MANY_NUISANCES, Nuisances
from ndxp.http2.resets import _REMEMBERED
from tests.support.http2 import (
    ACK,
    END_HEADERS,
    END_STREAM,
    PREFACE,
    QUICK,
    REQUEST,
    RESPONSE,
    Client,
    Server,
    block,
    frame,
    headers,
    number,
    setting,
)

END = END_HEADERS | END_STREAM
CALM, FLOW = ErrorCode.ENHANCE_YOUR_CALM, ErrorCode.FLOW_CONTROL_ERROR
RESET = [(name, "/reset" if name == ":path" else value) for name, value in REQUEST]
OPEN, ANSWERED = headers(1, REQUEST), headers(1, QUICK, END)
BEGUN = frame("HEADERS", 1, block(REQUEST), END_STREAM)


def sized(size: int) -> list[tuple[str, str]]:
    """A request's fields of so many bytes, as RFC 9113 counts them."""
    rest = size - sum(len(name) + len(value) + 32 for name, value in REQUEST) - 33
    return [*REQUEST, ("x", "y" * rest)]


def test_streams_at_once() -> None:
    server = Server(Limits(concurrent_streams=2))
    assert server.verdict(headers(1, REQUEST), headers(3, REQUEST)) is None
    assert server.verdict(headers(5, REQUEST)) == (5, ErrorCode.REFUSED_STREAM)
    assert server.calls.keys() == {1, 3}
    assert server.verdict(frame("RST_STREAM", 1, number(8)), headers(7, REQUEST)) is None
    assert server.calls.keys() == {1, 3, 7}


def test_the_window_of_a_stream() -> None:
    server = Server(Limits(stream_window=20_000))
    server.hear(OPEN)
    server.calls[1].consume = False
    assert server.verdict(frame("DATA", 1, bytes(10_000)), frame("DATA", 1, bytes(10_000))) is None
    assert server.verdict(frame("DATA", 1, b"!")) == (1, FLOW)
    assert server.calls[1].events[-1] == ("failure", FLOW)


def test_the_window_of_the_connection_comes_back_as_data_arrives() -> None:
    server = Server(Limits(stream_window=1 << 20, connection_window=80_000))
    server.hear(OPEN)
    server.calls[1].consume = False
    answers = [found for _ in range(10) for found in server.hear(frame("DATA", 1, bytes(16_384)))]
    assert [found.window_increment for found in answers if isinstance(found, WindowUpdateFrame)] == [49_152] * 3


def test_the_data_of_a_stream_that_this_side_has_reset() -> None:
    server = Server()
    server.hear(headers(1, RESET))
    assert server.verdict(*[frame("DATA", 1, bytes(13_107))] * 5) is None
    assert server.verdict(frame("DATA", 1, b"!")) is FLOW


def test_the_bytes_of_a_header_list() -> None:
    limits = Limits(field_bytes=1000)
    server, client = Server(limits), Client(limits)
    assert server.verdict(headers(1, sized(1000)), headers(3, sized(1001))) is None
    assert [call.request is None for call in server.calls.values()] == [False, True]
    assert server.verdict(headers(1, [("x", "y" * 1000)], END)) == (1, CALM)
    assert server.verdict(headers(5, REQUEST, END)) is None
    assert server.verdict(headers(7, sized(1000 * FAR_TOO_LARGE + 1))) is CALM
    call = client.open(end=True)
    client.said()
    assert client.verdict(headers(1, [*RESPONSE, ("x", "y" * 1000)])) == (1, CALM)
    assert call.events == [("failure", CALM)]


def test_the_bytes_of_a_header_block() -> None:
    limits = Limits(block_bytes=20_000)
    first = block(REQUEST) + bytes((0x00, 1)) + b"x" + b"\x7f\xa5\x9b\x01"  # then a value of 20,000 bytes and more
    parts = [
        frame("HEADERS", 1, first),
        frame("CONTINUATION", 1, bytes(10_000)),
        frame("CONTINUATION", 1, bytes(9_900 - len(first))),
    ]
    assert Server(limits).verdict(*parts, frame("CONTINUATION", 1, bytes(100))) is None
    assert Server(limits).verdict(*parts, frame("CONTINUATION", 1, bytes(101))) is CALM
    assert Server(Limits(block_bytes=100)).verdict(frame("HEADERS", 1, bytes(101))) is CALM


def test_the_frames_of_a_header_block() -> None:
    limits = Limits(block_frames=3)
    last = frame("CONTINUATION", 1, b"", END_HEADERS)
    assert Server(limits).verdict(BEGUN, *[frame("CONTINUATION", 1)] * 2, last) is None
    assert Server(limits).verdict(BEGUN, *[frame("CONTINUATION", 1)] * 3, last) is CALM


NUISANCES: list[tuple[str, bytes, bytes, float]] = [
    ("RST_STREAM of a stream that is gone", ANSWERED, frame("RST_STREAM", 1, number(8)), 1),
    ("PING", b"", frame("PING", 0, bytes(8)), 1),
    ("answers to no PING", b"", frame("PING", 0, bytes(8), ACK), 1),
    ("SETTINGS", b"", frame("SETTINGS"), 1),
    ("settings in one frame", b"", frame("SETTINGS", 0, setting(1, 100) * 10), 10),
    ("acknowledgements of no SETTINGS", b"", frame("SETTINGS", flags=ACK), 1),
    ("PRIORITY", b"", frame("PRIORITY", 1, bytes(5)), 1),
    ("empty DATA", OPEN, frame("DATA", 1), 1),
    ("empty DATA of a reset stream", headers(1, RESET), frame("DATA", 1), 1),
    ("DATA of a stream that is gone", ANSWERED, frame("DATA", 1, b"x"), 1),
    ("WINDOW_UPDATE by little", b"", frame("WINDOW_UPDATE", 0, number(1)), 0.02),
    ("WINDOW_UPDATE of a stream that is gone", ANSWERED, frame("WINDOW_UPDATE", 1, number(2000)), 0.02),
    ("unknown frames", b"", frame("UNKNOWN", 1, b"?"), 1),
    ("GOAWAY", b"", frame("GOAWAY", 0, bytes(8)), 1),
    ("trailers of a reset stream", headers(1, RESET), headers(1, [("x", "y")]), 1),
]
"""What is sent first, what is sent again and again, and what it counts."""


@pytest.mark.parametrize(("before", "again", "cost"), [pytest.param(*rest, id=what) for what, *rest in NUISANCES])
def test_nuisances_at_once(before: bytes, again: bytes, cost: float) -> None:
    limits = Limits(nuisances_at_once=101, nuisances_per_second=0, pings_at_once=1000)
    server = Server(limits)  # one is the greeting
    server.hear(before)
    times = round(100 / cost)
    server.hear(again * times)
    assert not server.connection.closed
    assert server.verdict(again * (2 + round(1 / cost))) is CALM


@pytest.mark.parametrize(
    "call",
    [
        lambda stream: headers(stream, REQUEST) + frame("RST_STREAM", stream, number(8)),
        lambda stream: headers(stream, [("bad", "request")]),
        lambda stream: headers(stream, REQUEST, END) + frame("DATA", stream, b"x"),
        lambda stream: headers(stream, sized(2000)),
        lambda stream: headers(stream, REQUEST, END_STREAM) + frame("CONTINUATION", stream, b"", END_HEADERS),
    ],
    ids=["reset at once", "malformed", "with a broken rule", "too large", "continued"],
)  # fmt: skip
def test_calls_that_are_nuisances(call: object) -> None:
    assert callable(call)
    server = Server(Limits(nuisances_at_once=101, nuisances_per_second=0, field_bytes=1000))
    server.hear(*(call(1 + 2 * place) for place in range(90)))
    assert not server.connection.closed
    server.hear(*(call(181 + 2 * place) for place in range(20)))
    assert server.connection.failure.startswith("ENHANCE_YOUR_CALM")


def test_calls_beyond_the_streams_at_once_are_nuisances() -> None:
    server = Server(Limits(nuisances_at_once=101, nuisances_per_second=0, concurrent_streams=10))
    answers = server.hear(*(headers(1 + 2 * place, REQUEST) for place in range(110)))
    assert len([found for found in answers if isinstance(found, RstStreamFrame)]) == 100
    assert server.verdict(headers(999, REQUEST)) is CALM


def test_a_change_of_windows_counts_with_the_streams_that_it_changes() -> None:
    server = Server(Limits(nuisances_at_once=101, nuisances_per_second=0))
    server.hear(*(headers(1 + 2 * place, REQUEST) for place in range(500)))
    changes = [frame("SETTINGS", 0, setting(4, size)) for size in range(10)]
    assert server.verdict(*changes[:9]) is None
    assert server.verdict(changes[9]) is CALM


def test_nuisances_per_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("ndxp.http2.nuisances.time.monotonic", lambda: now)
    server = Server(Limits(nuisances_at_once=10, nuisances_per_second=5))
    for _ in range(20):
        now += 1
        assert server.verdict(frame("SETTINGS") * 5) is None
    now += 1000
    assert server.verdict(frame("SETTINGS") * 10) is None
    assert server.verdict(frame("SETTINGS")) is CALM


def test_pings_while_nothing_of_ours_carries_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("ndxp.http2.nuisances.time.monotonic", lambda: now)
    server = Server(Limits(pings_at_once=3, pings_per_second=0.2))
    ping = frame("PING", 0, bytes(8))
    for _ in range(20):  # the keepalive of an honest client on a quiet stream
        now += 10
        assert server.verdict(ping) is None
    for place in range(20):  # what measures the bandwidth of answers
        server.hear(headers(1 + 2 * place, REQUEST, END))
        stream = server.calls[1 + 2 * place].stream
        assert stream is not None
        stream.send_headers(((":status", "200"),), "", end=True)
        assert server.verdict(ping, ping) is None
    assert server.verdict(ping) is None
    assert server.verdict(ping) is CALM


def test_connections_of_one_owner_share_the_account_of_their_nuisances() -> None:
    account = Nuisances(33, 0, TOO_MANY_NUISANCES)
    first, second = (Server(Limits(nuisances_at_once=1, nuisances_per_second=0)) for _ in range(2))
    for server in first, second:
        server.connection.belongs_to(account)
    assert first.verdict(*[frame("SETTINGS")] * 16) is None
    assert second.verdict(*[frame("SETTINGS")] * 17) is None
    assert second.verdict(frame("SETTINGS")) is CALM
    assert first.verdict(frame("SETTINGS")) is CALM


def test_bytes_that_the_peer_does_not_read() -> None:
    server = Server(Limits(unsent_bytes=170, pings_at_once=1000))
    server.connection.hold()
    assert server.verdict(frame("PING", 0, bytes(8)) * 10) is None
    server.connection.release()
    server.connection.hold()
    assert server.verdict(frame("PING", 0, bytes(8)) * 10) is None
    wakes = server.wakes
    assert server.verdict(frame("PING", 0, bytes(8))) is CALM
    assert server.wakes > wakes


def test_reset_streams_that_are_remembered() -> None:
    server = Server(Limits(nuisances_at_once=10_000, concurrent_streams=0))
    streams = [1 + 2 * place for place in range(_REMEMBERED + 1)]
    server.hear(*(headers(stream, REQUEST) for stream in streams))
    assert server.hear(frame("DATA", 3, b"late")) == []
    assert server.verdict(frame("DATA", 1, b"late")) == (1, ErrorCode.STREAM_CLOSED)


def test_a_turn_reads_some_frames_and_the_next_goes_on() -> None:
    server = Server(Limits(turn=0), greeted=False)
    hello, ping = frame("SETTINGS"), frame("PING", 0, bytes(8))
    server.connection.receive(PREFACE + hello + headers(1, REQUEST) + headers(3, REQUEST) + ping[:12])
    read = [len(server.calls)]
    while server.connection.behind:
        server.connection.receive(b"")
        read.append(len(server.calls))
    assert read[:3] == [0, 1, 2]
    server.connection.receive(ping[12:])
    assert not server.connection.behind
