"""Driving licences."""

from ndxp.world.census import FIRST_YEAR, LAST_YEAR
from ndxp.world.citizen import MAJORITY
from ndxp.world.lives import ADULT_CELLS
from ndxp.world.nation import Person
from ndxp.world.registers.register import Numbers
from ndxp.world.registers.serials import LICENCES

_LICENSED = round(0.55 * 65536)
_FIRST_YEAR = 1975


class Licences(Numbers):
    """Driving licences, 12 digits; about half of the adults."""

    name = "licence"

    def number(self, person: Person, citizen_number: str) -> str:
        """Province (2), sex and century (1), year passed (2), serial (7)."""
        traits = self._nation.traits(citizen_number)
        if person.cell >= ADULT_CELLS or traits.licence >= _LICENSED:
            return ""
        first = max(FIRST_YEAR + person.cell // 2 + MAJORITY, _FIRST_YEAR)
        passed = first + traits.licence_year % (LAST_YEAR - first + 1)
        serials = self._registers.serials
        return f"{serials.code(person)}{citizen_number[3]}{passed % 100:02d}{serials.serial(person, LICENCES)}"

    def by_number(self, value: str) -> Person | None:
        """Who holds a driving licence."""
        person = self._registers.serials.person(value[:2], value[5:], LICENCES) if len(value) == 12 else None
        return person if person and self.number(person, self._nation.number(*person)) == value else None
