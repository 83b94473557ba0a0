"""What of a claim differs from a record."""

from datetime import date

import pytest

from ndxp.agency.claim import read_claim

RECORD = ("074079255028", "Nguyễn Ngọc Tuấn", date(1979, 3, 2))


@pytest.mark.parametrize(
    ("claimed", "differing"),
    [
        (("074079255028", "NGUYEN NGOC TUAN", "1979"), []),
        (("074079255029", "Nguyễn Ngọc Tuấn", "1979-03-02"), ["citizen_number"]),
        (("074079255028", "Nguyễn Ngọc Tú", "02/03/1979"), ["full_name"]),
        (("074079255028", "Nguyễn Ngọc Tuấn", "1979-03-03"), ["birth_date"]),
        (("074079255029", "Ai Khác", "1980"), ["citizen_number", "full_name", "birth_date"]),
    ],
)
def test_the_fields_of_a_claim_that_differ_from_a_record_are_named(
    claimed: tuple[str, str, str], differing: list[str]
) -> None:
    assert read_claim(*claimed).differing_fields(*RECORD) == differing
