from ndxp.world import World
from ndxp.world.registers.wallet_accounts import WalletAccounts

EVERY = 10_007


def test_seventy_million_accounts_are_of_people_with_an_identity_card(world: World) -> None:
    numbers = [world.number(index) for index in range(0, world.population, EVERY)]
    holders = [number for number in numbers if world.entry(WalletAccounts, number)]
    assert 6.8e7 < EVERY * len(holders) < 7.2e7
    for number in holders[:300]:
        citizen = world.citizen(number)
        assert citizen
        assert citizen.age() >= 14
        assert world.resolve(WalletAccounts, number) == number == world.identifier(WalletAccounts, number)


def test_who_has_no_account_is_not_found_by_number(world: World) -> None:
    without = next(citizen.number for citizen in world.sample(100) if not world.entry(WalletAccounts, citizen.number))
    assert world.resolve(WalletAccounts, without) is None
    assert world.identifier(WalletAccounts, without) is None
    assert world.resolve(WalletAccounts, world.absent_number(1)) is None
