"""SocialSecurityService on the wire: translates, asks the rules, keeps records."""

from typing import Any

import grpc

from ndxp.agency.caller import caller
from ndxp.agency.claim import read_claim
from ndxp.agency.database import Database, Transaction
from ndxp.agency.dossier_code import read_callers_code
from ndxp.agency.replay import answered, once
from ndxp.agency.stated import corrections, read_people
from ndxp.agency.verification import Verification
from ndxp.clock import Clock, micros_of
from ndxp.social_security.v1 import social_security_pb2 as pb
from ndxp.social_security.v1.social_security_pb2_grpc import SocialSecurityServiceServicer
from ndxp.working_time import due_in_days, due_in_hours
from ndxp.world.registers.participation import Participant
from services.social_security import rules
from services.social_security.decisions import add_decision
from services.social_security.records import Claim, Fund

_Context = grpc.aio.ServicerContext[Any, Any]


class SocialSecurityService(SocialSecurityServiceServicer):
    """Social security's methods."""

    def __init__(self, database: Database, fund: Fund, verification: Verification, clock: Clock, hours: float) -> None:
        self._database = database
        self._fund = fund
        self._verification = verification
        self._clock = clock
        self._hours = hours

    async def ClaimDeathBenefits(
        self, request: pb.ClaimDeathBenefitsRequest, _: _Context
    ) -> pb.ClaimDeathBenefitsResponse:
        """Files a claim."""

        def file(documents: Transaction) -> pb.ClaimDeathBenefitsResponse:
            rules.check_something_claimed(funeral=request.funeral, survivors=request.survivors)
            due_at, decided_at = self._due()
            filed_by = caller()
            claim = self._fund.receive(documents, Claim(
                code="", dossier_code=read_callers_code(request.dossier_code),
                people=read_people(request, *rules.ROLES), funeral=request.funeral, survivors=request.survivors,
                traceparent=filed_by.begin_trace(), user_id=filed_by.assertion.user_id, due_at=due_at,
            ), self._clock.today())  # fmt: skip
            add_decision(documents, claim, decided_at)
            return pb.ClaimDeathBenefitsResponse(claim=_shown(claim))

        return once(self._database, request, pb.ClaimDeathBenefitsResponse, file)

    async def GetClaim(self, request: pb.GetClaimRequest, _: _Context) -> pb.GetClaimResponse:
        """A claim of the caller's as it is now."""
        with self._database.reading() as documents:
            claim = rules.known(self._fund.claim(documents, request.code))
        return pb.GetClaimResponse(claim=_shown(claim))

    async def SupplementClaim(self, request: pb.SupplementClaimRequest, _: _Context) -> pb.SupplementClaimResponse:
        """Corrects whom a claim states; it is due as one that comes now."""

        def supplement(documents: Transaction) -> pb.SupplementClaimResponse:
            before = rules.known(self._fund.claim(documents, request.code))
            due_at, decided_at = self._due()
            claim = rules.supplemented(before, corrections(request), due_at)
            self._fund.store(documents, claim)
            add_decision(documents, claim, decided_at)
            return pb.SupplementClaimResponse(claim=_shown(claim))

        return once(self._database, request, pb.SupplementClaimResponse, supplement)

    async def WithdrawClaim(self, request: pb.WithdrawClaimRequest, _: _Context) -> pb.WithdrawClaimResponse:
        """Withdraws a claim that is not decided yet."""

        def withdraw(documents: Transaction) -> pb.WithdrawClaimResponse:
            claim = rules.withdrawn(rules.known(self._fund.claim(documents, request.code)), self._clock.now())
            self._fund.store(documents, claim)
            return pb.WithdrawClaimResponse(claim=_shown(claim))

        return once(self._database, request, pb.WithdrawClaimResponse, withdraw)

    async def GetParticipation(self, request: pb.GetParticipationRequest, _: _Context) -> pb.GetParticipationResponse:
        """The participation of one citizen."""
        claim = read_claim(request.citizen_number, request.full_name, request.birth_date)
        citizen = self._fund.citizen(claim.number)
        if citizen is None or not claim.agrees_with(citizen.full_name, citizen.birth_date):
            return pb.GetParticipationResponse()
        with self._database.reading() as documents:
            participant = self._fund.participant(documents, claim.number)
        return pb.GetParticipationResponse(
            matched=True, participation=_participation(participant) if participant else None
        )

    async def StopPension(self, request: pb.StopPensionRequest, _: _Context) -> pb.StopPensionResponse:
        """Stops the pension of whom the population database has as dead."""
        claim = read_claim(request.citizen_number, request.full_name, request.birth_date)
        if before := answered(self._database, request, pb.StopPensionResponse):
            return before
        verified = await self._verification.verify(
            claim.number, request.full_name, request.birth_date, purpose="stop of a pension"
        )
        rules.check_death(matched=verified.matched, deceased=verified.deceased)

        def stop(documents: Transaction) -> pb.StopPensionResponse:
            rules.check_pension_stopped(self._fund.end(documents, claim.number))
            response = pb.StopPensionResponse(verification_transaction_id=verified.transaction_id)
            response.stopped_at.FromMicroseconds(self._clock.now())
            return response

        return once(self._database, request, pb.StopPensionResponse, stop)

    def _due(self) -> tuple[int, int]:
        """When a claim that comes now is due, and when it is decided."""
        now = self._clock.moment()
        due = due_in_days(now, rules.DAYS)
        return micros_of(due), micros_of(min(due, due_in_hours(now, self._hours)))


def _shown(claim: Claim) -> pb.Claim:
    message = pb.Claim(
        code=claim.code, dossier_code=claim.dossier_code, state=pb.ClaimState.Name(claim.state), reason=claim.reason,
        funeral_allowance=claim.funeral_allowance, survivors_allowance=claim.survivors_allowance,
        pension_stopped=claim.pension_stopped, verification_transaction_id=claim.verification_transaction_id,
    )  # fmt: skip
    message.due_at.FromMicroseconds(claim.due_at)
    if claim.decided_at:
        message.decided_at.FromMicroseconds(claim.decided_at)
    return message


def _participation(participant: Participant) -> pb.Participation:
    return pb.Participation(
        social_insurance_number=participant.number, since=f"{participant.since:%Y-%m}", months=participant.months,
        contributes=participant.contributes, pension=participant.pension,
    )  # fmt: skip
