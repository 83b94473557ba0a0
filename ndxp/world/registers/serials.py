"""Serials of seven digits within a province, and the province's two digits before them."""

from ndxp.world.census import CELLS_PER_PROVINCE
from ndxp.world.nation import Nation, Person
from ndxp.world.permutation import Permutation
from ndxp.world.provinces import provinces

OLD_NUMBERS, HOUSEHOLDS, LICENCES = range(3)
"""Turns of the registers that have their serials from one key."""


class Serials:
    """A permutation of each province's people for each of so many registers."""

    __slots__ = ("_codes", "_nation", "_order", "_starts")

    def __init__(self, nation: Nation, key: bytes, *, registers: int = 1) -> None:
        self._nation = nation
        self._starts = nation.census.starts
        self._codes = tuple(province.code[1:] for province in provinces())
        self._order = Permutation(2_500, 4_000, key, tweaks=registers * len(self._codes))

    def code(self, person: Person) -> str:
        """The two digits of a person's province."""
        return self._codes[person.province]

    def serial(self, person: Person, turn: int = 0) -> str:
        """A person's serial in the register with this turn."""
        province, cell, rank = person
        starts = self._starts
        first = province * CELLS_PER_PROVINCE
        offset = starts[first + cell] - starts[first] + rank
        return f"{self._order.forward(offset, turn * len(self._codes) + province):07d}"

    def person(self, code: str, serial: str, turn: int = 0) -> Person | None:
        """Whose province and serial these are, whether or not the register has the person."""
        if code not in self._codes or not (serial.isascii() and serial.isdigit()):
            return None
        province = self._codes.index(code)
        return self._nation.local(province, self._order.inverse(int(serial), turn * len(self._codes) + province))
