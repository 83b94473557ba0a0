"""A lab on the exchange of the session, as the command has it."""

from collections.abc import Callable, Iterator

import pytest

from ndxp.labs.course import Course
from ndxp.testing import RunningExchange

Begin = Callable[[str], Course]


@pytest.fixture
def begin(exchange: RunningExchange) -> Iterator[Begin]:
    """Starts a lab; it is finished after the test."""
    started: list[Course] = []

    def start(name: str) -> Course:
        started.append(Course.start(exchange.folder, name, "en"))
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
