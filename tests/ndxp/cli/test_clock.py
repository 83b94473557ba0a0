"""``ndxp clock``."""

import os
from pathlib import Path

import pytest

from ndxp.clock import begin
from ndxp.sandbox.state import CLOCK_FILE, State, start_of
from tests.ndxp.cli.conftest import Ndxp


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The run folder of an exchange whose clock goes by hand; this process stands for its supervisor."""
    begin(tmp_path / CLOCK_FILE, 0.0)
    of_test = os.getpid()
    State(
        str(tmp_path), "127.0.0.1:1", "http://127.0.0.1:1", [], of_test, start_of(of_test) or "", clock="manual"
    ).write()
    return tmp_path


def test_a_simulated_clock_is_shown_and_moved_on(ndxp_alone: Ndxp, folder: Path) -> None:
    shown = ndxp_alone("clock", "--folder", folder)
    assert shown.out == "Monday 2023-07-03 08:00:00 in Việt Nam, a working day (clock: manual)\n"
    moved = ndxp_alone("clock", "advance", "5 days", "--folder", folder)
    assert moved.out == "Saturday 2023-07-08 08:00:00 in Việt Nam, no working day (clock: manual)\n"
    assert ndxp_alone("clock", "advance", "1 working day", "--folder", folder, "--json").data == {
        "clock": "manual",
        "now": "2023-07-10T08:00:00+07:00",
        "working_day": True,
    }


def test_a_time_that_cannot_be_read_moves_nothing(ndxp_alone: Ndxp, folder: Path) -> None:
    ran = ndxp_alone("clock", "advance", "soon", "--folder", folder)
    assert (ran.code, ran.complaint) == (
        1,
        "`soon` is no time to go on by; say it as 90m, 4h, 2d, or as `3 working days`",
    )
    assert "2023-07-03 08:00" in ndxp_alone("clock", "--folder", folder).out


def test_a_real_clock_is_shown_and_cannot_be_moved(ndxp: Ndxp) -> None:
    assert "(clock: real)" in ndxp("clock").out
    ran = ndxp("clock", "advance", "2d")
    assert ran.code == 1
    assert "`ndxp up --clock manual`" in ran.complaint


def test_an_exchange_does_not_start_with_a_pace_that_is_none(ndxp_alone: Ndxp, tmp_path: Path) -> None:
    ran = ndxp_alone("up", "--folder", tmp_path / "run", "--port", "0", "--clock", "fast")
    assert ran.code == 1
    assert "not `fast`" in ran.complaint
    assert not (tmp_path / "run").exists()


def test_the_clock_of_an_exchange_that_runs_is_not_silently_kept(ndxp_alone: Ndxp, folder: Path) -> None:
    ran = ndxp_alone("up", "-d", "--folder", folder, "--clock", "x60")
    assert ran.code == 1
    assert "its clock is `manual`; for another clock, `ndxp down` first" in ran.complaint
    assert "not `fast`" in ndxp_alone("up", "-d", "--folder", folder, "--clock", "fast").complaint
    assert ndxp_alone("up", "-d", "--folder", folder, "--clock", "manual").code == 0
    assert ndxp_alone("up", "-d", "--folder", folder).code == 0
