"""Driving licences: who holds which classes until when, and the planted places where a name is wrong."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from functools import cache

from ndxp.calendar import full_years, years_after
from ndxp.world.census import FIRST_YEAR, LAST_YEAR
from ndxp.world.citizen import MAJORITY, REFERENCE_DATE
from ndxp.world.lives import ADULT_CELLS, birth_date
from ndxp.world.names import with_another_given_name
from ndxp.world.nation import Person, Traits
from ndxp.world.provinces import provinces
from ndxp.world.registers.register import Register
from ndxp.world.registers.serials import LICENCES
from ndxp.world.tables import wheel

_LICENSED = round(0.55 * 65536)
_FIRST_YEAR = 1975
_IN_WALLET = round(10 / 39.2 * 4096)
"""10 million licences are reported to be in the wallet; the nation has 39.2 million."""
_NAME_DIFFERS = round(0.003 * 65536)
_NOT_RENEWED = round(0.03 * 256)
_WHEEL = 256


class LicenceClass(IntEnum):
    """What a licence is for; numbers as in the contract."""

    A1 = 1
    A2 = 2
    A3 = 3
    A4 = 4
    B1 = 5
    B2 = 6
    C = 7
    D = 8
    E = 9
    FB2 = 10
    FC = 11
    FD = 12
    FE = 13


_TERMS = {
    LicenceClass.A4: 10, LicenceClass.B1: 10, LicenceClass.B2: 10, LicenceClass.C: 5, LicenceClass.D: 5,
    LicenceClass.E: 5, LicenceClass.FB2: 5, LicenceClass.FC: 5, LicenceClass.FD: 5, LicenceClass.FE: 5,
}  # fmt: skip
"""Years for which a class is issued; the others never expire."""
_AGES = {
    LicenceClass.C: 21, LicenceClass.D: 24, LicenceClass.E: 27, LicenceClass.FB2: 21, LicenceClass.FC: 24,
    LicenceClass.FD: 27, LicenceClass.FE: 27,
}  # fmt: skip
"""Least ages, where they are higher than MAJORITY."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldClass:
    """A class on a licence; ``expires`` is its last day, None when it has none."""

    licence_class: LicenceClass
    issued: date
    expires: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """A driving licence."""

    number: str
    citizen_number: str
    name: str
    """Full name as it is on the licence; for 0.3 % of the licences with a wrong given name."""
    birth_date: date
    issuer: str
    classes: tuple[HeldClass, ...]
    """One at least; some have expired and were not renewed."""
    in_wallet: bool
    """Whether the holder has taken the licence into the wallet (VNeID)."""


class Licences(Register[Licence]):
    """Driving licences, 12 digits; about half of the adults. Shares of the classes are invented."""

    name = "licence"

    def entry(self, person: Person, citizen_number: str) -> Licence | None:
        """The licence; None for who has none."""
        number = self.number(person, citizen_number)
        if not number:
            return None
        traits, bits = self._nation.traits(citizen_number), self.draw(citizen_number)
        born, year = birth_date(person.cell, traits), _year_passed(person, traits)
        first = max(date(year, 1, 1), years_after(born, MAJORITY))
        last = min(date(year, 12, 31), REFERENCE_DATE)
        passed = first + timedelta((bits >> 20 & 0xFFFF) % ((last - first).days + 1))
        renewed = bits >> 36 & 0xFF >= _NOT_RENEWED
        held = [_held(kind, born, passed, renewed=renewed) for kind in _classes()[bits % _WHEEL]]
        name = self._registers.records.full_name(person, traits)
        if bits >> 48 < _NAME_DIFFERS:
            name = with_another_given_name(name, person.cell & 1, traits.variation)
        return Licence(
            number=number,
            citizen_number=citizen_number,
            name=name,
            birth_date=born,
            issuer=f"Sở Giao thông vận tải {provinces()[person.province].name}",
            classes=tuple(each for each in held if each),
            in_wallet=bits >> 8 & 0xFFF < _IN_WALLET,
        )

    def number(self, person: Person, citizen_number: str) -> str:
        """Province (2), sex and century (1), year passed (2), serial (7)."""
        traits = self._nation.traits(citizen_number)
        if person.cell >= ADULT_CELLS or traits.licence >= _LICENSED:
            return ""
        year, serials = _year_passed(person, traits), self._registers.serials
        return f"{serials.code(person)}{citizen_number[3]}{year % 100:02d}{serials.serial(person, LICENCES)}"

    def by_number(self, value: str) -> Person | None:
        """Who holds a driving licence."""
        person = self._registers.serials.person(value[:2], value[5:], LICENCES) if len(value) == 12 else None
        return person if person and self.number(person, self._nation.number(*person)) == value else None


def _year_passed(person: Person, traits: Traits) -> int:
    first = max(FIRST_YEAR + person.cell // 2 + MAJORITY, _FIRST_YEAR)
    return first + traits.licence_year % (LAST_YEAR - first + 1)


def _held(kind: LicenceClass, born: date, passed: date, *, renewed: bool) -> HeldClass | None:
    """A class as it was last issued; None for who is too young for it."""
    issued, years = max(passed, years_after(born, _AGES.get(kind, MAJORITY))), _TERMS.get(kind)
    if issued > REFERENCE_DATE:
        return None
    if years is None:
        return HeldClass(licence_class=kind, issued=issued, expires=None)
    renewals = full_years(issued, REFERENCE_DATE) // years
    if renewals and not renewed:
        renewals -= 1
    issued = years_after(issued, renewals * years)
    return HeldClass(licence_class=kind, issued=issued, expires=years_after(issued, years) - timedelta(1))


@cache
def _classes() -> tuple[tuple[LicenceClass, ...], ...]:
    """Wheel of the classes that people hold together."""
    a1, a2, a3, _, b1, b2, c, d, e, _, fc, *_ = LicenceClass
    choices = [
        ((a1,), 53), ((a1, b1), 6), ((a1, b2), 27), ((a1, a2), 2), ((a1, a3), 1), ((a1, b2, c), 6),
        ((a1, b2, c, d), 2), ((a1, b2, c, d, e), 2), ((a1, b2, c, fc), 1),
    ]  # fmt: skip
    return wheel(choices, _WHEEL)
