"""Parcels of land with their certificates, and the planted places where these are wrong."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from ndxp.world.citizen import Address
from ndxp.world.lives import ADULT_CELLS, death_date
from ndxp.world.names import with_another_given_name
from ndxp.world.nation import Person, Traits
from ndxp.world.permutation import Permutation
from ndxp.world.registers.register import Register

if TYPE_CHECKING:
    from ndxp.world.registers import Registers

_OWNING = 0.6
"""Share of the households that own a parcel; chosen by this project, like the other shares here."""

_MORTGAGED = 0.08
_NAME_DIFFERS = 0.004
_BITS = 1 << 16
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PER_SERIES = 1_000_000
_NUMBER = re.compile(r"([A-Z])([A-Z]) ([0-9]{6})", re.ASCII)


class LandInconsistency(StrEnum):
    """A planted disagreement between certificate and population database; a parcel has at most one."""

    NAME_DIFFERS = "name_differs"
    """The certificate has another given name; 0.4 % of the parcels."""
    OWNER_DECEASED = "owner_deceased"
    """The owner has died and is no longer the head of the household: nobody has changed the certificate since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LandParcel:
    """A parcel as its certificate has it: ``number`` is two letters, a space and six digits, ``area`` in m²."""

    number: str
    owner_number: str
    owner_name: str
    address: Address
    area: int
    mortgaged: bool


class LandParcels(Register[LandParcel]):
    """Certificates of households: about 60 % own the parcel that they live on, in the name of whoever founded them."""

    name = "land_parcel"

    def __init__(self, registers: "Registers") -> None:
        super().__init__(registers)
        self._population = self._nation.census.population

    @cached_property
    def _order(self) -> Permutation:
        return Permutation.covering(self._population, self.key)

    def entry(self, person: Person, citizen_number: str) -> LandParcel | None:
        """The parcel that a citizen owns; None for most people."""
        draw = self.draw(citizen_number)
        if draw % _BITS >= _OWNING * _BITS or not self._founds(person):
            return None
        traits = self._nation.traits(citizen_number)
        return LandParcel(
            number=self._numbered(person),
            owner_number=citizen_number,
            owner_name=self._owner_name(person, traits, draw),
            address=self._registers.records.current_address(person),
            area=40 + (draw >> 32) % _BITS % 461,
            mortgaged=(draw >> 16) % _BITS < _MORTGAGED * _BITS,
        )

    def inconsistency(self, person: Person, citizen_number: str) -> LandInconsistency | None:
        """What is planted about a citizen's parcel, if anything."""
        if self.entry(person, citizen_number) is None:
            return None
        if self._renamed(self.draw(citizen_number)):
            return LandInconsistency.NAME_DIFFERS
        dead = death_date(person.cell, self._nation.traits(citizen_number)) is not None
        return LandInconsistency.OWNER_DECEASED if dead else None

    def number(self, person: Person, citizen_number: str) -> str:
        """The certificate's number."""
        parcel = self.entry(person, citizen_number)
        return parcel.number if parcel else ""

    def by_number(self, value: str) -> Person | None:
        """Who owns the parcel with a certificate."""
        parts = _NUMBER.fullmatch(value)
        if parts is None:
            return None
        series = _LETTERS.index(parts[1]) * len(_LETTERS) + _LETTERS.index(parts[2])
        serial = series * _PER_SERIES + int(parts[3])
        index = self._order.inverse(serial) if serial < self._order.size else self._population
        if index >= self._population:
            return None
        person = Person(*self._nation.census.place(index))
        return person if self.entry(person, self._nation.number(*person)) else None

    def _founds(self, person: Person) -> bool:
        """Whether an adult founded a household: the husband of a couple, or who lives alone."""
        return person.cell < ADULT_CELLS and self._registers.households.founder(person) == person

    def _numbered(self, person: Person) -> str:
        series, serial = divmod(self._order.forward(self._nation.census.index(*person)), _PER_SERIES)
        first, second = divmod(series, len(_LETTERS))
        return f"{_LETTERS[first]}{_LETTERS[second]} {serial:06d}"

    def _renamed(self, draw: int) -> bool:
        return (draw >> 48) < _NAME_DIFFERS * _BITS

    def _owner_name(self, person: Person, traits: Traits, draw: int) -> str:
        name = self._registers.records.full_name(person, traits)
        return with_another_given_name(name, person.cell & 1, traits.variation) if self._renamed(draw) else name
