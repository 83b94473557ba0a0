"""Requests for grants over the wire: a provider decides about its own services, and nobody sees those of others."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any
from uuid import uuid4

import grpc
import httpx
import pytest
import pytest_asyncio

from ndxp.client import Exchange
from ndxp.exchange.v1 import exchange_pb2 as pb
from ndxp.exchange.v1.exchange_pb2_grpc import ExchangeServiceStub
from ndxp.population.v1.population_pb2 import ListHouseholdRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.testing import RunningExchange
from ndxp.wire import status
from tests.support.fakes import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASKER, PROVIDER, OTHER = "VN/GOV/G32/lgsp", "VN/GOV/G01/population", "VN/GOV/G24/health-insurance"
CONTRACT = "ndxp.population.v1.PopulationService"


class Parties:
    """The directory as each of three subsystems calls it; one of them asks the second one for something."""

    def __init__(self, exchange: RunningExchange) -> None:
        self.exchange = exchange
        self.channels = {
            name: Exchange(exchange.gateway, exchange.tokens(name)).channel for name in (ASKER, PROVIDER, OTHER)
        }

    def of(self, name: str) -> ExchangeServiceStub:
        return ExchangeServiceStub(self.channels[name])

    async def ask(self, request_id: str = "", **more: Any) -> pb.GrantRequest:
        usual = {"provider": PROVIDER, "contract": CONTRACT, "methods": ["ListHousehold"], "because": "a law"}
        request = pb.RequestGrantRequest(request_id=request_id or str(uuid4()), **{**usual, **more})
        answer: pb.RequestGrantResponse = await self.of(ASKER).RequestGrant(request)
        return answer.grant_request

    async def waiting(self, name: str) -> list[str]:
        answer = await self.of(name).ListGrantRequests(pb.ListGrantRequestsRequest())
        return [request.id for request in answer.grant_requests if request.client == ASKER]

    async def own(self, name: str) -> list[str]:
        answer = await self.of(name).ListMyGrantRequests(pb.ListMyGrantRequestsRequest())
        return [request.id for request in answer.grant_requests]


@pytest_asyncio.fixture(loop_scope="session")
async def parties(exchange: RunningExchange) -> AsyncIterator[Parties]:
    made = Parties(exchange)
    yield made
    for request in exchange.admin.get("grant-requests").json():
        if request["client"] == ASKER:
            exchange.admin.post(f"grant-requests/{request['id']}/decline", json={"reason": "over"}).raise_for_status()
    for grant in exchange.admin.get("grants").json():
        if grant["consumer"] == ASKER:
            exchange.admin.delete(f"grants/{grant['id']}").raise_for_status()
    for channel in made.channels.values():
        await channel.close()


async def failure(call: Awaitable[Any]) -> status.Failure:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    return status.decode(raised.value)


async def test_the_provider_approves_with_less_and_the_member_can_call(parties: Parties) -> None:
    asked = await parties.ask(fields=["members"])
    assert asked.state == pb.GRANT_REQUEST_STATE_PENDING
    assert await parties.waiting(PROVIDER) == [asked.id]
    question = ListHouseholdRequest(citizen_number="074079255028")
    household = PopulationServiceStub(parties.channels[ASKER]).ListHousehold
    assert (await failure(household(question))).reason == "ACCESS_DENIED"
    decision = pb.ApproveGrantRequestRequest(
        request_id=str(uuid4()), id=asked.id, fields=["members.full_name"], reason="names only"
    )
    approved = await parties.of(PROVIDER).ApproveGrantRequest(decision)
    assert approved.grant_request.decided_by == PROVIDER
    assert approved.grant_request.decided_at.ToMicroseconds() >= asked.asked_at.ToMicroseconds() > 0

    async def lets_in() -> bool:
        try:
            answer = await household(question)
        except grpc.aio.AioRpcError:
            return False
        return all(member.full_name and not member.citizen_number for member in answer.members)

    await until(lets_in)
    assert await parties.of(PROVIDER).ApproveGrantRequest(decision) == approved, "a repeated decision"
    own = await parties.of(ASKER).ListMyGrantRequests(pb.ListMyGrantRequestsRequest())
    assert approved.grant_request in own.grant_requests
    assert await parties.waiting(PROVIDER) == []


async def test_the_provider_declines_with_a_reason(parties: Parties) -> None:
    asked = await parties.ask()
    decision = pb.DeclineGrantRequestRequest(request_id=str(uuid4()), id=asked.id, reason="no law names it")
    declined = await parties.of(PROVIDER).DeclineGrantRequest(decision)
    assert (declined.grant_request.state, declined.grant_request.grant) == (pb.GRANT_REQUEST_STATE_DECLINED, "")
    assert await parties.of(PROVIDER).DeclineGrantRequest(decision) == declined
    own = await parties.of(ASKER).ListMyGrantRequests(pb.ListMyGrantRequestsRequest())
    assert declined.grant_request in own.grant_requests


async def test_others_see_nothing_of_a_request_and_cannot_decide(parties: Parties) -> None:
    asked = await parties.ask()
    assert asked.id in await parties.own(ASKER)
    for name in (PROVIDER, OTHER):
        assert asked.id not in await parties.own(name)
    for name in (ASKER, OTHER):
        assert await parties.waiting(name) == []
        stub, new = parties.of(name), str(uuid4())
        for unknown in (asked.id, "a" * 26):
            refused = [
                await failure(stub.ApproveGrantRequest(pb.ApproveGrantRequestRequest(request_id=new, id=unknown))),
                await failure(
                    stub.DeclineGrantRequest(pb.DeclineGrantRequestRequest(request_id=new, id=unknown, reason="x"))
                ),
            ]
            assert {(each.code.name, each.reason) for each in refused} == {("NOT_FOUND", "GRANT_REQUEST_UNKNOWN")}
            assert {each.message for each in refused} == {f"there is no request {unknown!r} for a grant"}
    assert await parties.waiting(PROVIDER) == [asked.id]


async def test_a_repeated_request_gets_its_first_answer_even_when_it_was_decided(parties: Parties) -> None:
    request_id = str(uuid4())
    asked = await parties.ask(request_id)
    parties.exchange.admin.post(f"grant-requests/{asked.id}/approve", json={}).raise_for_status()
    assert await parties.ask(request_id) == asked
    assert (await failure(parties.ask())).reason == "GRANTED_ALREADY"
    assert (await failure(parties.ask(request_id, because="another"))).reason == "REQUEST_ID_REUSED"


async def test_a_member_asks_over_http_too(parties: Parties) -> None:
    state = parties.exchange.state
    token = await asyncio.to_thread(parties.exchange.tokens(ASKER).blocking)
    body = {"requestId": str(uuid4()), "provider": PROVIDER, "contract": CONTRACT, "methods": ["ListHousehold"]}
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {token}"}, **state.asking()) as http:
        at = f"{state.rest_url}/ndxp.exchange.v1.ExchangeService"
        answer = await http.post(f"{at}/RequestGrant", json={**body, "because": "a law"})
        assert (await http.post(f"{at}/RequestGrant", json={**body, "requestId": "2"})).status_code == 400
        own = (await http.post(f"{at}/ListMyGrantRequests", json={})).json()["grantRequests"]
    assert answer.json()["grantRequest"] in own
    assert await parties.waiting(PROVIDER) == [answer.json()["grantRequest"]["id"]]


async def test_a_request_that_is_larger_than_any_good_one_is_refused_before_it_is_read(parties: Parties) -> None:
    assert (await failure(parties.ask(purposes=["a"] * 100_000))).code.name == "RESOURCE_EXHAUSTED"
    most = await parties.ask(
        methods=["ListHousehold"] * 76, purposes=["p"] * 1000, fields=["members"] * 285, because="ệ" * 400
    )
    assert most.state == pb.GRANT_REQUEST_STATE_PENDING
