"""Days: the nation stands still on its reference date, and what happens in it later carries the clock's date."""

from datetime import date

from ndxp.clock import moment_of
from ndxp.world import REFERENCE_DATE


def day_of(at: int) -> date:
    """The day in Việt Nam of a time in µs since 1970 (UTC)."""
    return moment_of(at).date()


def has_ended(last_day: date) -> bool:
    """True when it ended before the nation's reference date: the world does not age with the calendar."""
    return last_day < REFERENCE_DATE
