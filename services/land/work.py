"""What the registry does by itself with a transfer: each job adds the next one, until the transfer has ended."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4

from ndxp.agency.caller import Errand, on_errand
from ndxp.agency.database import Database, Job, Transaction
from ndxp.agency.jobs import Handler, Settle
from ndxp.agency.onward import Onward, OnwardFailed, OnwardMethod
from ndxp.agency.verification import Verification, Verified
from ndxp.clock import Clock, micros_of
from ndxp.tax.v1 import tax_pb2 as tax
from ndxp.working_time import due_in_hours
from services.land import rules
from services.land.records import Kind, LandRegistry, Party, State, Transfer

LAND = "VN/GOV/G13/land"
PURPOSE = "land transfer"
CHECK, SLIP, NOTICE, OBLIGATION, REGISTER = "check", "slip", "notice", "obligation", "register"

_TAX = tax.DESCRIPTOR.services_by_name["TaxService"].methods_by_name
_SUBMIT_SLIP = OnwardMethod(
    _TAX["SubmitTransferSlip"], tax.SubmitTransferSlipResponse, "the slip to the tax agency", "SLIP"
)
_GET_NOTICE = OnwardMethod(_TAX["GetTaxNotice"], tax.GetTaxNoticeResponse, "the query of the tax notice", "NOTICE")
_GET_OBLIGATION = OnwardMethod(
    _TAX["GetObligation"], tax.GetObligationResponse, "the query of the obligation", "OBLIGATION"
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long the registry takes, in working hours, and how often it asks the tax agency, in minutes."""

    check_hours: float
    registration_hours: float
    query_minutes: float


class Work:
    """The jobs of transfers. The code of the transfer is the body of each."""

    def __init__(
        self, database: Database, registry: LandRegistry, onward: Onward, verification: Verification, clock: Clock,
        pace: Pace,
    ) -> None:  # fmt: skip
        self._database = database
        self._registry = registry
        self._onward = onward
        self._verification = verification
        self._clock = clock
        self._pace = pace

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """How each kind of job is done."""
        steps: dict[str, Callable[[Transfer], Awaitable[Settle]]] = {
            CHECK: self._check, SLIP: self._send_slip, NOTICE: self._ask_notice, OBLIGATION: self._ask_obligation,
            REGISTER: self._register,
        }  # fmt: skip
        return {kind: self._on_errand(step) for kind, step in steps.items()}

    def begin(self, documents: Transaction, transfer: Transfer) -> None:
        """Stores a transfer that is to be checked."""
        self._registry.store(documents, transfer)
        self._add(documents, CHECK, transfer, self._in_hours(self._pace.check_hours))

    def _on_errand(self, step: Callable[[Transfer], Awaitable[Settle]]) -> Handler:
        async def handler(job: Job) -> Settle:
            with self._database.reading() as documents:
                transfer = rules.known(self._registry.for_work(documents, job.body.decode()))
            errand = Errand(
                provider=LAND, traceparent=transfer.traceparent, message_id=transfer.dossier_code, purpose=PURPOSE
            )
            with on_errand(errand):
                return await step(transfer)

        return handler

    async def _check(self, transfer: Transfer) -> Settle:
        """Certificate, owner and parties; then the slip."""
        now = self._clock.now()
        with self._database.reading() as documents:
            parcel = self._registry.parcel(documents, transfer.certificate_number)
        fault = rules.fault_of_parcel(transfer, parcel)
        if parcel is None or fault:
            return self._ends_as(rules.refused(transfer, fault, now))
        for party, who in ((transfer.seller, "SELLER"), (transfer.buyer, "BUYER")):
            verified = await self._verify(party)
            if not verified.matched:
                return self._ends_as(rules.supplement_wanted(transfer, f"{who}_DIFFERS", now))
            if verified.deceased:
                return self._ends_as(rules.refused(transfer, f"{who}_DECEASED", now))
        if not rules.names_agree(transfer, parcel):
            return self._ends_as(rules.supplement_wanted(transfer, "OWNER_NAME_DIFFERS", now))

        def settle(documents: Transaction) -> None:
            if not self._registry.block(documents, transfer):
                self._registry.store(documents, rules.refused(transfer, "OTHER_TRANSFER_UNDER_WAY", now))
                return
            self._registry.store(documents, rules.moved(transfer, State.AT_TAX, now, Kind.TRANSFERRED))
            self._add(documents, SLIP, transfer, 0)

        return settle

    async def _send_slip(self, transfer: Transfer) -> Settle:
        """Message 10."""
        with self._database.reading() as documents:
            parcel = rules.known_parcel(self._registry.parcel(documents, transfer.certificate_number))
        slip = tax.SubmitTransferSlipRequest(
            request_id=f"{SLIP} {transfer.code}", header=_header(transfer, f"{transfer.slip_number}-10"),
            seller_number=transfer.seller.citizen_number, buyer_number=transfer.buyer.citizen_number,
            area=parcel.area, price=transfer.price,
        )  # fmt: skip
        try:
            await self._onward.call(_SUBMIT_SLIP, slip)
        except OnwardFailed as error:
            if not error.refusal:
                raise
            return self._ends_as(rules.refused_by_tax(transfer, error.refusal, self._clock.now()))
        return lambda documents: self._add(documents, NOTICE, transfer, self._next_query())

    async def _ask_notice(self, transfer: Transfer) -> Settle:
        """Message 14, answered by 15."""
        question = tax.GetTaxNoticeRequest(header=_header(transfer))
        notice = (await self._onward.call(_GET_NOTICE, question)).answer
        now = self._clock.now()
        if notice.state == tax.NOTICE_STATE_REFUSED:
            return self._ends_as(rules.refused_by_tax(transfer, notice.reason, now))
        if notice.state != tax.NOTICE_STATE_ISSUED:
            return lambda documents: self._add(documents, NOTICE, transfer, self._next_query())
        told = replace(
            rules.moved(transfer, State.PAYMENT, now, Kind.TAX_RESULT), notice_number=notice.notice_number,
            amount=notice.income_tax + notice.registration_fee,
        )  # fmt: skip
        return self._goes_on(told, OBLIGATION, self._next_query())

    async def _ask_obligation(self, transfer: Transfer) -> Settle:
        """Message 16, until it is paid or recorded as a debt."""
        question = tax.GetObligationRequest(header=_header(transfer), notice_number=transfer.notice_number)
        obligation = (await self._onward.call(_GET_OBLIGATION, question)).answer
        now = self._clock.now()
        if obligation.header.debt_recorded:
            return self._ends_as(rules.refused_by_tax(transfer, "DEBT_RECORDED", now))
        if obligation.owed:
            return lambda documents: self._add(documents, OBLIGATION, transfer, self._next_query())
        registration = self._in_hours(self._pace.registration_hours)
        return self._goes_on(rules.moved(transfer, State.PAID, now), REGISTER, registration)

    async def _register(self, transfer: Transfer) -> Settle:
        """The new owner gets a new certificate."""
        now = self._clock.now()

        def settle(documents: Transaction) -> None:
            parcel = rules.known_parcel(self._registry.parcel(documents, transfer.certificate_number))
            number = self._registry.register(documents, transfer, parcel)
            registered = rules.moved(transfer, State.REGISTERED, now, Kind.FINISHED)
            self._registry.store(documents, replace(registered, new_certificate_number=number))

        return settle

    async def _verify(self, party: Party) -> Verified:
        return await self._verification.verify(party.citizen_number, party.full_name, party.birth_date, purpose=PURPOSE)

    def _ends_as(self, transfer: Transfer) -> Settle:
        return lambda documents: self._registry.store(documents, transfer)

    def _goes_on(self, transfer: Transfer, kind: str, due: int) -> Settle:
        def settle(documents: Transaction) -> None:
            self._registry.store(documents, transfer)
            self._add(documents, kind, transfer, due)

        return settle

    def _add(self, documents: Transaction, kind: str, transfer: Transfer, due: int) -> None:
        documents.add_job(kind, f"{kind} {transfer.code}", transfer.code.encode(), due=due)

    def _in_hours(self, hours: float) -> int:
        return micros_of(due_in_hours(self._clock.moment(), hours))

    def _next_query(self) -> int:
        return micros_of(self._clock.moment() + timedelta(minutes=self._pace.query_minutes))


def _header(transfer: Transfer, sequence_id: str = "") -> tax.Header:
    """The header of a message; a query has a number that it has never had."""
    return tax.Header(
        sequence_id=sequence_id or str(uuid4()), dossier_code=transfer.dossier_code,
        certificate_number=transfer.certificate_number, slip_number=transfer.slip_number,
    )  # fmt: skip
