"""WalletService on the wire: asks the agencies side by side, presents documents, keeps reports."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from ndxp.agency.caller import caller
from ndxp.agency.claim import read_claim
from ndxp.agency.database import Database, Transaction
from ndxp.agency.day import day_of
from ndxp.agency.onward import Onward, OnwardFailed, OnwardMethod
from ndxp.agency.paging import page_limit
from ndxp.agency.place import province_of, read_address
from ndxp.agency.replay import answered, once
from ndxp.agency.rights import new_code
from ndxp.clock import Clock, real_now
from ndxp.driving_licences.v1 import driving_licences_pb2 as licences
from ndxp.health_insurance.v1 import health_insurance_pb2 as insurance
from ndxp.identifiers import member_of
from ndxp.jwk import public_jwk
from ndxp.passports.v1 import passports_pb2 as passports
from ndxp.residence.v1 import residence_pb2 as residence
from ndxp.sd_jwt import issue, present
from ndxp.vehicles.v1 import vehicles_pb2 as vehicles
from ndxp.wallet.v1 import wallet_pb2 as pb
from ndxp.wallet.v1.wallet_pb2_grpc import WalletServiceServicer
from ndxp.world import Citizen
from services.wallet import rules
from services.wallet.records import Report, Wallets

_Context = grpc.aio.ServicerContext[Any, Any]
_Holder = pb.GetDocumentsRequest | pb.PresentDocumentRequest | pb.ReportOffenceRequest

NO_ANSWER_IN_TIME = "NO_ANSWER_IN_TIME"
_PART_OF_TIME = 0.8
"""Share of the caller's remaining time in which the agencies have to answer."""


@dataclass(frozen=True, slots=True)
class _Source:
    """Where documents of a kind come from: the agency, the question, and what its answer has of them."""

    agency: str
    method: OnwardMethod[Any]
    ask: Callable[[_Holder], Message]
    read: Callable[[Any], list[rules.Claims]]


def _method(module: Any, service: str, method: str) -> OnwardMethod[Any]:
    described = module.DESCRIPTOR.services_by_name[service].methods_by_name[method]
    answer = GetMessageClass(described.output_type)
    return OnwardMethod(described, answer, "the question to the keeper of the document", "DOCUMENT")


_SOURCES = {
    rules.Kind.HEALTH_INSURANCE: _Source(
        "VN/GOV/G24/health-insurance",
        _method(insurance, "HealthInsuranceService", "GetCard"),
        lambda holder: insurance.GetCardRequest(
            number=holder.citizen_number, full_name=holder.full_name, birth_date=holder.birth_date
        ),
        rules.insurance_cards,
    ),
    rules.Kind.PASSPORT: _Source(
        "VN/GOV/G01/passports",
        _method(passports, "PassportService", "ListPassports"),
        lambda holder: passports.ListPassportsRequest(citizen_number=holder.citizen_number),
        rules.passport_documents,
    ),
    rules.Kind.VEHICLE: _Source(
        "VN/GOV/G01/vehicles",
        _method(vehicles, "VehicleService", "ListRegistrations"),
        lambda holder: vehicles.ListRegistrationsRequest(citizen_number=holder.citizen_number),
        rules.vehicle_documents,
    ),
    rules.Kind.DRIVING_LICENCE: _Source(
        "VN/GOV/G04/driving-licences",
        _method(licences, "DrivingLicenceService", "ListLicences"),
        lambda holder: licences.ListLicencesRequest(citizen_number=holder.citizen_number),
        rules.licence_documents,
    ),
    rules.Kind.RESIDENCE: _Source(
        "VN/GOV/G01/residence",
        _method(residence, "ResidenceService", "ConfirmResidence"),
        lambda holder: residence.ConfirmResidenceRequest(
            citizen_number=holder.citizen_number, full_name=holder.full_name, birth_date=holder.birth_date
        ),
        rules.residence_documents,
    ),
}


@dataclass(frozen=True, slots=True)
class _Got:
    """What came of the question for one kind: documents, or what is missing.

    ``differs`` says that the agency answered, and has the citizen otherwise.
    """

    documents: Sequence[rules.Claims] = ()
    transaction_id: str = ""
    missing: pb.MissingDocument | None = None
    differs: bool = False


class WalletService(WalletServiceServicer):
    """The wallet's methods; it signs as ``issuer`` and waits ``wait_seconds`` for an agency."""

    def __init__(
        self, database: Database, wallets: Wallets, onward: Onward, clock: Clock, *, issuer: str, wait_seconds: float
    ) -> None:
        self._database = database
        self._wallets = wallets
        self._onward = onward
        self._clock = clock
        self._issuer = issuer
        self._wait_seconds = wait_seconds
        with database.transaction() as documents:
            self._key = wallets.issuer_key(documents)

    async def GetDocuments(self, request: pb.GetDocumentsRequest, _: _Context) -> pb.GetDocumentsResponse:
        """Asks the agencies side by side."""
        self._holder(request)
        kinds = rules.read_kinds(request.kinds)
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(self._got(kind, request)) for kind in kinds]
        answer = pb.GetDocumentsResponse()
        for kind, task in zip(kinds, asked, strict=True):
            got = task.result()
            if got.missing:
                answer.missing.append(got.missing)
            for document in got.documents:
                claims = [pb.DocumentClaim(name=name, value=value) for name, value in document.items()]
                answer.documents.add(
                    kind=pb.DocumentKind.Name(kind), source=_SOURCES[kind].agency, claims=claims,
                    transaction_id=got.transaction_id,
                )  # fmt: skip
        return answer

    async def PresentDocument(self, request: pb.PresentDocumentRequest, _: _Context) -> pb.PresentDocumentResponse:
        """Signs a document with the chosen claims for one audience."""
        holder, kind = self._holder(request), rules.read_kind(request.kind)
        audience, nonce = rules.read_audience(request.audience), rules.read_nonce(request.nonce)
        if before := answered(self._database, request, pb.PresentDocumentResponse):
            return before
        got = await self._got(kind, request)
        if got.missing:
            raise rules.not_presentable(got.missing.source, got.missing.reason, differs=got.differs)
        document = rules.chosen(got.documents, request.which)
        names = rules.read_claims(request.claims, document)

        def sign(documents: Transaction) -> pb.PresentDocumentResponse:
            now, key = real_now() // 1_000_000, self._wallets.holder_key(documents, holder.number)
            until = now + rules.GOOD_SECONDS
            issued = issue(
                document, open_claims={"vct": kind.name.lower(), "source": _SOURCES[kind].agency},
                issuer=self._issuer, key=self._key, holder=key, issued_at=now, expires_at=until,
            )  # fmt: skip
            presentation = present(issued, names, holder=key, audience=audience, nonce=nonce, now=now)
            answer = pb.PresentDocumentResponse(presentation=presentation)
            answer.expires_at.FromSeconds(until)
            return answer

        return once(self._database, request, pb.PresentDocumentResponse, sign)

    async def GetIssuerKeys(self, _request: pb.GetIssuerKeysRequest, _: _Context) -> pb.GetIssuerKeysResponse:
        """The public half of the key."""
        jwk = public_jwk(self._key)
        keys = [pb.IssuerKey(kid=jwk["kid"], jwk=json.dumps(jwk))]
        return pb.GetIssuerKeysResponse(issuer=self._issuer, keys=keys)

    async def ReportOffence(self, request: pb.ReportOffenceRequest, _: _Context) -> pb.ReportOffenceResponse:
        """Receives a report for the province where it happened."""
        holder, place, now = self._holder(request), request.place, self._clock.now()
        address = read_address(
            province=place.province, district=place.district, ward=place.ward, detail=place.detail, field="place"
        )
        text, photo = rules.read_report_text(request.text), rules.read_photo(request.photo_sha256)

        def receive(documents: Transaction) -> pb.ReportOffenceResponse:
            rules.few_enough(self._wallets.reported_before(documents, holder.number, now))
            report = Report(
                report_id=new_code("PA", day_of(now)), reporter=holder.number, text=text, place=address,
                photo_sha256=photo, received_at=now, state=rules.ReportState.RECEIVED,
            )  # fmt: skip
            self._wallets.store(documents, report)
            return pb.ReportOffenceResponse(report=_report(report))

        return once(self._database, request, pb.ReportOffenceResponse, receive)

    async def GetReport(self, request: pb.GetReportRequest, _: _Context) -> pb.GetReportResponse:
        """A report as it is now."""
        with self._database.reading() as documents:
            report = self._wallets.report(documents, request.report_id, province_of(member_of(caller().client)))
        return pb.GetReportResponse(report=_report(rules.known(report)))

    async def ListReports(self, request: pb.ListReportsRequest, _: _Context) -> pb.ListReportsResponse:
        """A page of the calling province's reports, the latest first."""
        province = rules.a_province(province_of(member_of(caller().client)))
        size, before = page_limit(request.page_size), self._database.places.start(request.page_token)
        with self._database.reading() as documents:
            found = self._wallets.reports(documents, province, before=before, limit=size + 1)
        return pb.ListReportsResponse(
            reports=[_report(report) for _seq, report in found[:size]],
            next_page_token=self._database.places.token(found[size - 1][0]) if len(found) > size else "",
        )

    async def AnswerReport(self, request: pb.AnswerReportRequest, _: _Context) -> pb.AnswerReportResponse:
        """Stores what the province does about a report."""
        province = province_of(member_of(caller().client))

        def answer(documents: Transaction) -> pb.AnswerReportResponse:
            report = rules.known(self._wallets.province_report(documents, request.report_id, province))
            after = rules.answered(report, request.state, request.answer, self._clock.now())
            self._wallets.store(documents, after)
            return pb.AnswerReportResponse(report=_report(after))

        return once(self._database, request, pb.AnswerReportResponse, answer)

    def _holder(self, request: _Holder) -> Citizen:
        claim = read_claim(request.citizen_number, request.full_name, request.birth_date)
        return rules.account_of(claim, self._wallets.holder(claim.number))

    async def _got(self, kind: rules.Kind, request: _Holder) -> _Got:
        """The documents of one kind, or why there is no answer; the caller's other documents do not wait for it."""
        source = _SOURCES[kind]
        missing = pb.MissingDocument(kind=pb.DocumentKind.Name(kind), source=source.agency)
        try:
            async with asyncio.timeout(min(self._wait_seconds, _PART_OF_TIME * caller().remaining)):
                given = await self._onward.call(source.method, source.ask(request), purpose=rules.PURPOSE)
            missing.transaction_id = given.transaction_id
            return _Got(source.read(given.answer), given.transaction_id)
        except TimeoutError:
            missing.reason = NO_ANSWER_IN_TIME
        except rules.ResultDiffers as differs:
            missing.reason = differs.reason
            return _Got(missing=missing, differs=True)
        except OnwardFailed as error:
            missing.reason = error.reason
            if failure := error.failure:
                missing.reason = failure.reason or failure.code.name
                missing.hop, missing.transaction_id = failure.hop or failure.origin, failure.transaction_id
        return _Got(missing=missing)


def _report(report: Report) -> pb.Report:
    place = report.place
    message = pb.Report(
        report_id=report.report_id, text=report.text, photo_sha256=report.photo_sha256,
        place=pb.Place(province=place.province, district=place.district, ward=place.ward, detail=place.detail),
        state=pb.ReportState.Name(report.state), answer=report.answer,
    )  # fmt: skip
    message.received_at.FromMicroseconds(report.received_at)
    if report.answered_at:
        message.answered_at.FromMicroseconds(report.answered_at)
    return message
