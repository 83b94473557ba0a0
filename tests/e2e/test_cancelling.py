"""A caller that leaves in the middle of a stream is not taken for one that has said everything."""

import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest
import pytest_asyncio

from ndxp.errors import Code
from ndxp.testing import RunningExchange
from ndxp.wire import metadata
from tests.e2e.conftest import VISITOR, Visitor, code_of, every_worker, failure_of, fresh_channel, register, transaction
from tests.support.echo import CONTRACT, Echo, Request
from tests.support.fakes import until
from tests.support.wire import Tap

pytestmark = pytest.mark.asyncio(loop_scope="session")

TAPPED = "VN/COM/tapped/echo"
MANY = 200
CHOSEN = (metadata.SERVICE, TAPPED)


async def test_callers_who_leave_while_they_are_written_to_are_recorded(visitor: Visitor) -> None:
    left: list[str] = []

    async def leave(number: int) -> None:
        async with fresh_channel(visitor.exchange.gateway) as channel:
            request = Request(payload=b"x" * 20_000 * (1 + number % 10), count=1000)
            call = CONTRACT.on(channel, "Repeat")(request, metadata=(visitor.identity,))
            for _ in range(number % 4 + 1):
                await call.read()
            left.append(dict(await call.initial_metadata())[metadata.TRANSACTION_ID])
            if number % 2:
                call.cancel()

    for _ in range(10):
        await asyncio.gather(*(leave(number) for number in range(20)))

    async def ended(transaction_id: str) -> str:
        found: list[str] = []

        def recorded() -> bool:
            found.extend(
                Code(record["status_code"]).name
                for record in transaction(visitor.exchange, transaction_id)
                if record["phase"] == "outcome"
            )
            return bool(found)

        await until(recorded)
        return found[0]

    assert {await ended(transaction_id) for transaction_id in left} == {"CANCELLED"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tapped(echo_server: Echo, members: RunningExchange) -> AsyncIterator[Tap]:
    """A second provider of the echo service, behind a tap."""
    async with Tap(echo_server.port) as tap:
        member = {"id": "VN/COM/tapped", "name": "tapped", "subsystems": ["echo"]}
        members.admin.put("members", json=member).raise_for_status()
        await asyncio.to_thread(register, members, TAPPED, CONTRACT.name, f"127.0.0.1:{tap.port}")
        grant = {"id": "tapped", "consumer": VISITOR, "provider": TAPPED, "contract": CONTRACT.name, "methods": ["*"]}
        members.admin.post("grants", json=grant).raise_for_status()
        identity = metadata.AUTHORIZATION, f"Bearer {members.tokens(VISITOR).blocking()}"

        async def knows(channel: grpc.aio.Channel) -> bool:
            call = CONTRACT.on(channel, "Look")(Request(), metadata=(identity, CHOSEN))
            return await call.code() is grpc.StatusCode.OK

        await until(lambda: every_worker(knows, members))
        yield tap
        members.admin.delete("grants/tapped").raise_for_status()
        service = {"provider": TAPPED, "contract": CONTRACT.name}
        members.admin.delete("services", params=service).raise_for_status()
        await until(lambda: every_worker(lambda channel: forgotten(channel, identity), members))


@pytest.fixture
def tap(tapped: Tap, echo: Echo) -> Tap:
    """The tap, which has seen nothing yet."""
    tapped.half_closed.clear()
    tapped.reset.clear()
    return tapped


async def forgotten(channel: grpc.aio.Channel, identity: tuple[str, str]) -> bool:
    failure = await failure_of_or_none(channel, identity)
    return failure == "UNKNOWN_PROVIDER"


async def failure_of_or_none(channel: grpc.aio.Channel, identity: tuple[str, str]) -> str:
    call = CONTRACT.on(channel, "Look")(Request(), metadata=(identity, CHOSEN))
    if await call.code() is grpc.StatusCode.OK:
        return ""
    return (await failure_of(call)).reason


@pytest.mark.parametrize("method", ["Collect", "Converse"])
async def test_a_cancelled_stream_is_never_half_closed_towards_the_provider(
    visitor: Visitor, tap: Tap, method: str
) -> None:
    async def leave_in_the_middle(size: int) -> None:
        call = visitor.call(method)(pairs=(CHOSEN,))
        await call.initial_metadata()  # the provider has taken the call
        await call.write(Request(payload=b"x" * size))
        call.cancel()

    for round_ in range(MANY // 20):
        await asyncio.gather(*(leave_in_the_middle(1000 * number * (round_ % 4)) for number in range(20)))
    await until(lambda: len(tap.reset) >= MANY)
    assert not tap.half_closed & tap.reset


@pytest.mark.parametrize("method", ["Collect", "Converse"])
async def test_a_stream_that_has_said_everything_is_half_closed_and_not_reset(
    visitor: Visitor, tap: Tap, method: str
) -> None:
    call = visitor.call(method)(iter([Request(payload=b"x")]), pairs=(CHOSEN,))
    assert await code_of(call) is grpc.StatusCode.OK
    await until(lambda: tap.half_closed)
    assert not tap.reset
