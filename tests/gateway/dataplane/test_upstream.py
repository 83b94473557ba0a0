"""The gateway's connections to providers, where one name stands for several hosts."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import grpc
import pytest

from gateway.dataplane.upstream import Upstreams
from ndxp.errors import Reason
from tests.fakes import until

METHOD = "test.v1.Replicas/WhoAreYou"


@dataclass
class Replica(grpc.GenericRpcHandler):
    """Answers with its own name."""

    name: bytes
    server: grpc.aio.Server
    port: int = 0

    def service(self, _: grpc.HandlerCallDetails) -> Any:
        async def answer(__: bytes, ___: Any) -> bytes:
            return self.name

        return grpc.unary_unary_rpc_method_handler(answer)

    async def start(self) -> None:
        self.server.add_generic_rpc_handlers((self,))
        self.port = self.server.add_insecure_port("127.0.0.1:0")
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
async def upstreams() -> AsyncIterator[Upstreams]:
    upstreams = Upstreams(1024)
    yield upstreams
    await upstreams.close()


def address(replicas: list[Replica]) -> str:
    """A target that stands for both, as a name does that resolves to both."""
    return "ipv4:" + ",".join(f"127.0.0.1:{replica.port}" for replica in replicas)


async def answers(upstreams: Upstreams, where: str, calls: int) -> Counter[bytes]:
    return Counter([(await upstreams.unary(where, METHOD, b"", 30)).message for _ in range(calls)])


async def first_failure(upstreams: Upstreams, where: str) -> grpc.aio.AioRpcError:
    """Calls one time after the other until a call fails."""
    while True:
        try:
            await upstreams.unary(where, METHOD, b"", 20)
        except grpc.aio.AioRpcError as error:
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
        with suppress(grpc.aio.AioRpcError):  # until the connection knows that it is lost
            return await answers(upstreams, where, 10) == {b"two": 10}
        return False

    await until(all_from_the_other)


async def test_when_all_replicas_are_lost_the_provider_is_unreachable(
    upstreams: Upstreams, replicas: list[Replica]
) -> None:
    where = address(replicas)
    await answers(upstreams, where, 1)
    for replica in replicas:
        await replica.server.stop(None)
    await until(lambda: upstreams.channel(where).get_state() is not grpc.ChannelConnectivity.READY)
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await upstreams.unary(where, METHOD, b"", 30)
    assert upstreams.own_reason(where, failed.value, overdue=False) is Reason.PROVIDER_UNREACHABLE


async def test_a_call_that_comes_while_a_provider_stops_is_the_exchanges_to_explain(upstreams: Upstreams) -> None:
    """gRPC gives such calls one of two statuses, by chance: until both were seen, whatever comes is UNREACHABLE."""
    seen = set()
    while grpc.StatusCode.CANCELLED not in seen:
        replica = Replica(b"stopping", grpc.aio.server())
        await replica.start()
        where = f"127.0.0.1:{replica.port}"
        assert await answers(upstreams, where, 1) == {b"stopping": 1}
        async with asyncio.TaskGroup() as tasks:
            calling = [tasks.create_task(first_failure(upstreams, where)) for _ in range(6)]
            await replica.server.stop(5)
        for error in (task.result() for task in calling):
            seen.add(error.code())
            assert upstreams.own_reason(where, error, overdue=False) is Reason.PROVIDER_UNREACHABLE, error
        upstreams.keep(())  # the next replica may be given the same port, at which this channel would wait to try again


async def test_a_provider_may_say_cancelled_itself(upstreams: Upstreams) -> None:
    for text in ("", "I have changed my mind"):
        said = grpc.aio.AioRpcError(grpc.StatusCode.CANCELLED, grpc.aio.Metadata(), grpc.aio.Metadata(), text)
        assert upstreams.own_reason("127.0.0.1:1", said, overdue=False) is None
