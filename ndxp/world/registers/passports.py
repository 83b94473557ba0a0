"""Ordinary passports: who holds one, under which number, and how long it is valid."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from ndxp.calendar import years_after
from ndxp.world.citizen import REFERENCE_DATE
from ndxp.world.lives import birth_date
from ndxp.world.nation import Person
from ndxp.world.permutation import Permutation
from ndxp.world.registers.register import Register

if TYPE_CHECKING:
    from ndxp.world.registers import Registers

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


def last_day(issued: date, latest_birth: date) -> date:
    """The last day of a passport that is issued on a day: five years for a child under 14, ten for others."""
    years = _CHILD_YEARS if issued < years_after(latest_birth, _CHILD_AGE) else _ADULT_YEARS
    return years_after(issued, years) - timedelta(1)


class Passports(Register[Passport]):
    """Passports in the order of issue: a keyed permutation of the nation, of which the first 12 % hold one."""

    name = "passport"

    def __init__(self, registers: "Registers") -> None:
        super().__init__(registers)
        nation = self._nation
        self._count = int(nation.census.population * _HOLDERS)
        self._first_new = -(-self._count * (_NEW_MODEL - _FIRST_DAY).days // _DAYS)

    @cached_property
    def _order(self) -> Permutation:
        return Permutation.covering(self._nation.census.population, self._nation.key("passports"))

    def entry(self, person: Person, citizen_number: str) -> Passport | None:
        """The passport, valid or expired; None when the citizen holds none."""
        sequence = self._order.forward(self._nation.census.index(*person))
        if sequence >= self._count:
            return None
        issued = _FIRST_DAY + timedelta(sequence * _DAYS // self._count)
        born = birth_date(person.cell, self._nation.traits(citizen_number))
        if issued <= born:
            return None
        return Passport(
            number=self._numbered(sequence),
            citizen_number=citizen_number,
            issued=issued,
            expires=last_day(issued, born),
        )

    def number(self, person: Person, citizen_number: str) -> str:
        """The passport's number."""
        passport = self.entry(person, citizen_number)
        return passport.number if passport else ""

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
        if not 0 <= sequence < self._count or self._numbered(sequence) != value:
            return None
        index = self._order.inverse(sequence)
        if index >= self._nation.census.population:
            return None
        person = Person(*self._nation.census.place(index))
        return person if self.entry(person, self._nation.number(*person)) else None

    def _numbered(self, sequence: int) -> str:
        if sequence >= self._first_new:
            return f"P{sequence - self._first_new:08d}"
        series, serial = divmod(sequence + _FIRST_SERIAL, _OLD_SERIALS)
        return f"{'BC'[series]}{serial:07d}"
