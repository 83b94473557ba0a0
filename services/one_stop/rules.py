"""What a one-stop system decides: codes and due dates of dossiers, and which state follows on which."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ndxp.agency.claim import read_claim, read_text
from ndxp.clock import micros_of
from ndxp.errors import AgencyError, Code, failed_precondition, invalid_argument
from ndxp.identifiers import member_of
from ndxp.life_events.v1 import life_events_pb2 as linked_pb
from ndxp.one_stop.v1 import one_stop_pb2 as pb
from ndxp.working_time import due_in_days, due_in_hours

LINKED_SERVICE = "VN/GOV/G22/life-events"
"""The software of the linked services, which alone files linked dossiers."""

LINKED_PROCEDURE = "1.011537"
"""Procedure code of the linked events in the pilot."""

QUANG_NINH = "VN/GOV/H49"
INVESTMENT_CERTIFICATE = "1.009645"
"""Procedure code of an investment registration certificate (chosen by this project)."""

INVESTMENT_HOURS = 12
"""Working hours in which Quảng Ninh issues the certificate, as reported."""

_BIRTH_DAYS, _DEATH_DAYS = 4, 10
"""Working days of the linked events, as reported of the pilot."""

_INVESTMENT_DAYS = 15
_LAND_DAYS = 10
_OTHER_DAYS = 5
"""Working days of the other procedures (chosen by this project)."""

_LONGEST_LINE = 300
_LONGEST_CODE = 30

NEW, RECEIVED, REFUSED, IN_PROCESS, SUPPLEMENT, PAYMENT, WITHDRAWN, STOPPED, DONE, RETURNED = (
    pb.DOSSIER_STATE_NEW, pb.DOSSIER_STATE_RECEIVED, pb.DOSSIER_STATE_REFUSED, pb.DOSSIER_STATE_IN_PROCESS,
    pb.DOSSIER_STATE_SUPPLEMENT, pb.DOSSIER_STATE_PAYMENT, pb.DOSSIER_STATE_WITHDRAWN, pb.DOSSIER_STATE_STOPPED,
    pb.DOSSIER_STATE_DONE, pb.DOSSIER_STATE_RETURNED,
)  # fmt: skip

BY_HAND: dict[int, frozenset[int]] = {
    NEW: frozenset({RECEIVED, REFUSED, SUPPLEMENT}),
    RECEIVED: frozenset({IN_PROCESS, SUPPLEMENT, STOPPED}),
    REFUSED: frozenset(),
    IN_PROCESS: frozenset({SUPPLEMENT, PAYMENT, STOPPED, DONE}),
    SUPPLEMENT: frozenset({STOPPED}),
    PAYMENT: frozenset({IN_PROCESS, STOPPED, DONE}),
    WITHDRAWN: frozenset(),
    STOPPED: frozenset(),
    DONE: frozenset({RETURNED}),
    RETURNED: frozenset(),
}
"""Which states an officer may give a dossier, by the state that it has (the states are real, this table is chosen)."""

_IN_LINKED_SERVICE: dict[int, linked_pb.DossierState] = {
    RECEIVED: linked_pb.DOSSIER_STATE_ACCEPTED,
    IN_PROCESS: linked_pb.DOSSIER_STATE_SENT_TO_JUSTICE,
    SUPPLEMENT: linked_pb.DOSSIER_STATE_SUPPLEMENT,
    WITHDRAWN: linked_pb.DOSSIER_STATE_RETURNED,
    STOPPED: linked_pb.DOSSIER_STATE_REFUSED,
    DONE: linked_pb.DOSSIER_STATE_DONE,
}

ENDED = frozenset({REFUSED, WITHDRAWN, STOPPED, DONE, RETURNED})
_WITH_REASON = frozenset({REFUSED, SUPPLEMENT, STOPPED})


@dataclass(frozen=True, slots=True)
class Punctuality:
    """How many dossiers a province received, and how it did with them."""

    received: int
    online: int
    ended: int
    on_time: int
    late: int


def dossier_code(province: str, received: datetime, serial: int) -> str:
    """The code of the day's dossier with this serial number, which begins at 1: ``000.00.00.H26-230712-0001``."""
    return f"000.00.00.{province.rpartition('/')[2]}-{received:%y%m%d}-{serial:04d}"


def read_dossier(request: pb.ReceiveDossierRequest, client: str) -> pb.Dossier:
    """What is to be received, checked for form; raises AgencyError with the field at fault."""
    matter = request.WhichOneof("matter")
    if matter is None:
        raise invalid_argument("MATTER_MISSING", "say what it is about: linked, land or general", "general")
    if matter == "linked" and client != LINKED_SERVICE:
        raise AgencyError(
            Code.PERMISSION_DENIED, "LINKED_SERVICE_ONLY",
            f"a linked life event comes from {LINKED_SERVICE}; apply there", field="linked",
        )  # fmt: skip
    applicant = request.applicant
    read_claim(applicant.citizen_number, applicant.full_name, applicant.birth_date, of="applicant")
    dossier = pb.Dossier(
        procedure_code=read_text(request.procedure_code, "procedure_code", _LONGEST_CODE), applicant=applicant,
        online=request.online,
    )  # fmt: skip
    if matter == "linked":
        dossier.linked.CopyFrom(request.linked)
    elif matter == "land":
        dossier.land.CopyFrom(read_land(request.land))
    else:
        dossier.general.subject = read_text(request.general.subject, "general.subject", _LONGEST_LINE)
    return dossier


def matter_of(dossier: pb.Dossier) -> str:
    """What a dossier is about: land or general, or the kind of event of a linked one."""
    return str(dossier.linked.WhichOneof("event") or dossier.WhichOneof("matter"))


def read_land(land: pb.LandTransfer) -> pb.LandTransfer:
    """A transfer of land, checked for form; raises AgencyError with the field at fault."""
    buyer = land.buyer
    read_claim(buyer.citizen_number, buyer.full_name, buyer.birth_date, of="land.buyer")
    read_text(land.certificate_number, "land.certificate_number", _LONGEST_CODE)
    if land.price <= 0:
        raise invalid_argument("PRICE_INVALID", "land.price must be more than 0 đồng", "land.price")
    return land


def check_applicant(*, living: bool) -> None:
    """Raises AgencyError unless the population database knows the applicant, alive."""
    if not living:
        raise failed_precondition(
            "APPLICANT_NOT_MATCHED", "number, name and birth date are not those of a living citizen", "applicant"
        )


def due(province: str, dossier: pb.Dossier, received: datetime) -> datetime:
    """When a dossier is due that was received at a moment."""
    matter = dossier.WhichOneof("matter")
    if matter == "linked":
        return due_in_days(received, _BIRTH_DAYS if matter_of(dossier) == "birth" else _DEATH_DAYS)
    if dossier.procedure_code == INVESTMENT_CERTIFICATE:
        if province == QUANG_NINH:
            return due_in_hours(received, INVESTMENT_HOURS)
        return due_in_days(received, _INVESTMENT_DAYS)
    return due_in_days(received, _LAND_DAYS if matter == "land" else _OTHER_DAYS)


def first_state(dossier: pb.Dossier) -> pb.DossierState:
    """New when it came online for officers to look at; else it is received."""
    return NEW if dossier.online and dossier.HasField("general") else RECEIVED


def known(dossier: pb.Dossier | None) -> pb.Dossier:
    """The dossier; raises AgencyError when there is none for the caller, whoever else may have one."""
    if dossier is None:
        raise AgencyError(Code.NOT_FOUND, "DOSSIER_UNKNOWN", "none of your dossiers has this code", field="code")
    return dossier


def check_officer(dossier: pb.Dossier, client: str, province: str) -> pb.Dossier:
    """The dossier, for the officers of its province; raises AgencyError for everybody else."""
    return known(dossier if member_of(client) == province else None)


def check_move(dossier: pb.Dossier, state: int, note: str, *, chained: bool) -> str:
    """The note of a move by hand, when the state may follow; raises AgencyError otherwise."""
    if chained:
        raise failed_precondition("NOT_BY_HAND", "the agencies of its chain move this dossier on", "code")
    allowed = BY_HAND.get(dossier.state, frozenset())
    if state not in allowed:
        names = ", ".join(_name(each) for each in sorted(allowed)) or "nothing, it has ended"
        raise failed_precondition(
            "STATE_INVALID", f"a dossier that is {_name(dossier.state)} can become: {names}", "state"
        )
    return read_text(note, "note", _LONGEST_LINE, required=state in _WITH_REASON)


def supplement(dossier: pb.Dossier, request: pb.SupplementDossierRequest) -> str:
    """Takes a supplement into a dossier and gives its text; raises AgencyError when none is wanted."""
    text = read_text(request.text, "text", _LONGEST_LINE)
    if dossier.state != SUPPLEMENT:
        raise failed_precondition("NO_SUPPLEMENT_WANTED", "the dossier does not wait for a supplement", "code")
    if request.HasField("land"):
        if not dossier.HasField("land"):
            raise invalid_argument("MATTER_DIFFERS", "the dossier is not about land", "land")
        dossier.land.CopyFrom(read_land(request.land))
    if request.HasField("linked"):
        if request.linked.WhichOneof("event") != dossier.linked.WhichOneof("event"):
            raise invalid_argument("EVENT_DIFFERS", "the dossier is about another kind of event", "linked")
        if dossier.linked.HasField("birth"):
            dossier.linked.birth.CopyFrom(request.linked.birth)
        else:
            dossier.linked.death.CopyFrom(request.linked.death)
    dossier.state = RECEIVED
    dossier.note = ""
    return text


def check_withdrawal(dossier: pb.Dossier, *, chained: bool) -> None:
    """Raises AgencyError when there is nothing to withdraw any more."""
    if dossier.state in ENDED:
        raise failed_precondition("ALREADY_ENDED", "the dossier has ended; there is nothing to withdraw", "code")
    if chained and dossier.state in (IN_PROCESS, PAYMENT):
        raise failed_precondition(
            "AGENCY_AT_WORK", "an agency works on the dossier; it can no longer be withdrawn", "code"
        )


def end(dossier: pb.Dossier, state: pb.DossierState, note: str, at: datetime) -> None:
    """Ends a dossier."""
    dossier.state = state
    dossier.note = note
    dossier.ended_at.FromMicroseconds(micros_of(at))


def in_linked_service(state: int) -> linked_pb.DossierState:
    """The state of a linked dossier as the linked service has it."""
    return _IN_LINKED_SERVICE.get(state, linked_pb.DOSSIER_STATE_UNSPECIFIED)


def count_late(dues: Iterable[int], now: int) -> int:
    """How many of the open dossiers are overdue; times in µs."""
    return sum(each < now for each in dues)


def _name(state: int) -> str:
    return pb.DossierState.Name(pb.DossierState.ValueType(state)).removeprefix("DOSSIER_STATE_")
