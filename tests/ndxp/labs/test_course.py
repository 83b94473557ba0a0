"""An attempt at a lab: in two terminals at once, and with many calls."""

from pathlib import Path

import pytest

from ndxp.exchange.v1.exchange_pb2 import ListMyGrantsRequest
from ndxp.exchange.v1.exchange_pb2_grpc import ExchangeServiceStub
from ndxp.labs.course import Course
from ndxp.labs.text import LabRefused
from ndxp.sandbox.state import State
from ndxp.testing import RunningExchange


def test_what_one_terminal_answers_another_one_that_watches_neither_misses_nor_loses(exchange: RunningExchange) -> None:
    with Course.start(exchange.folder, "1", "en") as watching, Course.go_on(exchange.folder) as working:
        watching.check()
        working.answer("transaction", "x")
        assert [result.verdict.why["en"] for result in watching.check()][1].startswith("no verification of yours")
        working.solve()
        assert all(result.verdict.done for result in watching.check())
        watching.hint()
        assert Course.go_on(exchange.folder).attempt.answers == working.attempt.answers
        assert working.attempt.answers["size"]
        watching.finish()


def test_a_lab_that_begins_anew_elsewhere_is_checked_anew(exchange: RunningExchange) -> None:
    with Course.start(exchange.folder, "1", "en") as watching:
        watching.solve()
        with Course.go_on(exchange.folder) as other:
            other.reset()
        assert not any(result.verdict.done for result in watching.check())
        watching.finish()


def test_an_exchange_in_containers_has_no_labs_and_the_refusal_says_which_one_has(
    exchange: RunningExchange, tmp_path: Path
) -> None:
    State(str(tmp_path), exchange.gateway, exchange.control_url, [], attached=True).write()
    with pytest.raises(LabRefused, match="that `ndxp up` has started on this machine"):
        Course.start(tmp_path, "1", "en")


def test_of_many_calls_the_last_ones_are_shown_and_the_others_counted(exchange: RunningExchange) -> None:
    with Course.start(exchange.folder, "1", "en") as course:
        with course.workplace().connect() as connection:
            for _ in range(53):
                ExchangeServiceStub(connection.channel).ListMyGrants(ListMyGrantsRequest())
        [lines] = course.seen().values()
        assert lines[1] == "3 calls before"
        assert len(lines) == 52
        course.finish()
