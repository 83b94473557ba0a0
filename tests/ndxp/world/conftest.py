import pytest

from ndxp.world import Citizen, World

SMALL = 20_000


@pytest.fixture(scope="session")
def world() -> World:
    """The nation at full size, as the agencies use it."""
    return World()


@pytest.fixture(scope="session")
def village() -> World:
    """A nation small enough to visit everybody."""
    return World(seed=7, population=SMALL)


@pytest.fixture(scope="session")
def everybody(village: World) -> dict[str, Citizen]:
    """Every citizen of the village, by number."""
    numbers = [village.number(index) for index in range(village.population)]
    return {number: citizen for number in numbers if (citizen := village.citizen(number))}
