"""``ndxp people`` shows people that the world knows."""

import pytest

from ndxp.world import World
from tests.ndxp.cli.conftest import Ndxp


def test_people_lists_every_persona_and_says_that_nobody_exists(ndxp_alone: Ndxp) -> None:
    ran = ndxp_alone("people")
    assert ran.code == 0
    assert "nobody here exists" in ran.out
    for persona in World().personas():
        assert persona.key in ran.out
        assert persona.citizen.number in ran.out


def test_a_persona_comes_with_its_story_in_both_languages(ndxp_alone: Ndxp) -> None:
    told = ndxp_alone("people", "--persona", "traveller", "--json").data
    known = World().persona("traveller")
    assert told["story"] == known.story
    assert told["story_vi"] == known.story_vi
    assert told["citizen_number"] == known.citizen.number


def test_a_persona_s_story_is_told_in_text_too(ndxp_alone: Ndxp) -> None:
    ran = ndxp_alone("people", "--persona", "traveller")
    assert World().persona("traveller").story.split()[0] in ran.out
    assert "\\n" not in ran.out, "each language is on lines of its own"
    assert World().persona("traveller").citizen.full_name in ran.out


def test_a_sample_holds_as_many_people_as_asked_for_and_all_are_known(ndxp_alone: Ndxp) -> None:
    sample = ndxp_alone("people", "--sample", 7, "--json").data
    assert len({person["citizen_number"] for person in sample}) == 7
    assert all(World().exists(person["citizen_number"]) for person in sample)


def test_the_same_seed_draws_the_same_people_and_another_seed_others(ndxp_alone: Ndxp) -> None:
    first, again, other = (
        [person["citizen_number"] for person in ndxp_alone("people", "--sample", 5, "--seed", seed, "--json").data]
        for seed in (3, 3, 4)
    )
    assert first == again
    assert not set(first) & set(other)


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_an_unknown_persona_is_wrong_usage_and_the_known_ones_are_named(ndxp_alone: Ndxp, form: list[str]) -> None:
    ran = ndxp_alone("people", "--persona", "nobody", *form)
    assert ran.code == 2
    assert "'nobody'" in ran.complaint
    assert "traveller" in ran.complaint
