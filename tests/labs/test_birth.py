"""Lab 11: a dossier of another mother, and a fault that stops the call before the work is done, are not enough."""

from typing import Any
from uuid import uuid4

import pytest

from ndxp.labs import Workplace
from ndxp.labs.course import Course
from ndxp.labs.text import LabRefused
from ndxp.life_events.v1.life_events_pb2_grpc import LifeEventServiceStub
from ndxp.samples.life_events import birth_of
from ndxp.samples.sample import can_be_mother
from ndxp.testing import RunningExchange
from tests.labs.conftest import Begin, missing


def file_for_another(place: Workplace) -> str:
    """Files a right application for another mother; gives the dossier's code."""
    mother = next(citizen for citizen in place.people(200) if can_be_mother(citizen))
    with place.connect() as connection:
        answer = LifeEventServiceStub(connection.channel).SubmitBirth(birth_of(mother, request_id=str(uuid4())))
    return str(answer.dossier.code)


def test_the_dossier_of_another_mother_is_not_the_one_that_was_to_be_filed(begin: Begin) -> None:
    course = begin("11")
    course.answer("file", file_for_another(course.workplace()))
    assert missing(course) == ["file", "supplement", "lost", "done", "trace"]


def test_a_call_that_never_reached_the_register_has_lost_no_answer(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_fault = Workplace.fault

    def stop_the_call(place: Workplace, effects: str, **conditions: Any) -> str:
        assert effects == "lose"
        return set_fault(place, "code=UNAVAILABLE", **conditions)

    monkeypatch.setattr(Workplace, "fault", stop_the_call)
    course = begin("11")
    course.solve()
    assert missing(course) == ["lost"]


def test_it_does_not_start_where_no_working_days_pass(exchange: RunningExchange) -> None:
    with pytest.raises(LabRefused, match="clock manual"):
        Course.start(exchange.folder, "11", "en")
