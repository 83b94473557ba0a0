"""What registers of accounts have in common: how many people hold one, from which age, and under which number."""

from functools import cached_property
from typing import ClassVar, TypeVar

from ndxp.world.census import FIRST_YEAR
from ndxp.world.citizen import REFERENCE_DATE
from ndxp.world.nation import Person
from ndxp.world.registers.register import Register

_Account = TypeVar("_Account")


class Accounts(Register[_Account]):
    """Accounts under their holders' citizen numbers; that of somebody who died since stays."""

    holders: ClassVar[float]
    """Accounts for each person of the nation."""

    youngest: ClassVar[int]
    """Completed years, in the nation's year, from which somebody may have an account."""

    def number(self, person: Person, citizen_number: str) -> str:
        """The citizen number, by which the holder logs in."""
        return citizen_number if self.entry(person, citizen_number) else ""

    def by_number(self, value: str) -> Person | None:
        """Who holds the account with a number."""
        person = self._nation.person(value)
        return person if person and self.entry(person, value) else None

    def _has_account(self, person: Person, draw: int) -> bool:
        """Whether somebody has an account; ``draw`` are the 64 bits that the register draws for this citizen."""
        return person.cell < 2 * (self._first_too_young - FIRST_YEAR) and draw < self._limit

    @property
    def _first_too_young(self) -> int:
        """The first year of birth of those who are too young."""
        return REFERENCE_DATE.year - self.youngest

    @cached_property
    def _limit(self) -> int:
        """Those who are old enough have an account when their draw is below this."""
        census = self._nation.census
        old_enough = sum(size for _, size in census.blocks(FIRST_YEAR, self._first_too_young - 1))
        return int(self.holders * census.population / max(1, old_enough) * 2**64)
