"""Accounts of the national public service portal."""

from dataclasses import dataclass
from datetime import date, timedelta

from ndxp.calendar import years_after
from ndxp.world.citizen import MAJORITY, REFERENCE_DATE
from ndxp.world.lives import birth_date
from ndxp.world.nation import Person
from ndxp.world.registers.accounts import Accounts

_OPENED = date(2019, 12, 9)
"""The portal's first day."""


@dataclass(frozen=True, slots=True)
class PortalAccount:
    """An account: whose it is, and the day on which it was opened."""

    citizen_number: str
    opened: date


class PortalAccounts(Accounts[PortalAccount]):
    """About 7.77 M accounts of the portal, all of adults."""

    name = "portal_account"
    holders = 7_770_000 / 100_300_000
    """Reported in mid-2023 (S0)."""
    youngest = MAJORITY

    def entry(self, person: Person, citizen_number: str) -> PortalAccount | None:
        """The account; None for most people."""
        draw = self.draw(citizen_number)
        if not self._has_account(person, draw):
            return None
        of_age = years_after(birth_date(person.cell, self._nation.traits(citizen_number)), MAJORITY)
        first = max(_OPENED, min(of_age, REFERENCE_DATE))
        days = (REFERENCE_DATE - first).days + 1
        return PortalAccount(citizen_number, first + timedelta(draw % days))
