import pytest

from ndxp.world import REFERENCE_DATE, World, normalise_name
from ndxp.world.registers.licences import Licence, LicenceClass, Licences

EVERY = 10_007


@pytest.fixture(scope="module")
def licences(world: World) -> list[Licence]:
    """Those of one citizen in EVERY."""
    numbers = map(world.number, range(0, world.population, EVERY))
    return [licence for number in numbers if (licence := world.entry(Licences, number))]


def test_as_many_licences_are_in_the_wallet_as_reported(world: World, licences: list[Licence]) -> None:
    assert 38e6 < EVERY * len(licences) < 41e6
    assert 9e6 < EVERY * sum(licence.in_wallet for licence in licences) < 11e6
    assert all(world.resolve(Licences, licence.number) == licence.citizen_number for licence in licences)


def test_a_licence_is_issued_to_who_is_old_enough_in_the_year_that_its_number_says(licences: list[Licence]) -> None:
    least = {LicenceClass.C: 21, LicenceClass.D: 24, LicenceClass.E: 27, LicenceClass.FC: 24}
    for licence in licences:
        assert licence.classes[0].licence_class is LicenceClass.A1
        assert licence.number[3:5] == f"{licence.classes[0].issued:%y}"
        for held in licence.classes:
            assert held.issued <= REFERENCE_DATE
            age = held.issued.year - licence.birth_date.year
            assert age >= least.get(held.licence_class, 18)


def test_classes_for_motorcycles_never_expire_b2_does_after_ten_years_and_c_after_five(
    licences: list[Licence],
) -> None:
    years = dict.fromkeys(LicenceClass, 5) | {LicenceClass.B1: 10, LicenceClass.B2: 10}
    for held in (held for licence in licences for held in licence.classes):
        if held.licence_class in (LicenceClass.A1, LicenceClass.A2, LicenceClass.A3):
            assert held.expires is None
        else:
            assert held.expires
            assert round((held.expires - held.issued).days / 365.25) == years[held.licence_class]


def test_most_classes_are_in_force_and_some_have_expired(licences: list[Licence]) -> None:
    ends = [held.expires for licence in licences for held in licence.classes if held.expires]
    assert 0.01 < sum(end < REFERENCE_DATE for end in ends) / len(ends) < 0.04


def test_of_a_few_licences_the_given_name_is_another_one(world: World, licences: list[Licence]) -> None:
    holders = [citizen for licence in licences if (citizen := world.citizen(licence.citizen_number))]
    names = [(licence.name, holder.full_name) for licence, holder in zip(licences, holders, strict=True)]
    wrong = [(name, right) for name, right in names if name != right]
    assert 0.001 < len(wrong) / len(names) < 0.006
    for name, right in wrong:
        assert normalise_name(name) != normalise_name(right)
        assert name.split()[:-1] == right.split()[:-1]
    assert all(licence.birth_date == holder.birth_date for licence, holder in zip(licences, holders, strict=True))
