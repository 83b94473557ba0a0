"""The nation's clock in a test: moves it on, and waits until the agencies have done what became due."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

from ndxp.clock import Clock, ClockRefused, micros_of, move
from ndxp.sandbox.state import State
from ndxp.working_time import later

_PATIENCE, _LOOK_AGAIN = 30.0, 0.05
_DUE = "SELECT kind FROM jobs WHERE due <= ?"


class WorkLeft(Exception):
    """Agencies have not done all that became due; the text names it."""


class SandboxClock:
    """The clock of the exchange, which all tests on it share. ``alone`` says whether no other test runs meanwhile."""

    def __init__(self, state: State, alone: Callable[[], bool]) -> None:
        self._state = state
        self._alone = alone

    def now(self) -> datetime:
        """The nation's time."""
        return Clock(self._state.clock_file).moment()

    def advance(self, by: str) -> datetime:
        """Moves the clock on by ``3 working days``, ``2d``, ``4h``; returns the new time.

        The agencies have then done what became due, and what followed from it at once. Raises ClockRefused for an
        exchange that runs by real time, and while other tests run on it; WorkLeft when agencies do not come to an end.
        """
        file = self._state.clock_file
        if file is None:
            raise ClockRefused("this exchange runs by real time; put `ndxp_clock = manual` into the settings of pytest")
        if not self._alone():
            raise ClockRefused(
                "other tests run on this exchange, and its clock is theirs too: mark this test with "
                "@pytest.mark.ndxp_alone, so that they wait"
            )
        move(file, later(Clock(file).moment(), by))
        self._wait()
        return self.now()

    def _wait(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        quiet = 0
        # One look may miss what an agency has just handed to another, whose jobs were counted before.
        while quiet < 2:
            left = [f"{kind} of {path.stem}" for path in self._databases() for kind in self._due(path)]
            quiet = 0 if left else quiet + 1
            if left and time.monotonic() > deadline:
                raise WorkLeft(f"after {_PATIENCE:.0f} s these jobs are not done: {', '.join(sorted(left)[:10])}")
            time.sleep(_LOOK_AGAIN)

    def _databases(self) -> list[Path]:
        return sorted(Path(self._state.folder).glob("*.db"))

    def _due(self, path: Path) -> list[str]:
        """The kinds of the jobs of an agency that are due."""
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
            try:
                return [str(kind) for (kind,) in database.execute(_DUE, (micros_of(self.now()),))]
            except sqlite3.OperationalError:  # no agency's database
                return []
