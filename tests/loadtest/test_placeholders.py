"""Placeholders in requests of a profile's own calls."""

from typing import Any

import pytest

from loadtest import placeholders
from ndxp.samples import Turn
from ndxp.world import World

WORLD = World()
SOMEBODY = next(WORLD.sample(1, 5, alive=True))
TURN = Turn(WORLD, SOMEBODY, 7, "VN/GOV/H26/one-stop")


def test_placeholders_are_filled_in_wherever_they_stand() -> None:
    request = {
        "who": {"number": "$number"},
        "notes": ["${full_name}, $birth_date", 5, None],
        "from": "$member: $client",
    }
    assert placeholders.fill(request, TURN) == {
        "who": {"number": SOMEBODY.number},
        "notes": [f"{SOMEBODY.full_name}, {SOMEBODY.birth_date.isoformat()}", 5, None],
        "from": "H26: VN/GOV/H26/one-stop",
    }


def test_every_placeholder_has_a_value() -> None:
    for name in placeholders.NAMES:
        assert placeholders.complaint(f"${name}") == ""
        assert placeholders.fill(f"${name}", TURN)


def test_a_dollar_is_written_twice() -> None:
    assert placeholders.complaint(["5 $$"]) == ""
    assert placeholders.fill(["5 $$"], TURN) == ["5 $"]


@pytest.mark.parametrize("request_", [{"a": [{"b": "$nobody"}]}, ["$nobody"], "$nobody"])
def test_an_unknown_placeholder_is_told_with_those_that_there_are(request_: Any) -> None:
    assert placeholders.complaint(request_).startswith("there is no $nobody; there are: $number, $full_name, ")
