"""Turns of streams that wait, and a transport that takes nothing."""

from hyperframe.frame import DataFrame, PingFrame

from ndxp.http2 import Stream
from tests.support.http2 import REQUEST, Heard, Server, frame, headers, number, setting

WIDE = frame("SETTINGS", 0, setting(4, 2**30)) + frame("WINDOW_UPDATE", 0, number(2**30))


def waiting(server: Server, count: int, size: int) -> list[Stream]:
    """New calls, each with so much data to send."""
    first = 1 + 2 * len(server.calls)
    server.hear(*(headers(first + 2 * place, REQUEST) for place in range(count)))
    streams = [call.stream for number, call in server.calls.items() if number >= first and call.stream is not None]
    for stream in streams:
        stream.send_data(bytes(size))
    return streams


def order(server: Server) -> list[int]:
    """Whose data goes in this turn."""
    return [found.stream_id for found in server.said() if isinstance(found, DataFrame)]


def test_streams_take_turns() -> None:
    server = Server()
    server.hear(WIDE)
    server.connection.hold()
    waiting(server, 40, 50_000)
    server.connection.release()
    turns = order(server) + order(server)
    assert turns[:32] == [1 + 2 * place for place in range(32)]  # 256 KiB at once
    while turn := order(server):
        turns += turn
    assert [turns.count(1 + 2 * place) for place in range(40)] == [4] * 40
    assert turns[32:80] == [*range(65, 81, 2), *range(1, 81, 2)]


def test_streams_share_a_window_that_opens_little_by_little() -> None:
    server = Server()
    server.hear(frame("SETTINGS", 0, setting(4, 2**30)))
    waiting(server, 1, 65_535)
    assert not server.connection.blocked
    order(server)
    waiting(server, 3, 100_000)
    turns = []
    for _ in range(6):
        server.connection.receive(frame("WINDOW_UPDATE", 0, number(1000)))
        turns += order(server)
    assert turns == [3, 5, 7, 3, 5, 7]


def test_a_closed_window_of_one_stream_stops_no_other() -> None:
    server = Server()
    server.hear(frame("SETTINGS", 0, setting(4, 10)))
    first, second = waiting(server, 2, 100)
    order(server)
    server.connection.receive(frame("WINDOW_UPDATE", 3, number(90)))
    assert order(server) == [3]
    assert (first.queued, second.queued) == (90, 0)


def test_a_held_transport_gets_control_frames_and_no_data() -> None:
    server = Server()
    server.connection.hold()
    (stream,) = waiting(server, 1, 100)
    assert [type(found) for found in server.hear(frame("PING", 0, bytes(8)))] == [PingFrame]
    server.connection.release()
    assert order(server) == [1]
    assert stream.queued == 0


def test_who_sends_more_when_told_of_its_data_gets_it_sent() -> None:
    server = Server()
    server.hear(WIDE, frame("SETTINGS", 0, setting(4, 0)), headers(1, REQUEST))
    stream, left = server.calls[1].stream, 5000
    assert stream is not None

    class Relay(Heard):
        def on_sent(self, size: int) -> None:
            nonlocal left
            if left:
                left -= 1
                waits.send_data(part)

    waits, part = stream, bytes(1024)  # a smaller one would go with the one before it
    stream.user = Relay()
    stream.send_data(part)
    stream.send_data(part)
    server.hear(frame("SETTINGS", 0, setting(4, 2**30)))
    while server.said():
        pass
    assert (left, stream.queued) == (0, 0)


def test_the_transport_is_woken_once_for_what_it_takes_at_once() -> None:
    server = Server()
    before = server.wakes
    server.connection.receive(frame("PING", 0, bytes(8)) * 3)
    assert server.wakes == before + 1
    server.said()
    server.connection.receive(frame("PING", 0, bytes(8)))
    assert server.wakes == before + 2
