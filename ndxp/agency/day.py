"""Which day it is: the nation stands still on its reference date, and run-time events carry today's date."""

from datetime import UTC, date, datetime, timedelta

from ndxp.world import REFERENCE_DATE

_VIETNAM = timedelta(hours=7)


def today() -> date:
    """Today in Việt Nam, which has no summer time."""
    return (datetime.now(UTC) + _VIETNAM).date()


def day_of(at: int) -> date:
    """The day in Việt Nam of a time in µs since 1970 (UTC)."""
    return (datetime.fromtimestamp(at / 1_000_000, UTC) + _VIETNAM).date()


def has_ended(last_day: date) -> bool:
    """True when it ended before the nation's reference date: the world does not age with the calendar."""
    return last_day < REFERENCE_DATE
