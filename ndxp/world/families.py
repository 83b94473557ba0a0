"""Who is married to whom and whose child is whose within one province, without storing a single person.

Both relations are segments of ranks. Men of a birth year and women of a birth year d years later share
a marriage slot: the n-th man of the slot is the husband of the n-th woman. Children of a cell are cut into
segments by their mother's age; a segment is laid, from a keyed place on, around the circle of couples
whose wives were born in that year. So every step is arithmetic that can be run backwards.
"""

import hashlib
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate, pairwise
from struct import unpack

from ndxp.world.census import CELLS_PER_PROVINCE, FIRST_YEAR, LAST_YEAR, YEARS

GAPS = (-1, 0, 1, 2, 3, 4)
"""Years by which a wife is younger than her husband."""
_GAP_SHARES = (0.08, 0.18, 0.24, 0.22, 0.16, 0.12)
MOTHER_AGES = range(20, 41)
"""Years between a mother's and her child's birth year; with GAPS it keeps both parents 18 to 45 years older."""
_MARRIED_BY_AGE = (
    (20, 0.0), (23, 0.2), (26, 0.45), (30, 0.72), (35, 0.84), (45, 0.9), (65, 0.9), (80, 0.7), (103, 0.2),
)  # fmt: skip
"""Share of men of an age who are offered a marriage; an invented curve. Where women are fewer, fewer marry."""
_LINKED_SINCE = 2 * (1960 - FIRST_YEAR)
"""First cell whose people are linked to their parents; the records of the older give parents by name only."""
_YOUNGEST_WIFE = LAST_YEAR - 19
_LAST_HUSBAND = LAST_YEAR - 21
_GAPS = len(GAPS)
_AGES = len(MOTHER_AGES)
_FIRST_AGE = MOTHER_AGES.start

# What a person's cell says about marriage lies together in memory, and so does what it says about birth: most of
# the time of a look-up is waiting for memory. A cell's marriages: by gap, the first rank of the slot; from _PAIRS on
# by gap, how many are married in it; from _BEFORE on by gap (women), how many couples the slots before it hold; then
# (women) the number of couples.
_PAIRS, _BEFORE, _TOTAL, _MARRIAGES = _GAPS, 2 * _GAPS, 3 * _GAPS, 3 * _GAPS + 1
# A cell's births: by mother's age, the first place of the segment; from _BORN on by age, how many children it holds;
# from _TURN on by age, the couple of its first child; then by how much ranks are turned against places, so that who
# is single says nothing about whose child they are; then the cell's size.
_BORN, _TURN, _SPIN, _SIZE, _BIRTHS = _AGES, 2 * _AGES, 3 * _AGES, 3 * _AGES + 1, 3 * _AGES + 2
_MOST_CHILDREN = 3.0
"""Most children of one sex a couple has on average. Of the old, more are alive than of their parents' age: who is
beyond this rate has parents outside the registry."""

Person = tuple[int, int]
"""(cell within the province, rank within the cell)."""


def _married_share(birth_year: int) -> float:
    age = LAST_YEAR - birth_year
    for (low, share), (high, next_share) in pairwise(_MARRIED_BY_AGE):
        if low <= age <= high:
            return share + (next_share - share) * (age - low) / (high - low)
    return 0.0


@cache
def _slot_ends() -> tuple[tuple[float, ...], ...]:
    """For every cell, the cumulative shares of its marriage slots, one per gap, beginning with 0."""
    cells = []
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        for female in (0, 1):
            shares = [0.0]
            for gap, share in zip(GAPS, _GAP_SHARES, strict=True):
                husband, wife = (year - gap, year) if female else (year, year + gap)
                possible = husband <= _LAST_HUSBAND and wife <= _YOUNGEST_WIFE
                shares.append(share * _married_share(husband) if possible else 0.0)
            cells.append(tuple(accumulate(shares)))
    return tuple(cells)


@cache
def _fertility() -> tuple[float, ...]:
    """Share of a couple's children born at each of MOTHER_AGES; sums to 1. The shape is invented, its peak at 27."""
    weights = [max(1.0, 12 - abs(age - 27) * (1.6 if age < 27 else 0.9)) for age in MOTHER_AGES]
    return tuple(weight / sum(weights) for weight in weights)


class Families:
    """Marriages and parentage in one province; persons are (cell, rank)."""

    __slots__ = ("_births", "_marriages")

    def __init__(self, sizes: Sequence[int], key: bytes) -> None:
        width = "H" if max(sizes) < 1 << 16 else "I"
        self._marriages = array(width, [0]) * (CELLS_PER_PROVINCE * _MARRIAGES)
        self._births = array(width, [0]) * (CELLS_PER_PROVINCE * _BIRTHS)
        self._marry(sizes)
        self._bear(sizes, key)

    def _marry(self, sizes: Sequence[int]) -> None:
        marriages = self._marriages
        ends: list[list[int]] = []
        for cell, shares in enumerate(_slot_ends()):
            borders = [int(share * sizes[cell] + 0.5) for share in shares]
            marriages[cell * _MARRIAGES : cell * _MARRIAGES + _GAPS] = array(marriages.typecode, borders[:-1])
            ends.append(borders[1:])
        for husbands in range(0, CELLS_PER_PROVINCE, 2):
            for gap, years in enumerate(GAPS):
                wives = husbands + 2 * years + 1
                if 0 < wives < CELLS_PER_PROVINCE:
                    his, hers = husbands * _MARRIAGES + gap, wives * _MARRIAGES + gap
                    pairs = min(ends[husbands][gap] - marriages[his], ends[wives][gap] - marriages[hers])
                    marriages[his + _PAIRS] = marriages[hers + _PAIRS] = pairs
        for first in range(_MARRIAGES, len(marriages), 2 * _MARRIAGES):
            before = accumulate(marriages[first + _PAIRS : first + _PAIRS + _GAPS], initial=0)
            marriages[first + _BEFORE : first + _TOTAL + 1] = array(marriages.typecode, before)

    def _bear(self, sizes: Sequence[int], key: bytes) -> None:
        births = self._births
        phases = hashlib.shake_128(key + b"phases").digest(CELLS_PER_PROVINCE)
        spins = unpack(f"<{CELLS_PER_PROVINCE}I", hashlib.shake_128(key + b"spins").digest(4 * CELLS_PER_PROVINCE))
        turns = unpack(f"<{YEARS * _AGES}I", hashlib.shake_128(key + b"turns").digest(4 * YEARS * _AGES))
        for cell in range(_LINKED_SINCE, CELLS_PER_PROVINCE):
            size = sizes[cell]
            first = cell * _BIRTHS
            births[first + _SPIN] = spins[cell] % max(1, size)
            births[first + _SIZE] = size
            mothers = [(cell | 1) - 2 * age for age in MOTHER_AGES]
            couples = [self._marriages[mother * _MARRIAGES + _TOTAL] for mother in mothers]
            expected = [share * count for share, count in zip(_fertility(), couples, strict=True)]
            rate = min(_MOST_CHILDREN, size / sum(expected)) if any(expected) else 0.0
            phase = phases[cell] / 256
            borders = [min(size, int(rate * total + phase)) for total in accumulate(expected, initial=0.0)]
            births[first : first + _AGES] = array(births.typecode, borders[:-1])
            for age, count in enumerate(couples):
                births[first + _BORN + age] = min(borders[age + 1] - borders[age], count)
                if count:
                    # Sisters follow their year's brothers on the circle, so hardly a couple has both in one year.
                    brothers = births[first - _BIRTHS + _BORN + age] if cell & 1 else 0
                    births[first + _TURN + age] = (turns[(cell >> 1) * _AGES + age] + brothers) % count

    def spouse(self, cell: int, rank: int) -> Person | None:
        """Husband or wife of a person, or None."""
        marriages = self._marriages
        first = cell * _MARRIAGES
        slot = bisect_right(marriages, rank, first, first + _GAPS) - 1
        place = rank - marriages[slot]
        if place >= marriages[slot + _PAIRS]:
            return None
        gap = slot - first
        other = cell - 1 - 2 * GAPS[gap] if cell & 1 else cell + 1 + 2 * GAPS[gap]
        return other, marriages[other * _MARRIAGES + gap] + place

    def parents(self, cell: int, rank: int) -> tuple[Person, Person] | None:
        """(father, mother) of a person, or None when they are not in the registry."""
        if cell < _LINKED_SINCE:
            return None
        births, marriages = self._births, self._marriages
        first = cell * _BIRTHS
        place = (rank + births[first + _SPIN]) % births[first + _SIZE]
        segment = bisect_right(births, place, first, first + _AGES) - 1
        child = place - births[segment]
        if child >= births[segment + _BORN]:
            return None
        mother = (cell | 1) - 2 * (_FIRST_AGE + segment - first)
        first = mother * _MARRIAGES
        couple = (child + births[segment + _TURN]) % marriages[first + _TOTAL]
        slot = bisect_right(marriages, couple, first + _BEFORE, first + _TOTAL) - 1
        place = couple - marriages[slot]
        gap = slot - first - _BEFORE
        father = mother - 1 - 2 * GAPS[gap]
        return (father, marriages[father * _MARRIAGES + gap] + place), (mother, marriages[first + gap] + place)

    def founder(self, cell: int, rank: int) -> Person:
        """The last registered man in the line father, father's father ...; the person if there is none."""
        births, marriages = self._births, self._marriages
        while cell >= _LINKED_SINCE:
            # The father's half of `parents`, unrolled: every name in a record passes here.
            first = cell * _BIRTHS
            place = (rank + births[first + _SPIN]) % births[first + _SIZE]
            segment = bisect_right(births, place, first, first + _AGES) - 1
            child = place - births[segment]
            if child >= births[segment + _BORN]:
                break
            mother = (cell | 1) - 2 * (_FIRST_AGE + segment - first)
            first = mother * _MARRIAGES
            couple = (child + births[segment + _TURN]) % marriages[first + _TOTAL]
            slot = bisect_right(marriages, couple, first + _BEFORE, first + _TOTAL) - 1
            gap = slot - first - _BEFORE
            cell = mother - 1 - 2 * GAPS[gap]
            rank = marriages[cell * _MARRIAGES + gap] + couple - marriages[slot]
        return cell, rank

    def children(self, cell: int, rank: int) -> Iterator[Person]:
        """Children of a person, eldest year first."""
        births, marriages = self._births, self._marriages
        first = cell * _MARRIAGES
        slot = bisect_right(marriages, rank, first, first + _GAPS) - 1
        place = rank - marriages[slot]
        if place >= marriages[slot + _PAIRS]:
            return
        gap = slot - first
        mother = cell if cell & 1 else cell + 1 + 2 * GAPS[gap]
        couple = marriages[mother * _MARRIAGES + _BEFORE + gap] + place
        couples = marriages[mother * _MARRIAGES + _TOTAL]
        for age in range(_AGES):
            boys = mother - 1 + 2 * (age + _FIRST_AGE)
            if boys >= CELLS_PER_PROVINCE:
                return
            for child in (boys, boys + 1):
                first = child * _BIRTHS
                turn = (couple - births[first + _TURN + age]) % couples
                if turn < births[first + _BORN + age]:
                    yield child, (births[first + age] + turn - births[first + _SPIN]) % births[first + _SIZE]
