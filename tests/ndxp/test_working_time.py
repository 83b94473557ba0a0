from datetime import date, datetime, timedelta

import pytest

from ndxp.clock import VIETNAM, ClockRefused
from ndxp.working_time import due_in_days, due_in_hours, is_working_day, later, next_working_day, receipt_day


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


@pytest.mark.parametrize(
    "day",
    [
        "2023-07-01",  # a Saturday
        "2023-07-02",
        "2023-01-01",
        "2023-01-02",  # instead of a Sunday
        "2023-01-23",  # Tết
        "2022-02-01",
        "2023-04-29",  # the Hùng Kings
        "2023-04-30",
        "2023-05-01",
        "2023-05-03",  # instead of 30 April
        "2022-09-01",
        "2022-09-02",
    ],
)
def test_offices_are_closed_on_weekends_and_holidays(day: str) -> None:
    assert not is_working_day(date.fromisoformat(day))


@pytest.mark.parametrize("day", ["2023-07-03", "2023-07-07", "2023-01-27", "2023-05-04", "2022-09-05"])
def test_offices_are_open_on_other_days(day: str) -> None:
    assert is_working_day(date.fromisoformat(day))


def test_the_working_day_after_a_day_is_after_weekend_and_holidays() -> None:
    assert next_working_day(date(2023, 4, 28)) == date(2023, 5, 4)


@pytest.mark.parametrize(
    ("received", "day"),
    [
        ("2023-07-03T14:59", "2023-07-03"),
        ("2023-07-03T15:00", "2023-07-04"),
        ("2023-07-07T15:00", "2023-07-10"),
        ("2023-07-08T09:00", "2023-07-10"),
    ],
)
def test_from_three_oclock_on_a_dossier_counts_as_received_on_the_next_working_day(received: str, day: str) -> None:
    assert receipt_day(at(received)) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("received", "days", "due"),
    [
        ("2023-07-03T08:00", 0, "2023-07-03T17:00"),
        ("2023-07-03T15:00", 0, "2023-07-04T17:00"),
        ("2023-07-03T08:00", 2, "2023-07-05T17:00"),
        ("2023-07-06T08:00", 2, "2023-07-10T17:00"),
        ("2023-04-28T08:00", 1, "2023-05-04T17:00"),
    ],
)
def test_what_is_received_is_due_at_five_oclock_so_many_working_days_later(received: str, days: int, due: str) -> None:
    assert due_in_days(at(received), days) == at(due)


@pytest.mark.parametrize(
    ("received", "hours", "due"),
    [
        ("2023-07-03T08:00", 2, "2023-07-03T10:00"),
        ("2023-07-03T11:00", 1, "2023-07-03T13:30"),
        ("2023-07-03T07:30", 12, "2023-07-04T11:30"),
        ("2023-07-07T16:00", 2, "2023-07-10T08:30"),
        ("2023-07-07T23:00", 1, "2023-07-10T08:30"),
    ],
)
def test_working_hours_pass_while_offices_are_open(received: str, hours: float, due: str) -> None:
    assert due_in_hours(at(received), hours) == at(due)


@pytest.mark.parametrize(
    ("step", "moment"),
    [
        ("90m", "2023-07-07T10:30"),
        ("4h", "2023-07-07T13:00"),
        ("2d", "2023-07-09T09:00"),
        ("2 days", "2023-07-09T09:00"),
        ("1 working day", "2023-07-10T09:00"),
        ("3  working days", "2023-07-12T09:00"),
        ("12 working hours", "2023-07-10T14:30"),
    ],
)
def test_a_clock_goes_on_by_what_a_text_says(step: str, moment: str) -> None:
    assert later(at("2023-07-07T09:00"), step) == at(moment)


@pytest.mark.parametrize("step", ["", "d", "-2d", "2w", "two days", "1.5d", "99999d", "2d 3h"])
def test_another_text_is_refused(step: str) -> None:
    with pytest.raises(ClockRefused, match="no time to go on by"):
        later(at("2023-07-07T09:00"), step)


def test_every_day_has_a_due_date_after_it() -> None:
    first = at("2022-01-01T12:00")
    for day in range(730):
        assert due_in_days(first + timedelta(day), 1) > first + timedelta(day)
