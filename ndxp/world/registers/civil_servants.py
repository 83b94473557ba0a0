"""Civil servants: who serves which of the 96 bodies, and what the body has on file of them."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from ndxp.calendar import years_after
from ndxp.world.census import FIRST_YEAR, LAST_YEAR
from ndxp.world.citizen import MAJORITY, REFERENCE_DATE
from ndxp.world.lives import birth_date, mistaken_birth_date
from ndxp.world.nation import Person
from ndxp.world.permutation import Order
from ndxp.world.provinces import provinces
from ndxp.world.registers.register import Register
from ndxp.world.tables import rows

if TYPE_CHECKING:
    from ndxp.world.registers import Registers

_REFERENCE = 100_300_000
"""The population for which the reported figures hold; other nations have as many in proportion."""

CENTRAL_STAFF, CENTRAL_SYNCHRONISED = 253_837, 132_626
PROVINCIAL_STAFF, PROVINCIAL_SYNCHRONISED = 2_030_095, 1_954_488
"""Reported in mid-2023. 1,974,488 is printed of the provinces; the printed total of 2,087,114 and the printed share of
96.28 % both need 1,954,488. Of the central bodies 50.25 % is printed; the printed figures give 52.25 %."""

MISTAKEN = 0.004
"""Share of the profiles whose birth date differs from that of the population database, planted."""

_AGES = (22, 59)
"""Completed years of those who serve, in the nation's year; this project's own choice."""

_FIRST_CELL = 2 * (LAST_YEAR - _AGES[1] - FIRST_YEAR)
_END_CELL = 2 * (LAST_YEAR - _AGES[0] + 1 - FIRST_YEAR)
_POSITIONS = ("Nhân viên", "Cán sự", "Chuyên viên", "Chuyên viên", "Giáo viên", "Phó trưởng phòng", "Trưởng phòng")
_GRADES = ("01.005", "01.004", "01.003", "01.003", "01.003", "01.002", "01.002")
_SHARES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A body that employs civil servants; ``code`` is that of the exchange, ``synchronised`` of its ``staff``."""

    code: str
    name: str
    central: bool
    staff: int
    synchronised: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CivilServant:
    """A profile as the body has it on file. Positions and grades are this project's own choice."""

    number: str
    """Code of the body, and seven digits."""
    citizen_number: str
    body: str
    full_name: str
    birth_date: date
    """As the body has it on file, which may be wrong."""
    position: str
    grade: str
    entered: date
    synchronised: bool
    """Whether the body had synchronised it by the nation's day."""


class CivilServants(Register[CivilServant]):
    """Of each province's people of working age some serve the province, and some a central body."""

    name = "civil_servant"

    def __init__(self, registers: "Registers") -> None:
        super().__init__(registers)
        census, towns = self._nation.census, provinces()
        firsts = [census.begin(province, _FIRST_CELL) for province in range(len(towns))]
        sizes = [census.begin(p, _END_CELL) - first for p, first in enumerate(firsts)]
        self._firsts, self._sizes = firsts, sizes
        self._provincial = _split(self._scaled(PROVINCIAL_STAFF), sizes)
        self._central = [0, *accumulate(_split(self._scaled(CENTRAL_STAFF), sizes))]
        """Where the central bodies' staff of each province begins among all of them."""
        self._orders: dict[int, Order] = {}

    @cached_property
    def bodies(self) -> dict[str, Body]:
        """The 33 central bodies and the 63 provinces by their codes."""
        listed = rows("central_bodies.csv")
        names = [(row["code"], row["name"]) for row in listed]
        staff = _split(self._scaled(CENTRAL_STAFF), [int(row["staff"]) for row in listed])
        central = _bodies(names, staff, self._scaled(CENTRAL_SYNCHRONISED), central=True)
        names = [(province.agency_code, province.name) for province in provinces()]
        provincial = _bodies(names, self._provincial, self._scaled(PROVINCIAL_SYNCHRONISED), central=False)
        return {body.code: body for body in (*central, *provincial)}

    def number(self, person: Person, citizen_number: str) -> str:
        """The civil servant's number."""
        place = self._place(person)
        return _number(*place) if place else ""

    def by_number(self, value: str) -> Person | None:
        """Whose civil servant's number it is."""
        code, dash, digits = value.partition("-")
        body = self.bodies.get(code)
        if not (body and dash and len(digits) == 7 and digits.isascii() and digits.isdigit()):
            return None
        serial = int(digits)
        if serial >= body.staff:
            return None
        if not body.central:
            return self._person(self._positions[code], serial)
        place = self._spread.inverse(self._starts[self._positions[code]] + serial)
        province = bisect_right(self._central, place) - 1
        return self._person(province, self._provincial[province] + place - self._central[province])

    def entry(self, person: Person, citizen_number: str) -> CivilServant | None:
        """The profile; None for who is no civil servant."""
        place = self._place(person)
        if place is None:
            return None
        code, serial = place
        traits, draw = self._nation.traits(citizen_number), self.draw(citizen_number)
        born = birth_date(person.cell, traits)
        mistaken, kind = draw % _SHARES < MISTAKEN * _SHARES, (draw >> 16) % len(_POSITIONS)
        youngest = years_after(born, MAJORITY)
        return CivilServant(
            number=_number(code, serial),
            citizen_number=citizen_number,
            body=code,
            full_name=self._registers.records.full_name(person, traits),
            birth_date=mistaken_birth_date(born, draw >> 32) if mistaken else born,
            position=_POSITIONS[kind],
            grade=_GRADES[kind],
            entered=youngest + timedelta((draw >> 24) % (REFERENCE_DATE - youngest).days),
            synchronised=serial < self.bodies[code].synchronised,
        )

    def _place(self, person: Person) -> tuple[str, int] | None:
        """The body that somebody serves, and the serial there."""
        province, cell, _ = person
        if not _FIRST_CELL <= cell < _END_CELL:
            return None
        serial = self._order(province).forward(self._nation.census.index(*person) - self._firsts[province])
        own = self._provincial[province]
        if serial < own:
            return provinces()[province].agency_code, serial
        place = self._central[province] + serial - own
        if place >= self._central[province + 1]:
            return None
        place = self._spread.forward(place)
        body = bisect_right(self._starts, place) - 1
        return self._codes[body], place - self._starts[body]

    def _person(self, province: int, serial: int) -> Person | None:
        if serial >= self._sizes[province]:  # in a nation of a few hundred
            return None
        index = self._firsts[province] + self._order(province).inverse(serial)
        return Person(*self._nation.census.place(index))

    def _order(self, province: int) -> Order:
        order = self._orders.get(province)
        if order is None:
            order = self._orders[province] = Order(self._sizes[province], self._nation.key(f"{self.name} {province}"))
        return order

    @cached_property
    def _spread(self) -> Order:
        """Spreads the staff that each province gives over all central bodies."""
        return Order(self._central[-1], self._nation.key(f"{self.name} central"))

    @cached_property
    def _codes(self) -> tuple[str, ...]:
        return tuple(code for code, body in self.bodies.items() if body.central)

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        """Where each central body's staff begins among that of all."""
        return (0, *accumulate(self.bodies[code].staff for code in self._codes))

    @cached_property
    def _positions(self) -> dict[str, int]:
        """The position of each body among the central ones or the provinces."""
        towns = {province.agency_code: position for position, province in enumerate(provinces())}
        return towns | {code: position for position, code in enumerate(self._codes)}

    def _scaled(self, reported: int) -> int:
        return reported * self._nation.census.population // _REFERENCE


def _bodies(names: Sequence[tuple[str, str]], staff: Sequence[int], synchronised: int, *, central: bool) -> list[Body]:
    """Bodies of one level; each has synchronised the same share."""
    return [
        Body(code=code, name=name, central=central, staff=own, synchronised=done)
        for (code, name), own, done in zip(names, staff, _split(synchronised, staff), strict=True)
    ]


def _split(total: int, sizes: Sequence[int]) -> list[int]:
    """A total in parts in proportion to sizes; they add up to it."""
    ends = [0, *accumulate(sizes)]
    whole = max(1, ends[-1])
    return [total * end // whole - total * start // whole for start, end in pairwise(ends)]


def _number(code: str, serial: int) -> str:
    return f"{code}-{serial:07d}"
