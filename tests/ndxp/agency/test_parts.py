"""An agency's part of the exchange, as its folder says it."""

from pathlib import Path

import pytest

from ndxp.agency.parts import FILE, PartRefused, addresses_of, read_part, read_parts, usual_ports

LAND = """
title: Land
title_vi: Đất đai
about: parcels
about_vi: thửa đất
subsystems: [VN/GOV/G13/land]
contracts: [land.v1.LandService]
"""


def agency(folder: Path, name: str, text: str = LAND) -> Path:
    (folder / name).mkdir()
    (folder / name / FILE).write_text(text, encoding="utf-8")
    return folder / name


def test_a_part_has_the_name_of_its_folder(tmp_path: Path) -> None:
    part = read_part(agency(tmp_path, "land_office"))
    assert (part.name, part.label, part.subsystems, part.grants) == (
        "land_office",
        "land-office",
        ["VN/GOV/G13/land"],
        [],
    )


def test_parts_are_in_the_order_of_their_names_whatever_else_is_beside_them(tmp_path: Path) -> None:
    for name in ("tax", "land", "education"):
        agency(tmp_path, name)
    (tmp_path / "claim.py").touch()
    (tmp_path / "__pycache__").mkdir()
    parts = read_parts(tmp_path)
    assert [part.name for part in parts] == ["education", "land", "tax"]
    assert usual_ports(parts) == {"education": 50061, "land": 50062, "tax": 50063}


def test_all_subsystems_of_an_agency_are_at_its_address(tmp_path: Path) -> None:
    part = read_part(agency(tmp_path, "one_stop", LAND.replace("VN/GOV/G13/land", "VN/GOV/H01/one, VN/GOV/H02/one")))
    assert addresses_of([part], {"one_stop": 7}) == {"VN/GOV/H01/one": "127.0.0.1:7", "VN/GOV/H02/one": "127.0.0.1:7"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (LAND + "title: Again\n", "the key 'title' is in line 2 already"),
        (LAND + "grant: []\n", "unknown field `grant`"),
        (LAND.replace("[VN/GOV/G13/land]", "[]"), "at least one subsystem and one contract"),
        (LAND.replace("[land.v1.LandService]", "[]"), "at least one subsystem and one contract"),
        (LAND.replace("VN/GOV/G13/land", "G13-land"), "G13-land"),
        ("", "Expected `object`, got `null`"),
        ("{", "line 1"),
    ],
)
def test_what_is_wrong_with_a_part_is_one_line_that_names_its_file(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(PartRefused) as refused:
        read_part(agency(tmp_path, "land", text))
    assert str(refused.value).startswith(f"{tmp_path}/land/{FILE}: ")
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)
