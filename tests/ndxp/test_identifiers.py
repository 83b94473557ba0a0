"""Identifiers of members and subsystems."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndxp.identifiers import CLASSES, Member, Subsystem, member_code, member_of

parts = st.from_regex(r"[A-Za-z0-9'()+,\-.=?]{1,64}", fullmatch=True)
members = st.builds(Member, parts, st.sampled_from(CLASSES), parts)
unit_codes = st.from_regex(r"[A-Z][0-9]{2}", fullmatch=True)


@given(member=members)
def test_a_member_reads_back_as_it_is_written(member: Member) -> None:
    assert Member.parse(str(member)) == member


@given(member=members, name=parts)
def test_a_subsystem_reads_back_as_it_is_written(member: Member, name: str) -> None:
    assert Subsystem.parse(str(Subsystem(member, name))) == Subsystem(member, name)


@given(code=unit_codes, name=parts)
def test_the_ndxp_form_of_a_state_body_means_the_same_subsystem(code: str, name: str) -> None:
    subsystem = Subsystem(Member("VN", "GOV", code), name)
    assert Subsystem.parse(subsystem.ndxp_code) == subsystem


@given(code=parts, name=parts)
def test_the_ndxp_form_of_a_company_means_the_same_subsystem(code: str, name: str) -> None:
    if code.startswith("000.00.00."):
        return
    subsystem = Subsystem(Member("VN", "COM", code), name)
    assert Subsystem.parse(subsystem.ndxp_code) == subsystem


@given(member=members, name=parts)
def test_the_member_part_and_its_code_are_found_without_parsing(member: Member, name: str) -> None:
    assert member_of(str(Subsystem(member, name))) == str(member)
    assert member_code(str(Subsystem(member, name))) == member.code


def test_the_ndxp_form_is_the_published_one() -> None:
    subsystem = Subsystem.parse("VN/GOV/G24/health-insurance")
    assert subsystem.ndxp_code == "VN:GOV:000.00.00.G24:health-insurance"


def test_a_member_parses_in_the_ndxp_form() -> None:
    assert str(Member.parse("VN:GOV:000.00.00.G24")) == "VN/GOV/G24"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "1 parts, expected 4"),
        ("VN/GOV/G24", "3 parts, expected 4"),
        ("VN/GOV/G24/a/b", "5 parts, expected 4"),
        ("VN/GOV//a", "is empty, too long or has a character not allowed"),
        ("VN/GOV/G24/" + "a" * 65, "is empty, too long or has a character not allowed"),
        ("VN/GOV/G24/bảo-hiểm", "has a character not allowed"),
        ("VN/GOV/G24/a b", "has a character not allowed"),
        ("VN/GOV/G24/a\n", "has a character not allowed"),
        ("VN/gov/G24/a", "class 'gov' is neither GOV nor COM"),
        ("VN/GOV:G24/a", "2 parts, expected 4"),
    ],
)
def test_a_malformed_identifier_is_refused_with_what_is_wrong(text: str, why: str) -> None:
    with pytest.raises(ValueError, match="parts|allowed|neither") as refused:
        Subsystem.parse(text)
    assert why in str(refused.value)


def test_the_refusal_of_a_very_long_text_is_short() -> None:
    with pytest.raises(ValueError, match="expected") as refused:
        Subsystem.parse("x" * 1_000_000)
    assert len(str(refused.value)) < 400
