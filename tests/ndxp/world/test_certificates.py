import re
from datetime import timedelta

from ndxp.world import REFERENCE_DATE, World
from ndxp.world.registers.certificates import Certificates

SAMPLE = 20_000


def test_everybody_has_a_birth_certificate_with_a_number_of_its_own_that_resolves(village: World) -> None:
    numbers = [village.number(index) for index in range(village.population)]
    held = {village.identifier(Certificates, number): number for number in numbers}
    assert len(held) == village.population
    assert all(village.resolve(Certificates, value or "") == number for value, number in held.items())
    assert all(re.fullmatch(r"KS-0\d\d-(19|20)\d\d-\d{7}", value or "") for value in held)


def test_a_number_that_is_nobodys_and_one_of_another_year_resolve_to_nobody(village: World) -> None:
    value = village.identifier(Certificates, village.number(0))
    assert value
    for wrong in ("", "KS", value[:-1], f"{value}0", value.replace("KS", "KT"), f"{value[:7]}1899{value[11:]}"):
        assert village.resolve(Certificates, wrong) is None


def test_of_two_in_a_thousand_the_certificate_has_another_birth_date(world: World) -> None:
    wrong = 0
    for citizen in world.sample(SAMPLE, seed=21):
        entry = world.entry(Certificates, citizen.number)
        assert entry
        wrong += entry.birth_date != citizen.birth_date
        assert citizen.birth_date <= entry.registered <= min(citizen.birth_date + timedelta(60), REFERENCE_DATE)
        assert entry.birth_date <= REFERENCE_DATE
        assert entry.number[3:11] == f"{citizen.number[:3]}-{citizen.birth_date.year}"
    assert 0.001 < wrong / SAMPLE < 0.003
