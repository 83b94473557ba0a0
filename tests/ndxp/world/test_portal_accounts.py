from datetime import date

from ndxp.world import REFERENCE_DATE, Citizen, World
from ndxp.world.registers.portal_accounts import PortalAccounts


def test_about_as_many_have_an_account_as_reported(world: World) -> None:
    numbers = [citizen.number for citizen in world.sample(10_000, seed=21)]
    held = sum(world.entry(PortalAccounts, number) is not None for number in numbers)
    assert abs(held / len(numbers) - 7.77 / 100.3) < 0.01


def test_accounts_are_of_adults_opened_since_the_portal_began_and_resolve(
    village: World, everybody: dict[str, Citizen]
) -> None:
    accounts = {number: account for number in everybody if (account := village.entry(PortalAccounts, number))}
    for number, account in accounts.items():
        assert everybody[number].age() >= 18
        assert date(2019, 12, 9) <= account.opened <= REFERENCE_DATE
        assert everybody[number].age(account.opened) >= 18
    assert {number for number in everybody if village.resolve(PortalAccounts, number)} == set(accounts)
