"""Birth certificates: the number of everybody's, the day of registration, and the planted places where one is wrong."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from ndxp.world.census import FIRST_YEAR
from ndxp.world.citizen import REFERENCE_DATE
from ndxp.world.lives import birth_date, mistaken_birth_date
from ndxp.world.nation import Person
from ndxp.world.provinces import provinces
from ndxp.world.registers.register import Register
from ndxp.world.registers.serials import Serials

_WRONG = round(0.002 * 65536)
_LATEST_DAYS = 60
_NUMBER = re.compile(r"KS-0([0-9]{2})-[0-9]{4}-([0-9]{7})")


@dataclass(frozen=True, slots=True, kw_only=True)
class BirthCertificate:
    """What the certificate of a birth has that the population database has not."""

    number: str
    citizen_number: str
    birth_date: date
    """As it is written there: of about 0.2 % of all people it is not the one in the population database."""
    registered: date


class Certificates(Register[BirthCertificate]):
    """Birth certificates such as KS-001-1990-0123456; everybody has one. The form is this project's choice."""

    name = "certificate"

    def entry(self, person: Person, citizen_number: str) -> BirthCertificate:
        """The certificate, registered within 60 days of the birth."""
        born = birth_date(person.cell, self._nation.traits(citizen_number))
        draw = self.draw(citizen_number)
        return BirthCertificate(
            number=self.number(person, citizen_number),
            citizen_number=citizen_number,
            birth_date=mistaken_birth_date(born, draw >> 16) if draw & 0xFFFF < _WRONG else born,
            registered=min(born + timedelta((draw >> 32) % (_LATEST_DAYS + 1)), REFERENCE_DATE),
        )

    def number(self, person: Person, citizen_number: str) -> str:
        """Province (3), year of birth (4), serial (7)."""
        serial, year = self._serials.serial(person), FIRST_YEAR + person.cell // 2
        return f"KS-{provinces()[person.province].code}-{year}-{serial}"

    def by_number(self, value: str) -> Person | None:
        """Whose birth certificate has a number."""
        parts = _NUMBER.fullmatch(value)
        person = self._serials.person(parts[1], parts[2]) if parts else None
        return person if person and self.number(person, "") == value else None

    @cached_property
    def _serials(self) -> Serials:
        return Serials(self._nation, self.key)
