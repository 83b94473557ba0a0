"""Citizen number <-> person, and the one digest from which everything particular about a person is read."""

from functools import cache
from hashlib import blake2b
from struct import Struct
from typing import NamedTuple

from ndxp.world.census import CELLS_PER_PROVINCE, FIRST_YEAR, YEARS, Census
from ndxp.world.families import Families
from ndxp.world.numbers import SERIALS
from ndxp.world.permutation import Permutation
from ndxp.world.provinces import provinces

_SERIAL_RADIX = 1000
_MASK = (1 << 64) - 1


class Person(NamedTuple):
    """Where a citizen stands: province position in `provinces()`, cell within it, rank within the cell."""

    province: int
    cell: int
    rank: int


class Traits(NamedTuple):
    """The digest of a citizen number, cut into independent uniform 16-bit numbers."""

    birthday: int
    middle_name: int
    given_name: int
    blood: int
    death: int
    death_day: int
    birth_ward: int
    ward: int
    house: int
    migration: int
    destination: int
    past: int
    father_outside: int
    mother_outside: int
    old_number: int
    licence: int
    licence_year: int
    inconsistency: int
    insured: int
    category: int
    facility: int
    variation: int


_DIGEST_SIZE = 64
_UNPACK = Struct(f"<{len(Traits._fields)}H{_DIGEST_SIZE - 2 * len(Traits._fields)}x").unpack


class Nation:
    """The people of a world; raises ValueError for an impossible population.

    Nothing is stored per person: a province's families (about 60 kB) are laid out when first asked for.
    """

    def __init__(self, seed: int, population: int) -> None:
        self.census = Census(population)
        self._seed = seed
        self._families: list[Families | None] = [None] * len(provinces())
        self._serials = Permutation(
            _SERIAL_RADIX, SERIALS // _SERIAL_RADIX, self.key("serials"), tweaks=len(self.census.starts)
        )
        self._codes = tuple(province.code for province in provinces())
        self._provinces = {code: position for position, code in enumerate(self._codes)}
        self._years, self._cells = _years()
        self._traits_key = self.key("traits")[:16]
        self._line_key = int.from_bytes(self.key("lines")[:8], "little")

    def key(self, purpose: str) -> bytes:
        """32 bytes of this seed for one purpose."""
        return blake2b(f"ndxp world {self._seed} {purpose}".encode(), digest_size=32).digest()

    def families(self, province: int) -> Families:
        """The families of a province (its position)."""
        families = self._families[province]
        if families is None:
            families = Families(self.census.sizes(province), self.key(f"families {province}"))
            self._families[province] = families
        return families

    def number(self, province: int, cell: int, rank: int) -> str:
        """The citizen number of a person."""
        serial = self._serials.forward(rank, province * CELLS_PER_PROVINCE + cell)
        return "%s%s%06d" % (self._codes[province], self._years[cell], serial)  # noqa: UP031 - half the time of an f-string

    def person(self, number: str) -> Person | None:
        """The person with a citizen number; None for a malformed number or one nobody has."""
        province, cell = self._provinces.get(number[:3]), self._cells.get(number[3:6])
        if province is None or cell is None or len(number) != 12 or not (number.isascii() and number.isdigit()):
            return None
        turn = province * CELLS_PER_PROVINCE + cell
        rank = self._serials.inverse(int(number[6:]), turn)
        starts = self.census.starts
        return Person(province, cell, rank) if rank < starts[turn + 1] - starts[turn] else None

    def local(self, province: int, offset: int) -> Person | None:
        """The person at a place within a province; None behind its last."""
        index = self.census.first(province) + offset
        return Person(*self.census.place(index)) if index < self.census.first(province + 1) else None

    def vacant_number(self, province: int, cell: int, place: int) -> str:
        """A well-formed number of a cell that nobody has; `place` is any number, counted from the cell's end."""
        vacant = SERIALS - self.census.size(province, cell)
        return self.number(province, cell, SERIALS - 1 - place % vacant)

    def traits(self, number: str) -> Traits:
        """What is particular about the citizen with a number."""
        return tuple.__new__(Traits, _UNPACK(blake2b(self._traits_key + number.encode()).digest()))

    def line(self, province: int, cell: int, rank: int) -> int:
        """64 uniform bits shared by all who descend from the same founder in the line of fathers."""
        cell, rank = self.families(province).founder(cell, rank)
        bits = ((province * CELLS_PER_PROVINCE + cell << 20 | rank) ^ self._line_key) * 0x9E3779B97F4A7C15 & _MASK
        bits = (bits ^ bits >> 29) * 0xBF58476D1CE4E5B9 & _MASK
        return bits ^ bits >> 32


@cache
def _years() -> tuple[tuple[str, ...], dict[str, int]]:
    """Digits 4-6 of the numbers of each cell of a province, and the cell of each three digits."""
    digits = tuple(
        f"{2 * (year // 100 - 19) + female}{year % 100:02d}"
        for year in range(FIRST_YEAR, FIRST_YEAR + YEARS)
        for female in (0, 1)
    )
    return digits, {three: cell for cell, three in enumerate(digits)}
