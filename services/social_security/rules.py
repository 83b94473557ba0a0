"""What social security decides: which allowances a death gives, how much they are, and which pension stops."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from ndxp.agency.stated import corrected
from ndxp.errors import AgencyError, Code, failed_precondition, invalid_argument
from ndxp.world.registers.participation import Participant
from services.social_security.records import Claim, State

ROLES = ("deceased", "survivor")
"""Whom a claim states."""

DAYS = 7
"""Working days within which a claim is decided (10 before the pilot)."""

FUNERAL, SURVIVORS = "funeral", "survivors"
"""The allowances."""

TIMES = {FUNERAL: 10, SURVIVORS: 24}
"""How many base salaries each is."""

LEAST_MONTHS = 12
"""Months of contributions from which a death gives allowances, without a pension."""

_RISE = date(2023, 7, 1)
_BASE_SALARY_BEFORE, _BASE_SALARY = 1_490_000, 1_800_000


def base_salary(day: date) -> int:
    """The base salary (lương cơ sở) on a day, in đồng."""
    return _BASE_SALARY if day >= _RISE else _BASE_SALARY_BEFORE


def allowance(kind: str, death_date: date) -> int:
    """How much an allowance is, in đồng."""
    return TIMES[kind] * base_salary(death_date)


def entitled(participant: Participant | None) -> bool:
    """Whether the death of a participant gives allowances. A pension that was paid takes far more than these months."""
    return participant is not None and participant.months >= LEAST_MONTHS


def check_something_claimed(*, funeral: bool, survivors: bool) -> None:
    """Raises AgencyError when neither allowance is claimed."""
    if not (funeral or survivors):
        raise invalid_argument(
            "NOTHING_CLAIMED", "claim the funeral allowance, the survivors' allowance or both", "funeral"
        )


def claimed(claim: Claim) -> Sequence[str]:
    """The allowances that a claim asks for."""
    return [kind for kind, asked in ((FUNERAL, claim.funeral), (SURVIVORS, claim.survivors)) if asked]


def known(claim: Claim | None) -> Claim:
    """The claim; raises AgencyError when the caller has none by this code, whoever else may have one."""
    if claim is None:
        raise AgencyError(Code.NOT_FOUND, "CLAIM_UNKNOWN", "none of your claims has this code", field="code")
    return claim


def supplemented(claim: Claim, stated: Mapping[str, Mapping[str, str]], due_at: int) -> Claim:
    """The claim with what is corrected (see ``ndxp.agency.stated``), to be decided on again.

    Raises AgencyError when no supplement is wanted, and for what ``corrected`` refuses.
    """
    if claim.state is not State.SUPPLEMENT:
        raise _not_possible("NO_SUPPLEMENT_WANTED", claim, "no supplement is wanted")
    people = corrected(claim.people, stated, ROLES)
    return replace(claim, people=people, state=State.RECEIVED, reason="", turn=claim.turn + 1, due_at=due_at)


def withdrawn(claim: Claim, at: int) -> Claim:
    """The withdrawn claim; raises AgencyError when it is decided or withdrawn already."""
    if claim.state not in (State.RECEIVED, State.SUPPLEMENT):
        raise _not_possible("NOT_OPEN", claim, "it can no longer be withdrawn")
    return replace(claim, state=State.WITHDRAWN, reason="", decided_at=at)


def check_death(*, matched: bool, deceased: bool) -> None:
    """Raises AgencyError unless the population database confirms a death."""
    if not matched:
        raise failed_precondition(
            "CITIZEN_NOT_MATCHED", "number, name and birth date are not those of one citizen", "citizen_number"
        )
    if not deceased:
        raise failed_precondition(
            "CITIZEN_LIVES", "the population database has no death of this citizen", "citizen_number"
        )


def check_pension_stopped(stopped: bool) -> None:
    """Raises AgencyError when there was no pension to stop."""
    if not stopped:
        raise failed_precondition("NO_PENSION", "no pension is paid to this citizen, or no longer", "citizen_number")


def _not_possible(reason: str, claim: Claim, why: str) -> AgencyError:
    message = f"the claim is {claim.state.name.lower()}; {why}"
    return failed_precondition(reason, message, "code")
