"""What the agency decides: which requests are well formed, and whose entries it keeps."""

import re

from ndxp.errors import AgencyError, Code
from new_agency.records import Entry

LONGEST_TEXT = 200
"""Longest text of an entry, in characters."""

_CITIZEN_NUMBER = re.compile(r"[0-9]{12}")


def read_citizen_number(number: str) -> str:
    """The number as it is; raises AgencyError when it has not 12 digits."""
    if _CITIZEN_NUMBER.fullmatch(number):
        return number
    message = "citizen_number must have 12 digits and nothing else"
    raise AgencyError(Code.INVALID_ARGUMENT, "CITIZEN_NUMBER_MALFORMED", message, field="citizen_number")


def read_entry_text(text: str) -> str:
    """The text without space at its ends; raises AgencyError when it is empty, too long or not one line."""
    text = text.strip()
    if text and len(text) <= LONGEST_TEXT and text.isprintable():
        return text
    message = f"text must be one line of 1 to {LONGEST_TEXT} characters"
    raise AgencyError(Code.INVALID_ARGUMENT, "TEXT_MALFORMED", message, field="text")


def may_register(has_citizen: bool) -> None:
    """Raises AgencyError when an entry would be about nobody."""
    if not has_citizen:
        message = "no citizen has this citizen_number"
        raise AgencyError(Code.FAILED_PRECONDITION, "CITIZEN_UNKNOWN", message, field="citizen_number")


def known(entry: Entry | None) -> Entry:
    """The entry; raises AgencyError when there is none."""
    if entry is None:
        message = "the register has no entry of this citizen"
        raise AgencyError(Code.NOT_FOUND, "ENTRY_UNKNOWN", message, field="citizen_number")
    return entry
