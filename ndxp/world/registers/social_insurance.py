"""Social insurance numbers."""

from functools import cached_property

from ndxp.world.nation import Person
from ndxp.world.permutation import Permutation
from ndxp.world.registers.register import Numbers


class SocialInsurance(Numbers):
    """Social insurance numbers, 10 digits; everybody has one."""

    name = "social_insurance"

    @cached_property
    def _order(self) -> Permutation:
        return Permutation(100_000, 100_000, self._nation.key("social insurance"))

    def number(self, person: Person, citizen_number: str) -> str:
        """A keyed permutation of the citizen's index."""
        return f"{self._order.forward(self._nation.census.index(*person)):010d}"

    def by_number(self, value: str) -> Person | None:
        """Who has a social insurance number."""
        if len(value) != 10 or not (value.isascii() and value.isdigit()):
            return None
        index = self._order.inverse(int(value))
        return Person(*self._nation.census.place(index)) if index < self._nation.census.population else None
