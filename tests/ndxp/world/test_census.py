import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndxp.world import REFERENCE_DATE, World, provinces
from ndxp.world.census import CELLS_PER_PROVINCE, Census


@given(st.integers(1, 105_000_000))
def test_cells_add_up_to_any_population_exactly(population: int) -> None:
    census = Census(population)
    assert sum(sum(census.sizes(province)) for province in range(63)) == population
    assert min(min(census.sizes(province)) for province in range(63)) >= 0


def test_provinces_hold_their_share_of_the_census_within_one() -> None:
    census = Census(100_300_000)
    total = sum(province.population_2019 for province in provinces())
    for position, province in enumerate(provinces()):
        share = census.population * province.population_2019 / total
        assert abs(sum(census.sizes(position)) - share) < 1


def test_every_cell_leaves_room_for_numbers_nobody_has() -> None:
    census = Census(105_000_000)
    assert max(max(census.sizes(province)) for province in range(63)) < 100_000


@given(st.integers(0, 100_299_999))
def test_an_index_falls_into_a_cell_and_back(index: int) -> None:
    province, cell, rank = FULL.place(index)
    assert 0 <= rank < FULL.size(province, cell)
    assert cell < CELLS_PER_PROVINCE
    assert FULL.index(province, cell, rank) == index


FULL = Census(100_300_000)


def test_more_boys_are_born_and_more_women_grow_old() -> None:
    men = [sum(FULL.size(province, cell) for province in range(63)) for cell in range(0, CELLS_PER_PROVINCE, 2)]
    women = [sum(FULL.size(province, cell) for province in range(63)) for cell in range(1, CELLS_PER_PROVINCE, 2)]
    assert men[-2] > 1.08 * women[-2]
    assert women[20] > 1.3 * men[20]
    assert 0.97 < sum(men) / sum(women) < 1.01


def test_people_are_born_from_1920_until_the_reference_date(world: World) -> None:
    births = [citizen.birth_date for citizen in world.sample(3_000)]
    assert min(births).year >= 1920
    assert max(births) <= REFERENCE_DATE


@pytest.mark.parametrize("population", [-1, 0, 105_000_001])
def test_an_impossible_population_is_refused(population: int) -> None:
    with pytest.raises(ValueError, match="people"):
        World(population=population)
