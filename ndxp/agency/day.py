"""Days: the nation stands still on its reference date, and what happens in it later carries the clock's date."""

from datetime import date

from ndxp.clock import Clock, moment_of
from ndxp.world import REFERENCE_DATE


def day_of(at: int) -> date:
    """The day in Việt Nam of a time in µs since 1970 (UTC)."""
    return moment_of(at).date()


def has_ended(last_day: date) -> bool:
    """True when it ended before the nation's reference date: the world does not age with the calendar."""
    return last_day < REFERENCE_DATE


def day_of_nation(clock: Clock) -> date:
    """The day that it is in the nation: by a simulated clock, or the reference date while the clock is the real one.

    For what is over for good once its last day is over, such as a season of 2023.
    """
    return REFERENCE_DATE if clock.real else clock.today()
