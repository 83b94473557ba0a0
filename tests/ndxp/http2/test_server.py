"""What is the server's role only: its preface, its streams, and its leave."""

import pytest
from hyperframe.frame import Frame, GoAwayFrame, PingFrame, SettingsFrame, WindowUpdateFrame

from ndxp.http2 import ErrorCode, Limits
from tests.support.http2 import ACK, END_HEADERS, END_STREAM, PREFACE, REQUEST, Server, frame, headers, number

END = END_HEADERS | END_STREAM


def goaways(frames: list[Frame]) -> list[tuple[int, int]]:
    return [(found.last_stream_id, found.error_code) for found in frames if isinstance(found, GoAwayFrame)]


def test_the_greeting_tells_the_limits() -> None:
    limits = Limits(concurrent_streams=7, stream_window=70_000, connection_window=80_000, field_bytes=9000)
    settings, update = Server(limits, greeted=False).said()
    assert isinstance(settings, SettingsFrame)
    assert settings.settings == {3: 7, 4: 70_000, 6: 9000}
    assert isinstance(update, WindowUpdateFrame)
    assert (update.stream_id, update.window_increment) == (0, 80_000 - 65_535)


def test_a_window_as_the_protocol_has_it_needs_no_word() -> None:
    (settings,) = Server(Limits(connection_window=65_535), greeted=False).said()
    assert isinstance(settings, SettingsFrame)


@pytest.mark.parametrize("size", [1, 5, 23, 24, 25, 33])
def test_the_preface_may_come_in_pieces(size: int) -> None:
    server = Server(greeted=False)
    said = PREFACE + frame("SETTINGS") + headers(1, REQUEST, END)
    for start in range(0, len(said), size):
        assert server.connection.greeted is (start >= 33)
        server.connection.receive(said[start : start + size])
    assert server.connection.greeted
    assert server.calls.keys() == {1}


@pytest.mark.parametrize("said", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01", PREFACE[:20] + b"xx", bytes(100)])
def test_what_is_no_http2_gets_no_answer(said: bytes) -> None:
    server = Server(greeted=False)
    server.said()
    assert server.hear(said) == []
    assert server.connection.closed
    assert not server.connection.greeted
    assert server.hear(PREFACE) == []


@pytest.mark.parametrize("rest", [PREFACE[1:], b""])
def test_what_was_no_http2_does_not_become_it(rest: bytes) -> None:
    server = Server(greeted=False)
    server.said()
    for said in (b"P", b"P", rest + frame("SETTINGS") + headers(1, REQUEST)):
        assert server.hear(said) == []
    assert not server.calls
    assert not server.connection.greeted


def test_a_request_is_told_as_it_is() -> None:
    server = Server()
    server.hear(headers(1, [*REQUEST, ("x-note", "Hà".encode().decode("latin-1")), ("content-length", "0")], END))
    request = server.calls[1].request
    assert request is not None
    assert (request.method, request.path, request.authority, request.length) == ("POST", "/wait", "gateway", 0)
    assert request.fields[:3] == [*REQUEST[4:], ("x-note", "H\xc3\xa0")]


def test_a_header_list_that_is_too_large_is_a_call_without_a_request() -> None:
    server = Server(Limits(field_bytes=300))
    assert server.hear(headers(1, [*REQUEST, ("x-much", "x" * 300)], END)) == []
    assert server.calls[1].request is None
    assert server.verdict(headers(3, REQUEST, END)) is None


def test_who_leaves_takes_what_was_on_its_way_and_refuses_what_comes_later() -> None:
    server = Server()
    server.hear(headers(1, REQUEST))
    server.connection.drain()
    farewell = server.said()
    assert goaways(farewell) == [(2**31 - 1, 0)]
    assert isinstance(farewell[1], PingFrame)
    server.hear(headers(3, REQUEST), frame("PING", 0, farewell[1].opaque_data, ACK))
    assert server.calls.keys() == {1, 3}
    assert server.connection.answered_pings == 1
    server.connection.leave()
    server.connection.leave()
    assert goaways(server.said()) == [(3, 0)]
    assert server.verdict(headers(5, REQUEST)) == (5, ErrorCode.REFUSED_STREAM)
    assert server.connection.streams.keys() == {1, 3}


def test_the_last_stream_that_was_said_never_becomes_larger() -> None:
    server = Server()
    server.connection.leave()
    server.said()
    server.connection.drain()
    server.hear(headers(1, REQUEST))
    assert goaways(server.hear(frame("PING", 1, bytes(8)))) == [(0, ErrorCode.PROTOCOL_ERROR)]


def test_a_client_that_leaves_gets_its_answers() -> None:
    server = Server()
    server.hear(headers(1, REQUEST), frame("GOAWAY", 0, number(0) + number(0)), frame("DATA", 1, b"x", END_STREAM))
    assert server.calls[1].events == [("data", b"x", True)]


def test_trailers_end_a_request() -> None:
    server = Server()
    server.hear(headers(1, REQUEST), frame("DATA", 1, b"x"), headers(1, [("x-sum", "1")], END))
    assert server.calls[1].events == [("data", b"x", False), ("headers", "", [("x-sum", "1")], True)]


def test_a_reset_stream_that_the_client_has_ended_too_is_closed_for_good() -> None:
    server = Server()
    server.hear(headers(1, REQUEST))
    stream = server.calls[1].stream
    assert stream is not None
    stream.reset(ErrorCode.CANCEL)
    server.said()
    trailers = headers(1, [("x-sum", "1")], END)
    assert server.verdict(trailers) is None
    assert server.verdict(trailers) is ErrorCode.STREAM_CLOSED


def test_a_lost_connection_is_told_to_every_stream_once() -> None:
    server = Server()
    server.hear(headers(1, REQUEST), headers(3, REQUEST))
    server.connection.lost()
    server.connection.lost()
    assert server.connection.tell_of_loss()
    assert [call.events for call in server.calls.values()] == [[("lost",)], [("lost",)]]
    assert server.hear(headers(5, REQUEST)) == []


def test_the_loss_of_a_connection_is_told_in_turns() -> None:
    server = Server()
    server.hear(headers(1, REQUEST), headers(3, REQUEST))
    server.connection.limits = Limits(turn=0)
    server.connection.lost()
    assert not server.connection.tell_of_loss()
    assert [call.events for call in server.calls.values()] == [[("lost",)], []]
    assert server.connection.tell_of_loss()
    assert [call.events for call in server.calls.values()] == [[("lost",)], [("lost",)]]
