"""The demo's sample of the reported year, and its reckoning."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndxp.cli.replay import Count, plan
from ndxp.samples.population import DEMO, DIFFERED, MATCHED
from ndxp.world import World, normalise_name

REQUESTS, SEED = 300, 2023
GOOD = Count("sent", sent=10, answered=10, yes=6, no=4, expected_yes=6, agency=10, ledger=10)


def split(requests: int) -> tuple[int, int]:
    matching, differing = DEMO.split(requests)
    return matching, differing


def claims(world: World, requests: int, seed: int) -> list[tuple[tuple[str, str, str], bool]]:
    """Number, name and birth date of each verification, and whether they must match."""
    planned = plan(world, DEMO, requests, seed, ["VN/GOV/H26/one-stop"])
    asked: list[tuple[Any, bool]] = [(call.request, bool(call.sample.expected)) for call in planned]
    return [((one.citizen_number, one.full_name, one.birth_date), expected) for one, expected in asked]


def test_the_sample_is_split_as_reported() -> None:
    assert MATCHED + DIFFERED == 1_014_473_517
    assert split(5000) == (2981, 2019)


@given(st.integers(0, 10**9))
def test_a_split_loses_no_request(requests: int) -> None:
    matching, differing = split(requests)
    assert matching + differing == requests
    assert min(matching, differing) >= 0


def truth(world: World, number: str) -> tuple[str, date] | None:
    """Name and birth date behind a number."""
    citizen = world.citizen(number)
    return (normalise_name(citizen.full_name), citizen.birth_date) if citizen is not None else None


def test_claims_that_must_match_are_true() -> None:
    world = World()
    true = [claim for claim, matches in claims(world, REQUESTS, SEED) if matches]
    assert len(true) == split(REQUESTS)[0]
    for number, name, born in true:
        assert truth(world, number) == (normalise_name(name), date.fromisoformat(born))


def test_every_fourth_claim_that_must_match_is_written_without_diacritics() -> None:
    true = [claim for claim, matches in claims(World(), REQUESTS, SEED) if matches]
    plain = [name for _, name, _ in true if name == normalise_name(name)]
    assert len(plain) == -(-len(true) // 4)


def test_claims_that_must_differ_have_one_thing_wrong_and_each_kind_is_a_third() -> None:
    world = World()
    wrong: dict[str, int] = {"name": 0, "birth date": 0, "number": 0}
    for (number, name, born), matches in claims(world, REQUESTS, SEED):
        if matches:
            continue
        known = truth(world, number)
        if known is None:
            wrong["number"] += 1
        else:
            right = known[0] == normalise_name(name), known[1] == date.fromisoformat(born)
            assert sorted(right) == [False, True]
            wrong["birth date" if right[0] else "name"] += 1
    assert sum(wrong.values()) == split(REQUESTS)[1]
    assert max(wrong.values()) - min(wrong.values()) <= 1


def test_claims_are_the_same_for_the_same_seed_and_come_in_mixed_order() -> None:
    made = claims(World(), REQUESTS, SEED)
    assert made == claims(World(), REQUESTS, SEED)
    assert made != claims(World(), REQUESTS, SEED + 1)
    assert [matches for _, matches in made] != sorted((matches for _, matches in made), reverse=True)


def test_a_count_reconciles_when_all_numbers_are_the_same() -> None:
    assert GOOD.reconciles
    assert replace(GOOD, expected_yes=None).reconciles


@pytest.mark.parametrize(
    "wrong",
    [{"answered": 9}, {"yes": 5}, {"no": 5}, {"yes": 5, "no": 5}, {"agency": 9}, {"agency": 11}, {"ledger": 9},
     {"ledger": 11}, {"sent": 11}, {"expected_yes": 7}],
    ids=str,
)  # fmt: skip
def test_a_count_with_any_number_off_does_not_reconcile(wrong: dict[str, Any]) -> None:
    assert not replace(GOOD, **wrong).reconciles
