"""What the linked service decides: which applications it takes, how dossiers move on, when they are due."""

from datetime import date, datetime

from ndxp.agency.claim import read_claim, read_day, read_name_part
from ndxp.clock import micros_of
from ndxp.errors import AgencyError, Code, failed_precondition, invalid_argument
from ndxp.life_events.v1 import life_events_pb2 as pb
from ndxp.working_time import due_in_days

SUBSYSTEM = "VN/GOV/G22/life-events"

BIRTH_DAYS, DEATH_DAYS = 4, 10
"""Working days from the application to the last result, as reported of the pilot."""

PURPOSES = {
    pb.LIFE_EVENT_KIND_BIRTH: "birth registration",
    pb.LIFE_EVENT_KIND_DEATH: "death registration",
}
"""What calls onward are for, by the kind of the dossier."""

OF_A_BIRTH = (pb.PROCEDURE_BIRTH_REGISTRATION, pb.PROCEDURE_RESIDENCE, pb.PROCEDURE_HEALTH_INSURANCE_CARD)
ALWAYS_OF_A_DEATH = (pb.PROCEDURE_DEATH_REGISTRATION, pb.PROCEDURE_RESIDENCE_REMOVAL)
ALLOWANCES = (pb.PROCEDURE_FUNERAL_ALLOWANCE, pb.PROCEDURE_SURVIVORS_ALLOWANCE)

MOST_REPORTED = 20
"""Steps in one report."""

ENDED = frozenset({pb.DOSSIER_STATE_DONE, pb.DOSSIER_STATE_RETURNED, pb.DOSSIER_STATE_REFUSED})

_TAKEN, _HAS_RESULT, _TRY_AGAIN, _INVALID = (
    pb.REPLY_TAKEN, pb.REPLY_HAS_RESULT, pb.REPLY_TRY_AGAIN, pb.REPLY_INVALID_TRANSITION,
)  # fmt: skip
_AFTER = {
    pb.DOSSIER_STATE_RECEIVED: {pb.DOSSIER_STATE_ACCEPTED, pb.DOSSIER_STATE_RETURNED},
    pb.DOSSIER_STATE_ACCEPTED: {
        pb.DOSSIER_STATE_SENT_TO_JUSTICE, pb.DOSSIER_STATE_REFUSED, pb.DOSSIER_STATE_RETURNED,
    },
    pb.DOSSIER_STATE_SENT_TO_JUSTICE: {
        pb.DOSSIER_STATE_SENT_TO_JUSTICE, pb.DOSSIER_STATE_SUPPLEMENT, pb.DOSSIER_STATE_DONE, pb.DOSSIER_STATE_REFUSED,
    },
    pb.DOSSIER_STATE_SUPPLEMENT: {
        pb.DOSSIER_STATE_SENT_TO_JUSTICE, pb.DOSSIER_STATE_REFUSED, pb.DOSSIER_STATE_RETURNED,
    },
}  # fmt: skip
"""Which states can be reported of a dossier, by the state that it has (chosen by this project)."""


def read_applicant(applicant: pb.Person) -> pb.Person:
    """The applicant, checked for form; raises AgencyError with the field at fault."""
    read_claim(applicant.citizen_number, applicant.full_name, applicant.birth_date, of="applicant")
    return applicant


def read_birth(birth: pb.Birth, today: date) -> pb.Birth:
    """The birth, checked for form; raises AgencyError with the field at fault."""
    read_name_part(birth.surname, "birth.surname")
    read_name_part(birth.middle_name, "birth.middle_name", required=False)
    read_name_part(birth.given_name, "birth.given_name")
    if birth.sex not in (1, 2):
        raise invalid_argument("SEX_MISSING", "birth.sex must be 1 (male) or 2 (female)", "birth.sex")
    _read_past(birth.birth_date, "birth.birth_date", today)
    _read_person(birth.mother, "birth.mother")
    if birth.HasField("father"):
        _read_person(birth.father, "birth.father")
    return birth


def read_death(death: pb.Death, procedures: list[pb.Procedure], today: date) -> pb.Death:
    """The death, checked for form; raises AgencyError with the field at fault."""
    _read_person(death.deceased, "death.deceased")
    _read_past(death.death_date, "death.death_date", today)
    if death.HasField("survivor"):
        _read_person(death.survivor, "death.survivor")
    elif set(procedures) & set(ALLOWANCES):
        raise invalid_argument("SURVIVOR_MISSING", "death.survivor must say who gets the allowances", "death.survivor")
    return death


def read_procedures(procedures: list[pb.Procedure]) -> list[pb.Procedure]:
    """What is applied for on a death, in the order of the chain; raises AgencyError for another choice."""
    wanted = set(procedures)
    if len(wanted) < len(procedures) or not (set(ALWAYS_OF_A_DEATH) <= wanted <= {*ALWAYS_OF_A_DEATH, *ALLOWANCES}):
        raise invalid_argument(
            "PROCEDURES_INVALID",
            "procedures must be registration and removal, and if wanted the allowances, each once", "procedures",
        )  # fmt: skip
    return sorted(wanted)


def check_applicant(*, matched: bool, deceased: bool) -> None:
    """Raises AgencyError unless the population database says that the applicant lives."""
    if not matched:
        raise failed_precondition(
            "APPLICANT_NOT_MATCHED", "number, name and birth date are not those of one citizen", "applicant"
        )
    if deceased:
        raise failed_precondition("APPLICANT_DECEASED", "the applicant is deceased", "applicant")


def due(kind: int, received: datetime) -> datetime:
    """When a dossier of a kind is due."""
    return due_in_days(received, BIRTH_DAYS if kind == pb.LIFE_EVENT_KIND_BIRTH else DEATH_DAYS)


def known(dossier: pb.Dossier | None) -> pb.Dossier:
    """The dossier; raises AgencyError when there is none for the caller, whoever else may have one."""
    if dossier is None:
        raise AgencyError(Code.NOT_FOUND, "DOSSIER_UNKNOWN", "none of your dossiers has this code", field="code")
    return dossier


def supplement(dossier: pb.Dossier, request: pb.SupplementDossierRequest, today: date) -> None:
    """Takes a correction into a dossier; raises AgencyError when none is wanted or it does not fit."""
    if dossier.state != pb.DOSSIER_STATE_SUPPLEMENT:
        raise failed_precondition("NO_SUPPLEMENT_WANTED", "the dossier does not wait for a supplement", "code")
    kind = str(dossier.WhichOneof("event"))
    if request.WhichOneof("event") != kind:
        raise invalid_argument("EVENT_DIFFERS", f"the dossier is about a {kind}; correct that", f"{kind}")
    people = {"mother", "father", "deceased", "survivor"}
    for field, _ in getattr(request, kind).ListFields():
        if field.name not in people:
            name = f"{kind}.{field.name}"
            raise invalid_argument("NOT_TO_BE_CORRECTED", f"{name} stays; correct {' or '.join(sorted(people))}", name)
    if kind == "birth":
        dossier.birth.MergeFrom(request.birth)
        read_birth(dossier.birth, today)
    else:
        dossier.death.MergeFrom(request.death)
        read_death(dossier.death, list(dossier.procedures), today)
    dossier.state = pb.DOSSIER_STATE_ACCEPTED
    dossier.note = ""


def check_withdrawal(dossier: pb.Dossier) -> None:
    """Raises AgencyError when a dossier has ended; whether an agency works on it, the province knows."""
    if dossier.state in ENDED:
        raise failed_precondition("ALREADY_ENDED", "the dossier has ended; there is nothing to withdraw", "code")


def end(dossier: pb.Dossier, state: pb.DossierState, note: str, at: int) -> None:
    """Ends a dossier at a time in µs."""
    dossier.state = state
    dossier.note = note
    dossier.ended_at.FromMicroseconds(at)


def report(dossier: pb.Dossier | None, reported: pb.ReportedStep) -> pb.Reply:
    """Takes a reported step into a dossier, if it follows on its state, and says what became of it."""
    step = reported.step
    if dossier is None or (dossier.one_stop_code or reported.one_stop_code) != reported.one_stop_code:
        return _INVALID
    if step in dossier.steps:
        return _TAKEN
    if dossier.state in ENDED:
        return _HAS_RESULT
    if step.state not in _AFTER[dossier.state]:
        early = dossier.state in (pb.DOSSIER_STATE_RECEIVED, pb.DOSSIER_STATE_ACCEPTED)
        return _TRY_AGAIN if early and step.state != pb.DOSSIER_STATE_RECEIVED else _INVALID
    dossier.one_stop_code = reported.one_stop_code
    dossier.steps.append(step)
    dossier.state = step.state
    dossier.note = step.result if step.state in (pb.DOSSIER_STATE_SUPPLEMENT, pb.DOSSIER_STATE_REFUSED) else ""
    if step.state in ENDED:
        dossier.ended_at.CopyFrom(step.at)
    return _TAKEN


def add_step(dossier: pb.Dossier, what: str, at: datetime, transaction_id: str) -> None:
    """Adds a step of the linked service itself, which leaves the dossier in the state that it has."""
    step = dossier.steps.add(subsystem=SUBSYSTEM, what=what, state=dossier.state, transaction_id=transaction_id)
    step.at.FromMicroseconds(micros_of(at))


def _read_person(person: pb.Person, field: str) -> None:
    read_claim(person.citizen_number, person.full_name, person.birth_date, of=field)


def _read_past(text: str, field: str, today: date) -> None:
    if read_day(text, field) > today:
        raise invalid_argument(
            f"{field.rpartition('.')[2].upper()}_IMPOSSIBLE", f"{field} must not be after {today}", field
        )
