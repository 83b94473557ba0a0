"""How many people each cell (province, birth year, sex) holds, and how an index 0..population-1 falls into cells."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from itertools import accumulate, pairwise

from ndxp.world.provinces import provinces
from ndxp.world.tables import rows

FIRST_YEAR = 1920
LAST_YEAR = 2023
YEARS = LAST_YEAR - FIRST_YEAR + 1
CELLS_PER_PROVINCE = 2 * YEARS
"""Cells of a province lie year by year, men before women: cell = 2 * (year - FIRST_YEAR) + (0 men, 1 women)."""

_GROUP_YEARS = 5


@cache
def age_weights() -> tuple[int, ...]:
    """Relative size of each cell of a province, in cell order.

    Approximated from the five-year groups of the 2019 census, carried on to 2023 and interpolated between
    the groups' middles; 2023 counts for half, as the year ends for this world on 1 July.
    """
    groups = [(float(row["share_pct"]), int(row["males_per_100_females"])) for row in rows("age_pyramid.csv")]
    weights: list[int] = []
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        position = max(0.0, (LAST_YEAR - year - _GROUP_YEARS // 2) / _GROUP_YEARS)
        group = min(int(position), len(groups) - 2)
        part = min(1.0, position - group)
        (share, ratio), (next_share, next_ratio) = groups[group : group + 2]
        people = share + (next_share - share) * part
        men = ratio + (next_ratio - ratio) * part
        scale = 0.5e6 if year == LAST_YEAR else 1e6
        weights.append(round(scale * people * men / (100 + men)))
        weights.append(round(scale * people * 100 / (100 + men)))
    return tuple(weights)


class Census:
    """Cell sizes of a nation of `population` people: sums are exact, provinces are within 1 of their share.

    Raises ValueError for a population that is negative or too large for seven-digit licence serials.
    """

    __slots__ = ("population", "starts")

    def __init__(self, population: int) -> None:
        if not 0 < population <= 105_000_000:
            raise ValueError(f"a world holds 1 to 105,000,000 people, not {population}")
        self.population = population
        ages = [0, *accumulate(age_weights())]
        total_age = ages[-1]
        counted = [0, *accumulate(province.population_2019 for province in provinces())]
        borders = [population * count // counted[-1] for count in counted]
        starts = [first + (end - first) * age // total_age for first, end in pairwise(borders) for age in ages[:-1]]
        self.starts = array("I", [*starts, population])
        """First index of each cell, province by province, and the population as the last entry."""

    def place(self, index: int) -> tuple[int, int, int]:
        """(province position, cell within the province, rank within the cell) of an index."""
        cell = bisect_right(self.starts, index) - 1
        province, own = divmod(cell, CELLS_PER_PROVINCE)
        return province, own, index - self.starts[cell]

    def index(self, province: int, cell: int, rank: int) -> int:
        """The index of a rank in a cell; the inverse of `place`."""
        return self.starts[province * CELLS_PER_PROVINCE + cell] + rank

    def first(self, province: int) -> int:
        """The first index of a province; of the one behind the last province, the population."""
        return self.starts[province * CELLS_PER_PROVINCE]

    def begin(self, province: int, cell: int) -> int:
        """The first index of a cell."""
        return self.starts[province * CELLS_PER_PROVINCE + cell]

    def size(self, province: int, cell: int) -> int:
        """How many people a cell holds."""
        own = province * CELLS_PER_PROVINCE + cell
        return self.starts[own + 1] - self.starts[own]

    def sizes(self, province: int) -> list[int]:
        """The sizes of a province's cells, in cell order."""
        first = province * CELLS_PER_PROVINCE
        starts = self.starts[first : first + CELLS_PER_PROVINCE + 1]
        return [end - start for start, end in pairwise(starts)]

    def blocks(self, first_year: int, last_year: int) -> Iterator[tuple[int, int]]:
        """(first index, size) of everybody born in the years first..last, one block per province."""
        low = 2 * (first_year - FIRST_YEAR)
        high = 2 * (last_year + 1 - FIRST_YEAR)
        for province in range(0, len(self.starts) - 1, CELLS_PER_PROVINCE):
            start = self.starts[province + low]
            yield start, self.starts[province + high] - start
