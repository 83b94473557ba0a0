"""The numbers of households."""

from ndxp.world.nation import Person
from ndxp.world.registers.register import Numbers
from ndxp.world.registers.serials import HOUSEHOLDS


class HouseholdNumbers(Numbers):
    """Household numbers, 9 digits; one resolves to the person by whom the household was founded."""

    name = "household"

    def number(self, person: Person, citizen_number: str) -> str:
        """The number of the household that a citizen lives in."""
        return self.founded_by(self._registers.households.founder(person))

    def founded_by(self, founder: Person) -> str:
        """Province (2), serial (7): the number of the household a person founded, whether or not they did."""
        serials = self._registers.serials
        return serials.code(founder) + serials.serial(founder, HOUSEHOLDS)

    def by_number(self, value: str) -> Person | None:
        """Who founded the household with a number."""
        person = self._registers.serials.person(value[:2], value[2:], HOUSEHOLDS) if len(value) == 9 else None
        return person if person and self._registers.households.founder(person) == person else None
