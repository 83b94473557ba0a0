"""How the stories of life events go on with the clock, and how they reckon."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndxp.cli.stories.life_event import working_days
from ndxp.clock import VIETNAM, micros_of
from ndxp.life_events.v1 import life_events_pb2 as pb
from ndxp.sandbox.applications import next_look
from ndxp.working_time import HOURS, is_working_day
from ndxp.world import World
from tests.ndxp.cli.conftest import Ndxp

HALF_AN_HOUR = timedelta(minutes=30)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2023-07-03 08:00", "2023-07-03 08:30"),
        ("2023-07-03 16:30", "2023-07-03 17:00"),
        ("2023-07-03 17:00", "2023-07-04 07:30"),
        ("2023-07-07 17:00", "2023-07-10 07:30"),
        ("2023-07-08 10:00", "2023-07-10 07:30"),
        ("2023-07-04 02:00", "2023-07-04 07:30"),
        ("2023-09-01 16:45", "2023-09-05 07:30"),
    ],
)
def test_the_clock_goes_on_a_little_in_working_time_and_past_nights_and_holidays_at_once(now: str, then: str) -> None:
    assert next_look(at(now), HALF_AN_HOUR) == at(then)


@given(st.datetimes(datetime(2023, 1, 1), datetime(2024, 12, 31)), st.integers(1, 120))
def test_the_clock_goes_on_to_working_time_and_never_back(now: datetime, minutes: int) -> None:
    now = now.replace(tzinfo=VIETNAM)
    then = next_look(now, timedelta(minutes=minutes))
    assert then >= now + timedelta(minutes=minutes)
    assert is_working_day(then.date())
    assert then.date() == now.date() or then.time() >= HOURS[0][0]


@pytest.mark.parametrize(
    ("filed", "ended", "days"),
    [
        ("2023-07-03 08:00", "2023-07-03 16:00", 0),
        ("2023-07-03 08:00", "2023-07-05 09:00", 2),
        ("2023-07-03 15:30", "2023-07-05 09:00", 1),
        ("2023-07-06 08:00", "2023-07-10 09:00", 2),
    ],
)
def test_working_days_count_from_the_day_of_receipt(filed: str, ended: str, days: int) -> None:
    dossier = pb.Dossier()
    dossier.submitted_at.FromMicroseconds(micros_of(at(filed)))
    dossier.ended_at.FromMicroseconds(micros_of(at(ended)))
    assert working_days(dossier) == days


@pytest.mark.parametrize("story", ["birth", "death"])
@pytest.mark.parametrize("number", ["", "999", "074079255028; x", "9" * 5000])
def test_a_story_about_nobody_does_not_begin(ndxp_alone: Ndxp, tmp_path: Path, story: str, number: str) -> None:
    ran = ndxp_alone("demo", story, "--citizen", number, "--folder", tmp_path / "run")
    assert ran.code == 2
    assert "no citizen has the number" in ran.err
    assert not (tmp_path / "run").exists()


def test_a_deceased_mother_files_nothing(ndxp_alone: Ndxp, tmp_path: Path) -> None:
    deceased = next(citizen for citizen in World().sample(1000) if citizen.deceased)
    ran = ndxp_alone("demo", "birth", "--citizen", deceased.number, "--folder", tmp_path / "run")
    assert ran.code == 2
    assert "is deceased and cannot file" in ran.err
    assert not (tmp_path / "run").exists()
