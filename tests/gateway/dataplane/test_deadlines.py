"""Deadlines of many calls on one timer."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from gateway.dataplane.deadlines import Deadlines
from tests.support.fakes import Clock


class Loop:
    """A loop whose time passes when it is told to."""

    def __init__(self) -> None:
        self.time = Clock()
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def call_at(self, when: float, step: Callable[[], None]) -> Any:
        timer = when, step
        self.timers.append(timer)
        loop = self

        class Handle:
            def cancel(self) -> None:
                loop.timers.remove(timer)

        return Handle()

    def pass_(self, seconds: float) -> None:
        end = self.time.now + seconds
        while due := sorted((timer for timer in self.timers if timer[0] <= end), key=lambda timer: timer[0]):
            self.timers.remove(due[0])
            self.time.now = max(self.time.now, due[0][0])
            due[0][1]()
        self.time.now = end


class Call:
    def __init__(self, loop: Loop) -> None:
        self.tick = 0
        self.ended: float | None = None
        self._loop = loop

    def overdue(self) -> None:
        self.ended = self._loop.time.now


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def deadlines(loop: Loop) -> Deadlines:
    given: Any = loop
    return Deadlines(given)


def test_each_call_is_overdue_within_a_tick_of_its_deadline_and_not_before(loop: Loop, deadlines: Deadlines) -> None:
    at = {seconds: Call(loop) for seconds in (5.0, 0.1, 0.104, 30.0, 0.0)}
    for seconds, call in at.items():
        deadlines.add(call, loop.time.now + seconds)
    loop.pass_(60)
    for seconds, call in at.items():
        assert call.ended is not None
        assert 1000 + seconds <= call.ended <= 1000 + seconds + 0.02
    assert not loop.timers


def test_who_ends_before_is_never_overdue_and_the_last_deadline_counts(loop: Loop, deadlines: Deadlines) -> None:
    gone, moved = Call(loop), Call(loop)
    for call in (gone, moved):
        deadlines.add(call, loop.time.now + 1)
    deadlines.discard(gone)
    deadlines.add(moved, loop.time.now + 3)
    loop.pass_(2)
    assert (gone.ended, moved.ended) == (None, None)
    loop.pass_(2)
    assert moved.ended is not None


def test_a_thousand_calls_that_end_in_time_need_few_timers(loop: Loop, deadlines: Deadlines) -> None:
    for _ in range(1000):
        call = Call(loop)
        deadlines.add(call, loop.time.now + 10)
        loop.pass_(0.01)
        deadlines.discard(call)
        assert len(loop.timers) == 1


async def test_one_overdue_call_may_end_others() -> None:
    deadlines, ended = Deadlines(asyncio.get_running_loop()), asyncio.Event()

    class Ending:
        tick = 0

        def overdue(self) -> None:
            deadlines.discard(other)
            ended.set()

    class Other:
        tick = 0

        def overdue(self) -> None:
            raise AssertionError

    other = Other()
    deadlines.add(Ending(), deadlines.now())
    deadlines.add(other, deadlines.now() + 0.05)
    await ended.wait()
    assert not deadlines._ticks
