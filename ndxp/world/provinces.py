"""The 63 provinces of 2022-2023: codes, names and census weights."""

from dataclasses import dataclass
from functools import cache

from ndxp.world.tables import rows

_CENTRAL_CITIES = frozenset({"001", "031", "048", "079", "092"})


@dataclass(frozen=True, slots=True)
class Province:
    """A province: `code` is the three digits in a citizen number, `agency_code` its exchange code (Hxx)."""

    code: str
    name: str
    agency_code: str
    population_2019: int
    plate_codes: tuple[str, ...]
    """Two-digit numbers on vehicle plates registered here."""

    @property
    def full_name(self) -> str:
        """The name with its rank, e.g. `Tỉnh Lào Cai`, `Thành phố Hà Nội`."""
        return f"{'Thành phố' if self.code in _CENTRAL_CITIES else 'Tỉnh'} {self.name}"


@cache
def provinces() -> tuple[Province, ...]:
    """All 63 provinces, ordered by code."""
    return tuple(
        Province(
            code=row["code"],
            name=row["name"],
            agency_code=row["agency_code"],
            population_2019=int(row["population_2019"]),
            plate_codes=tuple(row["plate_codes"].split()),
        )
        for row in rows("provinces.csv")
    )


@cache
def _by_code() -> dict[str, Province]:
    return {province.code: province for province in provinces()}


def province_by_code(code: str) -> Province:
    """The province with a three-digit citizen-ID code; raises KeyError for an unknown code."""
    return _by_code()[code]
