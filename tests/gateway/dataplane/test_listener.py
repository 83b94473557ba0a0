"""Calls that end in an unusual way at the gateway's port: each is answered, and recorded once as it was answered."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest

from gateway.core.transaction import Phase
from gateway.dataplane import listener, local, upstream
from gateway.dataplane.health import CHECK, MOST, WATCH
from gateway.dataplane.relay import Relay
from ndxp.http2 import Fields, Limits, frames
from ndxp.sandbox.ports import free_port
from tests.support.fakes import until
from tests.support.house import DEMO, PROVIDER, STREAM, UNARY, House
from tests.support.peers import Exchanged, RawCaller, message

HELD, BEGUN = b"held", b"begun"
_Context = grpc.aio.ServicerContext[Any, Any]


class Provider(grpc.GenericRpcHandler):
    """Says something before its answer; to an empty request it answers OK without a message.

    HELD is never answered, BEGUN has its answer begun and not ended.
    """

    def __init__(self) -> None:
        self.holds = asyncio.Event()

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        async def get(_: Any, context: _Context) -> None:
            request = await context.read()
            if request != HELD:
                await context.send_initial_metadata((("said", "before"),))
            if request in (HELD, BEGUN):
                self.holds.set()
                await asyncio.Event().wait()
            if request:
                await context.write(request)

        return grpc.stream_stream_rpc_method_handler(get)


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def house(provider: Provider) -> AsyncIterator[House]:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((provider,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    house = House(f"127.0.0.1:{port}")
    yield house
    await house.close()
    await server.stop(None)


@pytest.fixture
async def channel(house: House) -> AsyncIterator[grpc.aio.Channel]:
    address = await house.listener.open()
    async with grpc.aio.insecure_channel(address) as channel:
        yield channel


def call(house: House, channel: grpc.aio.Channel, method: str, request: bytes = b"x") -> Any:
    made: Any = channel.unary_unary if method == UNARY else channel.unary_stream
    return made(f"/{DEMO}/{method}")(request, metadata=(house.identity,), timeout=20)


@pytest.mark.parametrize("method", [UNARY, STREAM])
async def test_a_call_that_is_dismissed_while_its_answer_begins_is_answered(
    house: House, channel: grpc.aio.Channel, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    began = Relay.answer_began

    def dismissed(relay: Relay, fields: Fields) -> None:
        began(relay, fields)
        house.revoke()

    monkeypatch.setattr(Relay, "answer_began", dismissed)
    under_way = call(house, channel, method)
    assert await under_way.code() is grpc.StatusCode.PERMISSION_DENIED
    [*_, outcome] = house.journal.records
    assert (outcome.reason, outcome.status_code) == ("ACCESS_DENIED", 7)


async def test_an_answer_that_cannot_be_sent_since_its_caller_has_left_is_no_error_in_the_log(
    house: House, provider: Provider, channel: grpc.aio.Channel, caplog: pytest.LogCaptureFixture
) -> None:
    under_way = call(house, channel, STREAM, BEGUN)
    await provider.holds.wait()
    await under_way.initial_metadata()
    await channel.close()
    await until(lambda: not house.relays.under_way)
    assert not caplog.text


@pytest.mark.parametrize(("method", "request_"), [(UNARY, HELD), (STREAM, HELD), (STREAM, BEGUN)])
async def test_a_call_whose_provider_has_moved_is_answered_when_its_connection_is_closed(
    house: House,
    provider: Provider,
    channel: grpc.aio.Channel,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    request_: bytes,
) -> None:
    monkeypatch.setattr(upstream, "_GRACE", 0)
    under_way = call(house, channel, method, request_)
    await provider.holds.wait()
    if request_ == BEGUN:
        await under_way.initial_metadata()
    house.upstreams.keep(())
    assert await under_way.code() is grpc.StatusCode.UNAVAILABLE
    assert "registered elsewhere now" in await under_way.details()
    outcomes = [record for record in house.journal.records if record.phase is Phase.OUTCOME]
    assert [(outcome.reason, outcome.origin) for outcome in outcomes] == [("PROVIDER_UNREACHABLE", "gateway")]
    assert house.state.traffic.by_service()[PROVIDER] == 1


async def test_ok_without_a_message_is_the_providers_failure(house: House, channel: grpc.aio.Channel) -> None:
    under_way = call(house, channel, UNARY, b"")
    assert await under_way.code() is grpc.StatusCode.INTERNAL
    assert "OK without a message" in await under_way.details()
    [*_, outcome] = house.journal.records
    assert (outcome.status_code, outcome.origin) == (13, "provider")


async def test_a_defect_of_the_gateway_is_not_recorded_as_the_callers_leaving(
    house: House, channel: grpc.aio.Channel
) -> None:
    no_key: Any = "no bytes"
    house.state.provider_keys = {PROVIDER: no_key}
    under_way = call(house, channel, UNARY)
    assert await under_way.code() is grpc.StatusCode.INTERNAL
    assert await under_way.details() == "the gateway failed; its log tells more of this transaction"
    [*_, outcome] = house.journal.records
    assert (outcome.status_code, outcome.origin) == (13, "gateway")


async def test_a_caller_who_leaves_while_the_outcome_is_written_is_recorded_once(
    house: House, channel: grpc.aio.Channel
) -> None:
    house.journal.may_answer.clear()
    under_way = call(house, channel, UNARY)
    await until(lambda: house.journal.records and house.journal.records[-1].phase is Phase.OUTCOME)
    under_way.cancel()
    await until(lambda: not house.listener.connections or not next(iter(house.listener.connections)).connection.streams)
    house.journal.may_answer.set()
    await until(lambda: house.state.traffic.by_service().get(PROVIDER))
    outcomes = [record for record in house.journal.records if record.phase is Phase.OUTCOME]
    assert [outcome.status_code for outcome in outcomes] == [0]


async def test_callers_of_the_same_machine_may_come_by_a_socket(provider: Provider, tmp_path: Path) -> None:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((provider,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    at = f"unix:{tmp_path}/gateway.sock"
    for _ in range(2):  # a worker that is started again finds the socket of the one before
        house = House(f"127.0.0.1:{port}", {"gateway_address": at})
        assert await house.listener.open() == at
        async with grpc.aio.insecure_channel(at) as channel:
            assert await call(house, channel, UNARY) == b"x"
        await house.close()
    await server.stop(None)


async def test_the_address_of_everything_is_that_of_ipv4_too(provider: Provider) -> None:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((provider,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    at = f"[::]:{free_port()}"
    house = House(f"127.0.0.1:{port}", {"gateway_address": at})
    assert await house.listener.open() == at
    for host in ("127.0.0.1", "[::1]"):
        async with grpc.aio.insecure_channel(at.replace("[::]", host)) as channel:
            assert await call(house, channel, UNARY) == b"x"
    await house.close()
    await server.stop(None)


async def test_a_port_in_use_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        house = House("127.0.0.1:1", {"gateway_address": f"127.0.0.1:{port}"})
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}"):
            await house.listener.open()


async def test_strangers_who_watch_health_keep_no_place_from_a_member() -> None:
    house = House("127.0.0.1:1", {"max_connections": 8})
    house.listener.directory.serving(True)
    address = await house.listener.open()
    watches: list[Exchanged] = []
    async with AsyncExitStack() as stack:
        for _ in range(12):
            stranger = await stack.enter_async_context(RawCaller(address))
            watches.append(stranger.call(WATCH[1:], data=[message(b"")]))
            await until(lambda: watches[-1].data)
        assert len(house.listener.connections) == 2
        member = await stack.enter_async_context(RawCaller(address))
        call = await member.ended(member.call(f"{DEMO}/{UNARY}", house.identity, data=[message(b"x")]))
        assert call.trailers["grpc-status"] == "14"  # its provider is not there
    await house.close()


async def test_answers_about_health_that_nobody_reads_count_and_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "_UNREAD", 0.5)
    house = House("127.0.0.1:1")
    house.listener.directory.serving(True)
    async with RawCaller(await house.listener.open(), Limits(stream_window=0)) as stranger:
        await until(lambda: stranger.connection.stream_window == 0)  # the gateway knows its window
        calls = [stranger.call(CHECK[1:], data=[message(b"")]) for _ in range(MOST + 1)]
        await until(lambda: all(call.end for call in calls))
        assert [call.end for call in calls] == [*["reset 8"] * MOST, "ended"]
        assert calls[-1].trailers["grpc-status"] == "8"
        assert not any(inbound.connection.streams for inbound in house.listener.connections)
    await house.close()


async def test_a_caller_who_does_not_read_keeps_no_connection_beyond_its_age(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_FAREWELL", "_KEEPALIVE", "_ANSWER"):
        monkeypatch.setattr(listener, name, 0.05)
    house = House("127.0.0.1:1", {"max_connection_age": 0.2, "handshake_timeout": 0.2})
    async with RawCaller(await house.listener.open()) as stranger:
        [inbound] = house.listener.connections
        assert stranger.carrier.transport is not None
        assert inbound.transport is not None
        stranger.carrier.transport.pause_reading()
        inbound.transport.write(bytes(32 << 20))  # as much as stands before the last word of a connection
        await until(lambda: not house.listener.connections)
    await house.close()


async def test_a_call_that_is_cut_off_by_the_end_of_the_gateway_is_recorded_before(
    house: House, provider: Provider, channel: grpc.aio.Channel
) -> None:
    under_way = call(house, channel, UNARY, HELD)
    await provider.holds.wait()
    await house.listener.close(0)
    assert [outcome.status_code for outcome in house.outcomes()] == [1]
    await until(lambda: not house.relays.under_way)
    assert await under_way.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_connection_whose_handshake_ends_while_the_gateway_leaves_is_told_to_go(
    house: House, channel: grpc.aio.Channel, provider: Provider
) -> None:
    held = asyncio.ensure_future(call(house, channel, UNARY, HELD))
    await provider.holds.wait()
    leaving = asyncio.create_task(house.listener.close(20))
    await until(lambda: house.listener.closing)
    ours, theirs = socket.socketpair()
    await asyncio.get_running_loop().connect_accepted_socket(lambda: listener.Inbound(house.listener), ours)
    reader, writer = await asyncio.open_connection(sock=theirs)
    said = b""
    while frames.GOAWAY not in kinds(said):
        said += await reader.read(1000)
    writer.close()
    held.cancel()
    await leaving


def kinds(said: bytes) -> list[int]:
    """The types of the frames that are whole."""
    found, at = [], 0
    while at + frames.HEADER_BYTES <= len(said):
        found.append(said[at + 3])
        at += frames.HEADER_BYTES + int.from_bytes(said[at : at + 3], "big")
    return found
