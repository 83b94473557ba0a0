from collections import Counter

from ndxp.world import Citizen, MaritalStatus, Relation, World
from ndxp.world.registers.households import HouseholdNumbers

Everybody = dict[str, Citizen]


def test_the_village_has_everybody_once(village: World, everybody: Everybody) -> None:
    assert len(everybody) == village.population


def test_spouses_point_at_each_other_and_share_a_household(village: World, everybody: Everybody) -> None:
    couples = 0
    for citizen in everybody.values():
        assert (citizen.spouse.number if citizen.spouse else None) == village.spouse(citizen.number)
        if citizen.spouse:
            spouse = everybody[citizen.spouse.number]
            assert spouse.spouse is not None
            assert (spouse.spouse.number, spouse.full_name) == (citizen.number, citizen.spouse.name)
            assert spouse.household_number == citizen.household_number
            assert spouse.sex is not citizen.sex
            assert citizen.age() >= 18
            assert not (citizen.deceased and spouse.deceased)
            widowed = citizen.marital_status is MaritalStatus.DIVORCED_OR_WIDOWED
            assert widowed is spouse.deceased
            couples += 1
    assert couples > village.population / 4


def test_parents_are_18_to_45_years_older_and_list_the_child(village: World, everybody: Everybody) -> None:
    with_parents = 0
    for citizen in everybody.values():
        parents = village.parents(citizen.number)
        assert (citizen.father.number, citizen.mother.number) == (parents or ("", ""))
        if parents:
            father, mother = everybody[parents[0]], everybody[parents[1]]
            assert father.spouse is not None
            assert father.spouse.number == mother.number
            assert (father.full_name, mother.full_name) == (citizen.father.name, citizen.mother.name)
            for parent in (father, mother):
                assert 18 <= parent.age(citizen.birth_date) <= 45
                assert citizen.number in village.children(parent.number)
                if parent.death_date:
                    assert (citizen.birth_date - parent.death_date).days < 280
            with_parents += 1
    assert with_parents > village.population / 2


def test_children_are_listed_once_and_list_their_parents(village: World, everybody: Everybody) -> None:
    listed = Counter[str]()
    for citizen in everybody.values():
        for child in village.children(citizen.number):
            assert citizen.number in (village.parents(child) or ())
            listed[child] += 1
    assert set(listed.values()) == {2}
    assert len(listed) == sum(citizen.father.number != "" for citizen in everybody.values())


def test_a_child_has_its_fathers_surname_and_people(everybody: Everybody) -> None:
    for citizen in everybody.values():
        assert citizen.father.name.startswith(f"{citizen.surname} ")
        if citizen.father.number:
            father = everybody[citizen.father.number]
            assert (father.surname, father.ethnicity) == (citizen.surname, citizen.ethnicity)
            assert father.place_of_origin == citizen.place_of_origin


def test_households_part_the_people_exactly(village: World, everybody: Everybody) -> None:
    households = {}
    for citizen in everybody.values():
        household = village.household(citizen.number)
        assert household is not None
        assert citizen.number in household.members
        assert citizen.household_number == household.number
        assert citizen.current_address == household.address
        households[household.number] = household
    members = Counter(member for household in households.values() for member in household.members)
    assert members.keys() == everybody.keys()
    assert set(members.values()) == {1}


def test_every_household_has_one_head_whom_its_members_name(village: World, everybody: Everybody) -> None:
    heads = Counter[str]()
    for citizen in everybody.values():
        head = everybody[citizen.head_of_household.number]
        assert head.full_name == citizen.head_of_household.name
        assert head.household_number == citizen.household_number
        assert (citizen.relation_to_head is Relation.HEAD) is (head.number == citizen.number)
        if citizen.relation_to_head is Relation.SPOUSE:
            assert citizen.spouse is not None
            assert citizen.spouse.number == head.number
        if citizen.relation_to_head is Relation.CHILD:
            assert head.number in (citizen.father.number, citizen.mother.number)
            assert citizen.age() < 25
            assert citizen.spouse is None
        heads[citizen.household_number] += citizen.relation_to_head is Relation.HEAD
        household = village.household(citizen.number)
        assert household is not None
        assert household.head == household.members[0] == head.number
        assert len(household.members) == 1 or not head.deceased
    assert set(heads.values()) == {1}


def test_household_numbers_are_distinct_and_only_real_ones_resolve(village: World, everybody: Everybody) -> None:
    numbers = {citizen.household_number for citizen in everybody.values()}
    founders = {village.resolve(HouseholdNumbers, number) for number in numbers}
    assert None not in founders
    assert len(founders) == len(numbers)


def test_minors_have_a_parent_as_representative(everybody: Everybody) -> None:
    for citizen in everybody.values():
        representative = citizen.legal_representative
        assert (representative is not None) is (citizen.age() < 18)
        if representative:
            assert representative in (citizen.father, citizen.mother)
            assert not representative.number or not everybody[representative.number].deceased


def test_at_full_size_no_child_is_without_parents(world: World) -> None:
    children = [citizen for citizen in world.sample(4_000, seed=1) if citizen.age() < 18]
    assert len(children) > 500
    assert all(citizen.father.number for citizen in children)


def test_families_differ_in_size(world: World) -> None:
    mothers = (citizen for citizen in world.sample(4_000, seed=2) if citizen.spouse and 45 <= citizen.age() < 60)
    sizes = Counter(len(world.children(citizen.number)) for citizen in mothers)
    assert {0, 1, 2, 3, 4} <= sizes.keys()
    assert 1.8 < sum(size * count for size, count in sizes.items()) / sizes.total() < 3.2
