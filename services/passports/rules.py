"""What the department decides: how applications move on, what may be withdrawn, which passport is valid."""

import re
from dataclasses import dataclass, replace
from datetime import date
from enum import IntEnum, StrEnum

from ndxp.agency.claim import Claim, read_birth_date, read_name, read_text
from ndxp.agency.day import day_of, has_ended
from ndxp.errors import AgencyError, Code, failed_precondition, invalid_argument
from ndxp.world import normalise_name
from ndxp.world.registers.passports import last_day
from services.passports.records import Application, Issued, latest_birth

_PASSPORT_NUMBER = re.compile(r"[A-Z][0-9]{7,8}")
_LONGEST_ADDRESS = 300


class State(IntEnum):
    """Where an application is; numbers as in the contract."""

    RECEIVED = 1
    VERIFIED = 2
    PRINTED = 3
    POSTED = 4
    WITHDRAWN = 5
    REFUSED = 6


class Progress(StrEnum):
    """What moves applications on."""

    IMMEDIATE = "immediate"
    TIME = "time"
    HAND = "hand"


@dataclass(frozen=True, slots=True)
class Course:
    """How applications move on; ``step_seconds`` is how long a state lasts when time moves them."""

    progress: Progress
    step_seconds: float

    def state(self, application: Application, now: int) -> State:
        """Where an application is at a time in µs since 1970 (UTC); nothing but these two decides it."""
        if application.refused:
            return State.REFUSED
        if application.withdrawn:
            return State.WITHDRAWN
        if self.progress is Progress.IMMEDIATE:
            return State.POSTED
        if self.progress is Progress.HAND:
            steps = application.steps
        else:
            steps = max(0, int((now - application.submitted_at) / (self.step_seconds * 1_000_000)))
        return State(min(State.RECEIVED + steps, State.POSTED))


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a passport; ``valid_to`` is None unless it matched."""

    matched: bool = False
    valid: bool = False
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPassport:
    """A passport with the name of its holder."""

    number: str
    citizen_number: str
    full_name: str
    issued: date
    expires: date


def issued_passport(issued: Issued) -> HeldPassport:
    """One of the world's passports."""
    passport = issued.passport
    return HeldPassport(
        number=passport.number, citizen_number=passport.citizen_number, full_name=issued.holder.full_name,
        issued=passport.issued, expires=passport.expires,
    )  # fmt: skip


def printed_passport(application: Application) -> HeldPassport:
    """The passport that an application led to."""
    issued = day_of(application.submitted_at)
    return HeldPassport(
        number=application.passport_number, citizen_number=application.citizen_number,
        full_name=application.full_name, issued=issued, expires=last_day(issued, latest_birth(application.birth)),
    )  # fmt: skip


def printed(state: State) -> bool:
    """True once there is a passport."""
    return state in (State.PRINTED, State.POSTED)


def withdraw(application: Application, state: State) -> Application:
    """The withdrawn application; raises AgencyError when it is too late or there is nothing to withdraw."""
    if printed(state):
        raise _refusal("ALREADY_PRINTED", "the passport is printed already; it can no longer be withdrawn")
    if state is State.WITHDRAWN:
        raise _refusal("ALREADY_WITHDRAWN", "the application was withdrawn before")
    if state is State.REFUSED:
        raise _refusal("APPLICATION_REFUSED", "the application was refused; there is nothing to withdraw")
    return replace(application, withdrawn=True)


def advance(application: Application, state: State, progress: Progress) -> Application:
    """The application one state on; raises AgencyError when it does not move, or not by hand."""
    if progress is not Progress.HAND:
        raise AgencyError(
            Code.FAILED_PRECONDITION, "NOT_BY_HAND",
            f"applications move by {progress} here; start the agency with NDXP_PASSPORTS_PROGRESS=hand",
        )  # fmt: skip
    if state in (State.POSTED, State.WITHDRAWN, State.REFUSED):
        raise _refusal("NOT_IN_PROGRESS", f"the application is {state.name.lower()} and moves no further")
    return replace(application, steps=application.steps + 1)


def known(application: Application | None) -> Application:
    """The application; raises AgencyError when the caller has none by this id, whoever else may have one."""
    if application is None:
        raise AgencyError(
            Code.NOT_FOUND,
            "APPLICATION_UNKNOWN",
            "none of your applications has this application_id",
            field="application_id",
        )
    return application


def read_delivery_address(text: str) -> str:
    """Where the passport goes; raises AgencyError when it is missing or too long."""
    return read_text(text, "delivery_address", _LONGEST_ADDRESS)


def read_passport_claim(passport_number: str, full_name: str, birth_date: str) -> Claim:
    """The claim, with a passport's number; raises AgencyError with the field at fault."""
    number = passport_number.strip().upper()
    if not _PASSPORT_NUMBER.fullmatch(number):
        raise invalid_argument(
            "PASSPORT_NUMBER_MALFORMED", "passport_number must be a letter and 7 or 8 digits, such as B1234567",
            "passport_number",
        )  # fmt: skip
    return Claim(number, read_name(full_name), read_birth_date(birth_date))


def standing_of_issued(claim: Claim, issued: Issued, today: date) -> Standing:
    """What is known of one of the world's passports."""
    if not claim.agrees_with(issued.holder.full_name, issued.holder.birth_date):
        return Standing()
    return standing(issued.passport.issued, issued.passport.expires, today)


def standing_of_printed(claim: Claim, application: Application, state: State, today: date) -> Standing:
    """What is known of a passport that an application led to; nothing before it is printed."""
    born = application.birth
    if not (printed(state) and claim.birth.may_be(born) and claim.name == normalise_name(application.full_name)):
        return Standing()
    passport = printed_passport(application)
    return standing(passport.issued, passport.expires, today)


def standing(issued: date, expires: date, today: date) -> Standing:
    """What is known of a passport that matched."""
    return Standing(matched=True, valid=issued <= today and not has_ended(expires), valid_to=expires)


def _refusal(reason: str, message: str) -> AgencyError:
    return failed_precondition(reason, message, "application_id")
