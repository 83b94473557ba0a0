"""Scenarios: every file is whole, in both languages, and its faults are such as the default exchange takes."""

import unicodedata

import msgspec
import pytest

from gateway.control.exchange_file import read_exchange
from gateway.core import registry
from gateway.core.faults import Fault
from gateway.settings import ControlSettings
from ndxp.faults import scenario
from ndxp.faults.scenario import ScenarioRefused

UNTIL, CONSUMER = "2099-12-31", "VN/GOV/H26/one-stop"


@pytest.fixture(scope="module")
def default() -> registry.Registry:
    return read_exchange(ControlSettings())


@pytest.mark.parametrize("name", scenario.names())
@pytest.mark.parametrize("consumer", ["", CONSUMER])
def test_the_faults_of_a_scenario_fit_the_default_exchange(
    default: registry.Registry, name: str, consumer: str
) -> None:
    rules = msgspec.convert(scenario.load(name).rules(UNTIL, consumer), list[Fault])
    registry.check(msgspec.structs.replace(default, faults=rules))
    assert {(rule.scenario, rule.consumer) for rule in rules} == {(name, consumer)}
    assert all(rule.note for rule in rules)


@pytest.mark.parametrize("name", scenario.names())
def test_a_scenario_is_told_in_english_and_in_vietnamese(name: str) -> None:
    told = scenario.load(name)
    for text in (told.title, told.story, told.watch):
        assert set(text) == {"en", "vi"}
        assert unicodedata.normalize("NFC", text["vi"]) == text["vi"]
        assert sum(not letter.isascii() for letter in text["vi"]) > len(text["vi"]) / 10
        assert text["en"].isascii()
    assert name == told.name


def test_the_ids_of_a_scenario_are_always_the_same_because_chance_depends_on_them() -> None:
    first, again = scenario.load("month-end").rules(UNTIL), scenario.load("month-end").rules("2098-01-01", CONSUMER)
    assert [rule["id"] for rule in first] == [rule["id"] for rule in again] == [f"month-end-{n}" for n in (1, 2, 3)]


def test_a_scenario_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ScenarioRefused, match="no such scenario: '../secret'; there are bad-dates, brown-out"):
        scenario.load("../secret")
