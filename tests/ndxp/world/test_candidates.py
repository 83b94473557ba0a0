import re

import pytest

from ndxp.world import World
from ndxp.world.registers.candidates import YEAR, Candidate, Candidates

EVERY = 211


@pytest.fixture(scope="module")
def candidates(world: World) -> list[Candidate]:
    """Those of one in EVERY of the people who turn 18."""
    blocks = world.nation.census.blocks(YEAR - 18, YEAR - 18)
    numbers = (world.number(first + place) for first, size in blocks for place in range(0, size, EVERY))
    return [candidate for number in numbers if (candidate := world.entry(Candidates, number))]


def test_there_are_as_many_candidates_and_applicants_as_reported(candidates: list[Candidate]) -> None:
    applicants = [candidate for candidate in candidates if candidate.applies]
    assert 0.97e6 < EVERY * len(candidates) < 1.06e6
    assert 0.62e6 < EVERY * len(applicants) < 0.70e6
    assert 0.92 < sum(applicant.online for applicant in applicants) / len(applicants) < 0.96


def test_a_candidate_is_a_living_citizen_who_turns_18_in_the_year(world: World, candidates: list[Candidate]) -> None:
    for candidate in candidates[:500]:
        citizen = world.citizen(candidate.citizen_number)
        assert citizen
        assert citizen.birth_date.year == YEAR - 18
        assert not citizen.deceased
        assert citizen.birth_registration.province == candidate.province


def test_nobody_of_another_age_is_a_candidate(world: World) -> None:
    for year in (YEAR - 19, YEAR - 17):
        for first, _ in world.nation.census.blocks(year, year):
            assert not any(world.identifier(Candidates, world.number(first + place)) for place in range(20))


def test_a_code_leads_back_to_its_candidate(world: World, candidates: list[Candidate]) -> None:
    assert len({candidate.code for candidate in candidates}) == len(candidates)
    for candidate in candidates[:500]:
        assert re.fullmatch(rf"23{candidate.province[1:]}[0-9]{{7}}", candidate.code)
        assert world.resolve(Candidates, candidate.code) == candidate.citizen_number
        assert world.resolve(Candidates, f"22{candidate.code[2:]}") is None
