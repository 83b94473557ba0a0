from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ndxp.clock import (
    FIRST_MOMENT,
    LAST_MOMENT,
    VIETNAM,
    Clock,
    ClockRefused,
    Reading,
    begin,
    micros_of,
    move,
    rate_of,
    real_now,
)


def test_without_a_file_the_time_is_the_real_one() -> None:
    before, shown, after = real_now(), Clock().now(), real_now()
    assert before <= shown <= after
    assert Clock().real


def test_a_clock_by_hand_stands_still_until_it_is_moved(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    begin(file, 0.0)
    clock = Clock(file)
    assert clock.moment() == clock.moment() == FIRST_MOMENT
    move(file, FIRST_MOMENT + timedelta(days=2))
    assert (clock.moment(), clock.today()) == (FIRST_MOMENT + timedelta(days=2), FIRST_MOMENT.date() + timedelta(2))


def test_a_fast_clock_runs_as_many_times_as_fast() -> None:
    reading = Reading(60.0, micros_of(FIRST_MOMENT), 1_000_000)
    assert reading.at(1_000_000 + 1_000_000) - reading.at(1_000_000) == 60_000_000
    assert reading.at(0) == reading.nation, "real time that goes back does not take the nation's time back"


def test_a_clock_goes_on_from_where_it_was_when_it_begins_again(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    begin(file, 0.0)
    move(file, FIRST_MOMENT + timedelta(hours=5))
    begin(file, 0.0)
    assert Clock(file).moment() == FIRST_MOMENT + timedelta(hours=5)


def test_no_clock_goes_back(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    begin(file, 0.0)
    with pytest.raises(ClockRefused, match="cannot go back"):
        move(file, FIRST_MOMENT - timedelta(seconds=1))
    assert Clock(file).moment() == FIRST_MOMENT


def test_no_clock_goes_on_after_its_end(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    begin(file, 0.0)
    with pytest.raises(ClockRefused, match="ends at 2100-01-01"):
        move(file, LAST_MOMENT + timedelta(seconds=1))
    assert Clock(file).moment() == FIRST_MOMENT
    move(file, LAST_MOMENT)
    assert Clock(file).moment() == LAST_MOMENT
    assert Reading(60.0, micros_of(LAST_MOMENT), 0).at(1_000_000) == micros_of(LAST_MOMENT)


def test_a_file_of_something_else_is_no_clock(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_text("noon", encoding="ascii")
    with pytest.raises(ClockRefused, match="no file of a clock"):
        Clock(file)
    begin(file, 0.0)
    assert Clock(file).moment() == FIRST_MOMENT


@pytest.mark.parametrize(
    ("pace", "rate"), [("real", None), ("manual", 0.0), ("x1", 1.0), ("x0.5", 0.5), ("x7200", 7200)]
)
def test_a_pace_says_how_fast_a_clock_runs(pace: str, rate: float | None) -> None:
    assert rate_of(pace) == rate


@pytest.mark.parametrize("pace", ["", "fast", "x", "x0", "x-1", "60", "x100001", "x1e3", "REAL"])
def test_another_pace_is_refused(pace: str) -> None:
    with pytest.raises(ClockRefused, match="`real`, `manual`"):
        rate_of(pace)


def test_moments_are_those_of_vietnam() -> None:
    assert micros_of(datetime(1970, 1, 1, 7, tzinfo=VIETNAM)) == 0
