"""What is the client's role only: its greeting, its streams, and servers that leave."""

from hyperframe.frame import SettingsFrame, WindowUpdateFrame

from ndxp.http2 import ErrorCode, Limits
from ndxp.http2.limits import LARGEST_STREAM_ID
from tests.support.http2 import (
    END_HEADERS,
    END_STREAM,
    PREFACE,
    RESPONSE,
    TYPES,
    Client,
    frame,
    headers,
    number,
    parse,
    setting,
)

END = END_HEADERS | END_STREAM


def goaway(last: int, code: ErrorCode = ErrorCode.NO_ERROR) -> bytes:
    return frame("GOAWAY", 0, number(last) + number(code))


def test_the_greeting_refuses_push_and_tells_the_limits() -> None:
    client = Client(Limits(stream_window=70_000, connection_window=80_000, field_bytes=9000), greeted=False)
    said = client.connection.take()
    assert said.startswith(PREFACE)
    settings, update = parse(said)
    assert isinstance(settings, SettingsFrame)
    assert settings.settings == {2: 0, 4: 70_000, 6: 9000}
    assert isinstance(update, WindowUpdateFrame)
    assert update.window_increment == 80_000 - 65_535


def test_there_is_room_for_as_many_streams_as_the_server_takes() -> None:
    client = Client()
    client.hear(frame("SETTINGS", 0, setting(3, 2)))
    for left in (2, 1):
        assert client.connection.room == left
        client.open(end=True)
    assert client.connection.room == 0
    client.hear(frame("SETTINGS", 0, setting(3, 1)))
    assert client.connection.room == 0
    client.hear(headers(1, list(RESPONSE), END), headers(3, list(RESPONSE), END))
    assert client.connection.room == 1


def test_a_server_that_leaves_refuses_the_streams_behind_its_last() -> None:
    client = Client()
    calls = [client.open(end=True) for _ in range(3)]
    client.hear(goaway(LARGEST_STREAM_ID))
    assert client.connection.leaving
    assert client.connection.room == 0
    assert [call.events for call in calls] == [[], [], []]
    client.hear(goaway(3))
    assert [call.events for call in calls] == [[], [], [("reset", ErrorCode.REFUSED_STREAM)]]
    client.hear(headers(1, list(RESPONSE), END), headers(3, list(RESPONSE), END))
    assert [call.events[-1][-1] for call in calls[:2]] == [True, True]
    assert not client.connection.streams


def test_a_reset_is_told_with_its_code() -> None:
    client = Client()
    call = client.open()
    client.hear(frame("RST_STREAM", 1, number(0x1234)))
    assert call.events == [("reset", 0x1234)]


def test_the_last_number_of_a_stream_ends_the_connection_for_new_ones() -> None:
    client = Client()
    client.connection._next = LARGEST_STREAM_ID
    assert client.connection.room
    call = client.open(end=True)
    assert client.connection.leaving
    assert client.connection.room == 0
    client.hear(headers(LARGEST_STREAM_ID, list(RESPONSE), END))
    assert call.events[-1][-1] is True


def test_a_broken_connection_has_no_room() -> None:
    client = Client()
    client.verdict(frame("PING", 1, bytes(8)))
    assert client.connection.room == 0


def test_a_header_block_larger_than_a_frame_is_continued() -> None:
    client = Client()
    client.open(end=True)
    client.said()
    client.connection.streams[1].reset(ErrorCode.CANCEL)
    client.said()
    call_data = client.connection
    call_data.open(client.open(), ((":method", "POST"),), "\x00\x01a\x7f\x81\xff\x01" + "b" * 32_896, end=True)
    data = call_data.take()
    kinds = []
    while data:
        length = int.from_bytes(data[:3])
        kinds.append((TYPES[data[3]], length, data[4]))
        data = data[9 + length :]
    assert [kind for kind, _, _ in kinds[1:]] == ["HEADERS", "CONTINUATION", "CONTINUATION"]
    assert [length for _, length, _ in kinds[1:3]] == [16_384, 16_384]
    assert [flags for _, _, flags in kinds[1:]] == [END_STREAM, 0, END_HEADERS]
