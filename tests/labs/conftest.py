"""A lab on the exchange of the session, as the command has it; those in which working days pass have another one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from ndxp.labs.course import Course
from ndxp.labs.shelf import Found, find
from ndxp.testing import RunningExchange, start

Begin = Callable[[str], Course]
Where = Callable[[Found], RunningExchange]


@pytest.fixture(scope="session")
def where(exchange: RunningExchange) -> Iterator[Where]:
    """The exchange for a lab; the one with a clock that is moved by hand is started when the first lab wants it."""
    with ExitStack() as running:
        by_hand = list[RunningExchange]()

        def found(lab: Found) -> RunningExchange:
            if not lab.lab.simulated_clock:
                return exchange
            if not by_hand:
                by_hand.append(running.enter_context(start(clock="manual")))
            return by_hand[0]

        yield found


@pytest.fixture
def begin(where: Where) -> Iterator[Begin]:
    """Starts a lab; it is finished after the test."""
    started: list[Course] = []

    def start(name: str) -> Course:
        started.append(Course.start(where(find(name)).folder, name, "en"))
        return started[-1]

    yield start
    for course in started:
        course.finish()
        course.close()


def missing(course: Course) -> list[str]:
    """The tasks that are not done, as a check says now."""
    return [result.task for result in course.check() if not result.verdict.done]


def why(course: Course, task: str) -> str:
    """What a check says of a task now."""
    [result] = [result for result in course.check() if result.task == task]
    return result.verdict.why["en"]
