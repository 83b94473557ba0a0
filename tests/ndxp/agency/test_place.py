"""Addresses and provinces as a caller states them."""

import pytest

from ndxp.agency.place import province_of, read_address, read_province_member
from ndxp.errors import AgencyError, Code
from ndxp.world import Address

HOME = {"province": "001", "district": " Hoàn Kiếm ", "ward": "Phường Hàng Bạc", "detail": "1 Hàng Bạc"}


def test_an_address_is_read_without_space_at_its_ends() -> None:
    assert read_address(**HOME, field="home") == Address("001", "Hoàn Kiếm", "Phường Hàng Bạc", "1 Hàng Bạc")
    assert read_address(**{**HOME, "district": ""}, field="home").district == ""


@pytest.mark.parametrize(
    ("part", "text", "reason"),
    [
        ("province", "1", "PROVINCE_UNKNOWN"),
        ("district", "a" * 101, "FIELD_MALFORMED"),
        ("ward", "", "FIELD_MISSING"),
        ("ward", "a" * 101, "FIELD_MALFORMED"),
        ("detail", " ", "FIELD_MISSING"),
        ("detail", "a\nb", "FIELD_MALFORMED"),
    ],
)
def test_the_part_at_fault_is_named(part: str, text: str, reason: str) -> None:
    with pytest.raises(AgencyError) as raised:
        read_address(**{**HOME, part: text}, field="home")
    assert (raised.value.code, raised.value.reason, raised.value.field) == (
        Code.INVALID_ARGUMENT, reason, f"home.{part}",
    )  # fmt: skip


def test_a_province_is_told_by_its_member() -> None:
    assert (province_of("VN/GOV/H26"), province_of("VN/GOV/G01"), province_of("")) == ("001", "", "")
    assert read_province_member("VN/GOV/H26") == "VN/GOV/H26"
    for member in ("VN/GOV/G01", "001", "H26", "VN/GOV/H26/one-stop", ""):
        with pytest.raises(AgencyError) as raised:
            read_province_member(member)
        assert (raised.value.code, raised.value.reason, raised.value.field) == (
            Code.INVALID_ARGUMENT, "PROVINCE_UNKNOWN", "province",
        )  # fmt: skip
