"""A form of every method of every contract on the exchange is built, filled with its sample, and sent over the wire."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from console.form import Form
from console.members import contracts, entry
from console.offers import Offer, askers, offers
from console.trial import Call, Question
from ndxp.admin import AdminApi, Session
from ndxp.contract import Contract
from ndxp.errors import Code, Reason
from ndxp.samples.beginning import beginning, samples_of
from ndxp.samples.example import CLIENT
from ndxp.testing import RunningExchange
from tests.console.test_form import METHODS

PERSONA = "expired-card"
"""Not the citizen of other tests: a sample may register a death."""

WITHOUT_SERVER = {"ndxp.rest.v1.RestService"}
"""The contract by which the exchange records REST services; nobody offers its methods over gRPC."""

NOT_UNDERSTOOD = {Code.UNKNOWN, Code.UNIMPLEMENTED, Code.INTERNAL, Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED}
"""How a call ends whose method or message the provider does not know, or which it could not deal with."""


@dataclass(frozen=True, slots=True)
class Offered:
    """What the exchange of the session offers."""

    api: AdminApi
    offers: list[Offer]
    contracts: dict[str, Contract | None]
    members: list[dict[str, object]]
    grants: list[dict[str, object]]


@pytest.fixture(scope="module")
def offered(exchange: RunningExchange) -> Iterator[Offered]:
    """What the console asks for before it shows a method."""
    api = Session(exchange.folder)
    found = offers(api.get("/services"))
    described = contracts(api, [offer.contract for offer in found])
    yield Offered(api, found, described, api.get("/members"), api.get("/grants"))
    api.close()


async def send(offered: Offered, offer: Offer, contract: Contract, name: str) -> str:
    """Sends the sample of a method through its form; gives what is wrong, empty for nothing."""
    method = contract.service.methods_by_name[name]
    samples = samples_of(f"{offer.contract}/{name}")
    provider = next((sample.provider for sample in samples), "") or offer.providers[0]
    granted = askers(offer, name, provider, offered.members, offered.grants)
    asker = next(iter(granted), None)
    member, purpose = (asker.consumer, asker.purpose) if asker is not None else (CLIENT, "")
    begun = beginning(method, PERSONA, member, samples[0].name if samples else "")
    form = Form(method)
    form.fill(begun.requests)
    requests = form.messages()
    if requests != begun.requests:
        return "the form has changed its request"
    call = Call(
        Question(
            method=method, requests=requests, text=form.text(), member=member, provider=provider,
            purpose=begun.purpose or purpose,
        )
    )  # fmt: skip
    await call.make(*entry(offered.api, member), lambda: None)
    if not call.transaction_id:
        return f"no transaction: {call.outcome}"
    if call.failure is None:
        return "" if call.answers or method.server_streaming else "no answer"
    if asker is None:
        return "" if call.failure.reason == Reason.ACCESS_DENIED else call.outcome
    reached = call.failure.origin == "provider" and call.failure.code not in NOT_UNDERSTOOD
    return "" if reached else f"{call.outcome} at {call.failure.hop}: {call.failure.message}"


async def test_a_form_of_every_method_of_every_contract_is_sent_with_its_sample(offered: Offered) -> None:
    sent, wrong = set[str](), dict[str, str]()
    for offer in offered.offers:
        contract = offered.contracts[offer.contract]
        assert contract is not None
        for method in contract.service.methods:
            what = await send(offered, offer, contract, method.name)
            sent.add(method.full_name)
            if what:
                wrong[method.full_name] = what
    known = {
        method.full_name for method in METHODS.values() if method.containing_service.full_name not in WITHOUT_SERVER
    }
    assert wrong == {}
    assert sent >= known
