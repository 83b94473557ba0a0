import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndxp.world import CitizenNumberError, Register, Sex, World, parse_citizen_number, register_kinds
from ndxp.world.registers.health_insurance import HealthInsurance
from ndxp.world.registers.households import HouseholdNumbers
from ndxp.world.registers.licences import Licences
from ndxp.world.registers.old_numbers import OldNumbers
from ndxp.world.registers.passports import Passports
from ndxp.world.registers.plates import Plates
from ndxp.world.registers.population import Population
from ndxp.world.registers.social_insurance import SocialInsurance

indices = st.integers(0, 100_299_999)
WORLD = World()
KINDS = list(register_kinds().values())


@given(indices)
def test_a_number_round_trips_to_its_index_and_says_who_its_holder_is(index: int) -> None:
    number = WORLD.number(index)
    assert WORLD.index(number) == index
    citizen = WORLD.citizen(number)
    assert citizen is not None
    parsed = parse_citizen_number(number)
    assert str(parsed) == number
    assert parsed.sex is citizen.sex
    assert parsed.birth_year == citizen.birth_date.year
    assert parsed.province == citizen.birth_registration.province


@given(indices, st.sampled_from([kind for kind in KINDS if kind is not HouseholdNumbers]))
def test_what_other_registers_call_a_citizen_resolves_back(index: int, kind: type[Register[Any]]) -> None:
    number = WORLD.number(index)
    value = WORLD.identifier(kind, number)
    assert value is None or WORLD.resolve(kind, value) == number


@given(indices)
def test_a_household_number_resolves_to_a_member_of_the_household(index: int) -> None:
    number = WORLD.number(index)
    household = WORLD.household(number)
    assert household is not None
    assert WORLD.identifier(HouseholdNumbers, number) == household.number
    assert WORLD.resolve(HouseholdNumbers, household.number) in household.members


@given(st.sampled_from(KINDS), st.text(max_size=14) | st.from_regex(r"[A-Z]?[0-9]{7,12}", fullmatch=True))
def test_any_text_resolves_to_its_holder_or_to_nobody(kind: type[Register[Any]], value: str) -> None:
    number = WORLD.resolve(kind, value)
    assert number is None or WORLD.identifier(kind, number) == value


@given(st.from_regex(r"[0-9]{12}", fullmatch=True))
def test_twelve_digits_exist_only_as_somebodys_number(number: str) -> None:
    index = WORLD.index(number)
    assert WORLD.exists(number) is (index is not None)
    assert index is None or WORLD.number(index) == number


def test_derived_numbers_have_the_documented_forms() -> None:
    forms: dict[type[Register[Any]], str] = {
        Population: r"\d{12}",
        OldNumbers: r"\d{9}",
        SocialInsurance: r"\d{10}",
        Passports: r"[BC]\d{7}|P\d{8}",
        Licences: r"\d{12}",
        Plates: r"\d{2}[A-Z]\d{5}",
        HouseholdNumbers: r"\d{9}",
    }
    citizens = list(WORLD.sample(1_000, seed=5))
    for kind, form in forms.items():
        values = [value for citizen in citizens if (value := WORLD.identifier(kind, citizen.number))]
        assert values
        assert all(re.fullmatch(form, value) for value in values)


def test_only_adults_hold_licences_and_plates() -> None:
    for citizen in WORLD.sample(2_000, seed=6):
        if WORLD.identifier(Licences, citizen.number) or WORLD.identifier(Plates, citizen.number):
            assert citizen.age() >= 18


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "12 digits"),
        ("00108512345", "12 digits"),
        ("0010851234567", "12 digits"),
        ("00108512345x", "12 digits"),
        ("٠٠١٠٨٥١٢٣٤٥٦", "12 digits"),
        (" 01085123456", "12 digits"),
        ("003085123456", "province"),
        ("001485123456", "sex and century"),
        ("001019123456", "1919"),
        ("001224123456", "2024"),
    ],
)
def test_a_malformed_number_is_refused_with_the_reason_and_nobody_has_it(text: str, reason: str) -> None:
    with pytest.raises(CitizenNumberError, match=reason):
        parse_citizen_number(text)
    assert WORLD.citizen(text) is None
    assert not WORLD.exists(text)
    assert WORLD.household(text) is None
    assert WORLD.entry(HealthInsurance, text) is None
    assert WORLD.entry(Passports, text) is None
    assert WORLD.inconsistency(text) is None
    assert WORLD.parents(text) is None
    assert WORLD.spouse(text) is None
    assert WORLD.children(text) == ()


def test_absent_numbers_are_well_formed_distinct_and_nobodys() -> None:
    numbers = [WORLD.absent_number(i) for i in range(30_000)]
    assert len(set(numbers)) == len(numbers)
    assert not any(map(WORLD.exists, numbers))
    assert {parse_citizen_number(number).sex for number in numbers} == set(Sex)


def test_an_index_outside_the_world_is_refused(village: World) -> None:
    for index in (-1, village.population):
        with pytest.raises(IndexError, match="indices"):
            village.number(index)
