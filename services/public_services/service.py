"""PublicServiceService on the wire: translates, asks the rules, keeps records, sends dossiers on."""

from secrets import token_bytes, token_urlsafe
from typing import Any

import grpc
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from ndxp.agency.caller import Errand, caller, on_errand
from ndxp.agency.claim import read_claim, read_number, read_text
from ndxp.agency.database import Database, Job, Transaction
from ndxp.agency.dossier_code import body_of, read_own_code
from ndxp.agency.jobs import Settle, settle_nothing
from ndxp.agency.onward import Onward, OnwardFailed, OnwardMethod
from ndxp.agency.paging import page_limit, page_start
from ndxp.agency.place import read_province_member
from ndxp.agency.replay import answered, once, onward_request_id
from ndxp.agency.rights import new_id
from ndxp.agency.verification import Verification
from ndxp.clock import Clock
from ndxp.errors import AgencyError
from ndxp.life_events.v1 import life_events_pb2 as linked
from ndxp.one_stop.v1 import one_stop_pb2 as one_stop
from ndxp.public_services.v1 import public_services_pb2 as pb
from ndxp.public_services.v1.public_services_pb2_grpc import PublicServiceServiceServicer
from ndxp.tax.v1 import tax_pb2 as tax
from ndxp.world.procedures import Procedure, procedures
from ndxp.world.registers.portal_accounts import PortalAccount
from services.public_services import rules
from services.public_services.records import Dossier, Payment, Portal, Result

_Context = grpc.aio.ServicerContext[Any, Any]

PORTAL, LIFE_EVENTS = "VN/GOV/G22/public-services", "VN/GOV/G22/life-events"
TELL_TAX = "tell-tax"
TAX_PAYMENT = "tax payment"

_LINKED = linked.DESCRIPTOR.services_by_name["LifeEventService"].methods_by_name
_ONE_STOP = one_stop.DESCRIPTOR.services_by_name["OneStopService"].methods_by_name
_TO_LINKED, _TO_ONE_STOP = "the call to the linked-service software", "the call to the province's one-stop system"
_SUBMIT_BIRTH = OnwardMethod(_LINKED["SubmitBirth"], linked.SubmitBirthResponse, _TO_LINKED, "SUBMISSION")
_SUBMIT_DEATH = OnwardMethod(_LINKED["SubmitDeath"], linked.SubmitDeathResponse, _TO_LINKED, "SUBMISSION")
_LINKED_STATE = OnwardMethod(_LINKED["GetDossier"], linked.GetDossierResponse, _TO_LINKED, "STATE")
_SUPPLEMENT_LINKED = OnwardMethod(
    _LINKED["SupplementDossier"], linked.SupplementDossierResponse, _TO_LINKED, "SUPPLEMENT"
)
_WITHDRAW_LINKED = OnwardMethod(_LINKED["WithdrawDossier"], linked.WithdrawDossierResponse, _TO_LINKED, "WITHDRAWAL")
_SUPPLEMENT = OnwardMethod(
    _ONE_STOP["SupplementDossier"], one_stop.SupplementDossierResponse, _TO_ONE_STOP, "SUPPLEMENT"
)
_WITHDRAW = OnwardMethod(_ONE_STOP["WithdrawDossier"], one_stop.WithdrawDossierResponse, _TO_ONE_STOP, "WITHDRAWAL")
_RECEIVE = OnwardMethod(_ONE_STOP["ReceiveDossier"], one_stop.ReceiveDossierResponse, _TO_ONE_STOP, "SUBMISSION")
_ONE_STOP_STATE = OnwardMethod(_ONE_STOP["GetDossier"], one_stop.GetDossierResponse, _TO_ONE_STOP, "STATE")
_TAX = tax.DESCRIPTOR.services_by_name["TaxService"].methods_by_name
_GET_OBLIGATION = OnwardMethod(
    _TAX["GetObligation"], tax.GetObligationResponse, "the query of what is owed at the tax agency", "OBLIGATION"
)
_RECORD_PAYMENT = OnwardMethod(
    _TAX["RecordPayment"], tax.RecordPaymentResponse, "the payment at the tax agency", "TAX_PAYMENT"
)
_TOKEN_BYTES = SECRET_BYTES = 32


class PublicServiceService(PublicServiceServiceServicer):
    """The portal's methods."""

    def __init__(
        self, database: Database, portal: Portal, onward: Onward, verification: Verification, clock: Clock
    ) -> None:
        self._database = database
        self._portal = portal
        self._onward = onward
        self._verification = verification
        self._clock = clock

    async def RegisterAccount(self, request: pb.RegisterAccountRequest, _: _Context) -> pb.RegisterAccountResponse:
        """Verifies the holder at the population database and opens the account."""
        claim = read_claim(request.citizen_number, request.full_name, request.birth_date)
        if before := answered(self._database, request, pb.RegisterAccountResponse):
            return before
        verified = await self._verification.verify(
            claim.number, request.full_name, request.birth_date, purpose="portal account"
        )
        rules.check_holder(living=verified.living)

        def register(documents: Transaction) -> pb.RegisterAccountResponse:
            rules.no_account_yet(self._portal.account(documents, claim.number))
            account = self._portal.open_account(documents, claim, self._clock.today())
            return pb.RegisterAccountResponse(account=_account(account))

        return once(self._database, request, pb.RegisterAccountResponse, register)

    async def GetAccount(self, request: pb.GetAccountRequest, _: _Context) -> pb.GetAccountResponse:
        """The account of a citizen, if there is one."""
        number = read_number(request.citizen_number)
        with self._database.reading() as documents:
            account = self._portal.account(documents, number)
        return pb.GetAccountResponse(account=_account(account) if account else None)

    async def ListProcedures(self, request: pb.ListProceduresRequest, _: _Context) -> pb.ListProceduresResponse:
        """A page of the catalogue."""
        size, after = page_limit(request.page_size), page_start(request.page_token)
        level = rules.read_level(request.online_level)
        answer = pb.ListProceduresResponse()
        place = after
        for following, each in procedures(after=after, body=request.body, level=level, essential=request.essential):
            if len(answer.procedures) == size:
                answer.next_page_token = str(place)
                break
            answer.procedures.append(_procedure(each))
            place = following
        return answer

    async def GetProcedure(self, request: pb.GetProcedureRequest, _: _Context) -> pb.GetProcedureResponse:
        """A procedure."""
        return pb.GetProcedureResponse(procedure=_procedure(rules.known_procedure(request.code, "code")))

    async def SubmitDossier(self, request: pb.SubmitDossierRequest, _: _Context) -> pb.SubmitDossierResponse:
        """Sends the dossier on and stores it under the code that it gets there."""
        matter = request.WhichOneof("matter")
        found, province = rules.online_procedure(request.procedure_code, matter), read_province_member(request.province)
        applicant = request.applicant
        claim = read_claim(applicant.citizen_number, applicant.full_name, applicant.birth_date, of="applicant")
        if before := answered(self._database, request, pb.SubmitDossierResponse):
            return before
        with self._database.reading() as documents:
            rules.check_applicant(holds=self._portal.holds(documents, claim))
        code, state, works_on_it, due = await self._send_on(request, matter, province)

        def submit(documents: Transaction) -> pb.SubmitDossierResponse:
            now = self._clock.now()
            dossier = Dossier(
                code=code, procedure_code=found.code, citizen_number=claim.number, state=state, received_at=now,
                changed_at=now, updated_at=now, works_on_it=works_on_it, due_at=due.ToMicroseconds(),
                filed_by=caller().client, online=True,
            )  # fmt: skip
            return pb.SubmitDossierResponse(dossier=_dossier(self._portal.file(documents, dossier)))

        return once(self._database, request, pb.SubmitDossierResponse, submit)

    async def _send_on(
        self, request: pb.SubmitDossierRequest, matter: str | None, province: str
    ) -> tuple[str, int, str, Timestamp]:
        """Code, state and due date that the dossier has where it is worked on, and the subsystem that works on it."""
        both: dict[str, Any] = {"request_id": onward_request_id(request.request_id), "applicant": request.applicant}
        try:
            if matter == "birth":
                birth = linked.SubmitBirthRequest(**both, province=province, birth=request.birth)
                event = (await self._onward.call(_SUBMIT_BIRTH, birth)).answer.dossier
            elif matter == "death":
                death = linked.SubmitDeathRequest(
                    **both, province=province, death=request.death.death, procedures=request.death.procedures
                )
                event = (await self._onward.call(_SUBMIT_DEATH, death)).answer.dossier
            else:
                of_land = {"land": request.land} if matter == "land" else {"general": request.general}
                dossier = one_stop.ReceiveDossierRequest(
                    **both, procedure_code=request.procedure_code, online=True, **of_land
                )
                works_on_it = f"{province}/one-stop"
                local = (await self._onward.call(_RECEIVE, dossier, provider=works_on_it)).answer.dossier
                return local.code, local.state, works_on_it, local.due_at
        except OnwardFailed as error:
            raise _passed_on(error) from error
        return event.code, rules.LINKED_STATES[event.state], LIFE_EVENTS, event.due_at

    async def GetDossier(self, request: pb.GetDossierRequest, _: _Context) -> pb.GetDossierResponse:
        """A dossier; one that was filed here is asked for where it is worked on."""
        with self._database.reading() as documents:
            dossier = rules.known_dossier(self._dossier(documents, request.code))
        shown = _dossier(dossier)
        if dossier.works_on_it == LIFE_EVENTS:
            state, shown.note = await self._linked(_LINKED_STATE, linked.GetDossierRequest(code=dossier.code))
            shown.state = _state(state)
        elif dossier.filed_by:
            question = one_stop.GetDossierRequest(code=dossier.code)
            state, shown.note = await self._at_one_stop(_ONE_STOP_STATE, question, dossier.works_on_it)
            shown.state = _state(state)
        return pb.GetDossierResponse(dossier=shown)

    async def SupplementDossier(
        self, request: pb.SupplementDossierRequest, _: _Context
    ) -> pb.SupplementDossierResponse:
        """Sends a supplement on."""
        text = read_text(request.text, "text", rules.LONGEST_LINE)
        if before := answered(self._database, request, pb.SupplementDossierResponse):
            return before
        dossier, matter = self._filed_here(request.code), request.WhichOneof("matter")
        both: dict[str, Any] = {"request_id": onward_request_id(request.request_id), "code": dossier.code}
        corrected: dict[str, Any] = {matter: getattr(request, matter)} if matter else {}
        rules.check_correction(dossier, matter, of_life_event=dossier.works_on_it == LIFE_EVENTS)
        if dossier.works_on_it == LIFE_EVENTS:
            to_linked = linked.SupplementDossierRequest(**both, **corrected)
            state, note = await self._linked(_SUPPLEMENT_LINKED, to_linked)
        else:
            local = one_stop.SupplementDossierRequest(**both, text=text, **corrected)
            state, note = await self._at_one_stop(_SUPPLEMENT, local, dossier.works_on_it)

        def supplement(documents: Transaction) -> pb.SupplementDossierResponse:
            return pb.SupplementDossierResponse(dossier=self._told(documents, dossier.code, state, note))

        return once(self._database, request, pb.SupplementDossierResponse, supplement)

    async def WithdrawDossier(self, request: pb.WithdrawDossierRequest, _: _Context) -> pb.WithdrawDossierResponse:
        """Sends a withdrawal on."""
        if before := answered(self._database, request, pb.WithdrawDossierResponse):
            return before
        dossier = self._filed_here(request.code)
        both: dict[str, Any] = {"request_id": onward_request_id(request.request_id), "code": dossier.code}
        if dossier.works_on_it == LIFE_EVENTS:
            state, note = await self._linked(_WITHDRAW_LINKED, linked.WithdrawDossierRequest(**both))
        else:
            local = one_stop.WithdrawDossierRequest(**both)
            state, note = await self._at_one_stop(_WITHDRAW, local, dossier.works_on_it)

        def withdraw(documents: Transaction) -> pb.WithdrawDossierResponse:
            return pb.WithdrawDossierResponse(dossier=self._told(documents, dossier.code, state, note))

        return once(self._database, request, pb.WithdrawDossierResponse, withdraw)

    def _filed_here(self, code: str) -> Dossier:
        with self._database.reading() as documents:
            return rules.filed_here(rules.known_dossier(self._dossier(documents, code)))

    async def _linked(self, method: OnwardMethod[Any], request: Message) -> tuple[int, str]:
        """State and note that the linked-service software tells."""
        try:
            event = (await self._onward.call(method, request)).answer.dossier
        except OnwardFailed as error:
            raise _passed_on(error) from error
        return rules.LINKED_STATES[event.state], event.note

    async def _at_one_stop(self, method: OnwardMethod[Any], request: Message, provider: str) -> tuple[int, str]:
        """State and note that a one-stop system tells."""
        try:
            local = (await self._onward.call(method, request, provider=provider)).answer.dossier
        except OnwardFailed as error:
            raise _passed_on(error) from error
        return local.state, local.note

    def _told(self, documents: Transaction, code: str, state: int, note: str) -> pb.Dossier:
        """Stores what whoever works on a dossier has told."""
        dossier = rules.known_dossier(self._dossier(documents, code))
        told = rules.as_told(dossier, state, note, self._clock.now())
        self._portal.store(documents, told)
        return _dossier(told)

    async def ListDossiers(self, request: pb.ListDossiersRequest, _: _Context) -> pb.ListDossiersResponse:
        """A page of the dossiers of a citizen that the caller filed."""
        number = read_number(request.citizen_number)
        size, before = page_limit(request.page_size), self._database.places.start(request.page_token, number)
        with self._database.reading() as documents:
            filed = self._portal.filed(documents, number, before=before, limit=size + 1)
        return pb.ListDossiersResponse(
            dossiers=[_dossier(dossier) for _seq, dossier in filed[:size]],
            next_page_token=self._database.places.token(filed[size - 1][0], number) if len(filed) > size else "",
        )

    async def LookUpDossier(self, request: pb.LookUpDossierRequest, _: _Context) -> pb.LookUpDossierResponse:
        """Whether the portal has a dossier of the calling body."""
        code = read_own_code(request.code)
        with self._database.reading() as documents:
            dossier = self._dossier(documents, code)
        if dossier is None:
            return pb.LookUpDossierResponse()
        updated_at = rules.written_moment(dossier.updated_at)
        return pb.LookUpDossierResponse(found=True, state=_state(dossier.state), updated_at=updated_at)

    async def SyncDossier(self, request: pb.SyncDossierRequest, _: _Context) -> pb.SyncDossierResponse:
        """Creates or updates the portal's copy."""

        def sync(documents: Transaction) -> pb.SyncDossierResponse:
            code, now = read_own_code(request.code), self._clock.now()
            state = rules.read_state(request.state)
            procedure_code = rules.known_procedure(request.procedure_code, "procedure_code").code
            received_at, due_at = rules.read_times(request.received_at, request.due_at, now)
            number = read_number(request.citizen_number) if request.citizen_number else ""
            there = self._dossier(documents, code)
            if request.updating:
                before = rules.known_dossier(there)
                dossier = rules.updated(
                    rules.moved(before, state, changed_at=before.changed_at, now=now),
                    procedure_code=procedure_code, received_at=received_at, due_at=due_at, online=request.online,
                    citizen_number=number,
                )  # fmt: skip
                self._portal.store(documents, dossier)
            else:
                rules.no_dossier_yet(there)
                dossier = Dossier(
                    code=code, procedure_code=procedure_code, citizen_number=number, state=state,
                    received_at=received_at, changed_at=received_at, updated_at=now, works_on_it=caller().client,
                    due_at=due_at, online=request.online,
                )  # fmt: skip
                self._portal.file(documents, dossier)
            return pb.SyncDossierResponse(dossier=_dossier(dossier))

        return once(self._database, request, pb.SyncDossierResponse, sync)

    async def UpdateProgress(self, request: pb.UpdateProgressRequest, _: _Context) -> pb.UpdateProgressResponse:
        """Moves the portal's copy on."""

        def update(documents: Transaction) -> pb.UpdateProgressResponse:
            code = read_own_code(request.code)
            changed_at, note = rules.read_moment(request.changed_at, "changed_at"), rules.read_note(request.note)
            state = rules.read_state(request.state)
            dossier = rules.moved(
                rules.known_dossier(self._dossier(documents, code)), state,
                changed_at=changed_at, now=self._clock.now(), note=note,
            )  # fmt: skip
            self._portal.store(documents, dossier)
            return pb.UpdateProgressResponse(dossier=_dossier(dossier))

        return once(self._database, request, pb.UpdateProgressResponse, update)

    async def StoreResult(self, request: pb.StoreResultRequest, _: _Context) -> pb.StoreResultResponse:
        """Stores the result of a dossier, by its body."""
        document = request.document

        def store(documents: Transaction) -> pb.StoreResultResponse:
            code = read_own_code(request.code)
            dossier = rules.known_dossier(self._dossier(documents, code))
            result = rules.read_result(dossier, document.title, document.media_type, document.content, document.sha256)
            self._portal.store_result(documents, code, result)
            with_result = rules.having_result(dossier, self._clock.now())
            self._portal.store(documents, with_result)
            return pb.StoreResultResponse(dossier=_dossier(with_result))

        return once(self._database, request, pb.StoreResultResponse, store)

    async def GetResult(self, request: pb.GetResultRequest, _: _Context) -> pb.GetResultResponse:
        """The result of a dossier of the caller's."""
        with self._database.reading() as documents:
            dossier = rules.known_dossier(self._dossier(documents, request.code))
            result = rules.known_result(self._portal.result(documents, dossier.code))
        return pb.GetResultResponse(document=_document(result))

    async def OnboardCompany(self, request: pb.OnboardCompanyRequest, _: _Context) -> pb.OnboardCompanyResponse:
        """A new key for the calling company."""

        def onboard(documents: Transaction) -> pb.OnboardCompanyResponse:
            secret = token_bytes(SECRET_BYTES)
            self._portal.store_secret(documents, caller().client, secret)
            return pb.OnboardCompanyResponse(signing_secret=secret)

        return once(self._database, request, pb.OnboardCompanyResponse, onboard)

    async def BeginPayment(self, request: pb.BeginPaymentRequest, _: _Context) -> pb.BeginPaymentResponse:
        """Begins a payment with a company that has a key; of a tax notice, the tax agency says what is owed."""
        amount = rules.read_amount(request.amount)
        if before := answered(self._database, request, pb.BeginPaymentResponse):
            return before
        if request.notice_number:
            await self._check_owed(request.notice_number, amount)

        def begin(documents: Transaction) -> pb.BeginPaymentResponse:
            company = read_text(request.company, "company", 200)
            dossier = rules.known_dossier(self._dossier(documents, request.dossier_code), "dossier_code")
            rules.payable(dossier)
            rules.check_company(onboarded=self._portal.secret(documents, company) is not None)
            payment = Payment(
                code=new_id(), dossier_code=dossier.code, citizen_number=dossier.citizen_number, amount=amount,
                company=company, redirect_token=token_urlsafe(_TOKEN_BYTES), began_at=self._clock.now(),
                filed_by=caller().client, notice_number=request.notice_number,
                traceparent=caller().begin_trace(),
            )  # fmt: skip
            self._portal.store_payment(documents, payment)
            return pb.BeginPaymentResponse(payment=self._shown(payment), redirect_token=payment.redirect_token)

        return once(self._database, request, pb.BeginPaymentResponse, begin)

    async def _check_owed(self, notice_number: str, amount: int) -> None:
        question = tax.GetObligationRequest(notice_number=notice_number)
        try:
            given = await self._onward.call(_GET_OBLIGATION, question, purpose=TAX_PAYMENT)
        except OnwardFailed as error:
            raise _passed_on(error) from error
        rules.check_owed(amount, given.answer.owed)

    async def tell_tax(self, job: Job) -> Settle:
        """Tells the tax agency that a notice was paid here."""
        with self._database.reading() as documents:
            payment = rules.known_payment(self._portal.payment_for_work(documents, job.key))
        paid = tax.RecordPaymentRequest(
            request_id=payment.code, notice_number=payment.notice_number, amount=payment.amount, receipt=payment.code
        )
        errand = Errand(provider=PORTAL, traceparent=payment.traceparent, message_id=payment.dossier_code)
        with on_errand(errand):
            try:
                await self._onward.call(_RECORD_PAYMENT, paid, purpose=TAX_PAYMENT)
            except OnwardFailed as error:
                if not error.refusal:
                    raise
                refused = rules.not_taken(payment, error.refusal)
                return lambda documents: self._portal.store_payment(documents, refused)
        return settle_nothing

    async def ConfirmPayment(self, request: pb.ConfirmPaymentRequest, _: _Context) -> pb.ConfirmPaymentResponse:
        """Takes a company's word for a payment, when it is signed with the company's key."""

        def confirm(documents: Transaction) -> pb.ConfirmPaymentResponse:
            payment = rules.known_payment(self._portal.payment(documents, request.payment_code))
            secret = self._portal.secret(documents, payment.company) or b""
            confirmed = rules.confirmed(
                payment, secret, redirect_token=request.redirect_token, amount=request.amount,
                outcome=request.outcome, reference=request.company_reference, signature=request.signature,
                now=self._clock.now(),
            )  # fmt: skip
            self._portal.store_payment(documents, confirmed)
            if confirmed.outcome == rules.SUCCESS and confirmed.notice_number:
                documents.add_job(TELL_TAX, confirmed.code)
            return pb.ConfirmPaymentResponse(payment=self._shown(confirmed))

        return once(self._database, request, pb.ConfirmPaymentResponse, confirm)

    async def QueryPayment(self, request: pb.QueryPaymentRequest, _: _Context) -> pb.QueryPaymentResponse:
        """What became of a payment."""
        with self._database.reading() as documents:
            payment = rules.known_payment(self._portal.payment(documents, request.payment_code))
        return pb.QueryPaymentResponse(payment=self._shown(rules.askable(payment, self._clock.now())))

    async def RefundPayment(self, request: pb.RefundPaymentRequest, _: _Context) -> pb.RefundPaymentResponse:
        """Gives a payment back, once."""
        rules.read_reason(request.reason)

        def refund(documents: Transaction) -> pb.RefundPaymentResponse:
            payment = rules.known_payment(self._portal.payment(documents, request.payment_code))
            refunded = rules.refunded(payment, request.amount)
            self._portal.store_payment(documents, refunded)
            return pb.RefundPaymentResponse(payment=self._shown(refunded))

        return once(self._database, request, pb.RefundPaymentResponse, refund)

    def _dossier(self, documents: Transaction, code: str) -> Dossier | None:
        return self._portal.dossier(documents, code, body_of(code))

    def _shown(self, payment: Payment) -> pb.Payment:
        state = rules.state_of(payment, self._clock.now())
        shown = pb.Payment(
            code=payment.code, dossier_code=payment.dossier_code, amount=payment.amount, company=payment.company,
            state=pb.PaymentState.Name(state), company_reference=payment.company_reference, refunded=payment.refunded,
            notice_number=payment.notice_number, problem=payment.problem,
        )  # fmt: skip
        shown.began_at.FromMicroseconds(payment.began_at)
        shown.expires_at.FromMicroseconds(rules.expires_at(payment))
        return shown


def _passed_on(error: OnwardFailed) -> AgencyError:
    """What the other agency said of the request, as the portal's own answer; other failures stay what they are."""
    if error.failure is None or not error.refusal:
        return error
    return AgencyError(error.failure.code, error.refusal, error.failure.message)


def _account(account: PortalAccount) -> pb.Account:
    return pb.Account(citizen_number=account.citizen_number, opened_on=account.opened.isoformat())


def _procedure(procedure: Procedure) -> pb.Procedure:
    return pb.Procedure(
        code=procedure.code, name=procedure.name, body=procedure.body,
        online_level=pb.OnlineLevel.Name(procedure.level), essential=procedure.essential,
        linked=linked.LifeEventKind.Name(rules.linked_kind(procedure.code)),
    )  # fmt: skip


def _state(state: int) -> Any:
    return one_stop.DossierState.Name(state)


def _dossier(dossier: Dossier) -> pb.Dossier:
    shown = pb.Dossier(
        code=dossier.code, procedure_code=dossier.procedure_code, citizen_number=dossier.citizen_number,
        state=_state(dossier.state), works_on_it=dossier.works_on_it, online=dossier.online,
        has_result=dossier.has_result, note=dossier.note,
    )  # fmt: skip
    shown.received_at.FromMicroseconds(dossier.received_at)
    shown.updated_at.FromMicroseconds(dossier.updated_at)
    if dossier.due_at:
        shown.due_at.FromMicroseconds(dossier.due_at)
    return shown


def _document(result: Result) -> pb.Document:
    return pb.Document(title=result.title, media_type=result.media_type, content=result.content, sha256=result.sha256)
