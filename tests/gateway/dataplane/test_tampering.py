"""What a fault does to the data of an answer, in whatever parts the data comes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.effects import parse
from gateway.dataplane.tampering import Tampering


def framed(*messages: bytes) -> bytes:
    return b"".join(b"\0" + len(message).to_bytes(4, "big") + message for message in messages)


def fed(do: str, data: bytes, cuts: list[int]) -> bytes:
    """What passes when the data comes in parts, cut at these places."""
    tampering, places = Tampering(parse(do)), sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    parts = [data[begin:end] for begin, end in pairwise(places)]
    passed = []
    for number, part in enumerate(parts, 1):
        passed.append(tampering.feed(part))
        assert sum(map(len, parts[:number])) == sum(map(len, passed)) + tampering.held
    return b"".join(passed)


@given(cuts=st.lists(st.integers(min_value=0, max_value=200), max_size=12))
def test_dates_come_in_another_format_however_the_answer_is_cut_up(cuts: list[int]) -> None:
    data = framed(b"born 1990-01-31, moved 2023-06-15", b"", b"2000-12-01")
    assert fed("dates", data, cuts) == framed(b"born 31/01/1990, moved 15/06/2023", b"", b"01/12/2000")


@pytest.mark.parametrize("text", [b"2023-06-15T10:00:00", b"12345-678-90", b"31/01/1990", b"1990-1-1", b"1990-01-3"])
def test_what_is_no_date_stays_as_it_is(text: bytes) -> None:
    assert fed("dates", framed(text), []) == framed(text)
