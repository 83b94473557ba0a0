"""CivilStatusService on the wire: translates, asks the rules, keeps records."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message

from ndxp.agency.caller import caller
from ndxp.agency.claim import Claim, read_birth_date, read_name, read_province, read_text
from ndxp.agency.database import Database, Transaction
from ndxp.agency.dossier_code import read_callers_code
from ndxp.agency.replay import once
from ndxp.agency.rights import keeps
from ndxp.agency.stated import Person, corrections, read_people
from ndxp.civil_status.v1 import civil_status_pb2 as pb
from ndxp.civil_status.v1.civil_status_pb2_grpc import CivilStatusServiceServicer
from ndxp.clock import Clock, micros_of
from ndxp.working_time import due_in_days, due_in_hours
from services.civil_status import rules
from services.civil_status.decisions import add_look_up
from services.civil_status.records import Certificate, Dossier, Kind, Office

_Context = grpc.aio.ServicerContext[Any, Any]
_Submitted = TypeVar("_Submitted", pb.SubmitBirthResponse, pb.SubmitDeathResponse, pb.SubmitMarriageResponse)
_LONGEST_NUMBER = 40
_KINDS = {
    Kind.BIRTH: pb.CERTIFICATE_KIND_BIRTH, Kind.DEATH: pb.CERTIFICATE_KIND_DEATH,
    Kind.MARRIAGE: pb.CERTIFICATE_KIND_MARRIAGE,
}  # fmt: skip


class CivilStatusService(CivilStatusServiceServicer):
    """The registrar's methods."""

    def __init__(self, database: Database, office: Office, clock: Clock, hours: float) -> None:
        self._database = database
        self._office = office
        self._clock = clock
        self._hours = hours

    async def SubmitBirth(self, request: pb.SubmitBirthRequest, _: _Context) -> pb.SubmitBirthResponse:
        """Files the registration of a birth."""

        def dossier() -> Dossier:
            child = rules.read_child(
                surname=request.surname, middle_name=request.middle_name, given_name=request.given_name,
                sex=request.sex, birth_date=request.birth_date, today=self._clock.today(),
            )  # fmt: skip
            people = read_people(request, "mother", *(["father"] if request.HasField("father") else []))
            return self._new(Kind.BIRTH, request, people, child=child, sex=child.sex)

        return self._submit(request, pb.SubmitBirthResponse, dossier)

    async def SubmitDeath(self, request: pb.SubmitDeathRequest, _: _Context) -> pb.SubmitDeathResponse:
        """Files the registration of a death."""

        def dossier() -> Dossier:
            people = read_people(request, "deceased")
            day = rules.read_death_date(request.death_date, people["deceased"], self._clock.today())
            return self._new(Kind.DEATH, request, people, death_date=day)

        return self._submit(request, pb.SubmitDeathResponse, dossier)

    async def SubmitMarriage(self, request: pb.SubmitMarriageRequest, _: _Context) -> pb.SubmitMarriageResponse:
        """Files the registration of a marriage."""

        def dossier() -> Dossier:
            return self._new(Kind.MARRIAGE, request, read_people(request, "husband", "wife"))

        return self._submit(request, pb.SubmitMarriageResponse, dossier)

    async def GetAnswers(self, request: pb.GetAnswersRequest, _: _Context) -> pb.GetAnswersResponse:
        """How up to three of the caller's dossiers stand."""
        codes = rules.read_codes(request.codes)
        with self._database.reading() as documents:
            found = [rules.known(self._office.dossier(documents, code), "codes") for code in codes]
        return pb.GetAnswersResponse(answers=[_answer(dossier) for dossier in found])

    async def SupplementDossier(
        self, request: pb.SupplementDossierRequest, _: _Context
    ) -> pb.SupplementDossierResponse:
        """Corrects whom a dossier states; it is looked at again as one that comes now."""

        def supplement(documents: Transaction) -> pb.SupplementDossierResponse:
            before = rules.known(self._office.dossier(documents, request.code))
            dossier = rules.supplemented(before, corrections(request))
            self._office.store(documents, dossier)
            add_look_up(documents, dossier, self._due())
            return pb.SupplementDossierResponse(answer=_answer(dossier))

        return once(self._database, request, pb.SupplementDossierResponse, supplement)

    async def GetCertificate(self, request: pb.GetCertificateRequest, _: _Context) -> pb.GetCertificateResponse:
        """The extract of a certificate, for who knows whose it is."""
        number = read_text(request.certificate_number, "certificate_number", _LONGEST_NUMBER)
        claim = Claim(number, read_name(request.full_name), read_birth_date(request.birth_date))
        with self._database.reading() as documents:
            certificate = self._office.certificate(documents, number)
        result = rules.judge(certificate, claim)
        shown = _certificate(certificate) if certificate and result == rules.AGREES else None
        return pb.GetCertificateResponse(result=pb.CertificateResult.Name(result), certificate=shown)

    async def AmendCertificate(self, request: pb.AmendCertificateRequest, _: _Context) -> pb.AmendCertificateResponse:
        """Corrects a field of a certificate; its history says what was there before."""

        def amend(documents: Transaction) -> pb.AmendCertificateResponse:
            number = read_text(request.certificate_number, "certificate_number", _LONGEST_NUMBER)
            certificate = rules.amended(
                self._office.certificate(documents, number), client=caller().client, keeper=keeps(),
                field=request.field, old_value=request.old_value, new_value=request.new_value, reason=request.reason,
                at=self._clock.now(), today=self._clock.today(),
            )  # fmt: skip
            self._office.keep(documents, certificate)
            return pb.AmendCertificateResponse(certificate=_certificate(certificate))

        return once(self._database, request, pb.AmendCertificateResponse, amend)

    def _submit(self, request: Message, answer: type[_Submitted], dossier: Callable[[], Dossier]) -> _Submitted:
        def submit(documents: Transaction) -> _Submitted:
            filed = self._office.receive(documents, dossier(), self._clock.today())
            add_look_up(documents, filed, self._due())
            return answer(code=filed.code)

        return once(self._database, request, answer, submit)

    def _new(self, kind: Kind, request: Any, people: Mapping[str, Person], **more: Any) -> Dossier:
        filed_by = caller()
        return Dossier(
            code="", kind=kind, dossier_code=read_callers_code(request.dossier_code),
            province=read_province(request.province), traceparent=filed_by.begin_trace(),
            user_id=filed_by.assertion.user_id, received_at=self._clock.now(), people=people, **more,
        )  # fmt: skip

    def _due(self) -> int:
        """When a dossier that comes now is decided."""
        now = self._clock.moment()
        return micros_of(min(due_in_hours(now, self._hours), due_in_days(now, 0)))


def _answer(dossier: Dossier) -> pb.Answer:
    subject = dossier.subject or Person(number="", full_name="")
    answer = pb.Answer(
        code=dossier.code, state=pb.AnswerState.Name(dossier.state), reason=dossier.reason,
        certificate_number=dossier.certificate_number, citizen_number=subject.number, full_name=subject.full_name,
        population_transaction_id=dossier.transaction_id if dossier.subject else "",
    )  # fmt: skip
    if dossier.decided_at:
        answer.decided_at.FromMicroseconds(dossier.decided_at)
    return answer


def _certificate(certificate: Certificate) -> pb.Certificate:
    message = pb.Certificate(
        certificate_number=certificate.number, kind=_KINDS[certificate.kind], province=certificate.province,
        registered_on=certificate.registered.isoformat(), holder=_person(certificate.holder), sex=certificate.sex,
        death_date=certificate.death_date.isoformat() if certificate.death_date else "",
    )  # fmt: skip
    for role, person in certificate.relatives.items():
        getattr(message, role).CopyFrom(_person(person))
    for amended in certificate.amendments:
        amendment = message.amendments.add(
            field=pb.CertificateField.Name(amended.field), old_value=amended.old_value, new_value=amended.new_value,
            reason=amended.reason,
        )  # fmt: skip
        amendment.amended_at.FromMicroseconds(amended.at)
    return message


def _person(person: Person) -> pb.Person:
    return pb.Person(citizen_number=person.number, full_name=person.full_name, birth_date=person.birth_date)
