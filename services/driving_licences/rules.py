"""What the directorate decides: whose licence it is, whether it is in force, how a withdrawal begins and ends."""

import re
from dataclasses import replace
from datetime import date, timedelta

from ndxp.agency.claim import Claim, read_text
from ndxp.agency.day import day_of, has_ended
from ndxp.calendar import months_after
from ndxp.errors import AgencyError, Code, failed_precondition, invalid_argument
from ndxp.world.registers.licences import LicenceClass
from services.driving_licences.records import Record, Withdrawal

_NUMBER = re.compile(r"[0-9]{12}")
_LONGEST_REASON = 200
_MOST_MONTHS = 24


def read_number(text: str) -> str:
    """The number as it is; raises AgencyError when it has not the form of a licence's."""
    if not _NUMBER.fullmatch(text):
        raise invalid_argument(
            "LICENCE_NUMBER_MALFORMED", "licence_number must have 12 digits and nothing else", "licence_number"
        )
    return text


def read_class(number: int) -> LicenceClass | None:
    """The class with a number of the contract, None for 0; raises AgencyError when there is no such class."""
    try:
        return LicenceClass(number) if number else None
    except ValueError:
        classes = ", ".join(LicenceClass.__members__)
        raise invalid_argument(
            "LICENCE_CLASS_UNKNOWN", f"licence_class must be one of {classes}, or absent", "licence_class"
        ) from None


def read_reason(text: str) -> str:
    """Why a licence is withdrawn; raises AgencyError when it is missing or too long."""
    return read_text(text, "reason", _LONGEST_REASON)


def read_months(months: int) -> int:
    """For how long a licence is withdrawn; raises AgencyError outside of 1 to 24."""
    if not 1 <= months <= _MOST_MONTHS:
        raise invalid_argument("MONTHS_OUT_OF_RANGE", f"months must be 1 to {_MOST_MONTHS}", "months")
    return months


def known(record: Record | None) -> Record:
    """The licence; raises AgencyError when nobody has the number."""
    if record is None:
        raise AgencyError(
            Code.NOT_FOUND, "LICENCE_UNKNOWN", "nobody has a licence with this number", field="licence_number"
        )
    return record


def differing_fields(claim: Claim, record: Record | None) -> list[str]:
    """The fields of a verification that are not as in the register; "licence_number" alone when nobody has it."""
    if record is None:
        return ["licence_number"]
    licence = record.licence
    return claim.differing_fields(licence.citizen_number, licence.name, licence.birth_date)


def in_force(record: Record, wanted: LicenceClass | None, today: date) -> bool:
    """Whether a licence may be used today for a class, or for any."""
    if record.withdrawal and record.withdrawal.holds(today):
        return False
    return any(
        wanted in (None, held.licence_class) and not (held.expires and has_ended(held.expires))
        for held in record.licence.classes
    )


def withdraw(record: Record, reason: str, months: int, at: int) -> Record:
    """The licence, withdrawn at a time in µs since 1970 (UTC); raises AgencyError when it is withdrawn already."""
    today = day_of(at)
    if record.withdrawal and record.withdrawal.holds(today):
        raise failed_precondition(
            "ALREADY_WITHDRAWN", f"the licence is withdrawn until {record.withdrawal.last_day}; end that first",
            "licence_number",
        )  # fmt: skip
    last_day = months_after(today, months) - timedelta(1)
    return replace(record, withdrawal=Withdrawal(reason=reason, at=at, last_day=last_day))


def end_withdrawal(record: Record, today: date) -> Record:
    """The licence, which may be used again; raises AgencyError when it is not withdrawn."""
    if not (record.withdrawal and record.withdrawal.holds(today)):
        raise failed_precondition(
            "NOT_WITHDRAWN", "the licence is not withdrawn; there is nothing to end", "licence_number"
        )
    return replace(record, withdrawal=replace(record.withdrawal, ended=True))
