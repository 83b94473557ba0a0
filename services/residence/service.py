"""ResidenceService on the wire: translates, asks the rules, keeps records; decides what was filed when it is due."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import grpc

from ndxp.agency.caller import Errand, caller, on_errand
from ndxp.agency.claim import read_claim, read_day, read_number
from ndxp.agency.database import Database, Job, Transaction
from ndxp.agency.day import day_of
from ndxp.agency.dossier_code import read_callers_code
from ndxp.agency.jobs import Settle
from ndxp.agency.moment import read_moment
from ndxp.agency.onward import OnwardFailed
from ndxp.agency.place import read_address
from ndxp.agency.replay import once
from ndxp.agency.rights import new_code
from ndxp.agency.verification import Verification, Verified
from ndxp.clock import Clock, micros_of
from ndxp.errors import AgencyError, Code
from ndxp.population.v1 import population_pb2 as population
from ndxp.residence.v1 import residence_pb2 as pb
from ndxp.residence.v1.residence_pb2_grpc import ResidenceServiceServicer
from ndxp.working_time import due_in_days, due_in_hours
from ndxp.world import Address, Relation, Relative
from services.residence import rules
from services.residence.records import Filing, Home, Kind, Register, Resident, Stay

DECISION = "decision"
"""The kind of the job that decides a filing; its key is the filing's code."""

_Context = grpc.aio.ServicerContext[Any, Any]


class ResidenceService(ResidenceServiceServicer):
    """The register's methods. ``hours`` of working time pass until a filing is decided, as ``subsystem``."""

    def __init__(
        self,
        database: Database,
        register: Register,
        verification: Verification,
        clock: Clock,
        *,
        hours: float,
        subsystem: str,
    ) -> None:
        self._database = database
        self._register = register
        self._verification = verification
        self._clock = clock
        self._hours = hours
        self._subsystem = subsystem

    async def RegisterResidence(
        self, request: pb.RegisterResidenceRequest, _: _Context
    ) -> pb.RegisterResidenceResponse:
        """Files a registration."""
        kind, member = rules.read_kind(request.kind), request.household_member
        rules.check_one_home(member, has_address=request.HasField("address"))
        if member:
            read_number(member, field="household_member")
        address = _read_address(request.address, "address") if request.HasField("address") else None

        def register(documents: Transaction) -> pb.RegisterResidenceResponse:
            filing = self._file(documents, request, kind, household_member=member, address=address)
            return pb.RegisterResidenceResponse(filing=_filing(filing))

        return once(self._database, request, pb.RegisterResidenceResponse, register)

    async def RemoveResidence(self, request: pb.RemoveResidenceRequest, _: _Context) -> pb.RemoveResidenceResponse:
        """Files a removal."""

        def remove(documents: Transaction) -> pb.RemoveResidenceResponse:
            return pb.RemoveResidenceResponse(filing=_filing(self._file(documents, request, Kind.REMOVAL)))

        return once(self._database, request, pb.RemoveResidenceResponse, remove)

    async def GetFiling(self, request: pb.GetFilingRequest, _: _Context) -> pb.GetFilingResponse:
        """A filing as it is now."""
        with self._database.reading() as documents:
            filing = rules.known_filing(self._register.filing(documents, request.code))
        return pb.GetFilingResponse(filing=_filing(filing))

    async def ConfirmResidence(self, request: pb.ConfirmResidenceRequest, _: _Context) -> pb.ConfirmResidenceResponse:
        """The population database's record with what this register has registered since."""
        claim = read_claim(request.citizen_number, request.full_name, request.birth_date)
        verified = await self._verification.verify(
            claim.number, request.full_name, request.birth_date, purpose=rules.CONFIRMATION
        )
        with self._database.reading() as documents:
            self._register.name(documents, claim.number)
            resident = self._register.resident(documents, claim.number)
        answer = pb.ConfirmResidenceResponse(population_transaction_id=verified.transaction_id)
        if verified.matched:
            answer.removed = resident.removed
            if not resident.removed:
                answer.book.CopyFrom(_book(verified.record, resident))
                if resident.temporary:
                    answer.temporary_address.CopyFrom(_address(resident.temporary.address))
        return answer

    async def NotifyStay(self, request: pb.NotifyStayRequest, _: _Context) -> pb.NotifyStayResponse:
        """Takes one stay."""

        def notify(documents: Transaction) -> pb.NotifyStayResponse:
            outcome, stay = self._notify(documents, request.notice)
            return pb.NotifyStayResponse(outcome=outcome, stay=stay)

        return once(self._database, request, pb.NotifyStayResponse, notify)

    async def NotifyStays(
        self, requests: AsyncIterator[pb.NotifyStaysRequest], _: _Context
    ) -> AsyncIterator[pb.NotifyStaysResponse]:
        """Takes each line in a transaction of its own; between two lines the other calls get their turn."""
        lines = 0
        async for request in requests:
            lines += 1
            if lines > rules.MOST_LINES:
                message = f"a stream notifies {rules.MOST_LINES} stays at most; the lines with an answer are taken"
                raise AgencyError(Code.INVALID_ARGUMENT, "TOO_MANY_LINES", message)
            await asyncio.sleep(0)
            yield self._take(request)

    async def GetStay(self, request: pb.GetStayRequest, _: _Context) -> pb.GetStayResponse:
        """A stay as it is now."""
        with self._database.reading() as documents:
            return pb.GetStayResponse(stay=_stay(rules.known_stay(self._register.stay(documents, request.stay_id))))

    async def WithdrawStay(self, request: pb.WithdrawStayRequest, _: _Context) -> pb.WithdrawStayResponse:
        """Withdraws a stay that is not over."""

        def withdraw(documents: Transaction) -> pb.WithdrawStayResponse:
            stay = rules.known_stay(self._register.stay(documents, request.stay_id))
            withdrawn = self._register.withdraw_stay(documents, rules.withdrawable(stay, self._clock.today()))
            return pb.WithdrawStayResponse(stay=_stay(withdrawn))

        return once(self._database, request, pb.WithdrawStayResponse, withdraw)

    async def CountStays(self, request: pb.CountStaysRequest, _: _Context) -> pb.CountStaysResponse:
        """The figures of a night."""
        night = read_day(request.night, "night") if request.night else self._clock.today()
        with self._database.reading() as documents:
            guests = self._register.guests(documents, night)
        figures = [pb.ProvinceStays(province=province, stays=stays) for province, stays in guests.items()]
        return pb.CountStaysResponse(night=night.isoformat(), provinces=figures)

    async def decide(self, job: Job) -> Settle:
        """Decides a filing that is due."""
        with self._database.reading() as documents:
            filing = self._register.any_filing(documents, job.key)
        assert filing, "a filing is stored with its job"  # noqa: S101
        errand = Errand(
            provider=self._subsystem, traceparent=filing.traceparent, message_id=filing.code, user_id=filing.user_id
        )
        with on_errand(errand):
            try:
                verified = await self._verification.verify(
                    filing.citizen_number, filing.full_name, filing.birth_date, purpose=rules.purpose_of(filing.kind)
                )
            except OnwardFailed as error:
                if not error.refusal:
                    raise
                return partial(self._settle, filing, rules.Verdict(error.refusal))
        return partial(self._settle_verified, filing, verified)

    def _settle_verified(self, filing: Filing, verified: Verified, documents: Transaction) -> None:
        register, number = self._register, filing.citizen_number
        resident, lives_in = register.resident(documents, number), register.home(documents, number)
        if filing.kind is Kind.REMOVAL:
            verdict = rules.removed(resident, lives_in, matched=verified.matched, deceased=verified.deceased)
        else:
            verdict = rules.registered(
                filing.kind, resident, lives_in=lives_in, home=self._home(documents, filing),
                matched=verified.matched, deceased=verified.deceased,
            )  # fmt: skip
        self._settle(filing, verdict, documents)

    def _settle(self, filing: Filing, verdict: rules.Verdict, documents: Transaction) -> None:
        self._register.store_filing(documents, rules.decided(filing, verdict, self._clock.now()))
        if verdict.resident:
            self._register.store_resident(documents, filing.citizen_number, verdict.resident)

    def _home(self, documents: Transaction, filing: Filing) -> Home | None:
        """The household that a registration joins or founds."""
        if filing.address is None:
            return self._register.home(documents, filing.household_member)
        number = self._register.new_household_number(documents, filing.address.province)
        return Home(
            household_number=number, address=filing.address, head=Relative(filing.citizen_number, filing.full_name)
        )

    def _file(
        self, documents: Transaction, request: pb.RegisterResidenceRequest | pb.RemoveResidenceRequest, kind: Kind,
        *, household_member: str = "", address: Address | None = None,
    ) -> Filing:  # fmt: skip
        """Stores a filing with the job that decides it."""
        claim = read_claim(request.citizen_number, request.full_name, request.birth_date)
        received, filed_by = self._clock.moment(), caller()
        filing = Filing(
            code=new_code("CT", received), dossier_code=read_callers_code(request.dossier_code),
            kind=kind, citizen_number=claim.number, full_name=request.full_name.strip(),
            birth_date=request.birth_date, household_member=household_member, address=address,
            due_at=micros_of(due_in_days(received, rules.DECISION_DAYS)),
            traceparent=filed_by.begin_trace(), user_id=filed_by.assertion.user_id,
        )  # fmt: skip
        self._register.store_filing(documents, filing)
        documents.add_job(DECISION, filing.code, due=micros_of(due_in_hours(received, self._hours)))
        return filing

    def _take(self, request: pb.NotifyStaysRequest) -> pb.NotifyStaysResponse:
        """Takes one line of a stream, or says why not."""
        mark = request.request_id[:64]

        def notify(documents: Transaction) -> pb.NotifyStaysResponse:
            outcome, stay = self._notify(documents, request.notice)
            return pb.NotifyStaysResponse(request_id=mark, outcome=outcome, stay=stay)

        try:
            return once(self._database, request, pb.NotifyStaysResponse, notify)
        except AgencyError as error:
            return pb.NotifyStaysResponse(
                request_id=mark, outcome=pb.STAY_OUTCOME_REFUSED, reason=error.reason, field=error.field,
                problem=error.message,
            )  # fmt: skip

    def _notify(self, documents: Transaction, notice: pb.StayNotice) -> tuple[pb.StayOutcome, pb.Stay | None]:
        now, host = self._clock.now(), notice.host_number
        stay = rules.read_stay(
            stay_id=new_code("LT", day_of(now)), full_name=notice.full_name, identity_number=notice.identity_number,
            reason=notice.reason, leaving_on=notice.leaving_on, address=_read_address(notice.address, "notice.address"),
            arrived_at=read_moment(notice.arrived_at, "notice.arrived_at") if notice.HasField("arrived_at") else None,
            host_number=read_number(host, field="notice.host_number") if host else "", now=now,
        )  # fmt: skip
        if before := self._register.notified_before(documents, stay.host_number, stay.identity_number):
            first = self._register.stay(documents, before)
            return pb.STAY_OUTCOME_ALREADY_NOTIFIED, _stay(first) if first else None
        self._register.add_stay(documents, stay)
        return pb.STAY_OUTCOME_ACCEPTED, _stay(stay)


def _read_address(address: pb.Address, field: str) -> Address:
    return read_address(
        province=address.province, district=address.district, ward=address.ward, detail=address.detail, field=field
    )


def _filing(filing: Filing) -> pb.Filing:
    message = pb.Filing(
        code=filing.code, dossier_code=filing.dossier_code, state=pb.FilingState.Name(filing.state),
        reason=filing.reason, household_number=filing.household_number,
    )  # fmt: skip
    message.due_at.FromMicroseconds(filing.due_at)
    if filing.decided_at:
        message.decided_at.FromMicroseconds(filing.decided_at)
    return message


def _stay(stay: Stay) -> pb.Stay:
    message = pb.Stay(
        stay_id=stay.stay_id, late=stay.late, withdrawn=stay.withdrawn,
        notice=pb.StayNotice(
            full_name=stay.full_name, identity_number=stay.identity_number, reason=stay.reason,
            leaving_on=stay.leaving_on.isoformat(), address=_address(stay.address), host_number=stay.host_number,
        ),
    )  # fmt: skip
    message.notice.arrived_at.FromMicroseconds(stay.arrived_at)
    message.notified_at.FromMicroseconds(stay.notified_at)
    message.due_at.FromMicroseconds(stay.due_at)
    return message


def _book(citizen: population.Citizen, resident: Resident) -> pb.HouseholdBook:
    book = pb.HouseholdBook(
        citizen_number=citizen.citizen_number, old_number=citizen.old_number, full_name=citizen.full_name,
        sex=citizen.sex, birth_date=citizen.birth_date, ethnicity=citizen.ethnicity, nationality=citizen.nationality,
        birth_registration_place=citizen.birth_registration_place, place_of_origin=citizen.place_of_origin,
        permanent_address=_address(citizen.permanent_address), current_address=_address(citizen.current_address),
        father=_relative(citizen, "father"), mother=_relative(citizen, "mother"), spouse=_relative(citizen, "spouse"),
        household_head=_relative(citizen, "household_head"), relation_to_head=citizen.relation_to_head,
        household_number=citizen.household_number,
    )  # fmt: skip
    home = resident.permanent
    if home and home.household_number != citizen.household_number:
        book.household_number = home.household_number
        book.permanent_address.CopyFrom(_address(home.address))
        book.household_head.CopyFrom(pb.Relative(citizen_number=home.head.number, full_name=home.head.name))
        book.relation_to_head = Relation.HEAD if home.head.number == citizen.citizen_number else ""
    return book


def _address(address: Address | population.Address) -> pb.Address:
    return pb.Address(province=address.province, district=address.district, ward=address.ward, detail=address.detail)


def _relative(citizen: population.Citizen, name: str) -> pb.Relative | None:
    if not citizen.HasField(name):
        return None
    relative = getattr(citizen, name)
    return pb.Relative(citizen_number=relative.citizen_number, full_name=relative.full_name)
