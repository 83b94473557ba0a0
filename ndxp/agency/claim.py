"""A caller's claim about a citizen: number, name and birth date. Errors never repeat them."""

import re
from dataclasses import dataclass
from datetime import date
from unicodedata import normalize

from ndxp.birthdate import BirthDate
from ndxp.errors import AgencyError, Code
from ndxp.world import normalise_name

LONGEST_NAME = 200
"""Longest name that is compared, in characters."""

_MOST_PARTS = 3  # a Vietnamese letter has at most a base letter, a diacritic and a tone mark
_CITIZEN_NUMBER = re.compile(r"[0-9]{12}")
_OLD_NUMBER = re.compile(r"[0-9]{9}")


@dataclass(frozen=True, slots=True)
class Claim:
    """Number, name in the form used for comparing, and birth date."""

    number: str
    name: str
    birth: BirthDate

    def agrees_with(self, full_name: str, birth_date: date) -> bool:
        """Whether a record's name and birth date are the claimed ones."""
        return self.birth.agrees_with(birth_date) and self.name == normalise_name(full_name)


def read_claim(number: str, full_name: str, birth_date: str, *, old_number: bool = False) -> Claim:
    """Checks the form of all three; raises AgencyError, which names the wrong field.

    ``old_number`` also allows the 9 digits of the old identity card.
    """
    return Claim(read_number(number, old_number=old_number), read_name(full_name), read_birth_date(birth_date))


def read_number(number: str, *, field: str = "citizen_number", old_number: bool = False) -> str:
    """The number unchanged; raises AgencyError when its form is wrong."""
    if _CITIZEN_NUMBER.fullmatch(number) or (old_number and _OLD_NUMBER.fullmatch(number)):
        return number
    forms = "12 digits (or the 9 digits of the old identity card)" if old_number else "12 digits"
    raise AgencyError(
        Code.INVALID_ARGUMENT,
        "CITIZEN_NUMBER_MALFORMED",
        f"{field} must have {forms} and nothing else",
        field=field,
    )


def read_name(full_name: str) -> str:
    """The name in the form used for comparing; raises AgencyError when it has no letters or is too long."""
    if not fits(full_name, LONGEST_NAME):
        raise AgencyError(
            Code.INVALID_ARGUMENT,
            "NAME_TOO_LONG",
            f"full_name may have {LONGEST_NAME} characters",
            field="full_name",
        )
    name = normalise_name(full_name)
    if not name:
        raise AgencyError(
            Code.INVALID_ARGUMENT, "NAME_MISSING", "full_name must hold letters; give the full name",
            field="full_name",
        )  # fmt: skip
    return name


def read_birth_date(text: str) -> BirthDate:
    """A full birth date or the year alone; raises AgencyError for anything else."""
    try:
        return BirthDate.parse(text)
    except ValueError:  # the text of this error may repeat parts of the date
        raise _malformed("birth_date", "yyyy-MM-dd, yyyyMMdd, dd/MM/yyyy or the year alone") from None


def read_day(text: str, field: str) -> date:
    """A full date, the year alone is not enough; raises AgencyError for anything else."""
    try:
        day = BirthDate.parse(text).day
    except ValueError:
        day = None
    if day is None:
        raise _malformed(field, "yyyy-MM-dd, a full date")
    return day


def read_text(text: str, field: str, longest: int, *, required: bool = True) -> str:
    """One line without space at its ends; raises AgencyError when it is missing, too long or not one line."""
    text = text.strip()
    if required and not text:
        raise AgencyError(Code.INVALID_ARGUMENT, "FIELD_MISSING", f"{field} must not be empty", field=field)
    if not fits(text, longest) or not (text.isprintable() or not text):
        raise AgencyError(
            Code.INVALID_ARGUMENT, "FIELD_MALFORMED",
            f"{field} must be one line of at most {longest} characters", field=field,
        )  # fmt: skip
    return text


def fits(text: str, longest: int) -> bool:
    """Whether a text has at most so many characters, where a letter with its marks counts as one."""
    return len(text) <= _MOST_PARTS * longest and len(normalize("NFC", text)) <= longest


def _malformed(field: str, forms: str) -> AgencyError:
    reason = f"{field.upper()}_MALFORMED"
    return AgencyError(Code.INVALID_ARGUMENT, reason, f"{field} must be a date that exists, as {forms}", field=field)
