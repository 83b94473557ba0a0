import pytest

from ndxp.world import (
    PERSONA_KEYS,
    REFERENCE_DATE,
    PersonaNotFoundError,
    UnknownPersonaError,
    World,
    normalise_name,
)
from ndxp.world.registers.health_insurance import HealthInsurance, Inconsistency
from ndxp.world.registers.passports import Passports

OTHER = World(seed=99, population=4_000_000)
PLANTED = {
    "expired-card": Inconsistency.CARD_EXPIRED,
    "locked-card": Inconsistency.CARD_LOCKED,
    "name-differs": Inconsistency.NAME_DIFFERS,
    "birth-date-differs": Inconsistency.BIRTH_DATE_DIFFERS,
    "deceased-insured": Inconsistency.DECEASED_INSURED,
}


@pytest.fixture(params=["default", "other"])
def any_world(request: pytest.FixtureRequest, world: World) -> World:
    return world if request.param == "default" else OTHER


def test_each_persona_exists_once_and_is_told_in_two_languages(any_world: World) -> None:
    personas = any_world.personas()
    assert tuple(persona.key for persona in personas) == PERSONA_KEYS
    assert len({persona.citizen.number for persona in personas}) == len(personas)
    for persona in personas:
        assert any_world.citizen(persona.citizen.number) == persona.citizen
        assert persona.story.isascii() or "Đ" in persona.story
        assert not persona.story_vi.isascii()
        assert any_world.persona(persona.key) is persona


def test_a_persona_is_the_same_in_a_new_world_of_the_same_seed() -> None:
    assert World().persona("traveller") == World().persona("traveller")


def test_the_child_is_under_six_and_has_its_own_card(any_world: World) -> None:
    child = any_world.persona("child").citizen
    card = any_world.entry(HealthInsurance, child.number)
    assert child.age() < 6
    assert card is not None
    assert card.category == "TE"
    assert card.valid_to > REFERENCE_DATE
    assert child.father.number
    assert child.legal_representative in (child.father, child.mother)


def test_the_newborn_is_at_most_sixty_days_old_and_has_both_parents(any_world: World) -> None:
    mother = any_world.persona("newborn-mother").citizen
    child = any_world.citizen(any_world.children(mother.number)[-1])
    assert child is not None
    assert (REFERENCE_DATE - child.birth_date).days <= 60
    assert child.mother.number == mother.number
    assert mother.spouse is not None
    assert child.father.number == mother.spouse.number


def test_the_travellers_passport_is_valid_and_the_other_one_is_not(any_world: World) -> None:
    valid = any_world.entry(Passports, any_world.persona("traveller").citizen.number)
    expired = any_world.entry(Passports, any_world.persona("expired-passport").citizen.number)
    assert valid is not None
    assert valid.valid()
    assert expired is not None
    assert expired.expires < REFERENCE_DATE


@pytest.mark.parametrize(("key", "kind"), PLANTED.items())
def test_the_planted_disagreements_are_the_ones_told(any_world: World, key: str, kind: Inconsistency) -> None:
    citizen = any_world.persona(key).citizen
    card = any_world.entry(HealthInsurance, citizen.number)
    assert any_world.inconsistency(citizen.number) is kind
    assert card is not None
    assert citizen.deceased is (kind is Inconsistency.DECEASED_INSURED)


def test_diacritics_change_the_name_but_not_what_registers_compare(any_world: World) -> None:
    citizen = any_world.persona("diacritics").citizen
    card = any_world.entry(HealthInsurance, citizen.number)
    assert citizen.surname.startswith("Đ")
    assert citizen.full_name.upper() != normalise_name(citizen.full_name)
    assert card is None or card.name == citizen.full_name


def test_the_migrant_lives_elsewhere_the_elder_is_a_hundred_and_the_family_is_large(any_world: World) -> None:
    migrant = any_world.persona("migrant").citizen
    assert migrant.current_address.province != migrant.birth_registration.province
    assert any_world.persona("elder").citizen.age() >= 100
    head = any_world.persona("large-family").citizen
    household = any_world.household(head.number)
    assert household is not None
    assert household.head == head.number
    assert len(household.members) >= 6


def test_an_unknown_key_is_refused_with_the_keys_there_are(world: World) -> None:
    with pytest.raises(UnknownPersonaError, match="no persona has the key 'nobody'; there are child, ") as refused:
        world.persona("nobody")
    assert isinstance(refused.value, KeyError)


def test_a_world_too_small_says_that_nobody_fits() -> None:
    with pytest.raises(PersonaNotFoundError, match="nobody in this world of 10 people"):
        World(population=10).persona("elder")
