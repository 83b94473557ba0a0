from collections import Counter

from ndxp.world.procedures import (
    LAND_CHANGE,
    LINKED_BIRTH,
    LINKED_DEATH,
    ONLINE,
    PROCEDURES,
    OnlineLevel,
    procedure,
    procedures,
)


def test_the_catalogue_has_as_many_procedures_and_as_many_online_as_reported() -> None:
    levels = Counter(each.level for _, each in procedures())
    assert levels.total() == PROCEDURES == 6_423
    assert levels[OnlineLevel.FULL] + levels[OnlineLevel.PARTIAL] == ONLINE == 4_422
    assert min(levels.values()) > 1_000


def test_names_and_codes_are_distinct_and_a_code_leads_back_to_its_procedure() -> None:
    catalogue = [each for _, each in procedures()]
    assert len({each.name for each in catalogue}) == len({each.code for each in catalogue}) == PROCEDURES
    assert all(procedure(each.code) == each for each in catalogue)


def test_the_25_essential_services_are_wholly_online_and_two_are_linked() -> None:
    essential = [each for _, each in procedures(essential=True)]
    assert len(essential) == 25
    assert {each.level for each in essential} == {OnlineLevel.FULL}
    assert [each.code for each in essential if each.name.startswith("Liên thông")] == [LINKED_BIRTH, LINKED_DEATH]
    assert LAND_CHANGE in {each.code for each in essential}


def test_a_list_is_narrowed_by_body_and_level() -> None:
    narrowed = [each for _, each in procedures(body="VN/GOV/G18", level=OnlineLevel.PARTIAL)]
    assert narrowed
    assert {(each.body, each.level) for each in narrowed} == {("VN/GOV/G18", OnlineLevel.PARTIAL)}


def test_a_code_that_no_procedure_has_is_none() -> None:
    taken = {each.code for _, each in procedures()}
    free = [code for serial in range(2_990, 8_010) if (code := f"1.{serial:06d}") not in taken]
    assert free
    malformed = ["", "3.003000", "1.3000", "1.0030001", "1.\u0661\u0661\u0661\u0661\u0661\u0661"]
    assert not any(map(procedure, [*free, *malformed]))
