"""The gateway's connections to providers, where one name stands for several hosts."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import grpc
import pytest

from gateway.dataplane import unary, upstream
from gateway.dataplane.unary import Unanswered
from gateway.dataplane.upstream import Upstreams, look_up
from ndxp.address import Address
from ndxp.errors import Code
from tests.support.fakes import until
from tests.support.peers import Called, RawProvider

METHOD = "test.v1.Replicas/WhoAreYou"


@dataclass
class Replica(grpc.GenericRpcHandler):
    """Answers with its own name."""

    name: bytes
    server: grpc.aio.Server
    port: int = 0
    says: grpc.StatusCode = grpc.StatusCode.OK

    def service(self, _: grpc.HandlerCallDetails) -> Any:
        async def answer(__: bytes, context: Any) -> bytes:
            if self.says is not grpc.StatusCode.OK:
                await context.abort(self.says, "I have changed my mind")
            return self.name

        return grpc.unary_unary_rpc_method_handler(answer)

    async def start(self, port: int = 0) -> None:
        self.server.add_generic_rpc_handlers((self,))
        self.port = self.server.add_insecure_port(f"127.0.0.1:{port}")
        await self.server.start()


@pytest.fixture
async def replicas() -> AsyncIterator[list[Replica]]:
    found = [Replica(name, grpc.aio.server()) for name in (b"one", b"two")]
    for replica in found:
        await replica.start()
    yield found
    for replica in found:
        await replica.server.stop(None)


@pytest.fixture
async def upstreams(replicas: list[Replica]) -> AsyncIterator[Upstreams]:
    async def found(name: Address) -> list[Address]:
        return [Address("127.0.0.1", replica.port) for replica in replicas] if name.host == "both" else [name]

    upstreams = Upstreams(look_up=found)
    yield upstreams
    await upstreams.close()


def address(replicas: list[Replica]) -> str:
    """An address whose name stands for both."""
    return "both:" + str(replicas[0].port)


async def answers(upstreams: Upstreams, where: str, calls: int) -> Counter[bytes]:
    return Counter([await unary.call(upstreams, where, METHOD, b"", 30) for _ in range(calls)])


async def first_failure(upstreams: Upstreams, where: str) -> Unanswered:
    """Calls one time after the other until a call fails."""
    while True:
        try:
            await unary.call(upstreams, where, METHOD, b"", 20)
        except Unanswered as error:
            return error


async def test_replicas_are_called_in_turn(upstreams: Upstreams, replicas: list[Replica]) -> None:
    where = address(replicas)

    async def both_connected() -> bool:
        return len(await answers(upstreams, where, 2)) == 2

    while not await both_connected():
        pass
    assert await answers(upstreams, where, 20) == {b"one": 10, b"two": 10}


async def test_a_replica_that_is_lost_leaves_its_calls_to_the_others(
    upstreams: Upstreams, replicas: list[Replica]
) -> None:
    where = address(replicas)
    while len(await answers(upstreams, where, 2)) < 2:
        pass
    await replicas[0].server.stop(None)

    async def all_from_the_other() -> bool:
        with suppress(Unanswered):  # until the connection knows that it is lost
            return await answers(upstreams, where, 10) == {b"two": 10}
        return False

    await until(all_from_the_other)


async def test_a_replica_that_is_back_is_called_again(upstreams: Upstreams, replicas: list[Replica]) -> None:
    where = address(replicas)
    while len(await answers(upstreams, where, 2)) < 2:
        pass
    lost = replicas[0]
    await lost.server.stop(None)
    await until(lambda: answers_from(upstreams, where, {b"two"}))
    lost.server = grpc.aio.server()
    await lost.start(lost.port)
    await until(lambda: answers_from(upstreams, where, {b"one", b"two"}))


async def answers_from(upstreams: Upstreams, where: str, names: set[bytes]) -> bool:
    with suppress(Unanswered):
        return set(await answers(upstreams, where, 10)) == names
    return False


async def test_when_all_replicas_are_lost_the_provider_is_unreachable(
    upstreams: Upstreams, replicas: list[Replica]
) -> None:
    where = address(replicas)
    await answers(upstreams, where, 1)
    for replica in replicas:
        await replica.server.stop(None)
    assert (await first_failure(upstreams, where)).code is Code.UNAVAILABLE


async def test_calls_that_come_while_a_provider_stops_are_answered_or_unreachable(upstreams: Upstreams) -> None:
    for _ in range(20):
        replica = Replica(b"stopping", grpc.aio.server())
        await replica.start()
        where = f"127.0.0.1:{replica.port}"
        assert await answers(upstreams, where, 1) == {b"stopping": 1}
        async with asyncio.TaskGroup() as tasks:
            calling = [tasks.create_task(first_failure(upstreams, where)) for _ in range(6)]
            await replica.server.stop(5)
        assert {task.result().code for task in calling} == {Code.UNAVAILABLE}
        upstreams.keep(())


async def test_a_provider_that_leaves_a_connection_before_it_says_anything_gets_another(upstreams: Upstreams) -> None:
    async with RawProvider(lambda called: called.answer(b"served")) as provider:
        provider.hang_ups = 1
        assert await unary.call(upstreams, provider.address, METHOD, b"", 20) == b"served"
        assert not provider.hang_ups


async def test_a_provider_that_leaves_every_connection_is_unreachable(upstreams: Upstreams) -> None:
    async with RawProvider(lambda called: called.answer(b"served")) as provider:
        provider.hang_ups = 1000
        with pytest.raises(Unanswered):
            await unary.call(upstreams, provider.address, METHOD, b"", 20)
        assert provider.heard == []


async def test_a_provider_may_say_cancelled_itself(upstreams: Upstreams) -> None:
    replica = Replica(b"cancelling", grpc.aio.server(), says=grpc.StatusCode.CANCELLED)
    await replica.start()
    assert (await first_failure(upstreams, f"127.0.0.1:{replica.port}")).code is Code.CANCELLED
    await replica.server.stop(None)


async def test_more_calls_at_once_than_a_provider_takes_wait_for_their_turn(upstreams: Upstreams) -> None:
    replica = Replica(b"few", grpc.aio.server(options=(("grpc.max_concurrent_streams", 3),)))
    await replica.start()
    calls = [unary.call(upstreams, f"127.0.0.1:{replica.port}", METHOD, b"", 30) for _ in range(300)]
    assert set(await asyncio.gather(*calls)) == {b"few"}
    await replica.server.stop(None)


async def test_an_invalid_address_is_unreachable(upstreams: Upstreams) -> None:
    with pytest.raises(Unanswered):
        await unary.call(upstreams, "unix:1234", METHOD, b"", 5)


async def test_a_name_that_is_not_known_is_unreachable() -> None:
    upstreams = Upstreams()
    with pytest.raises(Unanswered):
        await unary.call(upstreams, "nowhere.invalid:80", METHOD, b"", 20)
    await upstreams.close()


async def test_a_name_is_looked_up() -> None:
    assert Address("127.0.0.1", 7) in await look_up(Address("localhost", 7))
    assert await look_up(Address("::1", 7)) == [Address("::1", 7)]


async def test_a_connection_whose_provider_has_said_farewell_ends_with_its_last_call() -> None:
    def say_farewell(_: Called) -> None:
        provider.carriers[-1].connection.leave()

    async with RawProvider(say_farewell) as provider:
        upstreams = Upstreams()
        calling = asyncio.ensure_future(unary.call(upstreams, provider.address, METHOD, b"", 30))
        await until(lambda: provider.heard)
        calling.cancel()
        await until(lambda: provider.carriers[0].transport is None)
        await upstreams.close()


async def test_a_connection_that_is_not_needed_any_more_before_it_is_there_is_closed() -> None:
    silent: list[asyncio.StreamReader] = []
    server = await asyncio.start_server(lambda reader, writer: silent.append(reader), "127.0.0.1", 0)
    upstreams = Upstreams()
    address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    calling = asyncio.ensure_future(unary.call(upstreams, address, METHOD, b"", 20))
    await until(lambda: silent)
    upstreams.keep(())
    with pytest.raises(Unanswered):
        await calling
    await asyncio.wait_for(silent[0].read(), 60)  # to its end
    await upstreams.close()
    server.close()


async def test_a_name_that_is_looked_up_in_vain_for_long_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(_: Address) -> list[Address]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(upstream, "_CONNECT", 0.05)
    upstreams = Upstreams(look_up=never)
    with pytest.raises(Unanswered) as raised:
        await unary.call(upstreams, "somewhere:80", METHOD, b"", 30)
    assert raised.value.code is Code.UNAVAILABLE
    await upstreams.close()


async def test_the_system_ends_a_connection_whose_host_is_gone(upstreams: Upstreams, replicas: list[Replica]) -> None:
    await answers(upstreams, address(replicas), 2)
    [provider] = upstreams._providers.values()
    for outbound in provider._connections:
        assert outbound.transport is not None
        connected = outbound.transport.get_extra_info("socket")
        assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 20_000
        assert connected.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


async def test_addresses_that_are_left_are_forgotten(upstreams: Upstreams, replicas: list[Replica]) -> None:
    for _ in range(20):
        await answers(upstreams, f"127.0.0.1:{replicas[0].port}", 1)
        upstreams.keep(())
    await until(lambda: not any(left.busy for left in upstreams._left))
    upstreams.keep(())
    assert len(upstreams._left) <= 1
