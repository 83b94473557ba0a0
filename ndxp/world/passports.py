"""Who holds an ordinary passport, since when, and under which number."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from ndxp.world.citizen import REFERENCE_DATE
from ndxp.world.lives import birth_date
from ndxp.world.nation import Nation, Person
from ndxp.world.permutation import Permutation

_FIRST_DAY = date(2012, 7, 1)
_NEW_MODEL = date(2022, 7, 1)
_DAYS = (REFERENCE_DATE - _FIRST_DAY).days
_HOLDERS = 0.12
_OLD_SERIALS = 10_000_000
_FIRST_SERIAL = 2_000_000
_ADULT_YEARS = 10
_CHILD_YEARS = 5
_CHILD_AGE = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Passport:
    """An ordinary passport: one letter and 7 digits, or 8 digits when issued since 1 July 2022."""

    number: str
    citizen_number: str
    issued: date
    expires: date

    def valid(self, on: date = REFERENCE_DATE) -> bool:
        """Whether the passport is valid on a day, both ends included."""
        return self.issued <= on <= self.expires


class Passports:
    """Passports in the order of issue: a keyed permutation of the nation, of which the first 12 % hold one."""

    def __init__(self, nation: Nation) -> None:
        self._nation = nation
        self._count = int(nation.census.population * _HOLDERS)
        self._first_new = -(-self._count * (_NEW_MODEL - _FIRST_DAY).days // _DAYS)

    @cached_property
    def _order(self) -> Permutation:
        return Permutation.covering(self._nation.census.population, self._nation.key("passports"))

    def passport(self, person: Person, number: str) -> Passport | None:
        """The passport of the person with a citizen number; None when they hold none."""
        sequence = self._order.forward(self._nation.census.index(*person))
        if sequence >= self._count:
            return None
        issued = _FIRST_DAY + timedelta(sequence * _DAYS // self._count)
        born = birth_date(person.cell, self._nation.traits(number))
        if issued <= born:
            return None
        years = _CHILD_YEARS if issued < _anniversary(born, _CHILD_AGE) else _ADULT_YEARS
        return Passport(
            number=self._number(sequence),
            citizen_number=number,
            issued=issued,
            expires=_anniversary(issued, years) - timedelta(1),
        )

    def by_number(self, value: str) -> Person | None:
        """Who holds the passport with a number."""
        letter, digits = value[:1], value[1:]
        if not (digits.isascii() and digits.isdigit()):
            return None
        if letter == "P" and len(digits) == 8:
            sequence = int(digits) + self._first_new
        elif letter in ("B", "C") and len(digits) == 7:
            sequence = int(digits) + _OLD_SERIALS * (letter == "C") - _FIRST_SERIAL
        else:
            return None
        if not 0 <= sequence < self._count or self._number(sequence) != value:
            return None
        index = self._order.inverse(sequence)
        if index >= self._nation.census.population:
            return None
        person = Person(*self._nation.census.place(index))
        return person if self.passport(person, self._nation.number(*person)) else None

    def _number(self, sequence: int) -> str:
        if sequence >= self._first_new:
            return f"P{sequence - self._first_new:08d}"
        series, serial = divmod(sequence + _FIRST_SERIAL, _OLD_SERIALS)
        return f"{'BC'[series]}{serial:07d}"


def _anniversary(day: date, years: int) -> date:
    """The same day some years later; 1 March for 29 February in common years."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
