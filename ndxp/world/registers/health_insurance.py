"""What the health insurer holds about a citizen, and the planted places where that is wrong."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from ndxp.calendar import years_after
from ndxp.world.census import FIRST_YEAR, LAST_YEAR
from ndxp.world.citizen import REFERENCE_DATE
from ndxp.world.lives import birth_date, death_of, mistaken_birth_date
from ndxp.world.names import with_another_given_name
from ndxp.world.nation import Person, Traits
from ndxp.world.places import wards
from ndxp.world.provinces import provinces
from ndxp.world.registers.register import Register
from ndxp.world.registers.social_insurance import SocialInsurance
from ndxp.world.tables import wheel

_COVERED = round(0.93 * 65536)
_DECEASED_INSURED = round(0.08 * 65536)
_YEAR_START = date(2023, 1, 1)
_YEAR_END = date(2023, 12, 31)
CHILD_CATEGORY = "TE"
"""The card of who is under six."""
_CHILD_YEARS = 6
BENEFITS = {CHILD_CATEGORY: 1, "HN": 2, "HT": 3, "DN": 4, "CH": 4, "GD": 4, "HS": 4, "SV": 4, "NN": 4}


class Inconsistency(StrEnum):
    """A planted disagreement that verification must find; a citizen has at most one."""

    NAME_DIFFERS = "name_differs"
    """The insurer has another given name, also without diacritics."""
    BIRTH_DATE_DIFFERS = "birth_date_differs"
    """The insurer has another birth date."""
    CARD_EXPIRED = "card_expired"
    """The card ran out before the reference date."""
    CARD_LOCKED = "card_locked"
    """The card is valid by its dates, but locked."""
    DECEASED_INSURED = "deceased_insured"
    """The population database has a death, the insurer a valid card."""


_PLANTED = (
    (Inconsistency.NAME_DIFFERS, 0.0015),
    (Inconsistency.BIRTH_DATE_DIFFERS, 0.0015),
    (Inconsistency.CARD_EXPIRED, 0.001),
    (Inconsistency.CARD_LOCKED, 0.0005),
)
"""Shares of the living. With the deceased who are still insured, about 0.5 % of the nation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InsuranceCard:
    """A health-insurance card as the insurer recorded it."""

    number: str
    """10 digits: the social insurance number, the card's number since 1 April 2021."""
    old_number: str
    """15 characters, the card's number before: category, benefit, province, social insurance number."""
    citizen_number: str
    name: str
    """Full name as recorded by the insurer."""
    birth_date: date
    """Birth date as recorded by the insurer."""
    category: str
    """TE child under 6, HS pupil, SV student, DN, CH and NN workers, HT pensioner, HN poor, GD family."""
    benefit: int
    """Benefit level 1-5: 1, 2 and 5 pay 100 %, 3 pays 95 %, 4 pays 80 %."""
    valid_from: date
    valid_to: date
    facility_code: str
    facility_name: str
    """First-registered facility (invented)."""
    area_code: str
    """K1, K2 or K3: the kind of place the holder lives in."""
    five_years_from: date
    """The day from which the holder has been insured for five years on end; may lie in the future."""
    locked: bool


def is_child(born: date) -> bool:
    """Whether somebody is under six on the nation's day, and insured as a child."""
    return child_card_ends(born) > REFERENCE_DATE


def child_card_ends(born: date) -> date:
    """The day on which a child's card ends, the sixth birthday."""
    return years_after(born, _CHILD_YEARS)


def five_years_from(insured_since: date) -> date:
    """The day from which somebody has been insured for five years on end."""
    return years_after(insured_since, 5)


def old_card_number(category: str, province: str, number: str) -> str:
    """The card's number before April 2021, of 15 characters."""
    return f"{category}{BENEFITS[category]}{province[1:]}{number}"


class HealthInsurance(Register[InsuranceCard]):
    """The health insurer's register: about 93 % of the living hold a card, under their social insurance number."""

    name = "health_insurance"

    def inconsistency(self, person: Person, number: str) -> Inconsistency | None:
        """What is planted about a person, if anything."""
        return self._planted(person, self._nation.traits(number))

    def number(self, person: Person, citizen_number: str) -> str:
        """The card's number."""
        card = self.entry(person, citizen_number)
        return card.number if card else ""

    def by_number(self, value: str) -> Person | None:
        """Who holds the card with a number."""
        person = self._registers[SocialInsurance].by_number(value)
        return person if person and self.entry(person, self._nation.number(*person)) else None

    def entry(self, person: Person, citizen_number: str) -> InsuranceCard | None:
        """The card; None for the uninsured and nearly all deceased."""
        traits = self._nation.traits(citizen_number)
        planted = self._planted(person, traits)
        if planted is None and (traits.insured >= _COVERED or death_of(self._nation, person, traits)):
            return None
        born = birth_date(person.cell, traits)
        category = _category(person.cell, born, traits)
        valid_from, valid_to = _validity(category, born, expired=planted is Inconsistency.CARD_EXPIRED)
        card_number = self._registers[SocialInsurance].number(person, citizen_number)
        code = provinces()[person.province].code
        choices = wards(person.province)
        ward = choices[traits.ward % len(choices)]
        kind, facility_place = (
            ("Bệnh viện đa khoa tỉnh", provinces()[person.province].name),
            ("Bệnh viện đa khoa khu vực", ward.district),
            ("Trung tâm y tế", ward.district),
            ("Trạm y tế", ward.ward),
        )[traits.facility % 4]
        mistaken = planted is Inconsistency.BIRTH_DATE_DIFFERS
        return InsuranceCard(
            number=card_number,
            old_number=old_card_number(category, code, card_number),
            citizen_number=citizen_number,
            name=self._recorded_name(person, traits, planted),
            birth_date=mistaken_birth_date(born, traits.variation) if mistaken else born,
            category=category,
            benefit=BENEFITS[category],
            valid_from=valid_from,
            valid_to=valid_to,
            facility_code=f"{code[1:]}{1 + traits.facility % 400:03d}",
            facility_name=f"{kind} {facility_place}",
            area_code="K3" if ward.ward.startswith("Phường") else f"K{1 + traits.ward % 2}",
            five_years_from=five_years_from(max(born, date(2009 + traits.variation % 13, 1, 1))),
            locked=planted is Inconsistency.CARD_LOCKED,
        )

    def _planted(self, person: Person, traits: Traits) -> Inconsistency | None:
        if death_of(self._nation, person, traits):
            return Inconsistency.DECEASED_INSURED if traits.insured < _DECEASED_INSURED else None
        planted = _wheel()[traits.inconsistency]
        # Who was not yet insured last year cannot hold last year's card.
        if planted is Inconsistency.CARD_EXPIRED and FIRST_YEAR + person.cell // 2 >= LAST_YEAR - 1:
            return Inconsistency.CARD_LOCKED
        return planted

    def _recorded_name(self, person: Person, traits: Traits, planted: Inconsistency | None) -> str:
        name = self._registers.records.full_name(person, traits)
        if planted is not Inconsistency.NAME_DIFFERS:
            return name
        return with_another_given_name(name, person.cell & 1, traits.variation)


@cache
def _wheel() -> tuple[Inconsistency | None, ...]:
    rest = 1 - sum(share for _, share in _PLANTED)
    choices: list[tuple[Inconsistency | None, float]] = [*_PLANTED, (None, rest)]
    return wheel(choices, 1 << 16)


def _category(cell: int, born: date, traits: Traits) -> str:
    age = LAST_YEAR - FIRST_YEAR - cell // 2
    if is_child(born):
        return CHILD_CATEGORY
    chance = traits.category
    if chance % 20 == 0:
        return "HN"
    if age <= 17:
        return "HS"
    if age <= 22 and chance % 3 == 0:
        return "SV"
    if age >= 60:
        return "HT" if chance % 3 == 0 else "GD"
    return ("DN", "DN", "DN", "CH", "GD", "GD", "GD", "GD", "GD", "NN")[chance % 10]


def _validity(category: str, born: date, *, expired: bool) -> tuple[date, date]:
    if category == CHILD_CATEGORY:
        end = date(2022, 12, 31) if expired else child_card_ends(born)
        return born, end
    if expired:
        return date(2022, 1, 1), date(2022, 12, 31)
    return _YEAR_START, _YEAR_END
