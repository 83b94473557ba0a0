"""Accounts of the national public service portal."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from ndxp.calendar import years_after
from ndxp.world.census import CELLS_PER_PROVINCE
from ndxp.world.citizen import MAJORITY, REFERENCE_DATE
from ndxp.world.lives import ADULT_CELLS, birth_date
from ndxp.world.nation import Person
from ndxp.world.provinces import provinces
from ndxp.world.registers.register import Register

_HOLDERS = 7_770_000 / 100_300_000
"""Accounts for each person of the nation (S0, mid-2023)."""

_OPENED = date(2019, 12, 9)
"""The portal's first day."""


@dataclass(frozen=True, slots=True)
class PortalAccount:
    """An account: whose it is, and the day on which it was opened."""

    citizen_number: str
    opened: date


class PortalAccounts(Register[PortalAccount]):
    """About 7.77 M accounts, all of adults, under their citizen numbers; that of somebody who died since stays."""

    name = "portal_account"

    @cached_property
    def _among_adults(self) -> int:
        """Below which 64 bits an adult has an account."""
        census = self._nation.census
        firsts = [census.first(province) for province in range(len(provinces()))]
        adults = sum(
            census.starts[province * CELLS_PER_PROVINCE + ADULT_CELLS] - first for province, first in enumerate(firsts)
        )
        return int(_HOLDERS * census.population / max(1, adults) * 2**64)

    def entry(self, person: Person, citizen_number: str) -> PortalAccount | None:
        """The account; None for most people."""
        draw = self.draw(citizen_number)
        if person.cell >= ADULT_CELLS or draw >= self._among_adults:
            return None
        of_age = years_after(birth_date(person.cell, self._nation.traits(citizen_number)), MAJORITY)
        first = max(_OPENED, min(of_age, REFERENCE_DATE))
        days = (REFERENCE_DATE - first).days + 1
        return PortalAccount(citizen_number, first + timedelta(draw % days))

    def number(self, person: Person, citizen_number: str) -> str:
        """The citizen number, by which the holder logs in."""
        return citizen_number if self.entry(person, citizen_number) else ""

    def by_number(self, value: str) -> Person | None:
        """Who holds the account with a number."""
        person = self._nation.person(value)
        return person if person and self.entry(person, value) else None
