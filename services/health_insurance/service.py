"""HealthInsuranceService on the wire: translates, asks the rules, keeps records."""

from typing import Any

import grpc

from ndxp.agency.claim import Claim, read_claim, read_number
from ndxp.agency.database import Database, Transaction
from ndxp.agency.paging import page_limit
from ndxp.agency.replay import answered, once
from ndxp.agency.rights import new_id
from ndxp.agency.verification import Verification
from ndxp.clock import Clock
from ndxp.health_insurance.v1 import health_insurance_pb2 as pb
from ndxp.health_insurance.v1.health_insurance_pb2_grpc import HealthInsuranceServiceServicer
from ndxp.world.registers.health_insurance import InsuranceCard
from services.health_insurance import rules
from services.health_insurance.records import Insurer, Visit

_Context = grpc.aio.ServicerContext[Any, Any]


class HealthInsuranceService(HealthInsuranceServiceServicer):
    """The insurer's methods."""

    def __init__(self, database: Database, insurer: Insurer, verification: Verification, clock: Clock) -> None:
        self._database = database
        self._insurer = insurer
        self._verification = verification
        self._clock = clock

    async def GetCard(self, request: pb.GetCardRequest, _: _Context) -> pb.GetCardResponse:
        """Judges the card by the insurer's own records."""
        with self._database.reading() as documents:
            judgement = self._judge(documents, request.number, request.full_name, request.birth_date)
        card = _card(judgement.card) if judgement.card else None
        return pb.GetCardResponse(result_code=judgement.result, note=judgement.result.note, card=card)

    async def CheckIn(self, request: pb.CheckInRequest, _: _Context) -> pb.CheckInResponse:
        """Verifies at the population database, judges the card, records the visit."""
        claim, facility = _citizen_claim(request), rules.read_facility(request.facility)
        if before := answered(self._database, request, pb.CheckInResponse):
            return before
        verified = await self._verification.verify(
            claim.number, request.full_name, request.birth_date, purpose="health insurance check-in"
        )

        def check_in(documents: Transaction) -> pb.CheckInResponse:
            result = self._judge(documents, claim.number, request.full_name, request.birth_date).result
            admitted = rules.admitted(living=verified.living, result=result)
            visit = self._add_visit(documents, claim.number, facility, "check-in") if admitted else None
            return pb.CheckInResponse(
                admitted=admitted, citizen_matched=verified.matched, result_code=result,
                note=rules.DECEASED_NOTE if verified.deceased else result.note,
                visit=visit, verification_transaction_id=verified.transaction_id,
            )  # fmt: skip

        return once(self._database, request, pb.CheckInResponse, check_in)

    async def IssueChildCard(self, request: pb.IssueChildCardRequest, _: _Context) -> pb.IssueChildCardResponse:
        """Verifies the child at the population database and issues the card."""
        claim = _citizen_claim(request)
        birth_date, province = rules.read_child(request.birth_date, request.province)
        if before := answered(self._database, request, pb.IssueChildCardResponse):
            return before
        verified = await self._verification.verify(
            claim.number, request.full_name, request.birth_date, purpose="health insurance card of a child"
        )
        rules.check_child(living=verified.living, birth_date=birth_date)

        def issue(documents: Transaction) -> pb.IssueChildCardResponse:
            rules.no_card_yet(self._insurer.card(documents, claim.number))
            card = rules.child_card(
                citizen_number=claim.number, full_name=request.full_name.strip(), birth_date=birth_date,
                province=province,
                social_insurance_number=self._insurer.social_insurance_number(documents, claim.number),
            )  # fmt: skip
            self._insurer.add_card(documents, card)
            return pb.IssueChildCardResponse(card=_card(card))

        return once(self._database, request, pb.IssueChildCardResponse, issue)

    async def RecordVisit(self, request: pb.RecordVisitRequest, _: _Context) -> pb.RecordVisitResponse:
        """Records a visit of somebody who has a card, valid or not."""

        def record(documents: Transaction) -> pb.RecordVisitResponse:
            number, facility = read_number(request.citizen_number), rules.read_facility(request.facility)
            purpose = rules.read_purpose(request.purpose)
            rules.insured(self._insurer.card(documents, number))
            return pb.RecordVisitResponse(visit=self._add_visit(documents, number, facility, purpose))

        return once(self._database, request, pb.RecordVisitResponse, record)

    async def ListVisits(self, request: pb.ListVisitsRequest, _: _Context) -> pb.ListVisitsResponse:
        """A page of visits, the latest first."""
        number = read_number(request.citizen_number)
        size, before = page_limit(request.page_size), self._database.places.start(request.page_token, number)
        with self._database.reading() as documents:
            found = self._insurer.visits(documents, number, before=before, limit=size + 1)
        return pb.ListVisitsResponse(
            visits=[_visit(visit) for _seq, visit in found[:size]],
            next_page_token=self._database.places.token(found[size - 1][0], number) if len(found) > size else "",
        )

    def _judge(self, documents: Transaction, number: str, full_name: str, birth_date: str) -> rules.Judgement:
        claim = rules.read_card_claim(number, full_name, birth_date)
        card = self._insurer.card_by_number(documents, claim.number) if claim else None
        return rules.judge(claim, card, self._clock.today())

    def _add_visit(self, documents: Transaction, citizen_number: str, facility: str, purpose: str) -> pb.Visit:
        visit = Visit(
            visit_id=new_id(),
            citizen_number=citizen_number,
            facility=facility,
            recorded_at=self._clock.now(),
            purpose=purpose,
        )
        self._insurer.add_visit(documents, visit)
        return _visit(visit)


def _citizen_claim(request: pb.CheckInRequest | pb.IssueChildCardRequest) -> Claim:
    return read_claim(request.citizen_number, request.full_name, request.birth_date)


def _visit(visit: Visit) -> pb.Visit:
    message = pb.Visit(
        visit_id=visit.visit_id,
        citizen_number=visit.citizen_number,
        facility=visit.facility,
        purpose=visit.purpose,
    )
    message.recorded_at.FromMicroseconds(visit.recorded_at)
    return message


def _card(card: InsuranceCard) -> pb.Card:
    return pb.Card(
        card_number=card.number, old_card_number=card.old_number, social_insurance_number=card.number,
        full_name=card.name, birth_date=card.birth_date.isoformat(), valid_from=card.valid_from.isoformat(),
        valid_to=card.valid_to.isoformat(), first_facility=card.facility_code, area_code=card.area_code,
        five_years_from=card.five_years_from.isoformat(), benefit_percent=rules.benefit_percent(card),
    )  # fmt: skip
