"""Steps at civil status: the registration of a birth or a death, whose answers are asked for three at a time."""

from collections.abc import Sequence
from functools import partial

from ndxp.agency.dossier_code import body_of
from ndxp.agency.onward import Onward, OnwardMethod
from ndxp.agency.place import province_of
from ndxp.civil_status.v1 import civil_status_pb2 as pb
from ndxp.life_events.v1 import life_events_pb2 as linked_pb
from ndxp.one_stop.v1 import one_stop_pb2 as one_stop
from services.one_stop.chains.step import Outcome, Progress, Result, Step

_METHODS = pb.DESCRIPTOR.services_by_name["CivilStatusService"].methods_by_name
_SUBMIT_BIRTH = OnwardMethod(
    _METHODS["SubmitBirth"], pb.SubmitBirthResponse, "the registration of the birth", "BIRTH_REGISTRATION"
)
_SUBMIT_DEATH = OnwardMethod(
    _METHODS["SubmitDeath"], pb.SubmitDeathResponse, "the registration of the death", "DEATH_REGISTRATION"
)
_SUPPLEMENT = OnwardMethod(
    _METHODS["SupplementDossier"], pb.SupplementDossierResponse, "the supplement at civil status", "SUPPLEMENT"
)
_GET_ANSWERS = OnwardMethod(_METHODS["GetAnswers"], pb.GetAnswersResponse, "the answer of civil status", "ANSWER")
_PROGRESS = {
    pb.ANSWER_STATE_DONE: Progress.DONE,
    pb.ANSWER_STATE_SUPPLEMENT: Progress.SUPPLEMENT,
    pb.ANSWER_STATE_REFUSED: Progress.REFUSED,
}


async def _file_birth(onward: Onward, dossier: one_stop.Dossier, request_id: str) -> Outcome:
    birth = dossier.linked.birth
    request = pb.SubmitBirthRequest(
        request_id=request_id, dossier_code=dossier.code, surname=birth.surname, middle_name=birth.middle_name,
        given_name=birth.given_name, sex=birth.sex, birth_date=birth.birth_date,
        province=province_of(body_of(dossier.code)), mother=_person(birth.mother),
        father=_person(birth.father) if birth.HasField("father") else None,
    )  # fmt: skip
    given = await onward.call(_SUBMIT_BIRTH, request)
    return Outcome(progress=Progress.WAITING, transaction_id=given.transaction_id, code=given.answer.code)


async def _file_death(onward: Onward, dossier: one_stop.Dossier, request_id: str) -> Outcome:
    death = dossier.linked.death
    request = pb.SubmitDeathRequest(
        request_id=request_id, dossier_code=dossier.code, deceased=_person(death.deceased),
        death_date=death.death_date, province=province_of(body_of(dossier.code)),
    )  # fmt: skip
    given = await onward.call(_SUBMIT_DEATH, request)
    return Outcome(progress=Progress.WAITING, transaction_id=given.transaction_id, code=given.answer.code)


async def _supplement(onward: Onward, dossier: one_stop.Dossier, code: str, request_id: str) -> Outcome:
    birth, death = dossier.linked.birth, dossier.linked.death
    request = pb.SupplementDossierRequest(
        request_id=request_id, code=code,
        mother=_person(birth.mother) if birth.HasField("mother") else None,
        father=_person(birth.father) if birth.HasField("father") else None,
        deceased=_person(death.deceased) if death.HasField("deceased") else None,
    )  # fmt: skip
    given = await onward.call(_SUPPLEMENT, request)
    return Outcome(progress=Progress.WAITING, transaction_id=given.transaction_id, code=code)


async def _ask(procedure: linked_pb.Procedure, what: str, onward: Onward, filings: Sequence[str]) -> Sequence[Outcome]:
    given = await onward.call(_GET_ANSWERS, pb.GetAnswersRequest(codes=filings))
    return [
        Outcome(
            progress=_PROGRESS.get(answer.state, Progress.WAITING), code=answer.code, reason=answer.reason,
            transaction_id=given.transaction_id,
            results=[Result(procedure, f"{what}, certificate {answer.certificate_number}", answer.citizen_number)],
        )
        for answer in given.answer.answers
    ]  # fmt: skip


def _person(person: linked_pb.Person) -> pb.Person:
    return pb.Person(citizen_number=person.citizen_number, full_name=person.full_name, birth_date=person.birth_date)


def child_name(birth: linked_pb.Birth) -> str:
    """The full name of a child as it is registered."""
    return " ".join(" ".join((birth.surname, birth.middle_name, birth.given_name)).split())


REGISTER_BIRTH = Step(
    name="birth", agency="VN/GOV/G15/civil-status", procedure=linked_pb.PROCEDURE_BIRTH_REGISTRATION,
    what="sent the birth to civil status", file=_file_birth,
    ask=partial(_ask, linked_pb.PROCEDURE_BIRTH_REGISTRATION, "registered the birth"),
    supplement=_supplement, most=3,
)  # fmt: skip

REGISTER_DEATH = Step(
    name="death", agency="VN/GOV/G15/civil-status", procedure=linked_pb.PROCEDURE_DEATH_REGISTRATION,
    what="sent the death to civil status", file=_file_death,
    ask=partial(_ask, linked_pb.PROCEDURE_DEATH_REGISTRATION, "registered the death"),
    supplement=_supplement, most=3,
)  # fmt: skip
