"""Arithmetic with dates and ages."""

from datetime import date

import pytest

from ndxp.calendar import full_years, months_after, years_after


@pytest.mark.parametrize(
    ("day", "years", "then"),
    [
        (date(2020, 5, 17), 6, date(2026, 5, 17)),
        (date(2020, 2, 29), 4, date(2024, 2, 29)),
        (date(2020, 2, 29), 1, date(2021, 3, 1)),
        (date(2020, 2, 29), -1, date(2019, 3, 1)),
    ],
)
def test_years_later_it_is_the_same_day_or_the_first_of_march(day: date, years: int, then: date) -> None:
    assert years_after(day, years) == then


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2023, 7, 3), 1, date(2023, 8, 3)),
        (date(2023, 7, 3), 24, date(2025, 7, 3)),
        (date(2023, 12, 31), 1, date(2024, 1, 31)),
        (date(2023, 12, 31), 2, date(2024, 3, 1)),
        (date(2023, 10, 31), 1, date(2023, 12, 1)),
    ],
)
def test_months_later_it_is_the_same_day_or_the_first_of_the_month_after(day: date, months: int, then: date) -> None:
    assert months_after(day, months) == then


@pytest.mark.parametrize(
    ("on", "years"),
    [(date(2018, 5, 16), 17), (date(2018, 5, 17), 18), (date(2000, 5, 17), 0), (date(2000, 5, 16), -1)],
)
def test_a_year_of_age_is_full_on_the_birthday(on: date, years: int) -> None:
    assert full_years(date(2000, 5, 17), on) == years
