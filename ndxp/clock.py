"""The nation's clock: by it agencies reckon working days, due dates and what is valid. It can run faster, or by hand.

The ledger, tokens and deadlines go by real time. A clock that is not real is a file, which every agency of an exchange
reads: so they all have the same time, and ``ndxp clock advance`` moves it for all of them at once.
"""

import re
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

from ndxp.language import _
from ndxp.whole_file import whole_file

VIETNAM = timezone(timedelta(hours=7), "Việt Nam")
"""Việt Nam has no summer time."""

FIRST_MOMENT = datetime(2023, 7, 3, 8, 0, tzinfo=VIETNAM)
"""When a simulated clock begins: the first working morning after the nation's reference date."""

LAST_MOMENT = datetime(2100, 1, 1, tzinfo=VIETNAM)
"""Where a simulated clock ends and stands still: no later holidays are known."""

FASTEST = 100_000
"""How many times faster than real time a clock may run at most."""

_PACE = re.compile(r"x([0-9]{1,6}(?:\.[0-9]{1,3})?)")


class ClockRefused(ValueError):
    """A clock cannot be set or moved as asked; the text says why, and what can be done."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the file of a simulated clock says: at the ``real`` moment it was ``nation`` (both in µs since 1970, UTC).

    From there it runs ``rate`` times as fast as real time; 0 stands still until somebody moves it.
    """

    rate: float
    nation: int
    real: int

    def at(self, real: int) -> int:
        """The nation's time at a real time; the last moment of all when that is past."""
        return min(self.nation + int(max(0, real - self.real) * self.rate), micros_of(LAST_MOMENT))

    def write(self, path: Path) -> None:
        """Makes this the clock of all who read the file. Raises OSError."""
        with whole_file(path) as file:
            file.write(f"{self.rate:g} {self.nation} {self.real}\n".encode())

    @classmethod
    def read(cls, path: Path) -> "Reading":
        """What a file says. Raises ClockRefused when it is no such file, OSError when there is none."""
        try:
            rate, nation, real = path.read_text(encoding="ascii").split()
            return cls(float(rate), int(nation), int(real))
        except ValueError as error:
            raise ClockRefused(
                _("{path} is no file of a clock; remove it and start the exchange again", path=path)
            ) from error


class Clock:
    """The nation's time: the real one without a file, else that of the file, which is looked at for each question."""

    def __init__(self, file: Path | None = None) -> None:
        """Raises ClockRefused when the file is no clock's, OSError when there is none."""
        self._file = file
        self._read: tuple[int, int] | None = None
        self._reading = Reading(1.0, 0, 0)
        if file is not None:
            self._look(file)

    def now(self) -> int:
        """The nation's time in µs since 1970 (UTC)."""
        if self._file is None:
            return real_now()
        self._look(self._file)
        return self._reading.at(real_now())

    def moment(self) -> datetime:
        """The nation's time in Việt Nam."""
        return moment_of(self.now())

    def today(self) -> date:
        """The nation's day in Việt Nam."""
        return self.moment().date()

    @property
    def real(self) -> bool:
        """Whether it is real time."""
        return self._file is None

    def _look(self, file: Path) -> None:
        there = file.stat()
        seen = there.st_mtime_ns, there.st_ino
        if seen != self._read:
            self._reading, self._read = Reading.read(file), seen


def real_now() -> int:
    """The real time in µs since 1970 (UTC)."""
    return time.time_ns() // 1000


def moment_of(at: int) -> datetime:
    """A time in µs since 1970 (UTC), in Việt Nam."""
    return datetime.fromtimestamp(at / 1_000_000, UTC).astimezone(VIETNAM)


def micros_of(moment: datetime) -> int:
    """A moment in µs since 1970 (UTC)."""
    return int(moment.timestamp() * 1_000_000)


def rate_of(pace: str) -> float | None:
    """How fast a clock of this pace runs: None for ``real``, 0 for ``manual``, N for ``xN``. Raises ClockRefused."""
    if pace == "real":
        return None
    if pace == "manual":
        return 0.0
    found = _PACE.fullmatch(pace)
    if found is None or not 0 < float(found[1]) <= FASTEST:
        raise ClockRefused(
            _(
                "a clock is `real`, `manual`, or as fast as `x60` says (up to x{fastest}), not `{pace}`",
                fastest=FASTEST,
                pace=pace,
            )
        )
    return float(found[1])


def begin(path: Path, rate: float) -> None:
    """Makes a simulated clock of this rate; one that was there before goes on from its time. Raises OSError."""
    real = real_now()
    try:
        nation = Reading.read(path).at(real)
    except (OSError, ClockRefused):
        nation = micros_of(FIRST_MOMENT)
    Reading(rate, nation, real).write(path)


def move(path: Path, to: datetime) -> None:
    """Moves a simulated clock on; its pace stays. Raises ClockRefused for its past and after its end, OSError."""
    if to > LAST_MOMENT:
        raise ClockRefused(
            _(
                "the clock ends at {last_moment:%Y-%m-%d %H:%M}; it cannot go on to {to:%Y-%m-%d %H:%M}",
                last_moment=LAST_MOMENT,
                to=to,
            )
        )
    real = real_now()
    before = Reading.read(path)
    nation = micros_of(to)
    if nation < before.at(real):
        raise ClockRefused(_("the clock is at {now:%Y-%m-%d %H:%M}; it cannot go back", now=moment_of(before.at(real))))
    Reading(before.rate, nation, real).write(path)
