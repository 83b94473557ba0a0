"""How many calls at once a provider gets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.shedding import BURST, FEWEST, INTERVAL, Room

MOST, TARGET, SERVICE = 5000, 0.05, 0.004
"""The limit and the delay borne; and how long the provider of these tests takes for a call, which it serves in turn."""


def offer(room: Room, seconds: float, rate: float, start: float = 0.0) -> tuple[list[float], int]:
    """Calls at an even rate to a provider that serves one after the other: seconds of the served; number of the others.

    Calls before ``start`` are those of an earlier offer, and are over.
    """
    free, shed, number = start, 0, 0
    under_way: list[tuple[float, float]] = []
    took: list[float] = []
    while (now := start + number / rate) < start + seconds:
        number += 1
        while under_way and under_way[0][0] <= now:
            end, began = under_way.pop(0)
            room.leave(end - began, end)
            took.append(end - began)
        if room.full:
            shed += 1
            continue
        room.calls += 1
        free = max(free, now) + SERVICE
        under_way.append((free, now))
    for end, began in under_way:
        room.leave(end - began, end)
        took.append(end - began)
    return took, shed


def p99(took: list[float]) -> float:
    return sorted(took)[int(len(took) * 0.99)]


def test_what_can_be_served_is_let_in() -> None:
    room = Room(MOST, TARGET)
    took, shed = offer(room, 20, 0.95 / SERVICE)
    assert shed == 0
    assert p99(took) < 2 * SERVICE


def test_offered_twice_what_can_be_served_nearly_all_capacity_is_used_and_nobody_waits_for_long() -> None:
    room = Room(MOST, TARGET)
    offer(room, 2, 0.5 / SERVICE)
    offer(room, 5, 2 / SERVICE, start=2)
    took, shed = offer(room, 20, 2 / SERVICE, start=30)
    assert len(took) > 0.95 * 20 / SERVICE
    assert shed > 0.4 * (2 * 20 / SERVICE)
    assert p99(took) < max(FEWEST * SERVICE, TARGET) * 1.5


def test_without_a_limit_the_same_offer_would_make_all_wait() -> None:
    took, _ = offer(Room(10**9, float("inf")), 20, 2 / SERVICE)
    assert p99(took) > 9


@pytest.mark.parametrize(("at_once", "shed"), [(0.9 * BURST, False), (2 * BURST, True)])
def test_a_burst_that_is_over_in_a_second_sheds_nothing(at_once: float, shed: bool) -> None:
    room, calls = Room(MOST, TARGET), int(at_once / SERVICE)
    offer(room, 2, 0.5 / SERVICE)
    room.calls += calls
    for number in range(1, calls + 1):
        room.leave(number * SERVICE, 3 + number * SERVICE)
    assert (room.limit < MOST) is shed


def test_the_limit_comes_back_when_the_overload_is_over() -> None:
    room = Room(500, TARGET)
    offer(room, 2, 0.5 / SERVICE)
    offer(room, 5, 2 / SERVICE, start=2)
    assert room.limit < 100
    _, shed = offer(room, 20, 0.5 / SERVICE, start=30)
    assert shed == 0
    assert room.limit == 500


def test_one_slow_call_among_quick_ones_is_no_queue() -> None:
    room = Room(MOST, TARGET)
    for number in range(1000):
        room.calls += 1
        room.leave(1.0 if number % 10 else SERVICE, number * INTERVAL / 20)
    assert room.limit == MOST


def test_a_method_that_always_takes_long_is_no_queue() -> None:
    room = Room(MOST, TARGET)
    for number in range(1000):
        room.calls += 1
        room.leave(2.0, number * INTERVAL)
    assert room.limit == MOST


def test_a_provider_that_has_become_slower_for_good_is_believed_after_some_minutes() -> None:
    room = Room(MOST, TARGET)
    for number in range(6000):
        room.calls += 1
        room.leave(SERVICE if number < 100 else SERVICE + 2 * TARGET, number * INTERVAL)
    assert room.limit == MOST


@pytest.mark.parametrize("most", [1, 10, FEWEST, 100])
def test_some_are_always_let_in(most: int) -> None:
    room = Room(most, TARGET)
    room.calls += 1
    room.leave(SERVICE, 0)
    for number in range(1, 500):
        room.calls += 1
        room.leave(10, number * INTERVAL)
    assert room.limit == min(most, FEWEST)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 5), st.floats(0, 0.2)), max_size=200))
def test_calls_are_counted_and_the_limit_stays_within_its_bounds(events: list[tuple[bool, float, float]]) -> None:
    room, now, under_way = Room(1000, TARGET), 0.0, 0
    for enters, took, pause in events:
        now += pause
        if enters and not room.full:
            room.calls += 1
            under_way += 1
        elif under_way:
            room.leave(took or None, now)
            under_way -= 1
        assert room.calls == under_way
        assert FEWEST <= room.limit <= 1000
