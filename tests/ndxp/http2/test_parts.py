"""Data that waits in small parts."""

from collections import deque

from hyperframe.frame import DataFrame
from hypothesis import given
from hypothesis import strategies as st

from ndxp.http2.parts import add_part
from tests.support.http2 import REQUEST, Server, frame, headers, number


@given(st.lists(st.binary(max_size=40) | st.integers(0, 20_000).map(bytes)))
def test_nothing_is_lost_and_small_parts_are_one(given_parts: list[bytes]) -> None:
    parts: deque[bytes] = deque()
    for part in given_parts:
        add_part(parts, part)
    assert b"".join(parts) == b"".join(given_parts)
    assert not any(len(one) < 1024 and len(two) < 1024 for one, two in zip(parts, list(parts)[1:], strict=False))


def test_data_of_a_byte_that_had_to_wait_leaves_in_one_frame() -> None:
    server = Server()
    server.hear(frame("SETTINGS", 0, bytes((0, 4, 0, 0, 0, 0))), headers(1, REQUEST))
    stream = server.calls[1].stream
    assert stream is not None
    for _ in range(1000):
        stream.send_data(b"x")
    [sent] = [found for found in server.hear(frame("WINDOW_UPDATE", 1, number(2000))) if isinstance(found, DataFrame)]
    assert sent.data == b"x" * 1000
