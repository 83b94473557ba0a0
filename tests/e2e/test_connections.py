"""What a connection may cost the gateway: sizes, idleness, slowness and floods, while others are served."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from typing import Any

import grpc
import pytest
import pytest_asyncio
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from hyperframe.frame import HeadersFrame, PingFrame, RstStreamFrame

from drills.attacks.wire import PREFACE, Wire
from ndxp.reflection import look_up
from ndxp.testing import RunningExchange
from ndxp.wire import metadata, status
from ndxp.wire.streams import keep_status
from tests.e2e.conftest import VISITOR, Visitor, every_worker, failure_of, fresh_channel
from tests.e2e.test_front_door import SERVING, health
from tests.support.echo import CONTRACT, Echo, Request
from tests.support.fakes import PATIENCE, until, until_now
from tests.support.workers import Worker, worker

pytestmark = pytest.mark.asyncio(loop_scope="session")

CANCEL = 8
LOOK = f"/{CONTRACT.name}/Look"


async def test_metadata_that_are_too_large_are_refused_by_name_however_often_one_tries(
    visitor: Visitor, echo: Echo
) -> None:
    for _ in range(5):
        failure = await failure_of(visitor.call("Look")(Request(), pairs=(("x-mine", "a" * 7200),)))
        assert (failure.reason, failure.details["key"]) == ("INVALID_METADATA", "x-mine")
        assert failure.details["allowed"] == "7168"
    assert echo.heard == []


async def test_metadata_beyond_all_measure_are_refused_with_a_reason(visitor: Visitor, echo: Echo) -> None:
    async with grpc.aio.insecure_channel(visitor.exchange.gateway) as channel:
        call = CONTRACT.on(channel, "Look")(Request(), metadata=(visitor.identity, ("x-mine", "a" * 60_000)))
        failure = await failure_of(call)
    assert (failure.code, failure.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED.value[0], "METADATA_TOO_LARGE")
    assert failure.transaction_id
    assert echo.heard == []


@pytest.mark.parametrize("pairs", [(), (("authorization", "Bearer abc"),)])
async def test_who_has_no_good_token_is_refused_before_a_message_is_taken(
    visitor: Visitor, pairs: tuple[tuple[str, str], ...]
) -> None:
    async with grpc.aio.insecure_channel(visitor.exchange.gateway) as channel:
        call: Any = channel.stream_stream(f"/{LOOK}")(metadata=pairs, timeout=20)  # and no message, for as long as that
        assert await call.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_a_health_request_that_never_arrives_is_not_awaited(visitor: Visitor) -> None:
    async with grpc.aio.insecure_channel(visitor.exchange.gateway) as channel:
        call: Any = channel.stream_stream("/grpc.health.v1.Health/Check")(timeout=20)
        assert "not there within 2 s" in await call.details()


@pytest.mark.parametrize("size", [0, 8_000_000])
async def test_who_has_no_good_token_learns_it_however_large_the_message(visitor: Visitor, size: int) -> None:
    request = Request(payload=b"x" * size)
    for _ in range(5):
        async with grpc.aio.insecure_channel(visitor.exchange.gateway) as channel:
            failure = await failure_of(CONTRACT.on(channel, "Look")(request, metadata=(("authorization", "Bearer a"),)))
            assert failure.reason == "TOKEN_INVALID"
        with grpc.insecure_channel(visitor.exchange.gateway) as plain:
            look: Any = plain.unary_unary(f"/{LOOK}")
            with pytest.raises(grpc.RpcError) as refused:
                await asyncio.to_thread(look, request.SerializeToString(), metadata=(("authorization", "Bearer a"),))
            assert status.decode(refused.value).reason == "TOKEN_INVALID"


async def test_metadata_that_just_fit_reach_the_provider(visitor: Visitor, echo: Echo) -> None:
    room = 7168 - sum(len(key) + len(value) + 32 for key, value in (visitor.identity, ("x-mine", ""))) - 200
    for _ in range(5):
        await visitor.call("Look")(Request(), pairs=(("x-mine", "a" * room),))
    assert [len(str(heard.all("x-mine")[0])) for heard in echo.heard] == [room] * 5


@pytest_asyncio.fixture(
    scope="module", loop_scope="session", params=[("messages", "3"), ("bytes", "2000")], ids=lambda limit: limit[0]
)
async def narrow(members: RunningExchange, request: pytest.FixtureRequest) -> AsyncIterator[tuple[Worker, str, str]]:
    """A worker that lets few messages or bytes of a stream pass: the unit, and how many."""
    unit, allowed = request.param
    async with worker(members, f"narrow-{unit}", **{f"max_stream_{unit}": allowed}) as narrow:
        yield narrow, unit, allowed


@pytest.mark.parametrize("method", ["Collect", "Repeat"])
async def test_a_stream_that_carries_too_much_is_ended_in_either_direction(
    visitor: Visitor, echo: Echo, method: str, narrow: tuple[Worker, str, str]
) -> None:
    own, unit, allowed = narrow
    async with fresh_channel(own.target) as channel:
        many = [Request(payload=b"x" * 700) for _ in range(4)]
        given = iter(many) if method == "Collect" else Request(payload=b"x" * 700, count=4)
        failure = await failure_of(CONTRACT.on(channel, method)(given, metadata=(visitor.identity,), timeout=20))
    assert (failure.reason, failure.details) == ("STREAM_TOO_LARGE", {"limit": unit, "allowed": allowed})


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def discreet(members: RunningExchange) -> AsyncIterator[Worker]:
    """A worker whose reflection is for members only."""
    async with worker(members, "discreet", open_reflection="false") as discreet:
        yield discreet


async def test_reflection_asks_for_a_token_unless_it_is_open_and_health_does_not(
    visitor: Visitor, discreet: Worker
) -> None:
    question = reflection_pb2.ServerReflectionRequest(list_services="")
    async with fresh_channel(discreet.target) as opened:
        channel: Any = opened
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        failure = await failure_of(keep_status(stub.ServerReflectionInfo(iter([question]), timeout=20)))
        assert (failure.reason, failure.origin) == ("TOKEN_MISSING", "gateway")
        call = stub.ServerReflectionInfo(iter([question]), timeout=20, metadata=(visitor.identity,))
        [answer] = [answer async for answer in call]
        assert CONTRACT.name in {service.name for service in answer.list_services_response.service}
        assert await health(channel, "") == SERVING


async def test_a_command_learns_a_contract_from_a_gateway_whose_reflection_asks_for_a_token(
    visitor: Visitor, discreet: Worker
) -> None:
    tokens = visitor.exchange.tokens("VN/GOV/H26/one-stop")
    contract = await asyncio.to_thread(look_up, discreet.target, tokens, CONTRACT.name, "Echo")
    assert contract is not None
    assert contract.service.full_name == CONTRACT.name


async def in_a_thread(use: Callable[[Wire], Any], target: str, *, greet: bool = True) -> Any:
    def run() -> Any:
        with Wire(target, greet=greet) as wire:
            return use(wire)

    return await asyncio.to_thread(run)


def ending(wire: Wire) -> str:
    return wire.ending(PATIENCE)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def impatient(members: RunningExchange) -> AsyncIterator[Worker]:
    """A worker that waits for half a second until somebody speaks HTTP/2."""
    async with worker(members, "impatient-door", handshake_timeout="0.5") as impatient:
        yield impatient


@pytest.mark.parametrize("said", [b"", PREFACE[:10], b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"], ids=["", "half", "HTTP/1"])
async def test_a_connection_that_does_not_speak_http2_in_time_is_closed(
    visitor: Visitor, impatient: Worker, said: bytes
) -> None:
    def mumble(wire: Wire) -> str:
        wire.send(said)
        return ending(wire)

    assert await in_a_thread(mumble, impatient.target, greet=False) != "open"


async def test_a_connection_without_calls_is_closed_with_a_word(visitor: Visitor) -> None:
    async with worker(visitor.exchange, "brisk", max_idle="0.5") as brisk:
        assert "GOAWAY" in await in_a_thread(ending, brisk.target)


async def test_an_old_connection_is_closed_and_its_client_notices_nothing(visitor: Visitor, echo: Echo) -> None:
    async with worker(visitor.exchange, "renewing", max_connection_age="0.3") as renewing:
        async with fresh_channel(renewing.target) as channel:
            end = time.monotonic() + 2
            while time.monotonic() < end:
                await CONTRACT.on(channel, "Look")(Request(), metadata=(visitor.identity,), timeout=20)
        assert await in_a_thread(ending, renewing.target) == "GOAWAY NO_ERROR"


async def test_more_connections_than_allowed_are_closed(visitor: Visitor) -> None:
    async with worker(visitor.exchange, "small-hall", max_connections="2") as small:

        def crowd() -> bool:
            with ExitStack() as hall:
                guests = [hall.enter_context(Wire(small.target)) for _ in range(6)]
                return until_now(lambda: any(guest.ending(0.1) != "open" for guest in guests))

        assert await asyncio.to_thread(crowd)


async def flooded(visitor: Visitor, target: str, flood: Callable[[Wire], None]) -> int:
    """How many calls somebody else was answered while the flood went on."""
    async with fresh_channel(target) as channel:
        look = CONTRACT.on(channel, "Look")
        await look(Request(), metadata=(visitor.identity,), timeout=20)
        attack = asyncio.create_task(in_a_thread(flood, target))
        answered = 0
        while not attack.done():
            await look(Request(), metadata=(visitor.identity,), timeout=20)
            answered += 1
        await attack
        await look(Request(), metadata=(visitor.identity,), timeout=20)
    return answered


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def victim(members: RunningExchange) -> AsyncIterator[Worker]:
    """A worker that may be flooded: no other test calls it. Quotas do not end the flood."""
    members.admin.put("quotas", json={"consumer": VISITOR, "rate": 1e6, "burst": 10**6}).raise_for_status()
    async with worker(members, "victim") as victim:
        yield victim
    members.admin.delete("quotas", params={"consumer": VISITOR}).raise_for_status()
    token = metadata.AUTHORIZATION, f"Bearer {members.tokens(VISITOR).blocking()}"

    async def answered(channel: grpc.aio.Channel) -> bool:
        return await CONTRACT.on(channel, "Look")(Request(), metadata=(token,)).code() is grpc.StatusCode.OK

    await until(lambda: every_worker(answered, members))


async def test_a_flood_of_resets_hurts_nobody_else(visitor: Visitor, echo: Echo, victim: Worker) -> None:
    def resets(wire: Wire) -> None:
        for stream in range(1, 10_000, 2):
            begun = HeadersFrame(stream, wire.block(LOOK, visitor.identity), flags=["END_HEADERS"])
            if not wire.send(begun, RstStreamFrame(stream, CANCEL)):
                return  # hung up on, which is as good

    assert await flooded(visitor, victim.target, resets) > 0
    await until(lambda: all(heard.end for heard in echo.heard))


async def test_a_flood_of_pings_ends_its_connection(visitor: Visitor, echo: Echo, victim: Worker) -> None:
    def pings(wire: Wire) -> None:
        if all(wire.send(PingFrame(opaque_data=bytes(8))) for _ in range(20)):
            assert ending(wire) == "GOAWAY ENHANCE_YOUR_CALM"

    await flooded(visitor, victim.target, pings)


async def test_more_streams_than_allowed_on_a_connection_hurt_nobody_else(visitor: Visitor, echo: Echo) -> None:
    def streams(wire: Wire) -> None:
        for number in range(90):
            wire.request(2 * number + 1, LOOK, visitor.identity)

    async with worker(visitor.exchange, "streams", max_streams_per_connection="10") as victim:
        await flooded(visitor, victim.target, streams)
