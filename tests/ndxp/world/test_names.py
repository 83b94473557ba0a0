import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndxp.world import World, normalise_name


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("Nguyễn Văn A", "NGUYENVANA"),
        ("  nguyễn   văn\ta ", "NGUYENVANA"),
        ("ĐẶNG Thị Đào", "DANGTHIDAO"),
        ("Đỗ Ngọc Ánh", "DONGOCANH"),
        ("Trần-Lê K'Brơi 2", "TRANLEKBROI2"),
        ("", ""),
    ],
)
def test_a_name_loses_diacritics_spaces_and_case(name: str, normal: str) -> None:
    assert normalise_name(name) == normal
    assert normalise_name(unicodedata.normalize("NFD", name)) == normal
    assert normalise_name(unicodedata.normalize("NFC", name)) == normal


@given(st.text(max_size=40))
def test_normalising_twice_changes_nothing(name: str) -> None:
    once = normalise_name(name)
    assert normalise_name(once) == once


def test_every_citizens_name_becomes_plain_capitals(world: World) -> None:
    for citizen in world.sample(500, seed=11):
        normal = normalise_name(citizen.full_name)
        assert normal.isascii()
        assert normal.isalpha()
        assert normal == normalise_name(citizen.full_name.lower())
        assert unicodedata.is_normalized("NFC", citizen.full_name)
