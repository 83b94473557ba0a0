"""When a person was born and died, and whom they live with: the rules of births, deaths and households."""

from datetime import date
from functools import cache

from ndxp.calendar import years_after
from ndxp.world.census import FIRST_YEAR, LAST_YEAR, YEARS
from ndxp.world.citizen import MAJORITY, REFERENCE_DATE
from ndxp.world.nation import Nation, Person, Traits

CHILD_CELL = 2 * (1999 - FIRST_YEAR)
"""The unmarried born since 1999, so nobody over 24, live with their parents."""
ADULT_CELLS = 2 * (LAST_YEAR - MAJORITY - FIRST_YEAR)
"""Everybody in the cells before this one is an adult."""
_MOTHERS_UNTIL_AGE = 46
_DEATHS = (
    (0, 0.002), (1, 0.0003), (15, 0.001), (40, 0.003), (55, 0.008), (65, 0.02), (75, 0.05), (85, 0.12), (93, 0.25),
)  # fmt: skip
"""From an age on: the share of people who died within the days below; an approximation."""
_DAYS = 730
_DAYS_WHILE_FATHERS = 200
"""A man's last child is born at most nine months after his death."""


def birth_date(cell: int, traits: Traits) -> date:
    """Birth date of a person in a cell of any province."""
    first, days = _calendar()[cell >> 1]
    return date.fromordinal(first + traits.birthday % days)


def death_date(cell: int, traits: Traits, husband: tuple[int, Traits] | None = None) -> date | None:
    """Death date, or None for the living; a married woman's needs her husband's (cell, traits).

    Of a couple at most one has died, and no wife who may still have borne a child: so every family has a
    living head and no child is born to a dead mother.
    """
    if traits.death >= _dying()[cell >> 1]:
        return None
    age = LAST_YEAR - FIRST_YEAR - (cell >> 1)
    if husband and (age < _MOTHERS_UNTIL_AGE or death_date(*husband)):
        return None
    born = birth_date(cell, traits).toordinal()
    last = REFERENCE_DATE.toordinal()
    days = _DAYS if age > _MOTHERS_UNTIL_AGE else _DAYS_WHILE_FATHERS
    return date.fromordinal(last - traits.death_day % min(days, last - born + 1))


def death_of(nation: Nation, person: Person, traits: Traits) -> date | None:
    """Death date of a person of a nation, or None for the living."""
    province, cell, rank = person
    died = death_date(cell, traits)
    if died is None or not cell & 1:
        return died
    husband = nation.families(province).spouse(cell, rank)
    if husband is None:
        return died
    return death_date(cell, traits, (husband[0], nation.traits(nation.number(province, *husband))))


def mistaken_birth_date(born: date, variation: int) -> date:
    """A wrong birth date as it happens in registers: day and month swapped, or one to three years early."""
    if born.day <= 12 and born.day != born.month and variation & 1:
        swapped = born.replace(month=born.day, day=born.month)
        if swapped <= REFERENCE_DATE:
            return swapped
    return years_after(born, -1 - variation % 3)


class Households:
    """Who lives with whom: couples with their unmarried children born since 1999; everybody else alone."""

    def __init__(self, nation: Nation) -> None:
        self._nation = nation

    def founder(self, person: Person) -> Person:
        """The person a household's number and address come from: the husband of a couple, or the one alone."""
        province, cell, rank = person
        families = self._nation.families(province)
        spouse = families.spouse(cell, rank)
        if spouse:
            return Person(province, *spouse) if cell & 1 else person
        if cell >= CHILD_CELL and (parents := families.parents(cell, rank)):
            return Person(province, *parents[0])
        return person

    def members(self, founder: Person) -> list[Person]:
        """The members of a founder's household, the living head first, then the spouse, then children by year."""
        nation, (province, cell, rank) = self._nation, founder
        families = nation.families(province)
        wife = families.spouse(cell, rank)
        if not wife:
            return [founder]
        couple = [founder, Person(province, *wife)]
        if death_date(cell, nation.traits(nation.number(*founder))):
            couple.reverse()
        children = [
            Person(province, *child)
            for child in families.children(cell, rank)
            if child[0] >= CHILD_CELL and not families.spouse(*child)
        ]
        return couple + children


@cache
def _calendar() -> tuple[tuple[int, int], ...]:
    """Per birth year: the ordinal of its first day, and its days up to the reference date."""
    first_days = [date(FIRST_YEAR + year, 1, 1).toordinal() for year in range(YEARS)]
    ends = [*first_days[1:], REFERENCE_DATE.toordinal() + 1]
    return tuple((first, end - first) for first, end in zip(first_days, ends, strict=True))


@cache
def _dying() -> tuple[int, ...]:
    """Per birth year: below which 16-bit number a person has died."""
    ages = [LAST_YEAR - FIRST_YEAR - year for year in range(YEARS)]
    return tuple(round(65536 * next(share for start, share in reversed(_DEATHS) if age >= start)) for age in ages)
