"""Health on the wire: answered like any other's, and nobody's request is awaited for long."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from hyperframe.frame import SettingsFrame

import ndxp.wire.health
from drills.attacks.wire import Wire
from ndxp.wire import accepting
from ndxp.wire.health import FEW, MOST, Health
from tests.support.fakes import PATIENCE, until

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
CHECK, WATCH = "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"


@pytest.fixture
async def server() -> AsyncIterator[tuple[Health, str]]:
    """The health of a server, and where it listens."""
    served, server = Health(), accepting.server()
    served.add_to(server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield served, f"127.0.0.1:{port}"
    await server.stop(None)


@pytest.fixture
async def health(server: tuple[Health, str]) -> AsyncIterator[tuple[Health, grpc.aio.Channel]]:
    """The health of a server, and a channel to it."""
    async with grpc.aio.insecure_channel(server[1]) as channel:
        yield server[0], channel


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
    served.set("", NOT_SERVING)
    assert (await watch.read()).status == NOT_SERVING
    watch.cancel()


async def test_a_watch_ends_with_the_last_word(health: tuple[Health, grpc.aio.Channel]) -> None:
    served, channel = health
    stub: Any = health_pb2_grpc.HealthStub(channel)
    watch = stub.Watch(health_pb2.HealthCheckRequest(), timeout=PATIENCE)
    assert (await watch.read()).status == SERVING
    served.end()
    assert (await watch.read()).status == NOT_SERVING
    assert await watch.read() is grpc.aio.EOF
    assert await watch.code() is grpc.StatusCode.OK


@pytest.mark.parametrize("method", [CHECK, WATCH])
async def test_a_request_that_does_not_come_is_not_awaited(
    health: tuple[Health, grpc.aio.Channel], monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr(ndxp.wire.health, "PATIENCE", 0.1)
    call = unfinished(health[1], method)
    assert (await call.code(), await call.details()) == (
        grpc.StatusCode.DEADLINE_EXCEEDED,
        "the request was not there within 0.1 s",
    )


async def test_of_many_requests_that_do_not_come_only_the_last_few_are_awaited(
    health: tuple[Health, grpc.aio.Channel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ndxp.wire.health, "PATIENCE", 10 * PATIENCE)
    channel = health[1]
    calls = [unfinished(channel) for _ in range(FEW + 3)]
    await until(lambda: sum(call.done() for call in calls) == 3)
    stub: Any = health_pb2_grpc.HealthStub(channel)
    assert (await stub.Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE)).status == SERVING
    assert sum(call.done() for call in calls) <= 4  # the normal one was one more
    for call in calls:
        call.cancel()
    await asyncio.gather(*(call.code() for call in calls))


async def test_who_has_little_time_left_keeps_it_however_many_ask_meanwhile(
    health: tuple[Health, grpc.aio.Channel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ndxp.wire.health, "PATIENCE", 10 * PATIENCE)
    monkeypatch.setattr(ndxp.wire.health, "SHORT", PATIENCE)
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


def _watching_without_reading(address: str) -> Wire:
    """A peer that watches health, and gives the answer no window."""
    wire = Wire(address, {SettingsFrame.INITIAL_WINDOW_SIZE: 0})
    wire.request(1, WATCH)
    wire.message(1, b"")
    assert wire.read(lambda w: 1 in w.headers)
    return wire


async def test_who_watches_and_reads_nothing_keeps_the_news_from_nobody(
    server: tuple[Health, str], health: tuple[Health, grpc.aio.Channel]
) -> None:
    served, channel = health
    with await asyncio.to_thread(_watching_without_reading, server[1]):
        stub: Any = health_pb2_grpc.HealthStub(channel)
        watch = stub.Watch(health_pb2.HealthCheckRequest(), timeout=PATIENCE)
        assert (await watch.read()).status == SERVING
        served.set("", NOT_SERVING)
        assert (await watch.read()).status == NOT_SERVING
        served.end()
        served.set("", SERVING)
        assert (await stub.Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE)).status == NOT_SERVING
        watch.cancel()


async def test_who_watches_is_woken_by_news_only(health: tuple[Health, grpc.aio.Channel]) -> None:
    served, channel = health
    stub: Any = health_pb2_grpc.HealthStub(channel)
    watch = stub.Watch(health_pb2.HealthCheckRequest(), timeout=PATIENCE)
    assert (await watch.read()).status == SERVING
    [woken] = served._watching
    served.set("", SERVING)  # a gateway says it five times a second
    assert not woken.is_set()
    served.set("", NOT_SERVING)
    assert woken.is_set()
    watch.cancel()


async def test_a_connection_holds_only_so_many_calls_whether_their_answers_are_read_or_not(
    server: tuple[Health, str], health: tuple[Health, grpc.aio.Channel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ndxp.wire.health, "PATIENCE", PATIENCE)
    served, channel = health

    def flood() -> Wire:
        wire = _watching_without_reading(server[1])
        for number in range(1, MOST + 5):
            wire.request(2 * number + 1, CHECK)
            wire.message(2 * number + 1, b"")
        assert wire.read(lambda w: len(w.headers) == MOST + 5)
        return wire

    with await asyncio.to_thread(flood) as wire:
        ended = [stream for stream, said in wire.headers.items() if "grpc-status" in said]
        assert len(ended) == 5
        assert wire.outcome(ended[0]).reply == "RESOURCE_EXHAUSTED"
        stub: Any = health_pb2_grpc.HealthStub(channel)
        for _ in range(MOST + 5):
            assert (await stub.Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE)).status == SERVING
    await until(lambda: not served._under_way)


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
