"""LifeEventService on the wire: translates, asks the rules, keeps records."""

from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message

from ndxp.agency.caller import caller, on_errand
from ndxp.agency.database import Database, Transaction
from ndxp.agency.onward import OnwardFailed
from ndxp.agency.paging import page_limit
from ndxp.agency.place import read_province_member
from ndxp.agency.replay import answered, once
from ndxp.agency.verification import Verification
from ndxp.clock import Clock
from ndxp.errors import failed_precondition, invalid_argument
from ndxp.identifiers import member_of
from ndxp.life_events.v1 import life_events_pb2 as pb
from ndxp.life_events.v1.life_events_pb2_grpc import LifeEventServiceServicer
from services.life_events import rules
from services.life_events.delivery import Delivery, errand
from services.life_events.records import LifeEvents

_Context = grpc.aio.ServicerContext[Any, Any]
_Submitted = TypeVar("_Submitted", pb.SubmitBirthResponse, pb.SubmitDeathResponse)


class LifeEventService(LifeEventServiceServicer):
    """The linked service's methods."""

    def __init__(
        self, database: Database, life_events: LifeEvents, verification: Verification, delivery: Delivery, clock: Clock,
        *, push: bool,
    ) -> None:  # fmt: skip
        self._database = database
        self._life_events = life_events
        self._verification = verification
        self._delivery = delivery
        self._clock = clock
        self._push = push

    async def SubmitBirth(self, request: pb.SubmitBirthRequest, _: _Context) -> pb.SubmitBirthResponse:
        """Verifies the applicant, keeps the dossier, leaves the rest to the province."""
        dossier = pb.Dossier(
            kind=pb.LIFE_EVENT_KIND_BIRTH, province=read_province_member(request.province),
            applicant=rules.read_applicant(request.applicant), procedures=rules.OF_A_BIRTH,
            birth=rules.read_birth(request.birth, self._clock.today()),
        )  # fmt: skip
        return await self._submit(request, pb.SubmitBirthResponse, dossier)

    async def SubmitDeath(self, request: pb.SubmitDeathRequest, _: _Context) -> pb.SubmitDeathResponse:
        """Verifies the applicant, keeps the dossier, leaves the rest to the province."""
        procedures = rules.read_procedures(list(request.procedures))
        dossier = pb.Dossier(
            kind=pb.LIFE_EVENT_KIND_DEATH, province=read_province_member(request.province),
            applicant=rules.read_applicant(request.applicant), procedures=procedures,
            death=rules.read_death(request.death, procedures, self._clock.today()),
        )  # fmt: skip
        return await self._submit(request, pb.SubmitDeathResponse, dossier)

    async def GetDossier(self, request: pb.GetDossierRequest, _: _Context) -> pb.GetDossierResponse:
        """A dossier as it is now."""
        with self._database.reading() as documents:
            dossier = rules.known(self._life_events.visible(documents, request.code))
        return pb.GetDossierResponse(dossier=dossier)

    async def SupplementDossier(
        self, request: pb.SupplementDossierRequest, _: _Context
    ) -> pb.SupplementDossierResponse:
        """Takes the correction and leaves it to the province."""

        def supplement(documents: Transaction) -> pb.SupplementDossierResponse:
            dossier = rules.known(self._life_events.own(documents, request.code))
            rules.supplement(dossier, request, self._clock.today())
            self._add_step(dossier, "the applicant corrected the application")
            self._life_events.store(documents, dossier)
            number = sum(step.state == pb.DOSSIER_STATE_SUPPLEMENT for step in dossier.steps)
            documents.add_job("supplement", f"{dossier.code} more {number}", dossier.code.encode())
            return pb.SupplementDossierResponse(dossier=dossier)

        return once(self._database, request, pb.SupplementDossierResponse, supplement)

    async def WithdrawDossier(self, request: pb.WithdrawDossierRequest, _: _Context) -> pb.WithdrawDossierResponse:
        """Withdraws it at the province first: there it is known whether an agency works on it."""
        if before := answered(self._database, request, pb.WithdrawDossierResponse):
            return before
        with self._database.reading() as documents:
            dossier = rules.known(self._life_events.own(documents, request.code))
        rules.check_withdrawal(dossier)
        try:
            with on_errand(errand(dossier)):
                one_stop_code, transaction_id = await self._delivery.withdraw(dossier)
        except OnwardFailed as error:
            if not error.refusal:
                raise
            why = "an agency works on the dossier, or it has ended; it can no longer be withdrawn"
            raise failed_precondition(error.refusal, why, "code") from error

        def withdraw(documents: Transaction) -> pb.WithdrawDossierResponse:
            dossier = rules.known(self._life_events.own(documents, request.code))
            dossier.one_stop_code = one_stop_code
            rules.end(dossier, pb.DOSSIER_STATE_RETURNED, "withdrawn by the applicant", self._clock.now())
            self._add_step(dossier, "the applicant withdrew the dossier", transaction_id)
            self._life_events.store(documents, dossier)
            return pb.WithdrawDossierResponse(dossier=dossier)

        return once(self._database, request, pb.WithdrawDossierResponse, withdraw)

    async def ListNewDossiers(self, request: pb.ListNewDossiersRequest, _: _Context) -> pb.ListNewDossiersResponse:
        """A page of what waits for the calling province, the latest first."""
        province, places = member_of(caller().client), self._database.places
        size, before = page_limit(request.page_size), places.start(request.page_token, province)
        with self._database.reading() as documents:
            found = self._life_events.waiting(documents, province, before=before, limit=size + 1)
        return pb.ListNewDossiersResponse(
            dossiers=[dossier for _seq, dossier in found[:size]],
            next_page_token=places.token(found[size - 1][0], province) if len(found) > size else "",
        )

    async def ReportSteps(self, request: pb.ReportStepsRequest, _: _Context) -> pb.ReportStepsResponse:
        """Takes each step by itself: one that does not fit keeps no other back."""
        if not 1 <= len(request.steps) <= rules.MOST_REPORTED:
            raise invalid_argument("STEPS_INVALID", f"report 1 to {rules.MOST_REPORTED} steps", "steps")

        def report(documents: Transaction) -> pb.ReportStepsResponse:
            response = pb.ReportStepsResponse()
            for reported in request.steps:
                dossier = self._life_events.of_province(documents, reported.code)
                reply = rules.report(dossier, reported)
                if dossier and reply == pb.REPLY_TAKEN:
                    self._life_events.store(documents, dossier)
                response.outcomes.add(code=reported.code, reply=reply)
            return response

        return once(self._database, request, pb.ReportStepsResponse, report)

    async def _submit(self, request: Message, answer: type[_Submitted], dossier: pb.Dossier) -> _Submitted:
        if before := answered(self._database, request, answer):
            return before
        transaction_id = await self._verify(dossier)

        def submit(documents: Transaction) -> _Submitted:
            return answer(dossier=self._open(documents, dossier, transaction_id))

        return once(self._database, request, answer, submit)

    async def _verify(self, dossier: pb.Dossier) -> str:
        """Asks the population database whether the applicant lives; gives the transaction."""
        applicant = dossier.applicant
        verified = await self._verification.verify(
            applicant.citizen_number, applicant.full_name, applicant.birth_date, purpose=rules.PURPOSES[dossier.kind]
        )
        rules.check_applicant(matched=verified.matched, deceased=verified.deceased)
        return verified.transaction_id

    def _open(self, documents: Transaction, dossier: pb.Dossier, verification: str) -> pb.Dossier:
        now, begun_by = self._clock.moment(), caller()
        self._life_events.open(
            dossier, received=now, due=rules.due(dossier.kind, now),
            traceparent=begun_by.begin_trace(),
        )  # fmt: skip
        self._add_step(dossier, "received the application", begun_by.assertion.transaction_id)
        self._add_step(dossier, "verified the applicant at the population database", verification)
        self._life_events.store(documents, dossier)
        if self._push:
            documents.add_job("deliver", f"{dossier.code} in", dossier.code.encode())
        return dossier

    def _add_step(self, dossier: pb.Dossier, what: str, transaction_id: str = "") -> None:
        rules.add_step(dossier, what, self._clock.moment(), transaction_id or caller().assertion.transaction_id)
