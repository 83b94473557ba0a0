"""TaxService on the wire: translates, asks the rules, keeps records, and decides on slips by itself."""

from typing import Any
from uuid import uuid4

import grpc

from ndxp.agency.caller import Errand, caller, on_errand
from ndxp.agency.database import Database, Job, Transaction
from ndxp.agency.jobs import Settle
from ndxp.agency.onward import Onward, OnwardFailed, OnwardMethod
from ndxp.agency.replay import once
from ndxp.clock import Clock, micros_of
from ndxp.land.v1 import land_pb2 as land
from ndxp.tax.v1 import tax_pb2 as pb
from ndxp.tax.v1.tax_pb2_grpc import TaxServiceServicer
from ndxp.working_time import due_in_hours
from services.tax import rules
from services.tax.records import Slip, TaxOffice

_Context = grpc.aio.ServicerContext[Any, Any]

DECIDE = "decide"
PURPOSE = "land transfer"
TAX = "VN/GOV/G12/tax"

_SCANS = OnwardMethod(
    land.DESCRIPTOR.services_by_name["LandService"].methods_by_name["GetScannedDossier"],
    land.GetScannedDossierResponse,
    "the query of the scanned dossier at the land registry",
    "SCANNED_DOSSIER",
)


class TaxService(TaxServiceServicer):
    """The tax agency's methods, and its work on slips."""

    def __init__(self, database: Database, office: TaxOffice, onward: Onward, clock: Clock, hours: float) -> None:
        self._database = database
        self._office = office
        self._onward = onward
        self._clock = clock
        self._hours = hours

    async def SubmitTransferSlip(
        self, request: pb.SubmitTransferSlipRequest, _: _Context
    ) -> pb.SubmitTransferSlipResponse:
        """Takes a slip, to decide on it when it is due."""
        header = request.header

        def take(documents: Transaction) -> pb.SubmitTransferSlipResponse:
            rules.read_header(header.dossier_code, header.certificate_number, header.slip_number, header.sequence_id)
            due_at = micros_of(due_in_hours(self._clock.moment(), self._hours))
            slip = rules.read_slip(
                Slip(
                    slip_number=header.slip_number, dossier_code=header.dossier_code,
                    certificate_number=header.certificate_number, seller_number=request.seller_number,
                    buyer_number=request.buyer_number, area=request.area, price=request.price, due_at=due_at,
                    traceparent=caller().begin_trace(),
                )
            )  # fmt: skip
            rules.no_slip_yet(self._office.slip_for_work(documents, slip.slip_number))
            self._office.store(documents, slip)
            documents.add_job(DECIDE, slip.slip_number, due=due_at)
            answer = pb.SubmitTransferSlipResponse(header=self._answering(header, slip))
            answer.due_at.FromMicroseconds(due_at)
            return answer

        return once(self._database, request, pb.SubmitTransferSlipResponse, take)

    async def GetTaxNotice(self, request: pb.GetTaxNoticeRequest, _: _Context) -> pb.GetTaxNoticeResponse:
        """The notice of a slip, as far as it is."""
        with self._database.reading() as documents:
            slip = rules.known_slip(self._office.slip(documents, request.header.slip_number))
        answer = pb.GetTaxNoticeResponse(
            header=self._answering(request.header, slip), state=pb.NoticeState.Name(slip.state),
            notice_number=slip.notice_number, income_tax=slip.income_tax, registration_fee=slip.registration_fee,
            reason=slip.reason,
        )  # fmt: skip
        if slip.pay_by:
            answer.pay_by.FromMicroseconds(slip.pay_by)
        return answer

    async def GetObligation(self, request: pb.GetObligationRequest, _: _Context) -> pb.GetObligationResponse:
        """What is still owed for a notice."""
        with self._database.reading() as documents:
            slip = rules.known_notice(self._office.by_notice(documents, request.notice_number))
        header = self._answering(request.header, slip)
        answer = pb.GetObligationResponse(header=header, amount=slip.amount, owed=rules.owed(slip))
        if slip.paid_at:
            answer.paid_at.FromMicroseconds(slip.paid_at)
        return answer

    async def RecordPayment(self, request: pb.RecordPaymentRequest, _: _Context) -> pb.RecordPaymentResponse:
        """Records that a notice was paid."""

        def record(documents: Transaction) -> pb.RecordPaymentResponse:
            slip = rules.known_notice(self._office.by_notice(documents, request.notice_number))
            paid = rules.paid(slip, request.amount, request.receipt, self._clock.now())
            self._office.store(documents, paid)
            return pb.RecordPaymentResponse(owed=rules.owed(paid))

        return once(self._database, request, pb.RecordPaymentResponse, record)

    async def decide(self, job: Job) -> Settle:
        """Asks the land registry for the scanned dossier, and issues the notice or refuses."""
        with self._database.reading() as documents:
            slip = rules.known_slip(self._office.slip_for_work(documents, job.key))
        errand = Errand(provider=TAX, traceparent=slip.traceparent, message_id=slip.dossier_code, purpose=PURPOSE)
        question = land.GetScannedDossierRequest(header=_header(slip))
        with on_errand(errand):
            try:
                scans = (await self._onward.call(_SCANS, question)).answer.documents
                decided = rules.decided(slip, self._clock.moment(), [(scan.content, scan.sha256) for scan in scans])
            except OnwardFailed as error:
                if not error.refusal:
                    raise
                decided = rules.refused(slip, error.refusal)
        return lambda documents: self._office.store(documents, decided)

    def _answering(self, header: pb.Header, slip: Slip) -> pb.Header:
        answer = _header(slip)
        answer.sequence_reference = header.sequence_id
        answer.debt_recorded = rules.is_debt(slip, self._clock.now())
        return answer


def _header(slip: Slip) -> pb.Header:
    """The header of a message of the tax agency's own."""
    return pb.Header(
        sequence_id=str(uuid4()), dossier_code=slip.dossier_code, certificate_number=slip.certificate_number,
        slip_number=slip.slip_number,
    )  # fmt: skip
