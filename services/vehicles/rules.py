"""What the department decides: whose vehicle it is, which registration is valid, what may be withdrawn."""

import re
from dataclasses import replace

from ndxp.agency.claim import Claim, read_text
from ndxp.errors import AgencyError, Code, failed_precondition, invalid_argument
from services.vehicles.records import Registration, Withdrawal

_SIGNS = re.compile(r"[ .-]")
_PLATE = re.compile(r"[0-9]{2}[A-Z][0-9]{5}")
_LONGEST_PLATE = 20
_LONGEST_REASON = 200


def read_plate(text: str) -> str:
    """The plate without signs, in capitals; raises AgencyError when it has not the form of one."""
    plate = _SIGNS.sub("", text[:_LONGEST_PLATE]).upper()
    if len(text) > _LONGEST_PLATE or not _PLATE.fullmatch(plate):
        raise invalid_argument(
            "PLATE_MALFORMED", "plate must be two digits, a letter and five digits, such as 30A12345 or 30A-123.45",
            "plate",
        )  # fmt: skip
    return plate


def read_reason(text: str) -> str:
    """Why a registration is withdrawn; raises AgencyError when it is missing or too long."""
    return read_text(text, "reason", _LONGEST_REASON)


def known(registration: Registration | None) -> Registration:
    """The registration; raises AgencyError when no vehicle has the plate."""
    if registration is None:
        raise AgencyError(Code.NOT_FOUND, "PLATE_UNKNOWN", "no vehicle has this plate", field="plate")
    return registration


def differing_fields(claim: Claim, registration: Registration | None) -> list[str]:
    """The fields of a verification that are not as in the register; "plate" alone when no vehicle has it."""
    if registration is None:
        return ["plate"]
    vehicle = registration.vehicle
    return claim.differing_fields(vehicle.owner_number, vehicle.owner_name, vehicle.owner_birth_date)


def withdraw(registration: Registration, reason: str, at: int) -> Registration:
    """The withdrawn registration; raises AgencyError when it was withdrawn before. ``at`` is in µs since 1970 (UTC)."""
    if registration.withdrawal:
        raise failed_precondition(
            "ALREADY_WITHDRAWN", "the registration was withdrawn before; see GetRegistration", "plate"
        )
    return replace(registration, withdrawal=Withdrawal(reason=reason, at=at))
