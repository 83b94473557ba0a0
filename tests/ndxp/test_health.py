"""Health on the wire: answered like any other's, and nobody's request is awaited for long."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

import ndxp.health
from ndxp import accepting
from ndxp.health import FEW, Health
from tests.fakes import PATIENCE, until

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
CHECK, WATCH = "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"


@pytest.fixture
async def health() -> AsyncIterator[tuple[Health, grpc.aio.Channel]]:
    """The health of a server, and a channel to it."""
    served, server = Health(), accepting.server()
    served.add_to(server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield served, channel
    await server.stop(None)


def unfinished(channel: grpc.aio.Channel, method: str = CHECK) -> Any:
    """A call whose caller says nothing more than that."""
    return channel.stream_stream(method)(timeout=PATIENCE)


async def test_a_check_and_a_watch_are_answered(health: tuple[Health, grpc.aio.Channel]) -> None:
    served, channel = health
    stub: Any = health_pb2_grpc.HealthStub(channel)
    assert (await stub.Check(health_pb2.HealthCheckRequest())).status == SERVING
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.Check(health_pb2.HealthCheckRequest(service="nobody"))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    watch = stub.Watch(health_pb2.HealthCheckRequest())
    assert (await watch.read()).status == SERVING
    await served.set("", NOT_SERVING)
    assert (await watch.read()).status == NOT_SERVING
    watch.cancel()


@pytest.mark.parametrize("method", [CHECK, WATCH])
async def test_a_request_that_does_not_come_is_not_awaited(
    health: tuple[Health, grpc.aio.Channel], monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr(ndxp.health, "PATIENCE", 0.1)
    call = unfinished(health[1], method)
    assert (await call.code(), await call.details()) == (
        grpc.StatusCode.DEADLINE_EXCEEDED, "the request was not there within 0.1 s"
    )  # fmt: skip


async def test_of_many_requests_that_do_not_come_only_the_last_few_are_awaited(
    health: tuple[Health, grpc.aio.Channel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ndxp.health, "PATIENCE", 10 * PATIENCE)
    channel = health[1]
    calls = [unfinished(channel) for _ in range(FEW + 3)]
    await until(lambda: sum(call.done() for call in calls) == 3)
    stub: Any = health_pb2_grpc.HealthStub(channel)
    assert (await stub.Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE)).status == SERVING
    assert sum(call.done() for call in calls) <= 4  # the honest one was one more
    for call in calls:
        call.cancel()
    await asyncio.gather(*(call.code() for call in calls))


async def test_who_has_little_time_left_keeps_it_however_many_ask_meanwhile(
    health: tuple[Health, grpc.aio.Channel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ndxp.health, "PATIENCE", 10 * PATIENCE)
    monkeypatch.setattr(ndxp.health, "SHORT", PATIENCE)
    served, channel = health
    calls = [unfinished(channel) for _ in range(FEW)]
    await until(lambda: len(served._awaited) == FEW)
    stub: Any = health_pb2_grpc.HealthStub(channel)
    for _ in range(5):
        assert (await stub.Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE)).status == SERVING
    assert not any(call.done() for call in calls)
    await calls[0].write(health_pb2.HealthCheckRequest().SerializeToString())
    assert (await calls[0].read()) == health_pb2.HealthCheckResponse(status=SERVING).SerializeToString()
    for call in calls:
        call.cancel()
    await asyncio.gather(*(call.code() for call in calls))


@pytest.mark.parametrize("said", [b"\xff", None], ids=["noise", "nothing"])
async def test_what_is_no_request_is_refused(
    health: tuple[Health, grpc.aio.Channel], caplog: pytest.LogCaptureFixture, said: bytes | None
) -> None:
    call: Any = health[1].stream_stream(CHECK)(timeout=PATIENCE)
    if said is not None:
        await call.write(said)
    await call.done_writing()
    assert await call.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "Traceback" not in caplog.text
