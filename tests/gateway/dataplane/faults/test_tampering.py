"""The data of an answer is changed message by message, however it is cut into parts."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.effects import parse
from gateway.dataplane.faults.tampering import Tampering
from tests.support.peers import message

MESSAGES = [b"first", b"", b"the third one", b"4"]
WHOLE = b"".join(map(message, MESSAGES))
CHANGED = {
    "slow=1": WHOLE,
    "corrupt": message(b"\xffirst") + message(b"") + message(b"\xffhe third one") + message(b"\xff"),
    "truncate": message(b"firs") + message(b"") + message(b"the third on") + message(b""),
    "stall=0": b"",
    "stall=1": message(b"first"),
    "stall=2": message(b"first") + message(b""),
    "stall=9": WHOLE,
    "cut": message(b"first")[:7],
}


@pytest.mark.parametrize("effect", CHANGED)
@given(cuts=st.lists(st.integers(0, len(WHOLE)), max_size=8))
def test_an_answer_is_changed_in_the_same_way_however_it_comes(effect: str, cuts: list[int]) -> None:
    tampering = Tampering(parse(effect))
    edges = sorted({0, *cuts, len(WHOLE)})
    passed = b"".join(tampering.feed(WHOLE[a:b]) for a, b in pairwise(edges))
    assert passed == CHANGED[effect]
    assert tampering.over == (effect in ("stall=0", "stall=1", "stall=2", "cut"))
    assert tampering.cut == (effect == "cut")


DATES = message(b"born 1990-01-31, moved 2023-06-15") + message(b"") + message(b"2000-12-01")


@given(cuts=st.lists(st.integers(0, len(DATES)), max_size=8))
def test_dates_come_in_another_format_and_what_waits_is_counted(cuts: list[int]) -> None:
    tampering, passed = Tampering(parse("dates")), b""
    for begin, end in pairwise(sorted({0, *cuts, len(DATES)})):
        passed += tampering.feed(DATES[begin:end])
        assert len(passed) + tampering.held == end
    assert passed == message(b"born 31/01/1990, moved 15/06/2023") + message(b"") + message(b"01/12/2000")


@pytest.mark.parametrize("text", [b"2023-06-15T10:00:00", b"12345-678-90", b"31/01/1990", b"1990-1-1", b"1990-01-3"])
def test_what_is_no_date_stays_as_it_is(text: bytes) -> None:
    assert Tampering(parse("dates")).feed(message(text)) == message(text)
