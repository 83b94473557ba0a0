"""A lab on the exchange of the session, as the command has it; labs that move its clock or kill it have another one."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from ndxp.labs import Workplace
from ndxp.labs.course import Course
from ndxp.labs.shelf import Found, find
from ndxp.testing import RunningExchange, start

Begin = Callable[[str], Course]
Where = Callable[[Found], RunningExchange]


@pytest.fixture(autouse=True)
def private() -> Iterator[None]:
    """Files that a test writes in a pupil's place are for their owner only, as all in a run folder are."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.fixture(scope="session")
def where(exchange: RunningExchange) -> Iterator[Where]:
    """The exchange for a lab; one of its own, with a clock moved by hand, is started when the first lab wants it."""
    with ExitStack() as running:
        own = list[RunningExchange]()

        def found(lab: Found) -> RunningExchange:
            if not (lab.lab.simulated_clock or lab.lab.alone):
                return exchange
            if not own:
                own.append(running.enter_context(start(clock="manual")))
            return own[0]

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


def regrant(place: Workplace, role: str, *service: Any, **terms: Any) -> None:
    """Takes the role's own grants for GetCitizen back, and gives it another one with these terms."""
    for grant in place.admin.get("/grants"):
        if grant["consumer"] == place.subsystems[role] and "GetCitizen" in grant["methods"]:
            place.admin.send("DELETE", f"/grants/{grant['id']}")
    place.grant(role, *service, **terms)
    place.settle()


def why(course: Course, task: str) -> str:
    """What a check says of a task now."""
    [result] = [result for result in course.check() if result.task == task]
    return result.verdict.why["en"]
