"""OneStopService on the wire: translates, asks the rules, keeps records. The province is the called subsystem's."""

from typing import Any

import grpc

from ndxp.agency.caller import caller
from ndxp.agency.claim import read_number
from ndxp.agency.database import Database, Transaction
from ndxp.agency.paging import page_limit
from ndxp.agency.replay import answered, once
from ndxp.agency.verification import Verification
from ndxp.clock import Clock
from ndxp.identifiers import member_of
from ndxp.one_stop.v1 import one_stop_pb2 as pb
from ndxp.one_stop.v1.one_stop_pb2_grpc import OneStopServiceServicer
from services.one_stop import rules
from services.one_stop.chains import chain_of
from services.one_stop.records import Desks
from services.one_stop.work import SUPPLEMENTED, Work

_Context = grpc.aio.ServicerContext[Any, Any]


class OneStopService(OneStopServiceServicer):
    """The methods of all one-stop systems."""

    def __init__(self, database: Database, desks: Desks, verification: Verification, work: Work, clock: Clock) -> None:
        self._database = database
        self._desks = desks
        self._verification = verification
        self._work = work
        self._clock = clock

    async def ReceiveDossier(self, request: pb.ReceiveDossierRequest, _: _Context) -> pb.ReceiveDossierResponse:
        """Verifies the applicant, unless the linked service has, and receives the dossier; a linked one only once."""
        province, dossier = _province(), rules.read_dossier(request, caller().client)
        if before := answered(self._database, request, pb.ReceiveDossierResponse, at=province):
            return before
        if not dossier.HasField("linked"):
            applicant = dossier.applicant
            verified = await self._verification.verify(
                applicant.citizen_number, applicant.full_name, applicant.birth_date, purpose=caller().assertion.purpose
            )
            rules.check_applicant(living=verified.living)

        def receive(documents: Transaction) -> pb.ReceiveDossierResponse:
            if there := self._desks.linked(documents, province, dossier.linked.linked_code):
                return pb.ReceiveDossierResponse(dossier=self._own(documents, there.code))
            traceparent = caller().begin_trace() if chain_of(dossier) else ""
            self._desks.receive(documents, province, dossier, now=self._clock.moment(), traceparent=traceparent)
            self._work.begin(documents, province, dossier, caller().assertion.transaction_id)
            self._desks.store(documents, province, dossier)
            return pb.ReceiveDossierResponse(dossier=self._own(documents, dossier.code))  # names whom it concerns

        return once(self._database, request, pb.ReceiveDossierResponse, receive, at=province)

    async def GetDossier(self, request: pb.GetDossierRequest, _: _Context) -> pb.GetDossierResponse:
        """A dossier as it is now."""
        with self._database.reading() as documents:
            return pb.GetDossierResponse(dossier=self._own(documents, request.code))

    async def ListDossiers(self, request: pb.ListDossiersRequest, _: _Context) -> pb.ListDossiersResponse:
        """A page of an applicant's dossiers, the latest first."""
        number, province, places = read_number(request.citizen_number), _province(), self._database.places
        size, before = page_limit(request.page_size), places.start(request.page_token, province, number)
        with self._database.reading() as documents:
            found = self._desks.of_citizen(documents, province, number, before=before, limit=size + 1)
        return pb.ListDossiersResponse(
            dossiers=[dossier for _seq, dossier in found[:size]],
            next_page_token=places.token(found[size - 1][0], province, number) if len(found) > size else "",
        )

    async def MoveDossier(self, request: pb.MoveDossierRequest, _: _Context) -> pb.MoveDossierResponse:
        """Gives a dossier another state."""
        province = _province()

        def move(documents: Transaction) -> pb.MoveDossierResponse:
            dossier = rules.check_officer(self._own(documents, request.code), caller().client, province)
            note = rules.check_move(dossier, request.state, request.note, chained=bool(chain_of(dossier)))
            if request.state in rules.ENDED and not dossier.HasField("ended_at"):
                rules.end(dossier, request.state, note, self._clock.moment())
            dossier.state, dossier.note = request.state, note
            if request.state == rules.DONE:
                self._desks.count_result(documents, province, dossier)
            what = f"moved the dossier to {pb.DossierState.Name(request.state).removeprefix('DOSSIER_STATE_')}"
            if request.state == rules.SUPPLEMENT:
                self._work.want_supplement(documents, province, dossier)
            self._note(documents, province, dossier, what, result=note)
            return pb.MoveDossierResponse(dossier=dossier)

        return once(self._database, request, pb.MoveDossierResponse, move, at=province)

    async def SupplementDossier(
        self, request: pb.SupplementDossierRequest, _: _Context
    ) -> pb.SupplementDossierResponse:
        """Takes the supplement; the agency that wanted it is asked again."""
        province = _province()

        def supplement(documents: Transaction) -> pb.SupplementDossierResponse:
            dossier = self._own(documents, request.code)
            text = rules.supplement(dossier, request)
            self._work.no_longer_want_supplement(documents, dossier)
            self._note(documents, province, dossier, SUPPLEMENTED, result=text)
            if chain_of(dossier):
                self._work.go_on(documents, province, dossier)
            return pb.SupplementDossierResponse(dossier=dossier)

        return once(self._database, request, pb.SupplementDossierResponse, supplement, at=province)

    async def WithdrawDossier(self, request: pb.WithdrawDossierRequest, _: _Context) -> pb.WithdrawDossierResponse:
        """Withdraws what has no result yet."""
        province = _province()

        def withdraw(documents: Transaction) -> pb.WithdrawDossierResponse:
            dossier = self._own(documents, request.code)
            rules.check_withdrawal(dossier, chained=bool(chain_of(dossier)))
            self._work.no_longer_want_supplement(documents, dossier)
            rules.end(dossier, rules.WITHDRAWN, "withdrawn by the applicant", self._clock.moment())
            self._note(documents, province, dossier, "the applicant withdrew the dossier")
            return pb.WithdrawDossierResponse(dossier=dossier)

        return once(self._database, request, pb.WithdrawDossierResponse, withdraw, at=province)

    async def GetPunctuality(self, _request: pb.GetPunctualityRequest, _: _Context) -> pb.GetPunctualityResponse:
        """The province's counts."""
        with self._database.reading() as documents:
            found = self._desks.punctuality(documents, _province(), self._clock.now())
        return pb.GetPunctualityResponse(
            received=found.received, online=found.online, ended=found.ended, on_time=found.on_time, late=found.late
        )

    def _own(self, documents: Transaction, code: str) -> pb.Dossier:
        return rules.known(self._desks.visible(documents, _province(), code))

    def _note(self, documents: Transaction, province: str, dossier: pb.Dossier, what: str, *, result: str = "") -> None:
        """Writes down what was done in the call under way, and keeps the dossier."""
        self._work.add_step(documents, province, dossier, what, caller().assertion.transaction_id, result=result)
        self._desks.store(documents, province, dossier)


def _province() -> str:
    """The member of the province that is called."""
    return member_of(caller().provider)
