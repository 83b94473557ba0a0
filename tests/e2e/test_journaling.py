"""What is in the ledger when: the request before it is forwarded, the outcome before the caller sees the status."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Any

import grpc
import psutil
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from gateway.dataplane.directory import ALIVE
from gateway.registry_store import REGISTRY, VERSION
from gateway.store import STREAM, connect
from ndxp.errors import Reason
from ndxp.sandbox.ports import free_port
from ndxp.testing import RunningExchange
from ndxp.wire import metadata
from tests.e2e.conftest import Visitor, failure_of, fresh_channel, transaction
from tests.e2e.test_front_door import health
from tests.support.echo import CONTRACT, Echo, Request, Response
from tests.support.fakes import PATIENCE, until
from tests.support.stores import Valkey
from tests.support.workers import worker

pytestmark = pytest.mark.asyncio(loop_scope="session")


@contextmanager
def held(exchange: RunningExchange, word: str) -> Iterator[None]:
    """A process of the exchange that does nothing for a while, though its supervisor sees it alive."""
    process = next(p for p in exchange.state.members() if word in " ".join(p.cmdline()))
    assert isinstance(process, psutil.Process)
    process.suspend()
    try:
        yield
    finally:
        process.resume()


async def not_serving(channel: grpc.aio.Channel) -> bool:
    """Whether the worker at this connection says that it is alive, and takes no calls."""
    stub: Any = health_pb2_grpc.HealthStub(channel)
    alive = await stub.Check(health_pb2.HealthCheckRequest(service=ALIVE), timeout=20)
    assert alive.status == health_pb2.HealthCheckResponse.SERVING
    answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=20)
    return bool(answer.status == health_pb2.HealthCheckResponse.NOT_SERVING)


@pytest.mark.parametrize(("method", "phases"), [("Echo", ["request"]), ("Look", [])])
async def test_the_request_of_a_method_that_may_change_something_is_recorded_before_its_provider_hears_of_it(
    visitor: Visitor, echo: Echo, method: str, phases: list[str]
) -> None:
    call = visitor.call(method)(Request(hold=True))
    await echo.hears(call)
    (transaction_id,) = echo.one().all(metadata.TRANSACTION_ID)
    found = transaction(visitor.exchange, str(transaction_id))
    assert [record["phase"] for record in found] == phases
    echo.release.set()
    await call


async def test_the_messages_of_a_stream_do_not_wait_for_its_record_but_its_status_does(
    visitor: Visitor, echo: Echo
) -> None:
    patient = worker(visitor.exchange, "patient", journal_patience=str(PATIENCE))
    async with patient as alone, fresh_channel(alone.target) as channel:
        call = CONTRACT.on(channel, "Converse")(metadata=(visitor.identity,))
        await call.write(Request(payload=b"first"))
        assert await call.read() == Response(payload=b"first")
        with held(visitor.exchange, "valkey-server"):
            await call.write(Request(payload=b"last"))
            assert await call.read() == Response(payload=b"last")
            await call.done_writing()
            ended = asyncio.ensure_future(call.read())
            await until(lambda: echo.one().end == "answered")
            await until(lambda: not_serving(channel))  # a record has waited for a second
            assert not ended.done()
        assert await ended is grpc.aio.EOF
        assert await call.code() is grpc.StatusCode.OK


async def test_a_gateway_that_starts_does_not_say_that_it_takes_calls_before_the_store_takes_its_records(
    members: RunningExchange, valkey: Valkey, copied: Any
) -> None:
    target = f"127.0.0.1:{free_port()}"

    async def said() -> list[int]:
        with suppress(grpc.aio.AioRpcError):
            async with fresh_channel(target) as channel:
                return [await health(channel, "")]
        return []

    async with AsyncExitStack() as stack:
        cautious = worker(members, "cautious", target, redis_url=valkey.url, durability="always")
        starting = asyncio.create_task(stack.enter_async_context(cautious))
        assert await until(said) == [health_pb2.HealthCheckResponse.NOT_SERVING]
        copied.config_set("appendfsync", "always")
        await starting  # until it says SERVING


async def test_a_gateway_whose_recorder_is_too_far_behind_refuses_before_forwarding(
    visitor: Visitor, echo: Echo
) -> None:
    exchange = visitor.exchange
    store = connect(next(p for p in exchange.state.processes if p.name == "store").environment["NDXP_REDIS_URL"])
    async with worker(exchange, "behind", max_backlog="3") as small, fresh_channel(small.target) as channel:
        look = CONTRACT.on(channel, "Look")
        await look(Request(), metadata=(visitor.identity,))
        with held(exchange, "gateway.control"):
            while await store.xlen(STREAM) <= 3:
                await visitor.call("Look")(Request())

            async def refused() -> bool:
                echo.reset()
                call = look(Request(), metadata=(visitor.identity,))
                return await call.code() is not grpc.StatusCode.OK

            await until(refused)
            failure = await failure_of(look(Request(), metadata=(visitor.identity,)))
            assert failure.reason == Reason.OVERLOADED
            assert "journal entries wait" in failure.message
            assert echo.heard == []
            await until(lambda: not_serving(channel))

        async def answered() -> bool:
            return await look(Request(), metadata=(visitor.identity,)).code() is grpc.StatusCode.OK

        await until(answered)
    await store.aclose()


async def test_a_gateway_whose_store_has_lost_the_registry_says_that_it_takes_no_calls_until_it_is_back(
    visitor: Visitor, valkey: Valkey, copied: Any
) -> None:
    async with (
        worker(visitor.exchange, "bereft", redis_url=valkey.url) as bereft,
        fresh_channel(bereft.target) as channel,
    ):

        async def serving() -> bool:
            return await health(channel, "") == health_pb2.HealthCheckResponse.SERVING

        await until(serving)
        version = int(copied.get(VERSION))
        for part in (VERSION, REGISTRY):
            kept = copied.dump(part)
            copied.delete(part)
            copied.set(VERSION, version + 1) if part == REGISTRY else None
            await until(lambda: not_serving(channel))
            copied.restore(part, 0, kept, replace=True)
            version += 1000
            copied.set(VERSION, version)
            await until(serving)
