"""People for a test: whom a phrase means, and that those who are found are such people."""

from datetime import date

import pytest

from ndxp.sandbox.nation import world
from ndxp.testing import people
from ndxp.testing.people import Conditions, NobodyFits, find, last_days
from ndxp.testing.phrases import PhraseRefused, read
from ndxp.world import REFERENCE_DATE, Sex, register_kinds

REGISTERS = register_kinds()


@pytest.mark.parametrize(
    ("phrase", "conditions"),
    [
        ("person", Conditions()),
        ("child under 6 with expired card in H26",
         Conditions((0, 5), province="001", entries=(("health_insurance", "expired"),))),
        ("deceased woman over 60", Conditions((61, 103), Sex.FEMALE, "", True)),
        ("man aged 20-30 in Hà Nội", Conditions((20, 30), Sex.MALE, "001")),
        ("adult aged 40 with a valid passport and locked insurance card without licence and wallet",
         Conditions((40, 40), entries=(("passport", "valid"), ("health_insurance", "locked"), ("licence", "none"),
                                       ("wallet_account", "none")))),
        ("girl with land in Cao Bằng", Conditions((0, 17), Sex.FEMALE, "004", entries=(("land_parcel", "any"),))),
    ],
)  # fmt: skip
def test_a_phrase_says_whom_a_test_needs(phrase: str, conditions: Conditions) -> None:
    assert read(phrase) == conditions


@pytest.mark.parametrize(
    ("phrase", "what"),
    [
        ("martian", "neither a persona .child, .* nor conditions: say whom you need as"),
        ("child over 60", "nobody has such an age, from 61 to 17"),
        ("man with dragon", "no register 'dragon'; there are .*passport"),
        ("man with expired vehicle", "'vehicle' has no last day"),
        ("man with locked passport", "'passport' cannot be locked"),
        ("man without expired card", "say `without card`"),
        ("man in Atlantis", "no province 'Atlantis'"),
        ("child under six", "say whom you need as"),
    ],
)
def test_a_phrase_that_says_nothing_is_refused_with_how_it_is_said(phrase: str, what: str) -> None:
    with pytest.raises(PhraseRefused, match=what):
        read(phrase)


def test_who_is_found_is_such_a_person() -> None:
    nation = world()
    child = find(nation, read("child under 6 with expired card in H26"), "seed")
    card = nation.entry(REGISTERS["health_insurance"], child.number)
    assert child.age() < 6
    assert child.current_address.province == "001"
    assert last_days(card)[0] < REFERENCE_DATE
    woman = find(nation, read("woman over 60 with valid passport without licence"), "seed")
    assert (woman.sex, woman.deceased) == (Sex.FEMALE, False)
    assert min(last_days(nation.entry(REGISTERS["passport"], woman.number))) >= REFERENCE_DATE
    assert nation.entry(REGISTERS["licence"], woman.number) is None
    assert find(nation, read("deceased person"), "seed").deceased


def test_the_same_seed_finds_the_same_person_and_another_seed_another() -> None:
    wanted = read("adult with passport")
    assert find(world(), wanted, "a") == find(world(), wanted, "a") != find(world(), wanted, "b")


def test_a_search_for_nobody_ends_with_the_conditions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "_MOST_TRIES", 3000)
    with pytest.raises(NobodyFits, match=r"nobody meets .*ages=\(0, 5\).*licence"):
        find(world(), read("child under 6 with licence in H14"), "seed")


def test_an_entry_without_an_end_has_no_last_day() -> None:
    assert last_days("0123456789") == []
    assert last_days(None) == []
    assert isinstance(REFERENCE_DATE, date)
