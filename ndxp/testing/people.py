"""People of the synthetic nation for a test: by persona, or by conditions, always the same for the same seed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from random import Random
from typing import Any

from ndxp.world import REFERENCE_DATE, Citizen, Register, Sex, World, provinces, register_kinds
from ndxp.world.census import FIRST_YEAR, LAST_YEAR
from ndxp.world.nation import Person

_MOST_TRIES = 60_000
_TRIES_IN_A_PROVINCE = 1000
"""A province's families take milliseconds to lay out: so one province after the other is searched."""

OLDEST = LAST_YEAR - FIRST_YEAR
STATES = ("any", "none", "valid", "expired", "locked")
"""What may be asked of an entry in a register: that there is one, that there is none, and how it stands."""


class NobodyFits(LookupError):
    """Nobody was found who meets the conditions; the text repeats them."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Whom a test needs. ``ages`` are the youngest and the oldest, in completed years on the nation's reference date.

    ``province`` is the code (three digits) of where the person was registered at birth and lives; empty for anywhere.
    ``entries`` are names of registers, each with one of ``STATES``.
    """

    ages: tuple[int, int] = (0, OLDEST)
    sex: Sex | None = None
    province: str = ""
    deceased: bool = False
    entries: tuple[tuple[str, str], ...] = ()

    def fits(self, nation: World, number: str) -> Citizen | None:
        """The citizen with a number, if they meet the conditions."""
        citizen = nation.citizen(number)
        if citizen is None or citizen.deceased != self.deceased or (self.sex and citizen.sex != self.sex):
            return None
        if not self.ages[0] <= citizen.age() <= self.ages[1]:
            return None
        if self.province and citizen.current_address.province != self.province:
            return None
        fits = all(_stands(nation, _kinds()[name], number, state) for name, state in self.entries)
        return citizen if fits else None


@cache
def _kinds() -> Mapping[str, type[Register[Any]]]:
    return register_kinds()


def find(nation: World, wanted: Conditions, seed: str) -> Citizen:
    """The first who meets the conditions, in an order that the seed draws. Raises NobodyFits."""
    for number in _candidates(nation, wanted, Random(seed)):
        if citizen := wanted.fits(nation, number):
            return citizen
    raise NobodyFits(f"nobody meets the conditions among {_MOST_TRIES} people of the right age and sex: {wanted}")


def _candidates(nation: World, wanted: Conditions, chance: Random) -> Iterator[str]:
    census = nation.nation.census
    youngest, oldest = wanted.ages
    first = max(FIRST_YEAR, REFERENCE_DATE.year - oldest - 1)
    last = min(LAST_YEAR, REFERENCE_DATE.year - youngest)
    sexes = (0, 1) if wanted.sex is None else (int(wanted.sex) - 1,)
    cells = [2 * (year - FIRST_YEAR) + sex for year in range(first, last + 1) for sex in sexes]
    places = [place for place, each in enumerate(provinces()) if wanted.province in ("", each.code)]
    chance.shuffle(places)
    sizes = {place: census.sizes(place) for place in places}
    weights = {place: [sizes[place][cell] for cell in cells] for place in places}
    places = [place for place in places if any(weights[place])]
    tries = _MOST_TRIES
    while places and tries > 0:
        for place in places:
            for cell in chance.choices(cells, weights[place], k=min(tries, _TRIES_IN_A_PROVINCE)):
                yield nation.nation.number(*Person(place, cell, chance.randrange(sizes[place][cell])))
            tries -= _TRIES_IN_A_PROVINCE


def _stands(nation: World, kind: type[Register[Any]], number: str, state: str) -> bool:
    """Whether what a register has of a citizen stands as asked."""
    entry = nation.entry(kind, number)
    if entry is None or state in ("any", "none"):
        return (entry is None) == (state == "none")
    if state == "locked":
        return bool(entry.locked)
    expired = any(day < REFERENCE_DATE for day in last_days(entry))
    return expired == (state == "expired") and not (state == "valid" and getattr(entry, "locked", False))


def last_days(entry: Any) -> Sequence[date]:
    """The last days of a document and of its parts; none where it has no end."""
    parts = (entry, *getattr(entry, "classes", ()))
    days = [getattr(part, name, None) for part in parts for name in ("expires", "valid_to")]
    return [day for day in days if isinstance(day, date)]
