from ndxp.world import REFERENCE_DATE, World
from ndxp.world.registers.participation import CONTRIBUTORS, NATION, PENSIONERS, STILL_PAID, Participation
from ndxp.world.registers.social_insurance import SocialInsurance

SAMPLE = 20_000


def test_so_many_contribute_and_so_many_have_a_pension_as_the_project_says(world: World) -> None:
    contributors = pensioners = 0
    for citizen in world.sample(SAMPLE, seed=31):
        entry = world.entry(Participation, citizen.number)
        if entry is None:
            continue
        contributors, pensioners = contributors + entry.contributes, pensioners + entry.pension
        assert entry.number == world.identifier(SocialInsurance, citizen.number)
        assert citizen.birth_date.year + 18 <= entry.since.year
        assert entry.since < REFERENCE_DATE
        assert 1 <= entry.months <= 12 * (REFERENCE_DATE.year - entry.since.year + 1)
        assert not (entry.contributes and entry.pension)
        assert not (entry.contributes and citizen.deceased)
        assert not entry.pension or citizen.age() >= 59
        assert not entry.pension or entry.months >= 240
    assert abs(contributors / SAMPLE - CONTRIBUTORS / NATION) < 0.01
    assert abs(pensioners / SAMPLE - PENSIONERS / NATION) < 0.005


def test_of_the_deceased_with_a_pension_some_are_still_paid(world: World) -> None:
    start, size = next(iter(world.nation.census.blocks(1930, 1945)))
    numbers = [world.number(start + place) for place in range(0, size, size // 20_000)]
    entries = [entry for number in numbers if (entry := world.entry(Participation, number))]
    paid = [entry.pension for entry in entries if (one := world.citizen(entry.citizen_number)) and one.deceased]
    assert len(paid) > 300
    assert STILL_PAID / 2 < sum(paid) / len(paid) < STILL_PAID * 2


def test_a_number_resolves_to_its_participant_and_to_nobody_else(village: World) -> None:
    held = {
        entry.number: entry.citizen_number
        for index in range(village.population)
        if (entry := village.entry(Participation, village.number(index)))
    }
    assert village.population / 5 < len(held) < village.population / 2
    for index in range(0, village.population, 7):
        number = village.number(index)
        value = village.identifier(SocialInsurance, number)
        assert value
        assert village.resolve(Participation, value) == held.get(value)
