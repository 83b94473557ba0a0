"""Refusals on the wire: reason, hop, remedy, the message in Vietnamese, and the record."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import grpc
import pytest
import pytest_asyncio

from gateway.core.circuit import FAILURES
from gateway.core.registry import Quota, Registry
from gateway.core.shedding import FEWEST
from gateway.registry_store import RegistryStore
from gateway.store import connect
from ndxp.client import Exchange
from ndxp.errors import RULES, Code, Reason
from ndxp.population.v1 import population_pb2
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.sandbox.ports import free_port
from ndxp.testing import RunningExchange
from ndxp.wire import metadata, status
from tests.e2e.conftest import (
    PROVIDER,
    STRANGER,
    VISITOR,
    Visitor,
    every_worker,
    failure_of,
    fresh_channel,
    known,
    register,
    signed,
    transaction,
)
from tests.support.echo import CONTRACT, Echo, Request
from tests.support.fakes import until
from tests.support.scrape import free_address, scrape, total
from tests.support.workers import worker

pytestmark = pytest.mark.asyncio(loop_scope="session")

DEAD = "VN/COM/dead/echo"
NO_REGISTRY = "VN/GOV/H26/hospital"
YEAR_2100 = 4_102_444_800


def recorded(exchange: RunningExchange, failure: status.Failure) -> dict[str, Any]:
    [*_, record] = transaction(exchange, failure.transaction_id)
    assert (record["phase"], record["status_code"], record["reason"]) == ("outcome", failure.code, failure.reason)
    return record


def says_what_to_do(failure: status.Failure, reason: Reason) -> None:
    rule = RULES[reason]
    assert (failure.reason, failure.code, failure.hop, failure.remedy, failure.message_vi, failure.origin) == (
        reason, rule.code, rule.hop, rule.remedy, rule.meaning_vi, "gateway",
    )  # fmt: skip
    assert failure.message
    assert failure.transaction_id


async def refused(channel: grpc.aio.Channel, *pairs: metadata.Pair, method: str = "Echo") -> status.Failure:
    # A stream says nothing: to write to a call that is refused at the same moment is an error of grpc.aio's own.
    request = () if method in ("Collect", "Converse") else (Request(),)
    return await failure_of(CONTRACT.on(channel, method)(*request, metadata=pairs, timeout=20))


@pytest.mark.parametrize("method", ["Echo", "Look", "Collect"])
async def test_a_call_without_a_token_is_refused_and_not_recorded(visitor: Visitor, echo: Echo, method: str) -> None:
    failure = await refused(visitor.channel, method=method)
    says_what_to_do(failure, Reason.TOKEN_MISSING)
    assert transaction(visitor.exchange, failure.transaction_id) == []
    assert echo.heard == []


async def test_who_uploads_without_a_grant_learns_why_while_it_still_writes(exchange: RunningExchange) -> None:
    change = population_pb2.UploadChangesRequest(request_id="r", citizen_number="1")
    async with Exchange(exchange.gateway, exchange.tokens(NO_REGISTRY)) as member:
        for _ in range(10):
            uploading = PopulationServiceStub(member.channel).UploadChanges(iter([change] * 500))
            says_what_to_do(await failure_of(uploading), Reason.ACCESS_DENIED)


@pytest.mark.parametrize(
    "value",
    ["", "Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Basic eDp5", "Bearer " + "x" * 5000],
    ids=lambda v: v[:12],
)
async def test_a_call_with_garbage_for_a_token_is_refused(visitor: Visitor, echo: Echo, value: str) -> None:
    failure = await refused(visitor.channel, (metadata.AUTHORIZATION, value))
    says_what_to_do(failure, Reason.TOKEN_MISSING if not value else Reason.TOKEN_INVALID)
    assert echo.heard == []


@pytest.mark.parametrize("claims", [{"iss": "x"}, {"aud": "x"}, {"sub": None}, {"iat": YEAR_2100}], ids=str)
async def test_a_token_made_for_something_else_is_refused(visitor: Visitor, echo: Echo, claims: dict[str, Any]) -> None:
    says_what_to_do(await refused(visitor.channel, signed(visitor.exchange, **claims)), Reason.TOKEN_INVALID)
    assert echo.heard == []


async def test_an_expired_token_is_refused_and_recorded_with_its_client(visitor: Visitor, echo: Echo) -> None:
    failure = await refused(visitor.channel, signed(visitor.exchange, exp=int(time.time()) - 60))
    says_what_to_do(failure, Reason.TOKEN_EXPIRED)
    assert recorded(visitor.exchange, failure)["client"] == VISITOR
    assert echo.heard == []


async def test_a_forged_token_never_makes_a_record_in_somebodys_name(visitor: Visitor) -> None:
    header, claims, _ = str(signed(visitor.exchange)[1]).removeprefix("Bearer ").split(".")
    failure = await refused(visitor.channel, (metadata.AUTHORIZATION, f"Bearer {header}.{claims}.{'A' * 86}"))
    says_what_to_do(failure, Reason.TOKEN_INVALID)
    assert recorded(visitor.exchange, failure)["client"] == ""


async def test_the_good_token_of_these_tests_is_good_without_the_change(visitor: Visitor) -> None:
    assert await CONTRACT.on(visitor.channel, "Echo")(Request(), metadata=(signed(visitor.exchange),))


async def test_a_client_that_says_it_is_somebody_else_is_refused_and_recorded_as_itself(
    visitor: Visitor, echo: Echo
) -> None:
    failure = await refused(visitor.channel, visitor.identity, (metadata.CLIENT, STRANGER))
    says_what_to_do(failure, Reason.INVALID_METADATA)
    assert STRANGER in failure.message
    assert recorded(visitor.exchange, failure)["client"] == VISITOR
    assert echo.heard == []


async def test_a_client_that_says_who_it_is_is_served(visitor: Visitor) -> None:
    assert await visitor.call("Echo")(Request(), pairs=((metadata.CLIENT, VISITOR),))


@pytest.mark.parametrize(
    "pair",
    [
        ("x-ndxp-nonsense", "1"),
        (metadata.ASSERTION, "forged"),
        (metadata.TRANSACTION_ID, "mine"),
        (metadata.ISSUE, "x" * 300),
    ],
)
async def test_metadata_that_is_not_a_callers_to_send_is_refused_by_name(
    visitor: Visitor, echo: Echo, pair: tuple[str, str]
) -> None:
    failure = await refused(visitor.channel, visitor.identity, pair)
    says_what_to_do(failure, Reason.INVALID_METADATA)
    assert failure.details["key"] == pair[0]
    assert echo.heard == []


@pytest.mark.parametrize("method", ["Echo", "Look", "Collect", "Repeat", "Converse"])
async def test_a_client_without_a_grant_is_refused_and_recorded(stranger: Visitor, echo: Echo, method: str) -> None:
    failure = await refused(stranger.channel, stranger.identity, method=method)
    says_what_to_do(failure, Reason.ACCESS_DENIED)
    assert "the nearest grant, echo, is for VN/COM/visitor/app" in failure.message
    record = recorded(stranger.exchange, failure)
    assert (record["client"], record["service"], record["grant"]) == (STRANGER, PROVIDER, "")
    assert echo.heard == []


async def test_a_provider_that_does_not_offer_the_contract_is_refused(visitor: Visitor, echo: Echo) -> None:
    failure = await refused(visitor.channel, visitor.identity, (metadata.SERVICE, "VN/GOV/G01/population"))
    says_what_to_do(failure, Reason.UNKNOWN_PROVIDER)
    recorded(visitor.exchange, failure)
    assert echo.heard == []


async def test_a_service_that_nobody_offers_is_refused(visitor: Visitor) -> None:
    call: Any = visitor.channel.unary_unary("/sample.none.v1.None/Get")
    failure = await failure_of(call(b"", metadata=(visitor.identity,)))
    says_what_to_do(failure, Reason.UNKNOWN_SERVICE)
    assert recorded(visitor.exchange, failure)["method"] == "sample.none.v1.None/Get"


async def sees(exchange: RunningExchange, identity: tuple[str, str], reason: str, *pairs: metadata.Pair) -> None:
    """Waits until every worker answers a look with this reason; with "" until every worker answers it."""

    async def look(channel: grpc.aio.Channel) -> bool:
        call = CONTRACT.on(channel, "Look")(Request(), metadata=(identity, *pairs), timeout=20)
        if await call.code() is grpc.StatusCode.OK:
            return reason == ""
        return (await failure_of(call)).reason == reason

    await until(lambda: every_worker(look, exchange))


async def test_a_disabled_member_is_refused_until_it_is_enabled_again(visitor: Visitor) -> None:
    admin = visitor.exchange.admin
    member = {"id": "VN/COM/visitor", "name": "visitor", "subsystems": ["app", "stranger"]}
    identity = visitor.identity
    admin.put("members", json={**member, "disabled": True}).raise_for_status()
    try:
        await sees(visitor.exchange, identity, "MEMBER_DISABLED")
        failure = await refused(visitor.channel, identity)
        says_what_to_do(failure, Reason.MEMBER_DISABLED)
        assert recorded(visitor.exchange, failure)["client"] == VISITOR
    finally:
        admin.put("members", json=member).raise_for_status()
    await sees(visitor.exchange, identity, "")


async def test_a_disabled_service_is_refused_until_it_is_enabled_again(visitor: Visitor, echo: Echo) -> None:
    again = partial(register, visitor.exchange, PROVIDER, CONTRACT.name, f"127.0.0.1:{echo.port}")
    await asyncio.to_thread(again, disabled=True)
    try:
        await sees(visitor.exchange, visitor.identity, "SERVICE_DISABLED")
        says_what_to_do(await refused(visitor.channel, visitor.identity), Reason.SERVICE_DISABLED)
    finally:
        await asyncio.to_thread(again)
    await sees(visitor.exchange, visitor.identity, "")


@pytest_asyncio.fixture(loop_scope="session")
async def registry(exchange: RunningExchange) -> AsyncIterator[RegistryStore]:
    """The registry itself, for what the admin API does not change."""
    store = connect(exchange.state.processes[0].environment["NDXP_REDIS_URL"])
    yield RegistryStore(store)
    await store.aclose()


async def test_a_caller_over_its_quota_is_told_how_long_to_wait(visitor: Visitor, registry: RegistryStore) -> None:
    def edit(quotas: dict[str, Quota]) -> Any:
        return lambda r: Registry(
            instance=r.instance, members=r.members, services=r.services, grants=r.grants, quotas=quotas
        )

    before = (await registry.load()).snapshot.registry.quotas
    await registry.change(edit({**before, VISITOR: Quota(rate=0.01, burst=1, in_flight=5)}))
    try:
        failures: list[status.Failure] = []

        async def exceeded() -> bool:
            call = visitor.call("Look")(Request())
            if await call.code() is grpc.StatusCode.OK:
                return False
            failures.append(await failure_of(call))
            return True

        await until(exceeded)
        says_what_to_do(failures[0], Reason.QUOTA_EXCEEDED)
        assert failures[0].details == {"limit": "rate", "allowed": "0.01/s"}
        assert failures[0].retry_after is not None
        assert 0 < failures[0].retry_after <= 100
        assert recorded(visitor.exchange, failures[0])["client"] == VISITOR
    finally:
        await registry.change(edit(before))
    await sees(visitor.exchange, visitor.identity, "")


async def test_a_dead_provider_is_unreachable_and_then_left_alone_for_a_moment(
    visitor: Visitor, members: RunningExchange
) -> None:
    admin = members.admin
    admin.put("members", json={"id": "VN/COM/dead", "name": "dead", "subsystems": ["echo"]}).raise_for_status()
    register(members, DEAD, CONTRACT.name, f"127.0.0.1:{free_port()}")
    grant = {"id": "dead", "consumer": VISITOR, "provider": DEAD, "contract": CONTRACT.name, "methods": ["*"]}
    admin.post("grants", json=grant).raise_for_status()
    chosen = (metadata.SERVICE, DEAD)
    try:
        known = {"UNKNOWN_PROVIDER", "ACCESS_DENIED"}

        async def attempt() -> status.Failure:
            return await refused(visitor.channel, visitor.identity, chosen)

        first = await until_failure(attempt, lambda f: f.reason not in known)
        says_what_to_do(first, Reason.PROVIDER_UNREACHABLE)
        assert recorded(members, first)["service"] == DEAD
        others = [await attempt() for _ in range(FAILURES - 1)]
        assert {failure.reason for failure in others} == {"PROVIDER_UNREACHABLE"}
        left_alone = await until_failure(attempt, lambda f: f.reason == "CIRCUIT_OPEN")  # unless a pause was over
        says_what_to_do(left_alone, Reason.CIRCUIT_OPEN)
        assert left_alone.retry_after
        assert recorded(members, left_alone)["attempts"] == 0
        await until_failure(attempt, lambda f: f.reason == "PROVIDER_UNREACHABLE")
    finally:
        admin.delete("grants/dead").raise_for_status()
        admin.delete("services", params={"provider": DEAD, "contract": CONTRACT.name}).raise_for_status()
    await sees(members, visitor.identity, "UNKNOWN_PROVIDER", chosen)


async def until_failure(attempt: Any, fits: Any) -> status.Failure:
    found: list[status.Failure] = []

    async def look() -> bool:
        found.append(await attempt())
        return bool(fits(found[-1]))

    await until(look)
    return found[-1]


async def test_a_caller_who_is_refused_again_and_again_fills_no_ledger(
    visitor: Visitor, stranger: Visitor, echo: Echo
) -> None:
    metrics = free_address()
    async with worker(visitor.exchange, "terse", max_recorded_refusals="0.001", metrics_address=metrics) as terse:
        async with fresh_channel(terse.target) as channel:
            first = await refused(channel, stranger.identity)
            again = [await refused(channel, stranger.identity, method="Look") for _ in range(10)]
            of_another = await refused(channel, visitor.identity, (metadata.SERVICE, "VN/GOV/G01/population"))
        counted = total(scrape(metrics), "ndxp_exchange_refusals_total", client=STRANGER, reason="ACCESS_DENIED")
    for failure in (first, *again):
        says_what_to_do(failure, Reason.ACCESS_DENIED)
    assert counted == 11
    assert recorded(visitor.exchange, first)["client"] == STRANGER
    assert recorded(visitor.exchange, of_another)["client"] == VISITOR
    assert not any(transaction(visitor.exchange, failure.transaction_id) for failure in again)


@pytest.mark.parametrize("method", ["Echo", "Look"])
async def test_a_provider_that_does_not_answer_in_time_is_named(visitor: Visitor, echo: Echo, method: str) -> None:
    async with worker(visitor.exchange, "impatient", default_deadline="0.3") as impatient:
        async with fresh_channel(impatient.target) as channel:

            async def attempt() -> status.Failure:
                echo.reset()
                return await failure_of(CONTRACT.on(channel, method)(Request(hold=True), metadata=(visitor.identity,)))

            # The first may need longer than that to the provider.
            failure = await until_failure(attempt, lambda f: f.reason != "PROVIDER_TIMEOUT" or echo.heard)
    says_what_to_do(failure, Reason.PROVIDER_TIMEOUT)
    assert PROVIDER in failure.message
    assert failure.code is Code.DEADLINE_EXCEEDED
    assert recorded(visitor.exchange, failure)["node"] == "impatient"
    await until(lambda: all(heard.end == "cancelled" for heard in echo.heard))


async def test_a_worker_that_is_full_refuses_at_once(visitor: Visitor, echo: Echo) -> None:
    async with worker(visitor.exchange, "small", max_calls="1") as small, fresh_channel(small.target) as channel:
        held = CONTRACT.on(channel, "Look")(Request(hold=True), metadata=(visitor.identity,))
        await echo.hears(held)
        failure = await refused(channel, visitor.identity)
        says_what_to_do(failure, Reason.OVERLOADED)
        assert failure.retry_after
        echo.release.set()
        await held
        await CONTRACT.on(channel, "Look")(Request(), metadata=(visitor.identity,))


@asynccontextmanager
async def taking(visitor: Visitor, echo: Echo, in_flight: int) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a worker of its own, while the echo service takes so many calls at once from each worker."""
    again = partial(register, visitor.exchange, PROVIDER, CONTRACT.name, f"127.0.0.1:{echo.port}")
    await asyncio.to_thread(again, in_flight=in_flight)
    try:
        async with worker(visitor.exchange, f"takes-{in_flight}") as own, fresh_channel(own.target) as channel:
            yield channel
    finally:
        await asyncio.to_thread(again)
        await known(visitor.exchange)


async def test_a_provider_gets_no_more_calls_at_once_than_it_takes(visitor: Visitor, echo: Echo) -> None:
    async with taking(visitor, echo, in_flight=2) as channel:
        looks = [CONTRACT.on(channel, "Look")(Request(hold=True), metadata=(visitor.identity,)) for _ in range(2)]
        await echo.hears(*looks)
        failure = await refused(channel, visitor.identity, method="Collect")
        says_what_to_do(failure, Reason.OVERLOADED)
        assert failure.details == {"service": PROVIDER, "under_way": "2"}
        recorded(visitor.exchange, failure)
        echo.release.set()
        for look in looks:
            await look
        await CONTRACT.on(channel, "Look")(Request(), metadata=(visitor.identity,))


async def test_streams_leave_half_of_a_providers_places_to_other_calls(visitor: Visitor, echo: Echo) -> None:
    async with taking(visitor, echo, in_flight=4) as channel:
        streams = [CONTRACT.on(channel, "Converse")(metadata=(visitor.identity,)) for _ in range(2)]
        for stream in streams:
            await stream.write(Request(payload=b"x"))
            await stream.read()
        failure = await refused(channel, visitor.identity, method="Converse")
        says_what_to_do(failure, Reason.OVERLOADED)
        await CONTRACT.on(channel, "Look")(Request(), metadata=(visitor.identity,))
        for stream in streams:
            await stream.done_writing()
            assert await stream.read() is grpc.aio.EOF
        again = CONTRACT.on(channel, "Converse")(metadata=(visitor.identity,))
        await again.write(Request(payload=b"x"))
        assert (await again.read()).payload == b"x"
        again.cancel()


async def test_a_flood_that_a_provider_cannot_keep_up_with_is_shed_and_recorded_in_part(
    visitor: Visitor, echo: Echo
) -> None:
    """The provider answers nobody until it is released; then its queue is seen, and the next flood is cut."""
    async with worker(visitor.exchange, "shedding", max_queueing="0.001") as shedding:
        async with fresh_channel(shedding.target) as channel:
            look = CONTRACT.on(channel, "Look")
            await look(Request(), metadata=(visitor.identity,))

            async def flooded() -> list[grpc.StatusCode]:
                echo.reset()
                calls = [look(Request(hold=True), metadata=(visitor.identity,), timeout=20) for _ in range(150)]
                await until(lambda: len(echo.heard) + sum(call.done() for call in calls) >= len(calls))
                echo.release.set()
                return [await call.code() for call in calls]

            codes: list[grpc.StatusCode] = []

            async def shed() -> bool:
                codes[:] = await flooded()
                return grpc.StatusCode.UNAVAILABLE in codes

            await until(shed)
            assert set(codes) == {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}
            assert codes.count(grpc.StatusCode.OK) >= FEWEST
