"""What the health insurer holds about a citizen, and the planted places where that is wrong."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

from ndxp.world.census import FIRST_YEAR, LAST_YEAR
from ndxp.world.citizen import REFERENCE_DATE
from ndxp.world.lives import birth_date, death_date
from ndxp.world.names import WHEEL, given_names, normalise_name
from ndxp.world.nation import Nation, Person, Traits
from ndxp.world.places import wards
from ndxp.world.provinces import provinces
from ndxp.world.record import Records
from ndxp.world.registers import Registers
from ndxp.world.tables import wheel

_COVERED = round(0.93 * 65536)
_DECEASED_INSURED = round(0.08 * 65536)
_YEAR_START = date(2023, 1, 1)
_YEAR_END = date(2023, 12, 31)
_CHILD_YEARS = 6
_BENEFITS = {"TE": 1, "HN": 2, "HT": 3, "DN": 4, "CH": 4, "GD": 4, "HS": 4, "SV": 4, "NN": 4}


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


class Insurance:
    """The health insurer's register: about 93 % of the living hold a card."""

    def __init__(self, nation: Nation, registers: Registers, records: Records) -> None:
        self._nation = nation
        self._registers = registers
        self._records = records

    def inconsistency(self, person: Person, number: str) -> Inconsistency | None:
        """What is planted about a person, if anything."""
        return self._planted(person, self._nation.traits(number))

    def card(self, person: Person, number: str) -> InsuranceCard | None:
        """The card of the person with a citizen number; None for the uninsured and nearly all deceased."""
        traits = self._nation.traits(number)
        planted = self._planted(person, traits)
        if planted is None and (traits.insured >= _COVERED or self._dead(person, traits)):
            return None
        born = birth_date(person.cell, traits)
        category = _category(person.cell, born, traits)
        benefit = _BENEFITS[category]
        valid_from, valid_to = _validity(category, born, expired=planted is Inconsistency.CARD_EXPIRED)
        card_number = self._registers.social_insurance_number(person)
        code = provinces()[person.province].code
        choices = wards(person.province)
        ward = choices[traits.ward % len(choices)]
        kind, facility_place = (
            ("Bệnh viện đa khoa tỉnh", provinces()[person.province].name),
            ("Bệnh viện đa khoa khu vực", ward.district),
            ("Trung tâm y tế", ward.district),
            ("Trạm y tế", ward.ward),
        )[traits.facility % 4]
        return InsuranceCard(
            number=card_number,
            old_number=f"{category}{benefit}{code[1:]}{card_number}",
            citizen_number=number,
            name=self._recorded_name(person, traits, planted),
            birth_date=_another_day(born, traits) if planted is Inconsistency.BIRTH_DATE_DIFFERS else born,
            category=category,
            benefit=benefit,
            valid_from=valid_from,
            valid_to=valid_to,
            facility_code=f"{code[1:]}{1 + traits.facility % 400:03d}",
            facility_name=f"{kind} {facility_place}",
            area_code="K3" if ward.ward.startswith("Phường") else f"K{1 + traits.ward % 2}",
            five_years_from=_years_after(max(born, date(2009 + traits.variation % 13, 1, 1)), 5),
            locked=planted is Inconsistency.CARD_LOCKED,
        )

    def _planted(self, person: Person, traits: Traits) -> Inconsistency | None:
        if self._dead(person, traits):
            return Inconsistency.DECEASED_INSURED if traits.insured < _DECEASED_INSURED else None
        planted = _wheel()[traits.inconsistency]
        # Who was not yet insured last year cannot hold last year's card.
        if planted is Inconsistency.CARD_EXPIRED and FIRST_YEAR + person.cell // 2 >= LAST_YEAR - 1:
            return Inconsistency.CARD_LOCKED
        return planted

    def _dead(self, person: Person, traits: Traits) -> bool:
        if death_date(person.cell, traits) is None:
            return False
        if not person.cell & 1:
            return True
        husband = self._nation.families(person.province).spouse(person.cell, person.rank)
        if husband is None:
            return True
        his = self._nation.traits(self._nation.number(person.province, *husband))
        return death_date(person.cell, traits, (husband[0], his)) is not None

    def _recorded_name(self, person: Person, traits: Traits, planted: Inconsistency | None) -> str:
        name = self._records.full_name(person, traits)
        if planted is not Inconsistency.NAME_DIFFERS:
            return name
        start, _, own = name.rpartition(" ")
        choices = given_names(person.cell & 1)
        place = traits.variation % WHEEL
        while normalise_name(choices[place]) == normalise_name(own):
            place = (place + 1) % WHEEL
        return f"{start} {choices[place]}"


@cache
def _wheel() -> tuple[Inconsistency | None, ...]:
    rest = 1 - sum(share for _, share in _PLANTED)
    choices: list[tuple[Inconsistency | None, float]] = [*_PLANTED, (None, rest)]
    return wheel(choices, 1 << 16)


def _category(cell: int, born: date, traits: Traits) -> str:
    age = LAST_YEAR - FIRST_YEAR - cell // 2
    if _years_after(born, _CHILD_YEARS) > REFERENCE_DATE:
        return "TE"
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
    if category == "TE":
        end = date(2022, 12, 31) if expired else _years_after(born, _CHILD_YEARS)
        return born, end
    if expired:
        return date(2022, 1, 1), date(2022, 12, 31)
    return _YEAR_START, _YEAR_END


def _another_day(born: date, traits: Traits) -> date:
    """A wrong birth date as it happens in registers: day and month swapped, or one to three years early."""
    if born.day <= 12 and born.day != born.month and traits.variation & 1:
        swapped = born.replace(month=born.day, day=born.month)
        if swapped <= REFERENCE_DATE:
            return swapped
    return _years_after(born, -1 - traits.variation % 3)


def _years_after(day: date, years: int) -> date:
    if (day.month, day.day) == (2, 29):
        day += timedelta(1)
    return day.replace(year=day.year + years)
