"""What the ministry decides: which profiles it takes, whose signature holds, and when a body may approve."""

import re
from calendar import monthrange
from datetime import date

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ndxp.agency.claim import LONGEST_NAME, read_day, read_name, read_number, read_text
from ndxp.calendar import years_after
from ndxp.errors import AgencyError, Code, failed_precondition, invalid_argument
from ndxp.world import MAJORITY
from ndxp.world.registers.civil_servants import Body
from services.civil_servants.records import Filed, Profile, Standing, State

APPROVAL_DAYS = 5
"""A body approves in so many last days of a month."""

_GRADE = re.compile(r"[0-9]{2}\.[0-9]{3}")
_LONGEST_POSITION = 100
_KEY_BYTES = 32


def known_body(body: Body | None) -> Body:
    """The body that calls; raises AgencyError when the caller's member is none of the 96."""
    if body is None:
        raise AgencyError(
            Code.FAILED_PRECONDITION, "BODY_UNKNOWN",
            "your member is none of the 33 central bodies and 63 provinces that have civil servants here",
        )  # fmt: skip
    return body


def known_profile(filed: Filed | None) -> Filed:
    """The profile; raises AgencyError when the calling body has none of this citizen, whoever else may have one."""
    if filed is None:
        raise AgencyError(
            Code.NOT_FOUND, "PROFILE_UNKNOWN", "your body has synchronised no profile of this citizen",
            field="citizen_number",
        )  # fmt: skip
    return filed


def read_profile(
    *, citizen_number: str, full_name: str, birth_date: str, position: str, grade: str, entry_date: str, state: int,
    today: date,
) -> Profile:  # fmt: skip
    """Checks a profile for form; raises AgencyError with the field at fault."""
    number = read_number(citizen_number)
    read_name(full_name)
    born, entered = read_day(birth_date, "birth_date"), read_day(entry_date, "entry_date")
    if not years_after(born, MAJORITY) <= entered <= today:
        raise invalid_argument(
            "ENTRY_DATE_IMPOSSIBLE", f"entry_date must be at the age of {MAJORITY} or later, and not after {today}",
            "entry_date",
        )  # fmt: skip
    if not _GRADE.fullmatch(grade):
        raise invalid_argument(
            "GRADE_MALFORMED", "grade must be two digits, a dot and three digits, such as 01.003", "grade"
        )
    if state not in list(State):
        raise invalid_argument("STATE_MISSING", "state must be STATE_WORKING, STATE_ON_LEAVE or STATE_LEFT", "state")
    return Profile(
        citizen_number=number, full_name=read_text(full_name, "full_name", LONGEST_NAME), birth_date=born,
        position=read_text(position, "position", _LONGEST_POSITION), grade=grade, entry_date=entered,
        state=State(state),
    )  # fmt: skip


def check_employer(profile: Profile, body: str, employer: str, before: Filed | None) -> None:
    """Raises AgencyError when the citizen serves another body, or leaves this one without having served it."""
    if employer not in ("", body):
        raise failed_precondition(
            "SERVES_ANOTHER_BODY", "this citizen serves another body, which must first report that the person has left",
            "citizen_number",
        )  # fmt: skip
    if profile.state is State.LEFT and not employer and before is None:
        raise failed_precondition("NEVER_SERVED", "this citizen does not serve your body and cannot leave it", "state")


def read_key(public_key: bytes) -> bytes:
    """A public key; raises AgencyError when it has not the length of one."""
    if len(public_key) != _KEY_BYTES:
        raise invalid_argument(
            "KEY_MALFORMED", f"public_key must be an Ed25519 key of {_KEY_BYTES} bytes", "public_key"
        )
    return public_key


def check_no_key(standing: Standing) -> None:
    """Raises AgencyError when the body has a key."""
    if standing.public_key:
        raise AgencyError(
            Code.ALREADY_EXISTS, "KEY_REGISTERED",
            "your body has a key already; RotateKey puts another in its place, signed with the one before",
            field="public_key",
        )  # fmt: skip


def check_rotation(standing: Standing, body: str, public_key: bytes, signature: bytes) -> None:
    """Raises AgencyError unless the key before has signed the new one."""
    if public_key == registered_key(standing):
        raise invalid_argument("KEY_UNCHANGED", "public_key is the key that your body has", "public_key")
    _check_signature(standing.public_key, signature, _lines("key", body, public_key.hex()))


def registered_key(standing: Standing) -> bytes:
    """The key of a body; raises AgencyError when it has none."""
    if not standing.public_key:
        raise AgencyError(Code.FAILED_PRECONDITION, "KEY_MISSING", "your body has no key yet; call RegisterKey first")
    return standing.public_key


def approval_from(today: date) -> date:
    """The first day of this month on which a body can approve its profiles."""
    return today.replace(day=monthrange(today.year, today.month)[1] - APPROVAL_DAYS + 1)


def approval_text(body: str, month: str, digest: str) -> bytes:
    """What a body signs to approve its profiles."""
    return _lines("approval", body, month, digest)


def check_approval(
    standing: Standing, body: str, *, month: str, digest: str, current: str, signature: bytes, today: date
) -> None:
    """Raises AgencyError unless the body may approve now what it has signed."""
    key = registered_key(standing)
    if month != f"{today:%Y-%m}":
        raise invalid_argument("MONTH_WRONG", f"month must be this month, {today:%Y-%m}", "month")
    if today < (first := approval_from(today)):
        raise failed_precondition(
            "APPROVAL_NOT_OPEN",
            f"profiles are approved in the last {APPROVAL_DAYS} days of a month, this month from {first} on", "month",
        )  # fmt: skip
    if digest != current:
        raise failed_precondition(
            "DIGEST_DIFFERS",
            "digest is not that of your body's profiles as they are now; GetBody gives the text to sign", "digest",
        )  # fmt: skip
    if (standing.approved_month, standing.approved_digest) == (month, digest):
        raise AgencyError(
            Code.ALREADY_EXISTS, "APPROVED_BEFORE", "your body has approved these profiles this month", field="month"
        )
    _check_signature(key, signature, approval_text(body, month, digest))


def _check_signature(public_key: bytes, signature: bytes, text: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, text)
    except InvalidSignature:
        raise invalid_argument(
            "SIGNATURE_INVALID", "signature was not made with your body's key over the text that the contract gives",
            "signature",
        ) from None  # fmt: skip


def _lines(what: str, *words: str) -> bytes:
    return "".join(f"{line}\n" for line in (f"ndxp civil servants: {what}", *words)).encode()
