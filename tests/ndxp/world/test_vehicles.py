from datetime import date

import pytest

from ndxp.calendar import years_after
from ndxp.world import MAJORITY, REFERENCE_DATE, World, normalise_name
from ndxp.world.registers.plates import Plates
from ndxp.world.registers.vehicles import EngineKind, Vehicle, VehicleKind, Vehicles

EVERY = 2_003


@pytest.fixture(scope="module")
def vehicles(world: World) -> list[Vehicle]:
    """Those of one citizen in EVERY."""
    numbers = map(world.number, range(0, world.population, EVERY))
    return [vehicle for number in numbers if (vehicle := world.entry(Vehicles, number))]


def test_every_plate_has_a_vehicle_and_as_many_are_in_the_wallet_as_reported(
    world: World, vehicles: list[Vehicle]
) -> None:
    assert 8.2e6 < EVERY * len(vehicles) < 9.0e6
    assert 2.0e6 < EVERY * sum(vehicle.in_wallet for vehicle in vehicles) < 2.4e6
    for vehicle in vehicles[:500]:
        assert world.identifier(Plates, vehicle.owner_number) == vehicle.plate
        assert world.resolve(Vehicles, vehicle.plate) == vehicle.owner_number


def test_a_vehicle_is_registered_by_an_adult_and_was_made_before(vehicles: list[Vehicle]) -> None:
    for vehicle in vehicles:
        assert years_after(vehicle.owner_birth_date, MAJORITY) <= vehicle.registered_on <= REFERENCE_DATE
        assert vehicle.registered_on >= date(2008, 1, 1)
        assert vehicle.registered_on.year - 1 <= vehicle.model_year <= vehicle.registered_on.year
        assert vehicle.engine is not EngineKind.ELECTRIC or vehicle.model_year >= 2021


def test_there_are_vehicles_of_every_kind_engine_and_several_colours(vehicles: list[Vehicle]) -> None:
    assert {vehicle.kind for vehicle in vehicles} == set(VehicleKind)
    assert {vehicle.engine for vehicle in vehicles} == set(EngineKind)
    assert len({vehicle.colour for vehicle in vehicles}) > 5


def test_of_a_few_vehicles_the_owners_given_name_is_another_one(world: World, vehicles: list[Vehicle]) -> None:
    owners = [citizen for vehicle in vehicles if (citizen := world.citizen(vehicle.owner_number))]
    names = [(vehicle.owner_name, owner.full_name) for vehicle, owner in zip(vehicles, owners, strict=True)]
    wrong = [(name, right) for name, right in names if name != right]
    assert 0.001 < len(wrong) / len(names) < 0.006
    for name, right in wrong:
        assert normalise_name(name) != normalise_name(right)
        assert name.split()[:-1] == right.split()[:-1]
    assert all(vehicle.owner_birth_date == owner.birth_date for vehicle, owner in zip(vehicles, owners, strict=True))
