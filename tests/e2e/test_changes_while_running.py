"""Changes to the registry while the exchange runs, workers that come and go, and a store that dies."""

import asyncio
from collections.abc import AsyncIterator, Awaitable

import grpc
import psutil
import pytest
import pytest_asyncio

from ndxp.sandbox.ports import free_port
from ndxp.testing import RunningExchange
from tests.e2e.conftest import (
    PROVIDER,
    STRANGER,
    Visitor,
    code_of,
    every_worker,
    failure_of,
    fresh_channel,
    register,
    transaction,
    transaction_id_of,
)
from tests.support.echo import CONTRACT, Echo, Request
from tests.support.fakes import PATIENCE, until
from tests.support.workers import Worker, worker

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def answered(channel: grpc.aio.Channel, identity: tuple[str, str]) -> bool:
    call = CONTRACT.on(channel, "Look")(Request(), metadata=(identity,), timeout=20)
    return await code_of(call) is grpc.StatusCode.OK


async def test_a_grant_is_seen_by_every_worker_and_so_is_its_end(stranger: Visitor) -> None:
    exchange, identity = stranger.exchange, stranger.identity
    assert await every_worker(lambda channel: _not(answered(channel, identity)), exchange)
    grant = {"consumer": STRANGER, "provider": PROVIDER, "contract": CONTRACT.name, "methods": ["Look"]}
    added = exchange.admin.post("grants", json=grant)
    assert added.status_code == 201
    await until(lambda: every_worker(lambda channel: answered(channel, identity), exchange))
    exchange.admin.delete(f"grants/{added.json()['id']}").raise_for_status()
    await until(lambda: every_worker(lambda channel: _not(answered(channel, identity)), exchange))


async def _not(answer: Awaitable[bool]) -> bool:
    return not await answer


async def test_two_workers_share_the_port(visitor: Visitor) -> None:
    nodes = set()

    async def both() -> bool:
        async with fresh_channel(visitor.exchange.gateway) as channel:
            call = CONTRACT.on(channel, "Look")(Request(), metadata=(visitor.identity,))
            await call
            nodes.add(transaction(visitor.exchange, await transaction_id_of(call))[-1]["node"])
        return len(nodes) == 2

    await until(both)
    assert nodes == {"gateway-1", "gateway-2"}


@pytest_asyncio.fixture(loop_scope="session")
async def extra(visitor: Visitor) -> AsyncIterator[Worker]:
    """A worker that a test may stop."""
    async with worker(visitor.exchange, "extra") as extra:
        yield extra


async def test_a_worker_that_is_told_to_stop_finishes_the_calls_in_flight(
    visitor: Visitor, echo: Echo, extra: Worker
) -> None:
    async with fresh_channel(extra.target) as channel:
        request = Request(payload=b"x", hold=True, count=1)
        calls = []
        for method in ("Echo", "Look", "Collect", "Repeat", "Converse"):
            streams = method in ("Collect", "Converse")
            given = iter([request]) if streams else request
            calls.append(CONTRACT.on(channel, method)(given, metadata=(visitor.identity,)))
        await echo.hears(*calls)
        extra.terminate()
        await until(lambda: refuses_connections(extra.target))
        assert extra.process.returncode is None
        echo.release.set()
        for call in calls:
            assert await code_of(call) is grpc.StatusCode.OK
        assert await extra.process.wait() == 0
        for call in calls:
            [*_, record] = transaction(visitor.exchange, await transaction_id_of(call))
            assert (record["phase"], record["status_code"], record["node"]) == ("outcome", 0, "extra")


async def refuses_connections(target: str) -> bool:
    host, _, port = target.partition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:  # taken by a listener that was just being closed
        return False
    writer.close()
    return False


async def test_a_worker_told_to_stop_ends_although_nobody_calls(extra: Worker) -> None:
    extra.terminate()
    assert await asyncio.wait_for(extra.process.wait(), PATIENCE) == 0


async def test_a_service_that_moves_does_not_hold_up_other_changes(
    visitor: Visitor, stranger: Visitor, echo: Echo
) -> None:
    """A call is in flight to the old address: it goes on, and the registry's next change is seen all the same."""
    exchange, admin = visitor.exchange, visitor.exchange.admin
    call = visitor.call("Converse")()
    await call.write(Request(payload=b"before"))
    assert (await call.read()).payload == b"before"
    identity = stranger.identity
    register(exchange, PROVIDER, CONTRACT.name, f"127.0.0.1:{free_port()}")
    await until(lambda: every_worker(lambda channel: _not(answered(channel, visitor.identity)), exchange))
    grant = {"id": "moved", "consumer": STRANGER, "provider": PROVIDER, "contract": CONTRACT.name, "methods": ["Look"]}
    admin.post("grants", json=grant).raise_for_status()
    try:

        async def granted(channel: grpc.aio.Channel) -> bool:
            failure = await failure_of(CONTRACT.on(channel, "Look")(Request(), metadata=(identity,), timeout=20))
            return failure.reason != "ACCESS_DENIED"

        await until(lambda: every_worker(granted, exchange))
        await call.write(Request(payload=b"after"))
        assert (await call.read()).payload == b"after"
        await call.done_writing()
        assert await call.read() is grpc.aio.EOF
        assert await call.code() is grpc.StatusCode.OK
    finally:
        admin.delete("grants/moved").raise_for_status()
        await asyncio.to_thread(register, exchange, PROVIDER, CONTRACT.name, f"127.0.0.1:{echo.port}")
    await until(lambda: every_worker(lambda channel: answered(channel, visitor.identity), exchange))


def process_of(exchange: RunningExchange, word: str) -> psutil.Process:
    return next(process for process in exchange.state.members() if word in " ".join(process.cmdline()))


async def test_without_its_store_the_exchange_refuses_before_forwarding_and_resumes_when_it_is_back(
    visitor: Visitor, echo: Echo
) -> None:
    exchange = visitor.exchange
    call = visitor.call("Echo")
    before = call(Request())
    await before
    process_of(exchange, "valkey-server").suspend()  # alive to the supervisor, which would start a dead one again
    store = process_of(exchange, "valkey-server")
    try:

        async def refused() -> bool:
            echo.reset()
            attempt = visitor.call("Look")(Request(payload=b"refused"))
            return await code_of(attempt) is not grpc.StatusCode.OK and not echo.heard

        await until(refused)
        echo.reset()
        for method in ("Look", "Echo"):
            failure = await failure_of(visitor.call(method)(Request()))
            assert (failure.reason, failure.hop, failure.retry_after) == ("JOURNAL_UNAVAILABLE", "gateway/journal", 1.0)
        assert echo.heard == []
    finally:
        store.kill()

    # Each worker finds the store again by itself, and the tests that follow come to either.
    await until(lambda: every_worker(lambda channel: answered(channel, visitor.identity), exchange))
    after = call(Request())
    await after
    for answer in (before, after):
        found = await transaction_id_of(answer)
        await until(lambda found=found: len(transaction(exchange, found)) == 2)  # type: ignore[misc]
