"""Participation in social insurance: who contributes, since when and for how many months, and who has a pension."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from ndxp.world.census import FIRST_YEAR
from ndxp.world.citizen import REFERENCE_DATE
from ndxp.world.lives import death_of
from ndxp.world.nation import Person
from ndxp.world.registers.register import Register
from ndxp.world.registers.social_insurance import SocialInsurance

NATION = 100_300_000
CONTRIBUTORS = 17_500_000
PENSIONERS = 3_000_000
"""Of a nation of so many people; this project's choice, as the reports do not say."""

STILL_PAID = 0.05
"""Share of the deceased pensioners whose pension is still paid: planted, and found by who verifies them."""

_WORKING_YEARS = (1964, 2004)
_RETIRED_YEARS = (FIRST_YEAR, 1963)
_PAUSING = 0.1
"""Share of those of working age who contributed once and do not now."""

_FIRST_YEAR_OF_WORK = 18
_LONGEST_DELAY = 12
_LEAST_MONTHS_FOR_PENSION = 240
_MONTHS_BEFORE_SIXTY = 12 * (60 - _FIRST_YEAR_OF_WORK - _LONGEST_DELAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """What social security has of somebody who contributes, has contributed, or has a pension."""

    number: str
    """Social insurance number, 10 digits."""
    citizen_number: str
    since: date
    """First month of contributions, as its first day."""
    months: int
    """Months for which contributions were paid."""
    contributes: bool
    """Whether contributions are paid now."""
    pension: bool
    """Whether a pension is paid now."""


class Participation(Register[Participant]):
    """Participants under their social insurance number; everybody has a number, not everybody participates."""

    name = "participation"

    def number(self, person: Person, citizen_number: str) -> str:
        """The social insurance number of a participant."""
        participates = self.entry(person, citizen_number) is not None
        return self._registers[SocialInsurance].number(person, citizen_number) if participates else ""

    def by_number(self, value: str) -> Person | None:
        """Which participant has a social insurance number."""
        person = self._registers[SocialInsurance].by_number(value)
        return person if person and self.entry(person, self._nation.number(*person)) else None

    def entry(self, person: Person, citizen_number: str) -> Participant | None:
        """The participation; None for who has never contributed."""
        year, draw = FIRST_YEAR + person.cell // 2, self.draw(citizen_number)
        chance, spread = (draw & 0xFFFFFFFF) / 2**32, draw >> 32
        retired = year <= _RETIRED_YEARS[1]
        if year > _WORKING_YEARS[1] or chance >= (self._pensioners if retired else self._contributors + _PAUSING):
            return None
        since = date(min(year + _FIRST_YEAR_OF_WORK + spread % (_LONGEST_DELAY + 1), REFERENCE_DATE.year),
                     1 + (spread >> 8) % 6, 1)  # fmt: skip
        died = death_of(self._nation, person, self._nation.traits(citizen_number)) is not None
        contributes = not retired and chance < self._contributors
        if retired:
            months = _LEAST_MONTHS_FOR_PENSION + (spread >> 12) % (_MONTHS_BEFORE_SIXTY - _LEAST_MONTHS_FOR_PENSION)
        else:
            possible = 12 * (REFERENCE_DATE.year - since.year) + REFERENCE_DATE.month - since.month
            months = possible - (spread >> 12) % (possible // 4 + 1) if contributes else possible // 3
        return Participant(
            number=self._registers[SocialInsurance].number(person, citizen_number),
            citizen_number=citizen_number, since=since, months=max(1, months), contributes=contributes and not died,
            pension=retired and (not died or (spread >> 20) % 1000 < STILL_PAID * 1000),
        )  # fmt: skip

    @cached_property
    def _contributors(self) -> float:
        return self._share(CONTRIBUTORS, *_WORKING_YEARS)

    @cached_property
    def _pensioners(self) -> float:
        return self._share(PENSIONERS, *_RETIRED_YEARS)

    def _share(self, count: int, first_year: int, last_year: int) -> float:
        """The share of those born in these years that makes so many of the whole nation."""
        census = self._nation.census
        people = sum(size for _, size in census.blocks(first_year, last_year))
        return count * census.population / NATION / max(1, people)
