"""Birth dates as callers write them: a full date or the year alone."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Self

_FORMS = (
    re.compile(r"(?P<year>\d{4})", re.ASCII),
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})", re.ASCII),
    re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})", re.ASCII),
    re.compile(r"(?P<day>\d{2})/(?P<month>\d{2})/(?P<year>\d{4})", re.ASCII),
)


@dataclass(frozen=True, slots=True)
class BirthDate:
    """A birth date; ``day`` is None when only the year is known."""

    year: int
    day: date | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads ``yyyy``, ``yyyy-MM-dd``, ``yyyyMMdd`` or ``dd/MM/yyyy``; raises ValueError with the forms."""
        for form in _FORMS:
            if match := form.fullmatch(text):
                found = {key: int(value) for key, value in match.groupdict().items()}
                try:
                    return cls(found["year"], date(**found) if len(found) == 3 else None)
                except ValueError as error:
                    raise ValueError(f"there is no such date: {error}") from error
        raise ValueError("expected a date as yyyy-MM-dd, yyyyMMdd, dd/MM/yyyy or the year alone")

    def agrees_with(self, birth_date: date) -> bool:
        """Whether the birth date is this one, or is in this year when only the year is known."""
        return birth_date == self.day if self.day else birth_date.year == self.year

    def may_be(self, other: Self) -> bool:
        """True when both can be the same date; of either only the year may be known."""
        return self.agrees_with(other.day) if other.day else self.year == other.year
