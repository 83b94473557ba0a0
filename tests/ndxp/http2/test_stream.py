"""Flow control (RFC 9113, 5.2 and 6.9), and what a stream says when."""

from hyperframe.frame import DataFrame, Frame, HeadersFrame, RstStreamFrame, SettingsFrame, WindowUpdateFrame

from ndxp.http2 import ErrorCode, Limits, Stream
from tests.support.http2 import (
    ACK,
    END_HEADERS,
    END_STREAM,
    PADDED,
    REQUEST,
    RESPONSE,
    TRAILERS,
    Client,
    Server,
    frame,
    headers,
    number,
    setting,
)


def taken(server: Server, stream: int = 1) -> Stream:
    """A call that has arrived, and its stream."""
    server.hear(headers(stream, REQUEST))
    found = server.calls[stream].stream
    assert found is not None
    return found


def sizes(frames: list[Frame]) -> list[tuple[int, bool]]:
    """The data frames: their sizes, and whether they are an end."""
    return [(len(found.data), "END_STREAM" in found.flags) for found in frames if isinstance(found, DataFrame)]


def test_data_goes_as_far_as_the_window_of_its_stream() -> None:
    server = Server()
    server.hear(frame("SETTINGS", 0, setting(4, 3)))
    stream = taken(server)
    assert not stream.send_data(b"12345", end=True)
    assert (sizes(server.said()), stream.queued) == ([(3, False)], 2)
    assert sizes(server.hear(frame("WINDOW_UPDATE", 1, number(1)))) == [(1, False)]
    assert sizes(server.hear(frame("WINDOW_UPDATE", 1, number(10)))) == [(1, True)]
    assert server.calls[1].sent == 5


def test_data_goes_as_far_as_the_window_of_the_connection() -> None:
    server = Server()
    server.hear(frame("SETTINGS", 0, setting(4, 100_000)))
    streams = [taken(server, 1), taken(server, 3)]
    for stream in streams:
        stream.send_data(bytes(60_000))
    assert sum(size for size, _ in sizes(server.said())) == 65_535
    assert sum(stream.queued for stream in streams) == 120_000 - 65_535
    server.hear(frame("WINDOW_UPDATE", 0, number(100_000)))
    assert sum(stream.queued for stream in streams) == 0
    assert not server.connection.blocked


def test_new_settings_change_the_windows_of_open_streams() -> None:
    server = Server()
    server.hear(frame("SETTINGS", 0, setting(4, 10)))
    stream = taken(server)
    stream.send_data(bytes(100))
    assert sizes(server.said()) == [(10, False)]
    assert sizes(server.hear(frame("SETTINGS", 0, setting(4, 12)))) == [(2, False)]
    assert sizes(server.hear(frame("SETTINGS", 0, setting(4, 2)))) == []
    assert stream.send_window == -10
    assert sizes(server.hear(frame("WINDOW_UPDATE", 1, number(10)))) == []
    assert sizes(server.hear(frame("WINDOW_UPDATE", 1, number(1)))) == [(1, False)]


def test_settings_are_acknowledged_before_they_are_used() -> None:
    server = Server()
    server.hear(frame("SETTINGS", 0, setting(4, 0)))
    taken(server).send_data(bytes(20_000))
    answers = server.hear(frame("SETTINGS", 0, setting(4, 65_535) + setting(5, 20_000)))
    assert isinstance(answers[0], SettingsFrame)
    assert sizes(answers) == [(20_000, False)]


def test_an_end_without_data_needs_no_window_and_no_transport() -> None:
    server = Server()
    server.hear(frame("SETTINGS", 0, setting(4, 10)))
    first, second = taken(server, 1), taken(server, 3)
    first.send_data(bytes(10))
    server.hear(frame("SETTINGS", 0, setting(4, 0)))
    assert first.send_window == -10
    assert first.send_data(b"", end=True)
    server.connection.hold()
    assert second.send_data(b"", end=True)
    assert sizes(server.said()) == [(0, True), (0, True)]


def test_an_end_waits_behind_its_data() -> None:
    server = Server()
    server.hear(frame("SETTINGS", 0, setting(4, 1)))
    stream = taken(server)
    stream.send_data(b"ab")
    assert not stream.send_data(b"", end=True)
    assert sizes(server.said()) == [(1, False)]
    assert sizes(server.hear(frame("WINDOW_UPDATE", 1, number(1)))) == [(1, True)]


def test_trailers_wait_behind_their_data() -> None:
    server = Server()
    server.hear(frame("SETTINGS", 0, setting(4, 1)))
    stream = taken(server)
    stream.send_data(b"ab")
    stream.send_trailers(TRAILERS, "")
    assert not any(isinstance(found, HeadersFrame) for found in server.said())
    data, end, _ = server.hear(frame("WINDOW_UPDATE", 1, number(1)))
    assert isinstance(data, DataFrame)
    assert isinstance(end, HeadersFrame)
    assert "END_STREAM" in end.flags


def test_a_window_comes_back_when_its_data_was_passed_on() -> None:
    server = Server(Limits(stream_window=70_000))
    stream = taken(server)
    server.calls[1].consume = False
    assert server.hear(frame("DATA", 1, bytes(10_000))) == []
    stream.consumed(9_999)
    server.hear(*[frame("DATA", 1, bytes(15_001))] * 2)
    stream.consumed(25_000)
    assert server.said() == []
    stream.consumed(1)
    (update,) = server.said()
    assert isinstance(update, WindowUpdateFrame)
    assert (update.stream_id, update.window_increment) == (1, 35_000)


def test_padding_counts_in_the_windows_and_comes_back_by_itself() -> None:
    server = Server(Limits(stream_window=65_535))
    taken(server)
    padded = frame("DATA", 1, b"\xff" + bytes(255), PADDED)
    updates = [found for _ in range(128) for found in server.hear(padded) if found.stream_id == 1]
    (update,) = updates
    assert isinstance(update, WindowUpdateFrame)
    assert update.window_increment == 32_768


def test_nothing_is_said_of_a_stream_that_has_ended() -> None:
    server = Server()
    stream = taken(server)
    server.hear(frame("RST_STREAM", 1, number(8)))
    assert not stream.open
    stream.send_headers(RESPONSE, "")
    assert stream.send_data(b"late", end=True)
    stream.send_trailers(TRAILERS, "")
    stream.reset(ErrorCode.CANCEL)
    stream.consumed(65_535)
    assert server.said() == []


def test_what_waits_is_forgotten_with_its_stream() -> None:
    server = Server()
    stream = taken(server)
    stream.send_data(bytes(100_000))
    assert stream.queued
    server.hear(frame("RST_STREAM", 1, number(8)))
    assert stream.queued == 0
    assert not server.connection.blocked


def test_a_smaller_window_holds_from_its_acknowledgement_on() -> None:
    server = Server(Limits(stream_window=10), greeted=False)
    server.hear(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frame("SETTINGS"), headers(1, REQUEST), headers(5, REQUEST))
    server.calls[1].consume = server.calls[5].consume = False
    assert (
        server.verdict(frame("DATA", 1, bytes(100)), frame("DATA", 5, bytes(100))) is None
    )  # said before the client knew
    assert server.verdict(frame("SETTINGS", flags=ACK)) is None
    assert server.verdict(frame("DATA", 1, b"", END_STREAM)) is None  # an end needs no window
    assert server.verdict(frame("DATA", 5, b"!")) == (5, ErrorCode.FLOW_CONTROL_ERROR)
    taken(server, 7)
    server.calls[7].consume = False
    assert server.verdict(frame("DATA", 7, bytes(10))) is None
    assert server.verdict(frame("DATA", 7, b"!")) == (7, ErrorCode.FLOW_CONTROL_ERROR)


def test_a_request_behind_the_end_of_its_answer_is_reset_without_an_error() -> None:
    server = Server()
    stream = taken(server)
    stream.send_headers(RESPONSE, "")
    stream.send_trailers(TRAILERS, "")
    reset = server.said()[-1]
    assert isinstance(reset, RstStreamFrame)
    assert reset.error_code == ErrorCode.NO_ERROR
    assert not server.connection.streams

    client = Client()
    call = client.open()
    client.said()
    (reset,) = client.hear(headers(1, list(RESPONSE), END_HEADERS | END_STREAM))
    assert isinstance(reset, RstStreamFrame)
    assert reset.error_code == ErrorCode.NO_ERROR
    assert call.events == [("headers", "200", [RESPONSE[1]], True)]
    assert not client.connection.streams
