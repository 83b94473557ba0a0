"""Addresses as a caller states them."""

from ndxp.agency.claim import read_province, read_text
from ndxp.world import Address

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
