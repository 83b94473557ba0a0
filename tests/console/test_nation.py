"""What the console knows of the nation by itself: what of a citizen does not agree, and the days of a life."""

import pytest

from console.nation import days, differences, nation
from ndxp.world.registers.health_insurance import Inconsistency

KEYS = {
    Inconsistency.NAME_DIFFERS: "differs.name", Inconsistency.BIRTH_DATE_DIFFERS: "differs.birth",
    Inconsistency.CARD_EXPIRED: "differs.expired", Inconsistency.CARD_LOCKED: "differs.locked",
    Inconsistency.DECEASED_INSURED: "differs.insured",
}  # fmt: skip


def test_whatever_is_planted_at_the_insurer_is_found_and_nothing_else() -> None:
    planted = 0
    for citizen in nation().sample(1500, seed=7):
        there = nation().inconsistency(citizen.number)
        found = [each.key for each in differences(citizen) if each.register == "health_insurance"]
        assert found == ([KEYS[there]] if there else [])
        planted += there is not None
    assert planted


def test_a_certificate_of_land_in_the_name_of_somebody_deceased_is_found() -> None:
    owner = next(
        each for each in nation().sample(3000, seed=5) if "differs.owner" in [found.key for found in differences(each)]
    )
    assert owner.deceased
    assert days(owner)[-1][1] == "day.died"


@pytest.mark.parametrize(("key", "day"), [("newborn-mother", "day.child"), ("traveller", "day.passport")])
def test_the_days_of_a_life_begin_with_the_birth_and_are_in_order(key: str, day: str) -> None:
    citizen = nation().persona(key).citizen
    found = days(citizen)
    assert found[0][:2] == (citizen.birth_date, "day.born")
    assert found == sorted(found)
    assert day in [each for _, each, _ in found]
