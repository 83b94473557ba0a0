from datetime import date, timedelta

from ndxp.world import REFERENCE_DATE, World
from ndxp.world.registers.passports import Passports


def test_about_a_tenth_hold_a_passport_and_some_have_expired(world: World) -> None:
    numbers = [citizen.number for citizen in world.sample(5_000, seed=13)]
    passports = [passport for number in numbers if (passport := world.entry(Passports, number))]
    expired = [passport for passport in passports if not passport.valid()]
    assert 0.09 < len(passports) / len(numbers) < 0.13
    assert 0.05 < len(expired) / len(passports) < 0.35


def test_a_passport_is_issued_after_birth_and_runs_five_or_ten_years(world: World) -> None:
    for citizen in world.sample(3_000, seed=14):
        passport = world.entry(Passports, citizen.number)
        if passport:
            assert citizen.birth_date < passport.issued <= REFERENCE_DATE
            years = round((passport.expires - passport.issued).days / 365.25)
            assert years == (5 if citizen.age(passport.issued) < 14 else 10)
            assert (passport.number[0] == "P") is (passport.issued >= date(2022, 7, 1))
            assert passport.valid(passport.issued)
            assert passport.valid(passport.expires)
            assert not passport.valid(passport.expires + timedelta(1))


def test_passport_numbers_are_distinct_and_resolve(village: World) -> None:
    numbers = map(village.number, range(village.population))
    held = {passport.number: number for number in numbers if (passport := village.entry(Passports, number))}
    assert len(held) > village.population / 20
    assert all(village.resolve(Passports, value) == number for value, number in held.items())
    holders = sum(village.entry(Passports, village.number(index)) is not None for index in range(village.population))
    assert holders == len(held)
