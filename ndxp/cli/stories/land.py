"""The command demo land: a parcel of land from one owner to another, through five systems, told as it happens."""

import hmac
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import typer

from ndxp import messages
from ndxp.admin import Session
from ndxp.cli import dossier
from ndxp.cli.clock import simulated_clock
from ndxp.cli.stories.telling import (
    Keep,
    Target,
    Where,
    an_exchange,
    days_between,
    follow,
    say_step,
    until_recorded,
)
from ndxp.client import BlockingExchange
from ndxp.language import _
from ndxp.one_stop.v1 import one_stop_pb2 as one_stop
from ndxp.one_stop.v1.one_stop_pb2_grpc import OneStopServiceStub
from ndxp.options import Json
from ndxp.plural import count
from ndxp.public_services.v1 import public_services_pb2 as pb
from ndxp.public_services.v1.public_services_pb2_grpc import PublicServiceServiceStub
from ndxp.samples.land import seller_in
from ndxp.samples.sample import true_claim
from ndxp.sandbox.applications import FILER
from ndxp.terminal import console, print_json, styled
from ndxp.wire import metadata
from ndxp.world import World, province_by_code
from ndxp.world.procedures import LAND_CHANGE

app = typer.Typer()

COMPANY = "VN/COM/9900000023/payments"
"""The payment company, at which the taxes are paid."""

_PRICE = 2_000_000_000
_DEADLINE = 10.0


@app.command()
def land(folder: Where = None, target: Target = "", keep: Keep = False, as_json: Json = False) -> None:
    """Follows the transfer of a parcel: one-stop system, land registry, tax agency, payment, registration.

    Starts an exchange of its own whose clock is moved by hand, files the transfer at the portal as the wallet does,
    pays the taxes there, and goes on with the clock until the dossier has ended. With --target it takes an exchange
    that runs by a simulated clock. Exit code 0 only if the new owner is registered.

    Examples: `ndxp demo land`; `ndxp demo land --keep`
    """
    with an_exchange(folder, target, keep=keep) as (session, there, running):
        simulated_clock(session.state)
        say = (lambda step: None) if as_json else say_step
        if not as_json:
            console.print(styled(_("[bold]A parcel of land is sold.[/] Every person in it is synthetic.\n")))
        found = _Sale(session).follow(say)
        until_recorded(session)
        days = days_between(found.received_at, found.ended_at)
        trace = found.traceparent.split("-")[1]
        records = dossier.of_trace(session, trace)
        if as_json:
            print_json({"dossier": messages.shown(found), "working_days": days, "transactions": len(records)})
        else:
            option = f" --folder {there}"
            first = "" if running else _("`ndxp up -d --port 0 --clock manual{there}`, then ", there=option)
            state = one_stop.DossierState.Name(found.state).rpartition("_")[2].lower()
            note = f": {found.note}" if found.note else ""
            console.print()
            console.print(_("The dossier {code} is {state}{note}.", code=found.code, state=state, note=note))
            took, number = count(days, "working day"), len(records)
            console.print(
                _("It took {days}. {number} transactions are in one trace, in the ledger.", days=took, number=number)
            )
            search = f"`ndxp log search --trace {trace} --folder {there}`"
            console.print(_("All of them: {first}{search}", first=first, search=search), soft_wrap=True)
        if found.state != one_stop.DOSSIER_STATE_DONE:
            raise typer.Exit(1)


class _Sale:
    """One sale on its way: files it, pays the taxes when they are to be paid, and shows the dossier."""

    def __init__(self, session: Session) -> None:
        self._session = session
        world = World()
        self._seller, self._parcel = seller_in(world, seed=5)  # nobody of whom another story tells
        self._paid = False
        self._buyer = world.persona("traveller").citizen
        self._province = f"VN/GOV/{province_by_code(self._parcel.address.province).agency_code}"

    def follow(self, say: Callable[[Any], None]) -> one_stop.Dossier:
        """Goes on with the clock until the dossier has ended, and says each step once."""
        code = self._file()
        return follow(simulated_clock(self._session.state), lambda: self._dossier(code), say, self._pay_once)

    def _file(self) -> str:
        """The code of the dossier; the trace begins here."""
        transfer = one_stop.LandTransfer(
            certificate_number=self._parcel.number, buyer=true_claim(self._buyer), price=_PRICE
        )
        request = pb.SubmitDossierRequest(
            request_id=str(uuid4()), procedure_code=LAND_CHANGE, province=self._province,
            applicant=true_claim(self._seller), land=transfer,
        )  # fmt: skip
        answer: pb.SubmitDossierResponse = self._portal(FILER, "SubmitDossier", request)
        return answer.dossier.code

    def _dossier(self, code: str) -> one_stop.Dossier:
        """The dossier as the officers of the province see it."""
        member = f"{self._province}/one-stop"
        with BlockingExchange(
            self._session.state.gateway, self._session.tokens(member), deadline=_DEADLINE
        ) as exchange:
            answer: one_stop.GetDossierResponse = OneStopServiceStub(exchange.channel).GetDossier(
                one_stop.GetDossierRequest(code=code), metadata=((metadata.SERVICE, member),)
            )
        return answer.dossier

    def _pay_once(self, found: one_stop.Dossier) -> None:
        """Pays when the dossier waits for it, and was not paid for before."""
        if found.state == one_stop.DOSSIER_STATE_PAYMENT and not self._paid:
            self._pay(found)
            self._paid = True

    def _pay(self, found: one_stop.Dossier) -> None:
        """Pays at the portal: the wallet begins, the payment company confirms with its signature."""
        amount, notice_number = int(found.note.split()[0]), found.note.split()[-1]
        key = self._portal(COMPANY, "OnboardCompany", pb.OnboardCompanyRequest(request_id=str(uuid4()))).signing_secret
        begun: pb.BeginPaymentResponse = self._portal(
            FILER,
            "BeginPayment",
            pb.BeginPaymentRequest(
                request_id=str(uuid4()), dossier_code=found.code, amount=amount, company=COMPANY,
                notice_number=notice_number,
            ),
            found.traceparent,
        )  # fmt: skip
        confirmation = pb.ConfirmPaymentRequest(
            request_id=str(uuid4()), payment_code=begun.payment.code, redirect_token=begun.redirect_token,
            amount=amount, outcome=pb.PAYMENT_STATE_SUCCESS, company_reference="BC-1",
        )  # fmt: skip
        text = (
            "ndxp.public_services.v1.ConfirmPayment", confirmation.payment_code, confirmation.redirect_token,
            str(amount), str(confirmation.outcome), confirmation.company_reference,
        )  # fmt: skip
        confirmation.signature = hmac.digest(key, "\n".join(text).encode(), "sha256")
        self._portal(COMPANY, "ConfirmPayment", confirmation, found.traceparent)

    def _portal(self, member: str, method: str, request: Any, traceparent: str = "") -> Any:
        """Calls the portal as a member, in the trace of the sale or in a new one."""
        pairs = ((metadata.TRACEPARENT, traceparent or metadata.new_traceparent()),)
        with BlockingExchange(
            self._session.state.gateway, self._session.tokens(member), deadline=_DEADLINE
        ) as exchange:
            return getattr(PublicServiceServiceStub(exchange.channel), method)(request, metadata=pairs)
