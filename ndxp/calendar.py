"""Arithmetic with dates and ages, without any look at a clock."""

from datetime import date


def years_after(day: date, years: int) -> date:
    """The same day some years later (earlier when negative); 1 March for 29 February in common years."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def months_after(day: date, months: int) -> date:
    """The same day some months later; the first of the month after where a month has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    try:
        return day.replace(year=day.year + years, month=month + 1)
    except ValueError:
        return date(day.year + years, month + 2, 1)


def full_years(birth_date: date, on: date) -> int:
    """Completed years on a day; negative before birth."""
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))
