"""A caller's claim about a citizen: number, name and birth date. Errors never repeat them."""

import re
from dataclasses import dataclass
from datetime import date
from unicodedata import category, normalize

from ndxp.birthdate import BirthDate
from ndxp.errors import AgencyError, failed_precondition, invalid_argument
from ndxp.world import normalise_name, province_by_code

LONGEST_NAME = 200
"""Longest name that is compared, in characters."""

_LONGEST_PART = 50
_LETTERS_AND_MARKS = frozenset({"Lu", "Ll", "Lt", "Lo", "Lm", "Mn", "Mc", "Pd"})  # Pd: dashes and hyphens
_SIGNS = frozenset(" '`´‘’‛′＇−⁃")
_MOST_PARTS = 3  # of a letter of Vietnamese: its base, its form, its tone
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

    def differing_fields(self, number: str, full_name: str, birth_date: date) -> list[str]:
        """The fields of the request in which a record is not the claimed one; none when everything agrees."""
        agreements = {
            "citizen_number": self.number == number,
            "full_name": self.name == normalise_name(full_name),
            "birth_date": self.birth.agrees_with(birth_date),
        }
        return [field for field, agrees in agreements.items() if not agrees]


def read_claim(number: str, full_name: str, birth_date: str, *, old_number: bool = False, of: str = "") -> Claim:
    """Checks the form of all three; raises AgencyError with the field at fault.

    ``old_number`` allows the 9 digits of the identity card before the citizen number. ``of`` is the field of the
    request that holds the three, where that is not the request itself.
    """
    above = f"{of}." if of else ""
    return Claim(
        read_number(number, field=f"{above}citizen_number", old_number=old_number),
        read_name(full_name, f"{above}full_name"),
        read_birth_date(birth_date, f"{above}birth_date"),
    )


def check_living(*, living: bool) -> None:
    """Raises AgencyError unless the claim was verified as that of a living citizen."""
    if not living:
        raise failed_precondition(
            "CITIZEN_NOT_MATCHED", "number, name and birth date are not those of a living citizen", "citizen_number"
        )


def read_number(number: str, *, field: str = "citizen_number", old_number: bool = False) -> str:
    """The number unchanged; raises AgencyError when its form is wrong."""
    if _CITIZEN_NUMBER.fullmatch(number) or (old_number and _OLD_NUMBER.fullmatch(number)):
        return number
    forms = "12 digits (or the 9 digits of the old identity card)" if old_number else "12 digits"
    raise invalid_argument("CITIZEN_NUMBER_MALFORMED", f"{field} must have {forms} and nothing else", field)


def read_name(full_name: str, field: str = "full_name") -> str:
    """The name in the form in which names are compared; raises AgencyError when nothing is left of it."""
    if not fits(full_name, LONGEST_NAME):
        raise invalid_argument("NAME_TOO_LONG", f"{field} may have {LONGEST_NAME} characters", field)
    name = normalise_name(full_name)
    if not name:
        raise invalid_argument("NAME_MISSING", f"{field} must hold letters; give the full name", field)
    return name


def read_name_part(text: str, field: str, *, required: bool = True) -> str:
    """A part of a name as it is written: letters with their marks, apostrophes and hyphens of every kind."""
    part = read_text(text, field, _LONGEST_PART, required=required)
    kinds = {category(sign) for sign in part if sign not in _SIGNS}
    if not kinds <= _LETTERS_AND_MARKS or (part and not normalise_name(part)):
        raise invalid_argument("NAME_MALFORMED", f"{field} must consist of letters", field)
    return part


def read_province(code: str, field: str = "province") -> str:
    """The code of a province; raises AgencyError when there is no such province."""
    try:
        return province_by_code(code).code
    except KeyError:
        raise invalid_argument(
            "PROVINCE_UNKNOWN", f"{field} must be a province code such as 001 or 079", field
        ) from None


def read_birth_date(text: str, field: str = "birth_date") -> BirthDate:
    """A full birth date or the year alone; raises AgencyError for anything else."""
    try:
        return BirthDate.parse(text)
    except ValueError:  # its text may repeat parts of the date
        raise _malformed(field, "yyyy-MM-dd, yyyyMMdd, dd/MM/yyyy or the year alone") from None


def read_day(text: str, field: str) -> date:
    """A full date, the year alone is not enough; raises AgencyError for anything else."""
    try:
        day = BirthDate.parse(text).day
    except ValueError:
        day = None
    if day is None:
        raise _malformed(field, "yyyy-MM-dd, a full date")
    return day


def read_period(since: str, until: str, today: date, most_days: int) -> tuple[date, date]:
    """The first and the last day of a question: the last is today unless stated, the first is the last unless stated.

    Raises AgencyError for days that do not exist, in the wrong order or too many.
    """
    last = read_day(until, "until") if until else today
    first = read_day(since, "since") if since else last
    if not 0 <= (last - first).days < most_days:
        raise invalid_argument(
            "DAYS_OUT_OF_RANGE", f"until must be the day of since or later, and both within {most_days} days", "until"
        )
    return first, last


def read_text(text: str, field: str, longest: int, *, required: bool = True) -> str:
    """One line without space at its ends; raises AgencyError when it is missing, too long or not one line."""
    text = text.strip()
    if required and not text:
        raise invalid_argument("FIELD_MISSING", f"{field} must not be empty", field)
    if not fits(text, longest) or not (text.isprintable() or not text):
        raise invalid_argument("FIELD_MALFORMED", f"{field} must be one line of at most {longest} characters", field)
    return text


def fits(text: str, longest: int) -> bool:
    """Whether a text has at most so many characters, where a letter with its marks counts as one."""
    return len(text) <= _MOST_PARTS * longest and len(normalize("NFC", text)) <= longest


def _malformed(field: str, forms: str) -> AgencyError:
    reason = f"{field.rpartition('.')[2].upper()}_MALFORMED"
    return invalid_argument(reason, f"{field} must be a date that exists, as {forms}", field)
