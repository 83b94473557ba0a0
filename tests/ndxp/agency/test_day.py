"""Which day it is in the nation."""

from datetime import timedelta
from pathlib import Path

from ndxp import clock
from ndxp.agency.day import day_of_nation
from ndxp.world import REFERENCE_DATE


def test_the_nation_has_the_day_of_its_clock_and_stands_on_its_reference_date_without_one(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    clock.begin(file, 0)
    clock.move(file, clock.FIRST_MOMENT + timedelta(days=28))
    assert str(day_of_nation(clock.Clock(file))) == "2023-07-31"
    assert day_of_nation(clock.Clock()) == REFERENCE_DATE
