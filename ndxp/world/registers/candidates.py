"""Candidates of the graduation examination: the pupils of the year in which they turn 18."""

from dataclasses import dataclass
from functools import cached_property

from ndxp.world.census import FIRST_YEAR
from ndxp.world.citizen import MAJORITY, REFERENCE_DATE
from ndxp.world.lives import death_date
from ndxp.world.nation import Person
from ndxp.world.provinces import provinces
from ndxp.world.registers.register import Register
from ndxp.world.registers.serials import Serials

YEAR = REFERENCE_DATE.year
"""The year of the examination."""
_FIRST_CELL = 2 * (YEAR - MAJORITY - FIRST_YEAR)
_CELLS = range(_FIRST_CELL, _FIRST_CELL + 2)
_PUPILS = round(1_010_000 / 1_414_465 * 65536)
"""Over a million candidates are reported; 1,414,465 people turn 18. The others no longer go to school."""
_APPLICANTS = round(660_000 / 1_010_000 * 65536)
_ONLINE = round(0.94 * 65536)
_SCHOOLS = 60
"""Schools of a province."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A candidate; ``province`` is that of school and birth registration, a code of three digits."""

    code: str
    citizen_number: str
    province: str
    school: str
    applies: bool
    """Whether the candidate applies for admission too: 660,000 are reported."""
    online: bool
    """Whether the candidate registers online: 94 % of the applicants are reported."""


class Candidates(Register[Candidate]):
    """The candidates of YEAR, living pupils, under a code of 11 digits. Schools are invented."""

    name = "candidate"

    @cached_property
    def _serials(self) -> Serials:
        return Serials(self._nation, self.key)

    def entry(self, person: Person, citizen_number: str) -> Candidate | None:
        """The candidate; None for who is none."""
        bits = self._bits(person, citizen_number)
        if bits is None:
            return None
        province = provinces()[person.province]
        return Candidate(
            code=self._code(person),
            citizen_number=citizen_number,
            province=province.code,
            school=f"Trường THPT số {1 + (bits >> 48) % _SCHOOLS} {province.name}",
            applies=bits >> 16 & 0xFFFF < _APPLICANTS,
            online=bits >> 32 & 0xFFFF < _ONLINE,
        )

    def number(self, person: Person, citizen_number: str) -> str:
        """Year (2), province (2), serial (7)."""
        return "" if self._bits(person, citizen_number) is None else self._code(person)

    def by_number(self, value: str) -> Person | None:
        """Who has a candidate's code."""
        person = self._serials.person(value[2:4], value[4:]) if len(value) == 11 else None
        return person if person and self.number(person, self._nation.number(*person)) == value else None

    def _bits(self, person: Person, citizen_number: str) -> int | None:
        """What is left to chance of a candidate; None for who is none."""
        if person.cell not in _CELLS or death_date(person.cell, self._nation.traits(citizen_number)):
            return None
        bits = self.draw(citizen_number)
        return bits if bits & 0xFFFF < _PUPILS else None

    def _code(self, person: Person) -> str:
        return f"{YEAR % 100:02d}{self._serials.code(person)}{self._serials.serial(person)}"
