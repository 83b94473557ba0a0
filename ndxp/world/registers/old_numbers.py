"""The identity cards before the citizen number (CMND)."""

from ndxp.world.census import FIRST_YEAR
from ndxp.world.nation import Person, Traits
from ndxp.world.registers.register import Numbers
from ndxp.world.registers.serials import OLD_NUMBERS

_CELLS = 2 * (2007 - FIRST_YEAR)
_SOME_CELL = 2 * (2000 - FIRST_YEAR)


class OldNumbers(Numbers):
    """Old IDs, 9 digits; nearly all born before 2000 and half of those born 2000-2006."""

    name = "old_number"

    def number(self, person: Person, citizen_number: str) -> str:
        """Province (2), serial (7)."""
        return self.of(person, self._nation.traits(citizen_number))

    def of(self, person: Person, traits: Traits) -> str:
        """The number of a person whose traits are known already."""
        some = 1 << 15 if person.cell >= _SOME_CELL else 64_000
        if person.cell >= _CELLS or traits.old_number >= some:
            return ""
        serials = self._registers.serials
        return serials.code(person) + serials.serial(person, OLD_NUMBERS)

    def by_number(self, value: str) -> Person | None:
        """Who had an old ID."""
        person = self._registers.serials.person(value[:2], value[2:], OLD_NUMBERS) if len(value) == 9 else None
        return person if person and self.number(person, self._nation.number(*person)) else None
