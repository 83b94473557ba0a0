"""A citizen's number as a keyed hash."""

import hashlib
import hmac
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndxp.subject import SubjectKeyMissing, read_subject_key, subject_hash

keys = st.binary(min_size=1, max_size=64)
numbers = st.from_regex(r"[0-9]{12}", fullmatch=True)


def test_the_hash_of_a_number_never_changes() -> None:
    assert subject_hash(b"key", "074079255028") == "7dc335536cf146a9f3fad18b30b765f8"


@given(key=keys, number=numbers)
def test_a_hash_is_32_lower_case_hex_digits_without_the_number(key: bytes, number: str) -> None:
    hashed = subject_hash(key, number)
    assert re.fullmatch(r"[0-9a-f]{32}", hashed)
    assert number not in hashed
    assert subject_hash(key, number) == hashed


@given(key=keys, one=numbers, other=numbers)
def test_two_numbers_have_two_hashes(key: bytes, one: str, other: str) -> None:
    assert (subject_hash(key, one) == subject_hash(key, other)) == (one == other)


@given(number=numbers)
def test_another_key_gives_another_hash(number: str) -> None:
    assert subject_hash(b"one", number) != subject_hash(b"other", number)


def test_what_the_key_authenticates_elsewhere_is_no_subject() -> None:
    number = "074079255028"
    assert subject_hash(b"key", number) != hmac.digest(b"key", number.encode(), "sha256")[:16].hex()
    assert subject_hash(b"key", number) != hashlib.sha256(b"key" + number.encode()).hexdigest()[:32]


def test_the_key_is_read_from_the_credentials_file(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    path.write_text(json.dumps({"subjects": "secret", "VN/GOV/G01/population": "other"}), encoding="utf-8")
    assert read_subject_key(path) == b"secret"


@pytest.mark.parametrize("content", ["{}", '{"subjects": ""}', '{"subjects": 1, "a": "secret"}', "[]", "secret", None])
def test_a_file_without_the_key_is_named_and_nothing_of_its_secrets(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "credentials.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(SubjectKeyMissing) as raised:
        read_subject_key(path)
    assert str(path) in str(raised.value)
    assert "secret" not in str(raised.value)
