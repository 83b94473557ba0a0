from collections import Counter

from ndxp.world import Citizen, World
from ndxp.world.registers.land_parcels import LandInconsistency, LandParcels


def test_parcels_are_of_founders_of_households_and_resolve(village: World, everybody: dict[str, Citizen]) -> None:
    parcels = {number: parcel for number in everybody if (parcel := village.entry(LandParcels, number))}
    households = {citizen.household_number for citizen in everybody.values()}
    assert 0.45 < len(parcels) / len(households) < 0.65
    assert len({everybody[number].household_number for number in parcels}) == len(parcels)
    assert all(village.resolve(LandParcels, parcel.number) == number for number, parcel in parcels.items())
    assert len({parcel.number for parcel in parcels.values()}) == len(parcels)
    for number, parcel in parcels.items():
        assert parcel.owner_number == number
        assert everybody[number].age() >= 18
        assert 40 <= parcel.area <= 500
        assert parcel.address == everybody[number].current_address
    mortgaged = sum(parcel.mortgaged for parcel in parcels.values())
    assert 0.06 < mortgaged / len(parcels) < 0.1


def test_a_small_share_of_certificates_does_not_agree_with_the_population_database(
    village: World, everybody: dict[str, Citizen]
) -> None:
    register, found = village.registers[LandParcels], Counter[LandInconsistency | None]()
    for number, citizen in everybody.items():
        person, parcel = village.nation.person(number), village.entry(LandParcels, number)
        assert person is not None
        planted = register.inconsistency(person, number)
        if parcel is None:
            assert planted is None
            continue
        found[planted] += 1
        assert (parcel.owner_name != citizen.full_name) is (planted is LandInconsistency.NAME_DIFFERS)
        if planted is LandInconsistency.OWNER_DECEASED:
            assert citizen.deceased
    assert 0.001 < found[LandInconsistency.NAME_DIFFERS] / found.total() < 0.008
    assert 0.003 < found[LandInconsistency.OWNER_DECEASED] / found.total() < 0.02


def test_a_certificate_that_nobody_has_is_nobodys(village: World) -> None:
    for number in ("", "AA", "AA 1234567", "aa 123456", "ZZ 999999", "AA\u00a0123456"):
        assert village.resolve(LandParcels, number) is None
