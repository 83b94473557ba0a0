from ndxp.world import World, provinces
from ndxp.world.registers.civil_servants import (
    CENTRAL_STAFF,
    CENTRAL_SYNCHRONISED,
    PROVINCIAL_STAFF,
    PROVINCIAL_SYNCHRONISED,
    CivilServants,
)


def test_the_96_bodies_have_the_reported_staff_and_have_synchronised_the_reported_number(world: World) -> None:
    bodies = world.registers[CivilServants].bodies.values()
    central, provincial = [b for b in bodies if b.central], [b for b in bodies if not b.central]
    assert (len(central), len(provincial)) == (33, 63)
    assert sum(b.staff for b in central) == CENTRAL_STAFF
    assert sum(b.staff for b in provincial) == PROVINCIAL_STAFF
    assert sum(b.synchronised for b in central) == CENTRAL_SYNCHRONISED
    assert sum(b.synchronised for b in provincial) == PROVINCIAL_SYNCHRONISED
    assert CENTRAL_SYNCHRONISED + PROVINCIAL_SYNCHRONISED == 2_087_114
    assert CENTRAL_STAFF + PROVINCIAL_STAFF == 2_283_932
    assert all(0 < b.synchronised < b.staff for b in bodies)


def test_every_number_of_every_body_is_one_civil_servant_of_that_body(village: World) -> None:
    register = village.registers[CivilServants]
    numbers = [f"{body.code}-{serial:07d}" for body in register.bodies.values() for serial in range(body.staff)]
    holders = [village.resolve(CivilServants, number) for number in numbers]
    assert len(set(holders)) == len(numbers) > 400
    for number, holder in zip(numbers, holders, strict=True):
        assert holder is not None
        profile = village.entry(CivilServants, holder)
        assert profile is not None
        assert (profile.number, profile.body, profile.citizen_number) == (number, number[:3], holder)
        assert profile.synchronised is (int(number[4:]) < register.bodies[number[:3]].synchronised)
    everybody = (village.number(index) for index in range(village.population))
    assert {number for number in everybody if village.entry(CivilServants, number)} == set(holders)


def test_who_serves_a_province_was_registered_there_and_is_of_working_age(world: World) -> None:
    codes = {province.agency_code: province.code for province in provinces()}
    for citizen in world.sample(10_000, seed=31):
        if profile := world.entry(CivilServants, citizen.number):
            assert 21 <= citizen.age() <= 59
            assert citizen.birth_date < profile.entered
            assert codes.get(profile.body, citizen.number[:3]) == citizen.number[:3]
            assert profile.full_name == citizen.full_name


def test_of_a_few_in_a_thousand_the_body_has_another_birth_date(world: World) -> None:
    holders = [world.resolve(CivilServants, f"H26-{serial:07d}") for serial in range(10_000)]
    mistaken = 0
    for holder in holders:
        assert holder is not None
        profile, citizen = world.entry(CivilServants, holder), world.citizen(holder)
        assert profile is not None
        assert citizen is not None
        mistaken += profile.birth_date != citizen.birth_date
    assert 20 < mistaken < 65


def test_what_is_no_civil_servants_number_resolves_to_nobody(world: World) -> None:
    malformed = ("", "H26", "H26-", "H26-1", "H26-00000١1", "H26-00000001")
    for number in (*malformed, "H99-0000001", "H26-9999999", "G12-0999999"):
        assert world.resolve(CivilServants, number) is None


def test_a_nation_of_a_few_people_has_no_more_civil_servants_than_people() -> None:
    for population in (1, 50, 300):
        world = World(seed=1, population=population)
        numbers = [world.identifier(CivilServants, world.number(index)) for index in range(population)]
        held = [number for number in numbers if number]
        assert len(held) < population
        assert all(world.resolve(CivilServants, number) for number in held)
