"""A step of a chain: which agency is asked for what, and what can come of it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from ndxp.agency.onward import Onward, OnwardFailed
from ndxp.life_events.v1 import life_events_pb2 as linked_pb
from ndxp.one_stop.v1 import one_stop_pb2 as pb


class Progress(Enum):
    """How far an agency is with what it was asked for."""

    WAITING = auto()
    PAYMENT = auto()
    """It waits too, for the applicant to pay; the outcome's reason says what."""
    DONE = auto()
    SUPPLEMENT = auto()
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class Result:
    """What an agency did for one procedure: one line, and the number or amount that came of it."""

    procedure: linked_pb.Procedure
    what: str
    result: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An agency's answer. ``code`` is that of its own dossier, ``reason`` why it wants more or refuses."""

    progress: Progress
    transaction_id: str
    code: str = ""
    results: Sequence[Result] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step. ``file`` asks the agency for it, with a request_id: repeated, it gets the same answer.

    ``ask`` asks for the answers of an agency that decides later, to up to ``most`` of its dossiers in one call, in the
    order of their codes. ``supplement`` gives the agency what it wanted for its dossier of a code, with a request_id.
    ``what`` is what is written down when the agency has been asked. A dossier for which the step is not ``wanted`` goes
    on to the next.
    """

    name: str
    agency: str
    procedure: linked_pb.Procedure
    what: str
    file: Callable[[Onward, pb.Dossier, str], Awaitable[Outcome]]
    ask: Callable[[Onward, Sequence[str]], Awaitable[Sequence[Outcome]]] | None = None
    supplement: Callable[[Onward, pb.Dossier, str, str], Awaitable[Outcome]] | None = None
    most: int = 1
    wanted: Callable[[pb.Dossier], bool] = lambda _: True


def refused(error: OnwardFailed) -> Outcome:
    """What a refusal of the other agency means for the dossier. Raises the error when it is none."""
    if not error.refusal or error.failure is None:
        raise error
    return Outcome(
        progress=Progress.REFUSED, transaction_id=error.failure.transaction_id,
        reason=f"{error.refusal}: {error.failure.message}",
    )  # fmt: skip
