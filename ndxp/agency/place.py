"""Places: addresses and provinces as a caller states them, and which province a member is."""

from functools import cache

from ndxp.agency.claim import read_province, read_text
from ndxp.errors import invalid_argument
from ndxp.world import Address, provinces

_LONGEST_PLACE = 100
_LONGEST_DETAIL = 200


def read_address(*, province: str, district: str, ward: str, detail: str, field: str) -> Address:
    """An address with a known province, a ward and a detail; raises AgencyError with the part of ``field`` at fault."""
    return Address(
        read_province(province, f"{field}.province"),
        read_text(district, f"{field}.district", _LONGEST_PLACE, required=False),
        read_text(ward, f"{field}.ward", _LONGEST_PLACE),
        read_text(detail, f"{field}.detail", _LONGEST_DETAIL),
    )


def read_province_member(member: str) -> str:
    """A province as a member; raises AgencyError for anything else."""
    if not province_of(member):
        raise invalid_argument(
            "PROVINCE_UNKNOWN", "province must be the member of one of the 63 provinces, such as VN/GOV/H26", "province"
        )
    return member


def province_of(member: str) -> str:
    """The code (three digits) of the province that a member is; empty for other members."""
    return _codes_by_member().get(member, "")


@cache
def _codes_by_member() -> dict[str, str]:
    return {f"VN/GOV/{province.agency_code}": province.code for province in provinces()}
