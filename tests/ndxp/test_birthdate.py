"""Birth dates as callers write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndxp.birthdate import BirthDate

days = st.dates(min_value=date(1800, 1, 1), max_value=date(2100, 12, 31))


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%Y%m%d", "%d/%m/%Y"])
@given(day=days)
def test_every_form_of_a_day_means_that_day(form: str, day: date) -> None:
    assert BirthDate.parse(day.strftime(form)) == BirthDate(day.year, day)


@given(day=days)
def test_a_year_alone_agrees_with_every_day_in_it(day: date) -> None:
    assert BirthDate.parse(f"{day.year:04}").agrees_with(day)


@given(day=days, other=days)
def test_a_full_date_agrees_with_no_other_day(day: date, other: date) -> None:
    assert BirthDate.parse(day.isoformat()).agrees_with(other) == (day == other)


def test_a_year_alone_does_not_agree_with_another_year() -> None:
    assert not BirthDate.parse("1990").agrees_with(date(1991, 1, 1))


@pytest.mark.parametrize(
    "text", ["", "90", "1990-1-1", "1990/01/01", "01-01-1990", " 1990", "1990\n", "199０", "19900101T00", "today"]
)
def test_a_form_that_is_not_known_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(ValueError, match="yyyy-MM-dd, yyyyMMdd, dd/MM/yyyy"):
        BirthDate.parse(text)


@pytest.mark.parametrize("text", ["1990-02-30", "19901301", "31/04/1990", "0000-01-01"])
def test_a_date_that_is_not_in_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no such date"):
        BirthDate.parse(text)


def test_two_dates_may_be_the_same_when_one_is_the_year_alone() -> None:
    day, year = BirthDate.parse("1990-03-15"), BirthDate.parse("1990")
    for one, other in ((day, day), (day, year), (year, day), (year, year)):
        assert one.may_be(other)
    for text in ("1990-03-16", "1991", "1991-03-15"):
        assert not day.may_be(BirthDate.parse(text))
        assert BirthDate.parse(text).may_be(year) is text.startswith("1990")
