"""Numbers other registers give a citizen: each is a keyed permutation of the citizen's index, so it resolves back."""

import re
from enum import StrEnum
from functools import cached_property

from ndxp.world.census import CELLS_PER_PROVINCE, FIRST_YEAR, LAST_YEAR
from ndxp.world.nation import Nation, Person, Traits
from ndxp.world.permutation import Permutation
from ndxp.world.provinces import provinces

_ADULT_CELLS = 2 * (2005 - FIRST_YEAR)
_OLD_NUMBER_CELLS = 2 * (2007 - FIRST_YEAR)
_SOME_OLD_NUMBERS_CELL = 2 * (2000 - FIRST_YEAR)
_LICENSED = round(0.55 * 65536)
_MOTORISED = 0.12
_FIRST_LICENCE_YEAR = 1975
_PLATE_LETTERS = "ABCDEFGHKLMNPSTUVXYZ"
_PLATES_PER_LETTER = 100_000
_OLD_NUMBERS, _HOUSEHOLDS, _LICENCES = 0, 63, 126
"""First tweak of each register's serials."""


class Identifier(StrEnum):
    """The kinds of number by which a citizen is known."""

    CITIZEN = "citizen"
    """Citizen ID (CCCD), 12 digits."""
    OLD_NUMBER = "old_number"
    """Old ID (CMND), 9 digits; most born until 2006."""
    SOCIAL_INSURANCE = "social_insurance"
    """Social insurance number, 10 digits; everybody."""
    PASSPORT = "passport"
    """One letter and 7 or 8 digits; about a tenth."""
    LICENCE = "licence"
    """Driving licence, 12 digits; about half of the adults."""
    PLATE = "plate"
    """Vehicle plate such as 30A12345; about a tenth of the adults."""
    HOUSEHOLD = "household"
    """Household number, 9 digits; resolves to the person the household was founded by."""


class Registers:
    """Old ID, social insurance, driving licence, plate and household numbers; "" for who has none."""

    def __init__(self, nation: Nation) -> None:
        self._nation = nation
        self._codes = tuple(province.code[1:] for province in provinces())
        self._serials = Permutation(2_500, 4_000, nation.key("registers"), tweaks=3 * len(self._codes))
        """Seven-digit serials within a province: one permutation for each register and province."""
        self._plates: dict[int, Permutation] = {}

    @cached_property
    def _social_insurance(self) -> Permutation:
        return Permutation(100_000, 100_000, self._nation.key("social insurance"))

    def old_number(self, person: Person, traits: Traits) -> str:
        """Province (2), serial (7); nearly all born before 2000 and half of those born 2000-2006 had an old ID."""
        some = 1 << 15 if person.cell >= _SOME_OLD_NUMBERS_CELL else 64_000
        if person.cell >= _OLD_NUMBER_CELLS or traits.old_number >= some:
            return ""
        return self._codes[person.province] + f"{self._serial(_OLD_NUMBERS, person):07d}"

    def by_old_number(self, value: str) -> Person | None:
        """Who had an old ID."""
        person = self._by_serial(_OLD_NUMBERS, value[:2], value[2:]) if len(value) == 9 else None
        return person if person and self.old_number(person, self._traits(person)) else None

    def social_insurance_number(self, person: Person) -> str:
        """Everybody has one."""
        return f"{self._social_insurance.forward(self._nation.census.index(*person)):010d}"

    def by_social_insurance_number(self, value: str) -> Person | None:
        """Who has a social insurance number."""
        if len(value) != 10 or not _digits(value):
            return None
        index = self._social_insurance.inverse(int(value))
        return Person(*self._nation.census.place(index)) if index < self._nation.census.population else None

    def household_number(self, founder: Person) -> str:
        """Province (2), serial (7): the number of the household a person founded, whether or not they did."""
        return self._codes[founder.province] + f"{self._serial(_HOUSEHOLDS, founder):07d}"

    def by_household_number(self, value: str) -> Person | None:
        """Whose number it would be; the caller checks that they founded a household."""
        return self._by_serial(_HOUSEHOLDS, value[:2], value[2:]) if len(value) == 9 else None

    def licence(self, person: Person, traits: Traits) -> str:
        """Province (2), sex and century (1), year passed (2), serial (7); about half of the adults."""
        if person.cell >= _ADULT_CELLS or traits.licence >= _LICENSED:
            return ""
        first = max(FIRST_YEAR + person.cell // 2 + 18, _FIRST_LICENCE_YEAR)
        passed = first + traits.licence_year % (LAST_YEAR - first + 1)
        turn = self._nation.number(*person)[3]
        return f"{self._codes[person.province]}{turn}{passed % 100:02d}{self._serial(_LICENCES, person):07d}"

    def by_licence(self, value: str) -> Person | None:
        """Who holds a driving licence."""
        person = self._by_serial(_LICENCES, value[:2], value[5:]) if len(value) == 12 else None
        return person if person and self.licence(person, self._traits(person)) == value else None

    def plate(self, person: Person) -> str:
        """Province number, letter, 5 digits; every eighth adult or so, as far as the letters go."""
        if person.cell >= _ADULT_CELLS:
            return ""
        sequence = self._plate_order(person.province).forward(
            self._nation.census.index(*person) - self._first(person.province)
        )
        codes = provinces()[person.province].plate_codes
        letter, digits = divmod(sequence // len(codes), _PLATES_PER_LETTER)
        if sequence >= self._plate_count(person.province):
            return ""
        return f"{codes[sequence % len(codes)]}{_PLATE_LETTERS[letter]}{digits:05d}"

    def by_plate(self, value: str) -> Person | None:
        """Who owns the vehicle with a plate."""
        province = self._province_of_plate.get(value[:2])
        if province is None or not re.fullmatch(rf"[0-9]{{2}}[{_PLATE_LETTERS}][0-9]{{5}}", value):
            return None
        codes = provinces()[province].plate_codes
        order = _PLATE_LETTERS.index(value[2]) * _PLATES_PER_LETTER + int(value[3:])
        sequence = order * len(codes) + codes.index(value[:2])
        if sequence >= self._plate_count(province):
            return None
        person = self._local(province, self._plate_order(province).inverse(sequence))
        return person if person and person.cell < _ADULT_CELLS else None

    @cached_property
    def _province_of_plate(self) -> dict[str, int]:
        return {code: position for position, province in enumerate(provinces()) for code in province.plate_codes}

    def _plate_order(self, province: int) -> Permutation:
        order = self._plates.get(province)
        if order is None:
            size = self._first(province + 1) - self._first(province)
            order = self._plates[province] = Permutation.covering(size, self._nation.key(f"plates {province}"))
        return order

    def _plate_count(self, province: int) -> int:
        size = self._first(province + 1) - self._first(province)
        room = len(provinces()[province].plate_codes) * len(_PLATE_LETTERS) * _PLATES_PER_LETTER
        return min(room, int(size * _MOTORISED))

    def _first(self, province: int) -> int:
        return self._nation.census.starts[province * CELLS_PER_PROVINCE]

    def _serial(self, kind: int, person: Person) -> int:
        province, cell, rank = person
        starts = self._nation.census.starts
        first = province * CELLS_PER_PROVINCE
        return self._serials.forward(starts[first + cell] - starts[first] + rank, kind + province)

    def _by_serial(self, kind: int, code: str, serial: str) -> Person | None:
        if code not in self._codes or not _digits(serial):
            return None
        province = self._codes.index(code)
        return self._local(province, self._serials.inverse(int(serial), kind + province))

    def _local(self, province: int, offset: int) -> Person | None:
        index = self._first(province) + offset
        return Person(*self._nation.census.place(index)) if index < self._first(province + 1) else None

    def _traits(self, person: Person) -> Traits:
        return self._nation.traits(self._nation.number(*person))


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
