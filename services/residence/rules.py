"""What the register decides: which filings hold, which notices of stays are taken, and until when they were due."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from ndxp.agency.claim import read_day, read_name, read_text
from ndxp.agency.day import day_of
from ndxp.clock import VIETNAM, micros_of, moment_of
from ndxp.errors import AgencyError, Code, failed_precondition, invalid_argument
from ndxp.world import Address
from services.residence.records import Filing, Home, Kind, Resident, State, Stay

REGISTRATION, REMOVAL, CONFIRMATION = "residence registration", "residence removal", "confirmation of residence"
"""What the population database is told that a question is for."""

DECISION_DAYS = 2
"""Working days within which a filing is decided."""

MOST_LINES = 1_000
"""How many stays one stream may notify."""

_LATEST_ARRIVAL = time(23)
_LATE_ARRIVALS_UNTIL = time(8)
_DAYS_OF_A_STAY = 30
_OLDEST_ARRIVAL = timedelta(days=30)
_LONGEST_REASON = 200
_IDENTITY = re.compile(r"[0-9]{12}|[0-9]{9}|[A-Z][0-9]{7,8}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a filing: the reason for which it is ``refused``, or what is registered of the person then."""

    refused: str = ""
    resident: Resident | None = None
    household_number: str = ""


def purpose_of(kind: Kind) -> str:
    """What the population database is told that the question about a filing is for."""
    return REMOVAL if kind is Kind.REMOVAL else REGISTRATION


def read_kind(kind: int) -> Kind:
    """The kind of residence; raises AgencyError when it is missing or no such kind."""
    if kind not in (Kind.PERMANENT, Kind.TEMPORARY):
        raise invalid_argument(
            "KIND_MISSING", "kind must be RESIDENCE_KIND_PERMANENT or RESIDENCE_KIND_TEMPORARY", "kind"
        )
    return Kind(kind)


def check_one_home(household_member: str, *, has_address: bool) -> None:
    """Raises AgencyError unless a household is joined, or an own one has its address."""
    if bool(household_member) == has_address:
        message = "give the number of a household_member to join a household, or the address of an own household"
        raise invalid_argument("HOME_MISSING" if not has_address else "HOME_AMBIGUOUS", message, "household_member")


def removed(resident: Resident, home: Home | None, *, matched: bool, deceased: bool) -> Verdict:
    """The verdict on a removal; ``home`` is where the person lived, None when the register does not know it."""
    if not matched:
        return Verdict("CITIZEN_NOT_MATCHED")
    if not deceased:
        return Verdict("CITIZEN_NOT_DECEASED")
    if resident.removed:
        return Verdict("ALREADY_REMOVED")
    return Verdict(resident=replace(resident, removed=True), household_number=home.household_number if home else "")


def registered(
    kind: Kind, resident: Resident, *, lives_in: Home | None, home: Home | None, matched: bool, deceased: bool
) -> Verdict:
    """The verdict on a registration.

    ``lives_in`` is the household before, ``home`` the one that is joined or founded; None when nobody has it.
    """
    if not matched:
        return Verdict("CITIZEN_NOT_MATCHED")
    if deceased or resident.removed:
        return Verdict("CITIZEN_DECEASED")
    if home is None:
        return Verdict("HOUSEHOLD_MEMBER_UNKNOWN")
    before = lives_in if kind is Kind.PERMANENT else resident.temporary
    if before and before.household_number == home.household_number:
        return Verdict("ALREADY_REGISTERED")
    now = replace(resident, permanent=home) if kind is Kind.PERMANENT else replace(resident, temporary=home)
    return Verdict(resident=now, household_number=home.household_number)


def decided(filing: Filing, verdict: Verdict, at: int) -> Filing:
    """The filing with its verdict."""
    state = State.REFUSED if verdict.refused else State.DONE
    return replace(
        filing, state=state, reason=verdict.refused, decided_at=at, household_number=verdict.household_number
    )


def read_stay(
    *, stay_id: str, full_name: str, identity_number: str, reason: str, arrived_at: int | None, leaving_on: str,
    address: Address, host_number: str, now: int,
) -> Stay:  # fmt: skip
    """The stay that a notice is about, checked for form; raises AgencyError with the field at fault."""
    read_name(full_name, "notice.full_name")
    identity = identity_number.strip().upper()
    if not _IDENTITY.fullmatch(identity):
        raise invalid_argument(
            "IDENTITY_NUMBER_MALFORMED",
            "identity_number must be 12 digits, 9 digits, or a letter and 7 or 8 digits", "notice.identity_number",
        )  # fmt: skip
    if identity == host_number:
        raise invalid_argument(
            "HOST_IS_GUEST", "host_number must be another person's than the guest's", "notice.host_number"
        )
    arrived = now if arrived_at is None else arrived_at
    return Stay(
        stay_id=stay_id, full_name=full_name.strip(), identity_number=identity,
        reason=read_text(reason, "notice.reason", _LONGEST_REASON),
        arrived_at=_arrival(arrived, now), leaving_on=_leaving_on(leaving_on, day_of(arrived)),
        address=address, host_number=host_number, notified_at=now, due_at=stay_due(arrived),
    )  # fmt: skip


def stay_due(arrived_at: int) -> int:
    """Until when a stay is to be notified: 23:00 of the day of arrival, after that 08:00 of the next day."""
    arrived = moment_of(arrived_at)
    latest = datetime.combine(arrived.date(), _LATEST_ARRIVAL, VIETNAM)
    if arrived > latest:
        latest = datetime.combine(arrived.date() + timedelta(1), _LATE_ARRIVALS_UNTIL, VIETNAM)
    return micros_of(latest)


def withdrawable(stay: Stay, today: date) -> Stay:
    """The stay; raises AgencyError when it was withdrawn before or is over."""
    if stay.withdrawn:
        raise failed_precondition("ALREADY_WITHDRAWN", "the stay was withdrawn before", "stay_id")
    if stay.leaving_on <= today:
        raise failed_precondition("STAY_ENDED", "the stay is over; it can no longer be withdrawn", "stay_id")
    return stay


def known_filing(filing: Filing | None) -> Filing:
    """The filing; raises AgencyError when the caller has none by this code, whoever else may have one."""
    if filing is None:
        raise AgencyError(Code.NOT_FOUND, "FILING_UNKNOWN", "none of your filings has this code", field="code")
    return filing


def known_stay(stay: Stay | None) -> Stay:
    """The stay; raises AgencyError when the caller notified none with this number, whoever else may have."""
    if stay is None:
        raise AgencyError(Code.NOT_FOUND, "STAY_UNKNOWN", "none of your stays has this stay_id", field="stay_id")
    return stay


def _arrival(arrived_at: int, now: int) -> int:
    field = "notice.arrived_at"
    if arrived_at > now:
        raise invalid_argument(
            "ARRIVAL_IN_FUTURE", "arrived_at is later than now; notify a stay when the guest is there", field
        )
    if moment_of(now) - _OLDEST_ARRIVAL > moment_of(max(arrived_at, 0)):
        raise invalid_argument(
            "ARRIVAL_TOO_LONG_AGO", f"arrived_at is more than {_OLDEST_ARRIVAL.days} days ago", field
        )
    return arrived_at


def _leaving_on(text: str, arrival: date) -> date:
    field = "notice.leaving_on"
    leaving = read_day(text, field) if text else arrival + timedelta(1)
    if leaving <= arrival:
        raise invalid_argument("STAY_EMPTY", "leaving_on must be after the day of arrival", field)
    if (leaving - arrival).days >= _DAYS_OF_A_STAY:
        raise invalid_argument(
            "STAY_TOO_LONG",
            f"a stay is under {_DAYS_OF_A_STAY} days; for longer ones register a temporary residence", field,
        )  # fmt: skip
    return leaving
