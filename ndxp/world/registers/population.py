"""The population register: everybody's record, under the citizen number."""

from ndxp.world.citizen import Citizen
from ndxp.world.nation import Person
from ndxp.world.registers.register import Register


class Population(Register[Citizen]):
    """Citizen IDs (CCCD), 12 digits; everybody."""

    name = "citizen"

    def entry(self, person: Person, citizen_number: str) -> Citizen | None:
        """The citizen's record."""
        return self._registers.records.citizen(person, citizen_number)

    def number(self, person: Person, citizen_number: str) -> str:
        """The citizen number itself."""
        return citizen_number

    def by_number(self, value: str) -> Person | None:
        """Who has a citizen number."""
        return self._nation.person(value)
