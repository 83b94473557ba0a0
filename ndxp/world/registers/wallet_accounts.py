"""Accounts of the wallet, VNeID."""

from dataclasses import dataclass

from ndxp.world.nation import Person
from ndxp.world.registers.accounts import Accounts


@dataclass(frozen=True, slots=True)
class WalletAccount:
    """An account of level 2: whose it is."""

    citizen_number: str


class WalletAccounts(Accounts[WalletAccount]):
    """About 70 M accounts of the wallet, all of level 2.

    The reports do not say of which level the accounts are. That all of them are of level 2 is this project's choice.
    """

    name = "wallet_account"
    holders = 70_000_000 / 100_300_000
    """Reported: over 70 M accounts (S2)."""
    youngest = 14
    """From then on a citizen has an identity card, which an account of level 2 needs."""

    def entry(self, person: Person, citizen_number: str) -> WalletAccount | None:
        """The account; None for who has none."""
        return WalletAccount(citizen_number) if self._has_account(person, self.draw(citizen_number)) else None
