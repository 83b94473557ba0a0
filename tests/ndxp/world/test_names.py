import unicodedata
from typing import Any

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


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ðặng", "Đặng"),  # U+00D0, the Icelandic eth, as old keyboards and converters write it
        ("ðặng", "đặng"),
        ("Ɖặng", "Đặng"),  # U+0189, the African D
        ("D\u0336ặng", "Đặng"),  # D with a combining stroke
        ("ＮＧＵＹỄＮ", "Nguyễn"),  # full width
        ("𝐍𝐠𝐮𝐲𝐞̂̃𝐧", "Nguyễn"),  # mathematical
        ("Nguyễ\ufb01", "Nguyễfi"),  # a ligature
        ("Nguye\u0303\u0302n", "Nguyễn"),  # the tilde before the circumflex
        ("Hoa\u0323\u0302", "Hoậ"),
        ("Кim Тhoa", "Kim Thoa"),  # Cyrillic letters
        ("Αn Νhiên", "An Nhiên"),  # Greek letters
        ("ƀan Niê", "ban Niê"),  # letters of Ede and Bahnar
        ("Y Ê\u0306ban", "Y Ebăn"),
        ("Ñŏng", "Nong"),
        ("Nguyễn\u200bVăn\u00a0A\u00ad", "Nguyễn Văn A"),
        ("Nguyễn Văn ２", "Nguyễn Văn 2"),
        ("Nguyễn Văn ٢", "Nguyễn Văn 2"),
    ],
)
def test_names_that_look_the_same_are_compared_as_the_same(one: str, other: str) -> None:
    assert normalise_name(one) == normalise_name(other) != ""


APOSTROPHES = "'`´ʹʻʼʽˈ‘’‛′՚＇ꞌ"
HYPHENS = "-‐‑‒–—―−﹣－⁃"


@pytest.mark.parametrize("sign", APOSTROPHES + HYPHENS, ids=lambda sign: f"U+{ord(sign):04X}")
def test_apostrophes_and_hyphens_of_every_kind_are_passed_over(sign: str) -> None:
    assert normalise_name(f"K{sign}Brơi") == normalise_name("K'Brơi") == "KBROI"


def test_names_that_look_different_stay_different() -> None:
    names = ["Lan", "Ian", "Dan", "Đàm", "Văn", "Vân Anh", "Oanh", "Quanh", "Thuý Vy"]
    assert len({normalise_name(name) for name in names}) == len(names)


LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxyAĂÂĐÊÔƠƯ ÁÀẢÃẠấầẩẫậ"


@given(st.text(LETTERS, max_size=30), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]), st.sampled_from(APOSTROPHES))
def test_no_form_of_writing_changes_what_is_compared(name: str, form: Any, sign: str) -> None:
    written = unicodedata.normalize(form, name.replace("đ", "ð").replace("Đ", "Ð").replace(" ", f"{sign}\u00a0"))
    assert normalise_name(written) == normalise_name(name) == normalise_name(name.lower())


@given(st.text(max_size=40))
def test_what_is_compared_holds_letters_and_digits_alone(name: str) -> None:
    assert all(unicodedata.category(letter)[0] in "LN" for letter in normalise_name(name))


@given(st.text(max_size=40), st.text(max_size=40))
def test_the_parts_of_a_name_are_compared_wherever_they_are_cut(one: str, other: str) -> None:
    assert normalise_name(one + other) == normalise_name(one) + normalise_name(other)


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
