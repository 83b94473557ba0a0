"""Working time in Việt Nam: when a dossier that was received at some moment is due.

Weekends and public holidays do not count. The holidays, and the days off in their place, are those of the ``holidays``
package. What is received from 15:00 on counts as received on the next working day.
"""

import re
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from ndxp.clock import VIETNAM, ClockRefused

LATEST_RECEIPT = time(15)
"""What is received before this counts as received today."""

CLOSING = time(17)
"""When a working day ends, and what is due on it is due."""

HOURS = ((time(7, 30), time(11, 30)), (time(13), CLOSING))
"""Working hours, eight a day. The rule of 15:00 and 17:00 is the law's, the other hours are this project's choice."""

_STEP = re.compile(r"([0-9]{1,4})\s*(working days?|working hours?|days?|d|hours?|h|minutes?|min|m)")


def is_working_day(day: date) -> bool:
    """Whether offices are open on a day."""
    return day.weekday() < 5 and day not in _holidays()


def next_working_day(day: date) -> date:
    """The first working day after a day."""
    day += timedelta(1)
    while not is_working_day(day):
        day += timedelta(1)
    return day


def receipt_day(received: datetime) -> date:
    """The working day on which something counts as received."""
    local = received.astimezone(VIETNAM)
    if is_working_day(local.date()) and local.time() < LATEST_RECEIPT:
        return local.date()
    return next_working_day(local.date())


def due_in_days(received: datetime, days: int) -> datetime:
    """When it is due within so many working days; 0 means on the day of receipt."""
    day = receipt_day(received)
    for _ in range(days):
        day = next_working_day(day)
    return datetime.combine(day, CLOSING, VIETNAM)


def due_in_hours(received: datetime, hours: float) -> datetime:
    """When so many working hours have passed since the receipt."""
    moment, left = received.astimezone(VIETNAM), timedelta(hours=hours)
    day = moment.date()
    while True:
        for opening, closing in HOURS if is_working_day(day) else ():
            begins = max(moment, datetime.combine(day, opening, VIETNAM))
            ends = datetime.combine(day, closing, VIETNAM)
            if begins + left <= ends:
                return begins + left
            left -= max(timedelta(0), ends - begins)
        day += timedelta(1)


def later(moment: datetime, text: str) -> datetime:
    """The moment that is later by what a text says, ``2d``, ``3 working days``, ``90m``. Raises ClockRefused."""
    found = _STEP.fullmatch(" ".join(text.split()))
    if found is None:
        raise ClockRefused(f"`{text}` is no time to go on by; say it as 90m, 4h, 2d, or as `3 working days`")
    number, unit = int(found[1]), found[2]
    if unit.startswith("working h"):
        return due_in_hours(moment, number)
    if unit.startswith("working"):
        day = moment.date()
        for _ in range(number):
            day = next_working_day(day)
        return datetime.combine(day, moment.timetz())
    days = {"d": timedelta(1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
    return moment + number * days[unit[0]]


@cache
def _holidays() -> Any:
    from holidays.countries.vietnam import Vietnam  # takes 0.1 s: only who reckons in working time pays for it

    return Vietnam()  # type: ignore[no-untyped-call]
