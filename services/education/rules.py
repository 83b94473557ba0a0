"""What the ministry decides: when the season is open, how the form is filled in, which wishes there may be."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from unicodedata import normalize

from ndxp.agency.claim import LONGEST_NAME, check_living, read_text
from ndxp.agency.place import province_of
from ndxp.errors import AgencyError, Code, failed_precondition, invalid_argument
from ndxp.identifiers import member_of
from ndxp.world.registers.candidates import Candidate
from services.education.records import Particular, Registration, Wish

MOST_WISHES = 20
"""Wishes of one candidate."""

_CANDIDATE_CODE = re.compile(r"[0-9]{11}")
_UNIVERSITY = re.compile(r"[A-Z0-9]{2,4}")
_PROGRAMME = re.compile(r"[0-9]{7}")
_TELEPHONE = re.compile(r"\+?[0-9 ]{8,16}")
_LONGEST = {
    "full_name": LONGEST_NAME, "birth_date": 10, "sex": 20, "ethnicity": 50, "birth_registration_place": 300,
    "permanent_address": 300, "telephone": 17,
}  # fmt: skip
_SCHOOLS = "schools"


@dataclass(frozen=True, slots=True)
class Season:
    """The season of a year; ``closing_day`` is its last day."""

    closing_day: date

    def open(self, today: date) -> bool:
        """Whether something can be registered, changed or withdrawn on a day."""
        return today <= self.closing_day

    def check_open(self, today: date) -> None:
        """Raises AgencyError when the season is over."""
        if not self.open(today):
            raise AgencyError(
                Code.FAILED_PRECONDITION, "SEASON_CLOSED",
                f"the season closed on {self.closing_day}; nothing can be registered, changed or withdrawn any more",
            )  # fmt: skip


def read_typed(typed: Mapping[str, str]) -> dict[str, str]:
    """What the pupil typed, by field; raises AgencyError with the field that is too long or not one line."""
    read = {field: read_text(text, field, _LONGEST[field], required=False) for field, text in typed.items()}
    if read["telephone"] and not _TELEPHONE.fullmatch(read["telephone"]):
        raise invalid_argument(
            "TELEPHONE_MALFORMED", "telephone must be 8 to 16 digits and spaces, or empty", "telephone"
        )
    return read


def read_wishes(wishes: Sequence[Wish]) -> tuple[Wish, ...]:
    """The wishes in their order; raises AgencyError when there are too many, or one is malformed or there twice."""
    if len(wishes) > MOST_WISHES:
        raise invalid_argument("WISHES_TOO_MANY", f"wishes may be {MOST_WISHES} at most", "wishes")
    for place, wish in enumerate(wishes):
        if not _UNIVERSITY.fullmatch(wish.university_code):
            field = f"wishes[{place}].university_code"
            raise invalid_argument("WISH_MALFORMED", f"{field} must be 2 to 4 capitals and digits, such as BKA", field)
        if not _PROGRAMME.fullmatch(wish.programme_code):
            field = f"wishes[{place}].programme_code"
            raise invalid_argument("WISH_MALFORMED", f"{field} must be 7 digits, such as 7480101", field)
        if wish in wishes[:place]:
            field = f"wishes[{place}]"
            raise invalid_argument("WISH_TWICE", f"{field} is there before; wish each programme once", field)
    return tuple(wishes)


def read_candidate_code(text: str) -> str:
    """The code as it is; raises AgencyError when it has not the form of a candidate's."""
    if not _CANDIDATE_CODE.fullmatch(text):
        field = "candidate_code"
        raise invalid_argument("CANDIDATE_CODE_MALFORMED", f"{field} must have 11 digits and nothing else", field)
    return text


def filled_in(recorded: Mapping[str, str], typed: Mapping[str, str]) -> dict[str, Particular]:
    """The form: what the population database has and what the pupil typed, by field.

    The pupil was found by the birth date, so that does not differ, whichever way it is written.
    """
    return {
        field: Particular(
            recorded=recorded.get(field, ""),
            typed=text,
            differs=field != "birth_date" and _differs(recorded.get(field, ""), text),
        )
        for field, text in typed.items()
    }


def known_candidate(candidate: Candidate | None, client: str) -> Candidate:
    """The candidate; raises AgencyError when there is none whom the caller may know."""
    if candidate is None or not _may_know(candidate, client):
        raise AgencyError(
            Code.NOT_FOUND, "CANDIDATE_UNKNOWN", "none of your candidates has this code", field="candidate_code"
        )
    return candidate


def is_school(client: str) -> bool:
    """Whether a subsystem is that of a province's schools."""
    return client.rpartition("/")[2] == _SCHOOLS


def check_pupil(*, living: bool, candidate: Candidate | None, client: str) -> Candidate:
    """The candidate; raises AgencyError unless a living citizen was found who is one, for schools of their province."""
    check_living(living=living)
    if candidate is None or not _may_know(candidate, client):
        why = "this citizen is no candidate of this season" + (" in your province" if is_school(client) else "")
        raise failed_precondition("NOT_A_CANDIDATE", why, "citizen_number")
    return candidate


def replaceable(registered: str, own: Registration | None) -> Registration | None:
    """The caller's registration to be replaced, if any; raises AgencyError when somebody else has filed one."""
    if registered and own is None:
        raise AgencyError(
            Code.ALREADY_EXISTS, "CANDIDATE_REGISTERED", "the candidate was registered elsewhere; withdraw that first",
            field="citizen_number",
        )  # fmt: skip
    return own


def known(registration: Registration | None) -> Registration:
    """The registration; raises AgencyError when the caller has none by this id, whoever else may have one."""
    if registration is None:
        raise AgencyError(
            Code.NOT_FOUND, "REGISTRATION_UNKNOWN", "none of your registrations has this registration_id",
            field="registration_id",
        )  # fmt: skip
    return registration


def change(registration: Registration, wishes: tuple[Wish, ...], at: int) -> Registration:
    """The registration with other wishes at a time in µs since 1970 (UTC); raises AgencyError when it was withdrawn."""
    _check_there(registration)
    return replace(registration, wishes=wishes, changed_at=at)


def withdraw(registration: Registration, at: int) -> Registration:
    """The withdrawn registration at a time in µs since 1970 (UTC); raises AgencyError when it was withdrawn before."""
    _check_there(registration)
    return replace(registration, withdrawn=True, changed_at=at)


def _may_know(candidate: Candidate, client: str) -> bool:
    """Schools know the candidates of their own province, everybody else who has a grant knows all."""
    return not is_school(client) or province_of(member_of(client)) == candidate.province


def _check_there(registration: Registration) -> None:
    if registration.withdrawn:
        raise failed_precondition("ALREADY_WITHDRAWN", "the registration was withdrawn before", "registration_id")


def _differs(recorded: str, typed: str) -> bool:
    return bool(recorded and typed) and _compared(recorded) != _compared(typed)


def _compared(text: str) -> str:
    return " ".join(normalize("NFC", text).casefold().split())
