"""The citizen number (CCCD): 12 digits that say province of birth registration, sex, birth year and a serial."""

import re
from dataclasses import dataclass

from ndxp.plural import count
from ndxp.world.census import FIRST_YEAR, LAST_YEAR
from ndxp.world.citizen import Sex
from ndxp.world.provinces import province_by_code

SERIALS = 1_000_000
_TWELVE_DIGITS = re.compile(r"[0-9]{12}")


class CitizenNumberError(ValueError):
    """A text that cannot be a citizen number; the message says why."""


@dataclass(frozen=True, slots=True)
class CitizenNumber:
    """The parts of a citizen number: province of birth registration, sex, birth year, serial 0..999999."""

    province: str
    sex: Sex
    birth_year: int
    serial: int

    def __str__(self) -> str:
        century = self.birth_year // 100 - 19
        return f"{self.province}{2 * century + self.sex - 1}{self.birth_year % 100:02d}{self.serial:06d}"


def parse_citizen_number(text: str) -> CitizenNumber:
    """Reads a citizen number of somebody born 1920-2023; whether that person exists is the world's to say.

    Raises CitizenNumberError with a reason a person can act on. The text is not echoed: it may be personal data.
    """
    if not _TWELVE_DIGITS.fullmatch(text):
        raise CitizenNumberError(
            f"a citizen number has 12 digits and nothing else; this has {count(len(text), 'character')}"
        )
    province, turn = text[:3], int(text[3])
    try:
        province_by_code(province)
    except KeyError:
        raise CitizenNumberError(f"no province has the code {province} (digits 1-3)") from None
    if turn > 3:
        raise CitizenNumberError(f"digit 4 says sex and century: 0 or 1 (19xx), 2 or 3 (20xx), not {turn}")
    birth_year = 1900 + 100 * (turn // 2) + int(text[4:6])
    if not FIRST_YEAR <= birth_year <= LAST_YEAR:
        raise CitizenNumberError(f"digits 4-6 say born in {birth_year}, outside {FIRST_YEAR}-{LAST_YEAR}")
    return CitizenNumber(province, Sex.FEMALE if turn & 1 else Sex.MALE, birth_year, int(text[6:]))
