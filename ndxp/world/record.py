"""Puts a citizen's record together: name, family, addresses and household of one person."""

from collections.abc import Callable
from dataclasses import fields, make_dataclass
from functools import cache, cached_property
from typing import cast

from ndxp.calendar import years_after
from ndxp.world.census import CELLS_PER_PROVINCE, FIRST_YEAR, LAST_YEAR
from ndxp.world.citizen import (
    MAJORITY,
    REFERENCE_DATE,
    Address,
    BloodGroup,
    Citizen,
    MaritalStatus,
    Relation,
    Relative,
    Sex,
)
from ndxp.world.lives import CHILD_CELL, birth_date, death_date
from ndxp.world.names import WHEEL, given_names, middle_names, surnames
from ndxp.world.nation import Nation, Person, Traits
from ndxp.world.places import home, wards
from ndxp.world.provinces import provinces
from ndxp.world.tables import rows, wheel

_SHIFT = 16 - (WHEEL.bit_length() - 1)
_MIGRANTS = round(0.07 * 65536)
_OF_AGE = years_after(REFERENCE_DATE, -MAJORITY)
_PARENT_CELLS = 2 * 27
"""People outside the registry are named as if they were 27 years older than their child."""
# Python 3.11 takes a third of a microsecond to look an enumeration's member up by name.
_SEXES = (Sex.MALE, Sex.FEMALE)
_HEAD, _SPOUSE, _CHILD = Relation.HEAD, Relation.SPOUSE, Relation.CHILD
_SINGLE, _MARRIED, _PAST = MaritalStatus.SINGLE, MaritalStatus.MARRIED, MaritalStatus.DIVORCED_OR_WIDOWED

# A frozen dataclass sets every field through object.__setattr__: 2.5 of the 25 microseconds a record may take. So a
# record is filled in as an unfrozen class of the same layout, and becomes a Citizen when it is complete.
_Draft = cast(
    type[Citizen],
    make_dataclass("_Draft", [(field.name, field.type) for field in fields(Citizen)], slots=True, kw_only=True),
)


class Records:
    """The population database's view of each person."""

    def __init__(
        self,
        nation: Nation,
        *,
        old_number: Callable[[Person, Traits], str],
        household_number: Callable[[Person], str],
    ) -> None:
        self._nation = nation
        self._old_number = old_number
        self._household_number = household_number

    @cached_property
    def _wheels(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[BloodGroup, ...], tuple[int, ...]]:
        """Wheels of ethnicities, religions and blood groups; and chances, by birth year, of a past marriage."""
        return _group("ethnicity"), _group("religion"), _blood_groups(), _formerly_married()

    @cached_property
    def _names(self) -> tuple[tuple[str, ...], list[tuple[str, ...]], list[tuple[str, ...]]]:
        """Wheels of surnames, and of middle and given names by cell."""
        cells = range(CELLS_PER_PROVINCE)
        return surnames(), [middle_names(cell) for cell in cells], [given_names(cell & 1) for cell in cells]

    def citizen(self, person: Person, number: str) -> Citizen:
        """The full record of a person."""
        nation = self._nation
        province, cell, rank = person
        traits = nation.traits(number)
        families = nation.families(province)
        parents = families.parents(cell, rank)
        line = nation.line(province, *(parents[0] if parents else (cell, rank)))
        surname, middle_name, given_name = self._name(cell, traits, line)
        own = Relative(number, f"{surname} {middle_name} {given_name}")
        born = birth_date(cell, traits)

        founder, founder_traits = person, traits
        head, relation = own, _HEAD
        spouse, husband, widowed = None, None, False
        pair = families.spouse(cell, rank)
        if pair:
            spouse, partner_traits = self._relative(province, *pair)
            if cell & 1:
                founder, founder_traits = Person(province, *pair), partner_traits
                husband = (pair[0], partner_traits)
                widowed = death_date(*husband) is not None
            else:
                widowed = death_date(pair[0], partner_traits, (cell, traits)) is not None
        died = death_date(cell, traits, husband)
        if spouse and (died or (cell & 1 and not widowed)):
            head, relation = spouse, _SPOUSE

        if parents:
            father, father_traits = self._relative(province, *parents[0], line)
            mother, _ = self._relative(province, *parents[1])
            parent = mother if death_date(parents[0][0], father_traits) else father
            if not pair and cell >= CHILD_CELL:
                founder, founder_traits = Person(province, *parents[0]), father_traits
                head, relation = parent, _CHILD
        else:
            father, mother = self._outside(cell, surname, traits)
            parent = mother

        permanent, current = _homes(founder.province, founder_traits)
        origin = wards(province)
        ethnicities, religions, blood_groups, past = self._wheels
        if pair:
            marital_status = _PAST if widowed else _MARRIED
        else:
            marital_status = _PAST if traits.past < past[cell >> 1] else _SINGLE
        draft = _Draft(
            number=number,
            old_number=self._old_number(person, traits),
            surname=surname,
            middle_name=middle_name,
            given_name=given_name,
            sex=_SEXES[cell & 1],
            birth_date=born,
            death_date=died,
            ethnicity=ethnicities[(line >> 16) % WHEEL],
            religion=religions[(line >> 28) % WHEEL],
            nationality="Việt Nam",
            marital_status=marital_status,
            blood_group=blood_groups[traits.blood >> _SHIFT],
            birth_registration=origin[traits.birth_ward % len(origin)],
            place_of_origin=origin[(line >> 40) % len(origin)],
            permanent_address=permanent,
            current_address=current,
            father=father,
            mother=mother,
            spouse=spouse,
            legal_representative=parent if born > _OF_AGE else None,
            household_number=self._household_number(founder),
            head_of_household=head,
            relation_to_head=relation,
        )
        draft.__class__ = Citizen
        return draft

    def full_name(self, person: Person, traits: Traits) -> str:
        """The person's name, surname first."""
        return " ".join(self._name(person.cell, traits, self._nation.line(*person)))

    def current_address(self, founder: Person) -> Address:
        """Where the household of a founder lives."""
        return _homes(founder.province, self._nation.traits(self._nation.number(*founder)))[1]

    def _name(self, cell: int, traits: Traits, line: int) -> tuple[str, str, str]:
        surnames, middle_names, given_names = self._names
        return (
            surnames[line % WHEEL],
            middle_names[cell][traits.middle_name >> _SHIFT],
            given_names[cell][traits.given_name >> _SHIFT],
        )

    def _relative(self, province: int, cell: int, rank: int, line: int | None = None) -> tuple[Relative, Traits]:
        nation = self._nation
        number = nation.number(province, cell, rank)
        traits = nation.traits(number)
        name = self._name(cell, traits, nation.line(province, cell, rank) if line is None else line)
        return Relative(number, " ".join(name)), traits

    def _outside(self, cell: int, surname: str, traits: Traits) -> tuple[Relative, Relative]:
        """Father and mother who are not in the registry: names only, the father's surname the child's."""
        surnames, middle_names, given_names = self._names
        his, hers = traits.father_outside, traits.mother_outside
        man = max(0, (cell & ~1) - _PARENT_CELLS)
        woman = man + 1
        father = f"{surname} {middle_names[man][his % WHEEL]} {given_names[man][his >> _SHIFT]}"
        maiden_name = surnames[(his ^ hers) % WHEEL]
        mother = f"{maiden_name} {middle_names[woman][hers % WHEEL]} {given_names[woman][hers >> _SHIFT]}"
        return Relative("", father), Relative("", mother)


def _homes(province: int, traits: Traits) -> tuple[Address, Address]:
    """Permanent and current address of the household whose founder has these traits."""
    permanent = home(province, traits.ward, traits.house)
    if traits.migration >= _MIGRANTS:
        return permanent, permanent
    destination = _destinations()[traits.destination >> _SHIFT]
    return permanent, home(destination, traits.house, traits.ward)


@cache
def _formerly_married() -> tuple[int, ...]:
    """Per birth year: below which 16-bit number somebody without a registered spouse is divorced or widowed."""
    ages = range(LAST_YEAR - FIRST_YEAR, -1, -1)
    return tuple(round(65536 * min(0.95, max(0.0, (age - 26) * 0.018))) for age in ages)


@cache
def _group(kind: str) -> tuple[str, ...]:
    """Wheel of ethnicities or religions by their shares in the 2019 census (rounded, the smallest left out)."""
    return wheel([(row["name"], float(row["share_pct"])) for row in rows("groups.csv") if row["kind"] == kind], WHEEL)


@cache
def _blood_groups() -> tuple[BloodGroup, ...]:
    return tuple(BloodGroup(code) for code in _group("blood"))


@cache
def _destinations() -> tuple[int, ...]:
    """Wheel of province positions by population: where migrants go (also elsewhere within their own province)."""
    return wheel([(position, province.population_2019) for position, province in enumerate(provinces())], WHEEL)
