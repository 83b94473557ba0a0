"""Addresses: real provinces and districts of 2022-2023, invented wards, and houses and streets drawn from a number."""

from collections import defaultdict
from functools import cache

from ndxp.world.citizen import Address
from ndxp.world.provinces import provinces
from ndxp.world.tables import rows

_URBAN = ("Quận", "Thành phố", "Thị xã")


@cache
def wards(province: int) -> tuple[Address, ...]:
    """Every ward of a province (its position in `provinces()`), as an address without detail."""
    code = provinces()[province].code
    return tuple(
        Address(code, district, f"{'Phường' if district.startswith(_URBAN) else 'Xã'} {ward}")
        for district in _districts()[code]
        for ward in _names("ward")
    )


def home(province: int, place: int, house: int) -> Address:
    """The address two uniform 16-bit numbers choose in a province: a house in a street, or in a hamlet."""
    choices = _neighbourhoods(province)
    code, district, ward, details = choices[place % len(choices)]
    return Address(code, district, ward, details[house % len(details)])


@cache
def _neighbourhoods(province: int) -> tuple[tuple[str, str, str, tuple[str, ...]], ...]:
    """Province code, district, ward and the details that addresses there may have, for each ward."""
    return tuple(
        (ward.province, ward.district, ward.ward, _streets() if ward.district.startswith(_URBAN) else _hamlets())
        for ward in wards(province)
    )


@cache
def _names(kind: str) -> tuple[str, ...]:
    return tuple(row["name"] for row in rows("places.csv") if row["kind"] == kind)


@cache
def _streets() -> tuple[str, ...]:
    return tuple(f"Số {number} đường {street}" for street in _names("street") for number in range(1, 241))


@cache
def _hamlets() -> tuple[str, ...]:
    return tuple(f"Thôn {number}" for number in range(1, 13))


@cache
def _districts() -> dict[str, list[str]]:
    districts: dict[str, list[str]] = defaultdict(list)
    for row in rows("districts.csv"):
        districts[row["province"]].append(row["district"])
    return districts
