"""Accounts of the wallet, VNeID."""

from dataclasses import dataclass
from functools import cached_property

from ndxp.world.census import CELLS_PER_PROVINCE, FIRST_YEAR
from ndxp.world.citizen import REFERENCE_DATE
from ndxp.world.nation import Person
from ndxp.world.provinces import provinces
from ndxp.world.registers.register import Register

_HOLDERS = 70_000_000 / 100_300_000
"""Accounts for each person of the nation (S2: over 70 M)."""

_YOUNGEST = 14
"""Completed years from which a citizen has an identity card, which an account of level 2 needs."""

_CELLS = 2 * (REFERENCE_DATE.year - _YOUNGEST - FIRST_YEAR)
"""Everybody in the cells before this one is old enough."""


@dataclass(frozen=True, slots=True)
class WalletAccount:
    """An account of level 2: whose it is."""

    citizen_number: str


class WalletAccounts(Register[WalletAccount]):
    """About 70 M accounts of level 2 under their citizen numbers; that of somebody who died since stays.

    The reports do not say of which level the accounts are. That all of them are of level 2 is this project's choice.
    """

    name = "wallet_account"

    @cached_property
    def _share(self) -> int:
        """Below which 64 bits somebody who is old enough has an account."""
        census = self._nation.census
        firsts = [census.first(province) for province in range(len(provinces()))]
        old_enough = sum(
            census.starts[province * CELLS_PER_PROVINCE + _CELLS] - first for province, first in enumerate(firsts)
        )
        return int(_HOLDERS * census.population / max(1, old_enough) * 2**64)

    def entry(self, person: Person, citizen_number: str) -> WalletAccount | None:
        """The account; None for who has none."""
        if person.cell >= _CELLS or self.draw(citizen_number) >= self._share:
            return None
        return WalletAccount(citizen_number)

    def number(self, person: Person, citizen_number: str) -> str:
        """The citizen number, by which the holder logs in."""
        return citizen_number if self.entry(person, citizen_number) else ""

    def by_number(self, value: str) -> Person | None:
        """Who holds the account with a number."""
        person = self._nation.person(value)
        return person if person and self.entry(person, value) else None
