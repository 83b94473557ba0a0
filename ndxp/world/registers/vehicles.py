"""Registered vehicles: what the traffic police has of each plate, and the planted places where a name is wrong."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from functools import cache

from ndxp.calendar import years_after
from ndxp.world.citizen import MAJORITY, REFERENCE_DATE
from ndxp.world.lives import birth_date
from ndxp.world.names import with_another_given_name
from ndxp.world.nation import Person
from ndxp.world.registers.plates import Plates
from ndxp.world.registers.register import Register
from ndxp.world.tables import wheel

_FIRST_DAY = date(2008, 1, 1)
_FIRST_ELECTRIC = 2021
_IN_WALLET = round(2.2 / 8.61 * 4096)
"""2.2 million registrations are reported to be in the wallet; the nation has 8.61 million vehicles."""
_NAME_DIFFERS = round(0.003 * 65536)
_WHEEL = 256


class VehicleKind(IntEnum):
    """What a vehicle is; numbers as in the contract."""

    CAR = 1
    BUS = 2
    TRUCK = 3


class EngineKind(IntEnum):
    """What drives a vehicle; numbers as in the contract."""

    PETROL = 1
    DIESEL = 2
    ELECTRIC = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A registered vehicle with its owner."""

    plate: str
    owner_number: str
    owner_name: str
    """Full name as it was written down at registration; for 0.3 % of the vehicles with a wrong given name."""
    owner_birth_date: date
    kind: VehicleKind
    make: str
    model_year: int
    engine: EngineKind
    colour: str
    registered_on: date
    in_wallet: bool
    """Whether the owner has taken the registration into the wallet (VNeID)."""


class Vehicles(Register[Vehicle]):
    """The vehicles behind the plates: one for each plate, under the plate's number. Makes and shares are invented."""

    name = "vehicle"

    def entry(self, person: Person, citizen_number: str) -> Vehicle | None:
        """The citizen's vehicle; None for who has none."""
        plate = self.number(person, citizen_number)
        if not plate:
            return None
        traits, bits = self._nation.traits(citizen_number), self.draw(citizen_number)
        born = birth_date(person.cell, traits)
        first = max(years_after(born, MAJORITY), _FIRST_DAY)
        registered_on = first + timedelta((bits >> 16 & 0xFFFF) % ((REFERENCE_DATE - first).days + 1))
        model_year = registered_on.year - (bits >> 32 & 3) // 2
        make, kind, electric = _models()[bits % _WHEEL]
        name = self._registers.records.full_name(person, traits)
        if bits >> 48 < _NAME_DIFFERS:
            name = with_another_given_name(name, person.cell & 1, traits.variation)
        usual = EngineKind.PETROL if kind is VehicleKind.CAR else EngineKind.DIESEL
        return Vehicle(
            plate=plate,
            owner_number=citizen_number,
            owner_name=name,
            owner_birth_date=born,
            kind=kind,
            make=make,
            model_year=model_year,
            engine=EngineKind.ELECTRIC if electric and model_year >= _FIRST_ELECTRIC else usual,
            colour=_colours()[bits >> 8 & 0xFF],
            registered_on=registered_on,
            in_wallet=bits >> 36 & 0xFFF < _IN_WALLET,
        )

    def number(self, person: Person, citizen_number: str) -> str:
        """The plate."""
        return self._registers[Plates].number(person, citizen_number)

    def by_number(self, value: str) -> Person | None:
        """Who owns the vehicle with a plate."""
        return self._registers[Plates].by_number(value)


@cache
def _models() -> tuple[tuple[str, VehicleKind, bool], ...]:
    """Wheel of makes, each with what it makes, and whether that is electric in the years since there are such."""
    car, bus, truck = VehicleKind
    models = [
        (("Sao Biển", car, False), 34), (("Hải Âu", car, False), 26), (("Cánh Diều", car, True), 10),
        (("Trường Sơn", car, False), 12), (("Trường Sơn", bus, False), 3), (("Lạc Hồng", truck, False), 15),
    ]  # fmt: skip
    return wheel(models, _WHEEL)


@cache
def _colours() -> tuple[str, ...]:
    shares = [("Trắng", 32), ("Đen", 22), ("Bạc", 14), ("Xám", 12), ("Đỏ", 10), ("Xanh", 7), ("Nâu", 3)]
    return wheel(shares, _WHEEL)
