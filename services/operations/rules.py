"""What the centre takes: which figures, for which days, and what may be corrected."""

from collections.abc import Sequence
from datetime import date, timedelta

from ndxp.agency.claim import read_day, read_period, read_text
from ndxp.errors import AgencyError, Code, failed_precondition, invalid_argument
from services.operations.records import Pair, Report

DAYS_LATE = 7
"""Days after which nothing is reported of a day any more."""

MOST_DAYS = 31
"""Days whose figures one answer gives."""

MOST_PEOPLE = 100_000
"""More patients or pupils than any facility has."""

_LONGEST_FACILITY = 20


def read_facility(facility: str) -> str:
    """The code of a facility; raises AgencyError when it is missing or too long."""
    return read_text(facility, "facility", _LONGEST_FACILITY)


def read_report_day(text: str, today: date) -> date:
    """The day of a report; raises AgencyError for one that is to come, or past too long."""
    day = read_day(text, "day") if text else today
    if not timedelta(0) <= today - day <= timedelta(DAYS_LATE):
        raise invalid_argument(
            "DAY_OUT_OF_RANGE", f"day must be today, {today}, or one of the {DAYS_LATE} days before", "day"
        )
    return day


def read_admissions(admitted: int, discharged: int) -> Pair:
    """The figures of a hospital; raises AgencyError for impossible ones."""
    return Pair(_people(admitted, "admissions.admitted"), _people(discharged, "admissions.discharged"))


def read_attendance(enrolled: int, present: int) -> Pair:
    """The figures of a school; raises AgencyError for impossible ones."""
    figures = Pair(_people(enrolled, "attendance.enrolled"), _people(present, "attendance.present"))
    if present > enrolled:
        raise invalid_argument(
            "PRESENT_TOO_MANY", "attendance.present must not be more than attendance.enrolled", "attendance.present"
        )
    return figures


def report(before: Report | None, figures: Pair, *, correction: bool, today: date) -> Report | None:
    """The report to store, None when it is stored already; raises AgencyError when it may not be changed."""
    if before is None:
        if correction:
            raise AgencyError(
                Code.NOT_FOUND, "REPORT_UNKNOWN",
                "the facility has not reported for this day; report without correction", field="correction",
            )  # fmt: skip
        return Report(figures=figures, reported_on=today)
    if before.figures == figures:
        return None
    if not correction:
        raise AgencyError(
            Code.ALREADY_EXISTS, "REPORTED_BEFORE",
            "the facility has reported other figures for this day; set correction to put these in their place",
            field="correction",
        )  # fmt: skip
    if before.reported_on != today:
        raise failed_precondition(
            "CORRECTION_LATE", f"a correction is taken on the day of the report, {before.reported_on}", "correction"
        )
    return Report(figures=figures, reported_on=today)


def read_days(since: str, until: str, today: date) -> Sequence[date]:
    """The days from a first to a last one; raises AgencyError for days in the wrong order or too many."""
    first, last = read_period(since, until, today, MOST_DAYS)
    return [first + timedelta(day) for day in range((last - first).days + 1)]


def _people(count: int, field: str) -> int:
    if not 0 <= count <= MOST_PEOPLE:
        raise invalid_argument("COUNT_OUT_OF_RANGE", f"{field} must be 0 to {MOST_PEOPLE}", field)
    return count
