"""Work on what was filed, turn by turn: a supplement begins a new turn, and work of an earlier turn counts no more."""

from collections.abc import Sequence

from ndxp.agency.database import Job, Transaction
from ndxp.clock import Clock, micros_of
from ndxp.working_time import due_in_days

SUPPLEMENT_DAYS = 7
"""Working days within which a supplement must come (NDXP's facts on linked life events)."""

TOO_LATE = f"no supplement came within {SUPPLEMENT_DAYS} working days"
"""Why a filing is refused whose supplement has not come."""


def add_work(documents: Transaction, kind: str, code: str, turn: int, *, due: int = 0) -> None:
    """Adds a job on the filing with a code, in one of its turns; ``due`` is in µs of the nation's clock."""
    documents.add_job(kind, f"{code}-{kind}-{turn}", code.encode(), due=due)


def add_expiry(documents: Transaction, kind: str, code: str, turn: int, clock: Clock) -> None:
    """Adds the job that ends a filing which waits for a supplement from now on."""
    add_work(documents, kind, code, turn, due=supplement_due(clock))


def supplement_due(clock: Clock) -> int:
    """Until when (µs) a supplement must come that is wanted from now on."""
    return micros_of(due_in_days(clock.moment(), SUPPLEMENT_DAYS))


def code_of(job: Job) -> str:
    """The code of the filing that a job is about."""
    return job.body.decode()


def turn_of(job: Job) -> int:
    """The turn that a job belongs to."""
    return int(job.key.rpartition("-")[2])


def why_unknown(roles: Sequence[str]) -> str:
    """Why a supplement is wanted: the population database does not know these people as they are stated."""
    return f"number, name and birth date of the {' and the '.join(roles)} are not those of one citizen"
