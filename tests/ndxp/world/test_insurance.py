import re
from collections import Counter

from ndxp.world import REFERENCE_DATE, World, normalise_name, province_by_code
from ndxp.world.registers.health_insurance import HealthInsurance, Inconsistency
from ndxp.world.registers.social_insurance import SocialInsurance

SAMPLE = 60_000


def _numbers(world: World, count: int) -> list[str]:
    step = world.population // count
    return [world.number(index) for index in range(0, world.population, step)]


def test_about_half_a_percent_is_planted_in_the_intended_mix(world: World) -> None:
    found = Counter(world.inconsistency(number) for number in _numbers(world, SAMPLE))
    found.pop(None)
    assert set(found) == set(Inconsistency)
    assert 0.004 < found.total() / SAMPLE < 0.006
    assert 0.001 < found[Inconsistency.NAME_DIFFERS] / SAMPLE < 0.002
    assert 0.0002 < found[Inconsistency.DECEASED_INSURED] / SAMPLE < 0.0008


def test_about_93_percent_hold_a_card(world: World) -> None:
    cards = [world.entry(HealthInsurance, number) is not None for number in _numbers(world, 5_000)]
    assert 0.91 < sum(cards) / len(cards) < 0.94


def test_a_card_disagrees_with_the_citizen_exactly_where_that_is_planted(world: World) -> None:
    for number in _numbers(world, SAMPLE):
        kind = world.inconsistency(number)
        if kind is None and not number.endswith("0"):
            continue
        citizen, card = world.citizen(number), world.entry(HealthInsurance, number)
        assert citizen is not None
        if card is None:
            assert kind is None
            continue
        expired = card.valid_to < REFERENCE_DATE
        differences = {
            Inconsistency.NAME_DIFFERS: normalise_name(card.name) != normalise_name(citizen.full_name),
            Inconsistency.BIRTH_DATE_DIFFERS: card.birth_date != citizen.birth_date,
            Inconsistency.CARD_EXPIRED: expired,
            Inconsistency.CARD_LOCKED: card.locked,
            Inconsistency.DECEASED_INSURED: citizen.deceased,
        }
        assert [difference for difference, there in differences.items() if there] == ([kind] if kind else [])
        assert card.valid_from <= card.valid_to
        assert card.birth_date <= REFERENCE_DATE
        assert citizen.birth_date <= card.valid_from or card.category == "TE"


def test_old_card_numbers_say_category_benefit_and_province(world: World) -> None:
    for number in _numbers(world, 3_000):
        card = world.entry(HealthInsurance, number)
        if card:
            assert re.fullmatch(r"(DN|CH|NN|HT|TE|GD|HS|SV|HN)[1-5]\d{12}", card.old_number)
            assert card.old_number[:3] == f"{card.category}{card.benefit}"
            assert card.old_number[3:5] == number[1:3]
            assert card.old_number[5:] == card.number == world.identifier(SocialInsurance, number)
            assert world.resolve(SocialInsurance, card.number) == number


def test_children_under_six_have_the_childrens_card_and_nobody_else(world: World) -> None:
    for citizen in world.sample(3_000, seed=12):
        card = world.entry(HealthInsurance, citizen.number)
        if card:
            assert (card.category == "TE") is (citizen.age() < 6)


def test_the_first_facility_lies_in_the_holders_home_province(world: World) -> None:
    number = world.persona("child").citizen.number
    card = world.entry(HealthInsurance, number)
    assert card is not None
    assert card.facility_code[:2] == province_by_code(number[:3]).code[1:]
