"""Plates of vehicles."""

import re
from functools import cached_property

from ndxp.world.lives import ADULT_CELLS
from ndxp.world.nation import Person
from ndxp.world.permutation import Permutation
from ndxp.world.provinces import provinces
from ndxp.world.registers.register import Numbers

_MOTORISED = 0.12
_LETTERS = "ABCDEFGHKLMNPSTUVXYZ"
_PER_LETTER = 100_000
_PLATE = re.compile(rf"[0-9]{{2}}[{_LETTERS}][0-9]{{5}}")


class Plates(Numbers):
    """Plates such as 30A12345; every eighth adult or so, as far as the letters go."""

    name = "plate"

    def number(self, person: Person, citizen_number: str) -> str:
        """Province number, letter, 5 digits."""
        if person.cell >= ADULT_CELLS:
            return ""
        census = self._nation.census
        sequence = self._order(person.province).forward(census.index(*person) - census.first(person.province))
        codes = provinces()[person.province].plate_codes
        letter, digits = divmod(sequence // len(codes), _PER_LETTER)
        if sequence >= self._count(person.province):
            return ""
        return f"{codes[sequence % len(codes)]}{_LETTERS[letter]}{digits:05d}"

    def by_number(self, value: str) -> Person | None:
        """Who owns the vehicle with a plate."""
        province = self._province_of.get(value[:2])
        if province is None or not _PLATE.fullmatch(value):
            return None
        codes = provinces()[province].plate_codes
        sequence = (_LETTERS.index(value[2]) * _PER_LETTER + int(value[3:])) * len(codes) + codes.index(value[:2])
        if sequence >= self._count(province):
            return None
        person = self._nation.local(province, self._order(province).inverse(sequence))
        return person if person and person.cell < ADULT_CELLS else None

    @cached_property
    def _province_of(self) -> dict[str, int]:
        return {code: position for position, province in enumerate(provinces()) for code in province.plate_codes}

    @cached_property
    def _orders(self) -> dict[int, Permutation]:
        return {}

    def _order(self, province: int) -> Permutation:
        order = self._orders.get(province)
        if order is None:
            key = self._nation.key(f"plates {province}")
            order = self._orders[province] = Permutation.covering(self._people(province), key)
        return order

    def _count(self, province: int) -> int:
        room = len(provinces()[province].plate_codes) * len(_LETTERS) * _PER_LETTER
        return min(room, int(self._people(province) * _MOTORISED))

    def _people(self, province: int) -> int:
        census = self._nation.census
        return census.first(province + 1) - census.first(province)
