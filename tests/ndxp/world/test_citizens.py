import subprocess
import sys
from collections import Counter
from dataclasses import FrozenInstanceError, fields, replace

import pytest

from ndxp.world import REFERENCE_DATE, Address, BloodGroup, Citizen, Sex, World, province_by_code, provinces
from ndxp.world.names import surnames

GOLDEN = """
import sys
from ndxp.world import World, register_kinds
from ndxp.world.registers.health_insurance import HealthInsurance
world = World()
for index in (0, 1, 12_345_678, 50_000_000, 100_299_999):
    number = world.number(index)
    c = world.citizen(number)
    print(number, c.full_name, c.birth_date, c.father.name, c.household_number, c.current_address,
          *(world.identifier(kind, number) for kind in register_kinds().values()),
          world.entry(HealthInsurance, number), sep="|")
"""


def _golden(hash_seed: str) -> str:
    return subprocess.run(
        [sys.executable, "-X", "utf8", "-c", GOLDEN],
        env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        check=True,
        encoding="utf-8",
    ).stdout


def test_every_process_sees_the_same_nation() -> None:
    assert _golden("1") == _golden("2")


def test_the_nation_of_seed_2023_stays_as_it_is(world: World) -> None:
    citizens = [world.citizen(world.number(index)) for index in (0, 12_345_678, 100_299_999)]
    seen = [(c.number, c.full_name, c.birth_date.isoformat(), c.household_number) for c in citizens if c]
    assert seen == [
        ("001020377156", "Phạm Đình Khánh", "1920-01-31", "012979484"),
        ("011320545632", "Nguyễn Hồng Hương", "2020-06-08", "115234600"),
        ("096323261308", "Đoàn Ánh Linh", "2023-03-01", "968269511"),
    ]


def test_another_seed_is_another_nation(world: World) -> None:
    assert World(seed=1).number(12_345) != world.number(12_345)


def test_a_citizen_is_a_frozen_value_that_can_be_copied_with_changes(world: World) -> None:
    citizen = world.persona("migrant").citizen
    assert type(citizen) is Citizen
    assert citizen == world.citizen(citizen.number)
    assert hash(citizen) == hash(world.citizen(citizen.number))
    assert replace(citizen, given_name="An").given_name == "An"
    with pytest.raises(FrozenInstanceError):
        citizen.given_name = "An"  # type: ignore[misc]
    assert all(getattr(citizen, field.name) is not None for field in fields(Citizen) if "None" not in str(field.type))


def test_names_follow_the_shares_of_surnames(world: World) -> None:
    counted = Counter(citizen.surname for citizen in world.sample(5_000, seed=3))
    assert 0.36 < counted["Nguyễn"] / 5_000 < 0.41
    assert 0.09 < counted["Trần"] / 5_000 < 0.13
    assert counted.keys() <= set(surnames())


def test_a_sample_is_repeatable_distinct_and_can_leave_out_the_deceased(village: World) -> None:
    everybody = [citizen.number for citizen in village.sample(village.population + 5)]
    assert len(everybody) == len(set(everybody)) == village.population
    alive = list(village.sample(village.population, alive=True))
    assert not any(citizen.deceased for citizen in alive)
    assert 0.985 < len(alive) / village.population < 0.999
    assert [citizen.number for citizen in village.sample(10, seed=4)] == [c.number for c in village.sample(10, seed=4)]
    assert [citizen.number for citizen in village.sample(10, seed=4)] != everybody[:10]


def test_deaths_lie_between_birth_and_the_reference_date(everybody: dict[str, Citizen]) -> None:
    for citizen in everybody.values():
        assert citizen.death_date is None or citizen.birth_date <= citizen.death_date <= REFERENCE_DATE


def test_some_households_live_in_another_province(world: World) -> None:
    citizens = list(world.sample(3_000, seed=8))
    moved = sum(citizen.current_address.province != citizen.permanent_address.province for citizen in citizens)
    assert 0.04 < moved / len(citizens) < 0.1


def test_all_codes_occur_among_citizens(world: World) -> None:
    citizens = list(world.sample(3_000, seed=9))
    assert {citizen.sex for citizen in citizens} == set(Sex)
    assert {citizen.blood_group for citizen in citizens} == set(BloodGroup)
    assert {citizen.marital_status for citizen in citizens} == {1, 2, 3}
    assert {citizen.birth_registration.province for citizen in citizens} == {p.code for p in provinces()}


def test_an_old_id_belongs_only_to_those_born_until_2006(everybody: dict[str, Citizen]) -> None:
    holders = [citizen for citizen in everybody.values() if citizen.old_number]
    assert max(citizen.birth_date.year for citizen in holders) <= 2006
    assert len({citizen.old_number for citizen in holders}) == len(holders)


def test_an_address_reads_from_the_house_to_the_province() -> None:
    address = Address("001", "Quận Ba Đình", "Phường Minh Khai", "Số 1 đường Lê Lợi")
    assert str(address) == "Số 1 đường Lê Lợi, Phường Minh Khai, Quận Ba Đình, Thành phố Hà Nội"
    assert province_by_code("010").full_name == "Tỉnh Lào Cai"
