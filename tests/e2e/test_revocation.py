"""Members that are disabled, lose a grant or get new credentials, while they call."""

import json
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
import pytest_asyncio

from ndxp.client import Credentials, TokenRefused, Tokens
from ndxp.wire import metadata
from tests.e2e.conftest import (
    PROVIDER,
    Visitor,
    code_of,
    every_worker,
    failure_of,
    fresh_channel,
    known,
    transaction,
    transaction_id_of,
)
from tests.support.echo import CONTRACT, Echo, Request
from tests.support.fakes import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

MEMBER = "VN/COM/passing"
GUEST = f"{MEMBER}/app"
GRANT = {"id": "passing", "consumer": GUEST, "provider": PROVIDER, "contract": CONTRACT.name, "methods": ["*"]}


@pytest_asyncio.fixture(loop_scope="session")
async def guest(visitor: Visitor, echo: Echo) -> AsyncIterator[Visitor]:
    """A member with a grant for the echo service, which no other test minds losing."""
    exchange, admin = visitor.exchange, visitor.exchange.admin
    admin.put("members", json={"id": MEMBER, "name": "Passing", "subsystems": ["app"]}).raise_for_status()
    admin.post("grants", json=GRANT).raise_for_status()
    async with fresh_channel(exchange.gateway) as channel:
        guest = Visitor(exchange, GUEST, channel)
        await until(lambda: every_worker(lambda channel: _may_call(channel, guest.identity), exchange))
        echo.reset()
        yield guest
    admin.delete("grants/passing").raise_for_status()
    await known(exchange)


async def _may_call(channel: grpc.aio.Channel, identity: tuple[str, str]) -> bool:
    return await code_of(CONTRACT.on(channel, "Look")(Request(), metadata=(identity,), timeout=20)) is (
        grpc.StatusCode.OK
    )


async def _opened(visitor: Visitor, method: str) -> grpc.aio.Call:
    """A call that the provider holds; it does not end by itself."""
    if method in ("Echo", "Repeat"):
        held: grpc.aio.Call = visitor.call(method)(Request(payload=b"x", hold=True, count=1))
        return held
    call: grpc.aio.StreamStreamCall[Any, Any] = visitor.call(method)()
    await call.write(Request(payload=b"x"))
    return call


@pytest.mark.parametrize("method", ["Echo", "Collect", "Repeat", "Converse"])
async def test_an_open_call_of_a_disabled_member_ends_and_is_recorded(
    guest: Visitor, visitor: Visitor, echo: Echo, method: str
) -> None:
    call, other = await _opened(guest, method), visitor.call("Converse")()
    await other.write(Request(payload=b"before"))
    assert (await other.read()).payload == b"before"
    await echo.hears(call, other)
    guest.exchange.admin.post("members/disable", json={"member": MEMBER}).raise_for_status()
    try:
        failure = await failure_of(call)
        assert (failure.reason, failure.hop) == ("MEMBER_DISABLED", "gateway/identify")
        assert GUEST in failure.message
        [*_, record] = transaction(guest.exchange, await transaction_id_of(call))
        assert (record["phase"], record["reason"], record["client"]) == ("outcome", "MEMBER_DISABLED", GUEST)
        assert record["request_out_ts"] > 0
        await other.write(Request(payload=b"after"))
        assert (await other.read()).payload == b"after"
        await other.done_writing()
        assert await other.read() is grpc.aio.EOF
        assert await other.code() is grpc.StatusCode.OK
    finally:
        guest.exchange.admin.post("members/enable", json={"member": MEMBER}).raise_for_status()
    await until(lambda: every_worker(lambda channel: _may_call(channel, guest.identity), guest.exchange))


async def test_the_provider_is_told_that_a_dismissed_callers_stream_is_over(guest: Visitor, echo: Echo) -> None:
    call = await _opened(guest, "Repeat")
    await until(lambda: echo.heard and echo.heard[0].messages)
    guest.exchange.admin.post("members/disable", json={"member": MEMBER}).raise_for_status()
    try:
        await failure_of(call)
        await until(lambda: echo.heard[0].end == "cancelled")
    finally:
        guest.exchange.admin.post("members/enable", json={"member": MEMBER}).raise_for_status()


async def test_an_open_call_ends_when_its_grant_does(guest: Visitor, echo: Echo) -> None:
    admin = guest.exchange.admin
    call = await _opened(guest, "Converse")
    await until(lambda: echo.heard and echo.heard[0].messages)
    admin.delete("grants/passing").raise_for_status()
    try:
        failure = await failure_of(call)
        assert (failure.reason, failure.code.name) == ("ACCESS_DENIED", "PERMISSION_DENIED")
        [*_, record] = transaction(guest.exchange, await transaction_id_of(call))
        assert (record["reason"], record["grant"]) == ("ACCESS_DENIED", "passing")
    finally:
        admin.post("grants", json=GRANT).raise_for_status()


async def test_after_a_rotation_nothing_of_the_old_secret_is_good(guest: Visitor, echo: Echo) -> None:
    exchange, old = guest.exchange, guest.identity
    former = json.loads(exchange.credentials.read_text(encoding="utf-8"))[GUEST]
    call = await _opened(guest, "Converse")
    await until(lambda: echo.heard and echo.heard[0].messages)
    rotated = exchange.admin.post("members/rotate", json={"member": MEMBER})
    assert list(rotated.json()["credentials"]) == [GUEST]
    failure = await failure_of(call)
    assert (failure.reason, failure.code.name) == ("TOKEN_INVALID", "UNAUTHENTICATED")
    assert "rotated" in failure.message

    async def refused(channel: grpc.aio.Channel) -> bool:
        call = CONTRACT.on(channel, "Look")(Request(), metadata=(old,), timeout=20)
        return await code_of(call) is grpc.StatusCode.UNAUTHENTICATED

    await until(lambda: every_worker(refused, exchange))
    with pytest.raises(TokenRefused, match="wrong secret"):
        await Tokens(exchange.control_url, Credentials(GUEST, former)).get()
    new = metadata.AUTHORIZATION, f"Bearer {exchange.tokens(GUEST).blocking()}"
    await until(lambda: every_worker(lambda channel: _may_call(channel, new), exchange))


async def test_a_rotated_provider_is_called_with_its_new_secret(guest: Visitor, echo: Echo) -> None:
    """The agencies read their own secret again when the gateway signs with another."""
    exchange = guest.exchange
    exchange.admin.post("members/rotate", json={"member": "VN/GOV/G22/exchange"}).raise_for_status()

    async def listed(channel: grpc.aio.Channel) -> bool:
        list_members: Any = channel.unary_unary("/ndxp.exchange.v1.ExchangeService/ListMembers")
        return await code_of(list_members(b"", metadata=(guest.identity,), timeout=20)) is grpc.StatusCode.OK

    await until(lambda: every_worker(listed, exchange))


async def test_tokens_of_a_former_key_are_good_beside_those_of_the_new_one(guest: Visitor, echo: Echo) -> None:
    exchange, old = guest.exchange, guest.identity
    [before] = [key["kid"] for key in exchange.admin.get("keys").json() if key["signs"]]
    keys = exchange.admin.post("keys", json={}).json()
    [signing] = [key["kid"] for key in keys if key["signs"]]
    assert signing != before
    [former] = [key for key in keys if key["kid"] == before]
    assert former["until"] > 0
    new = metadata.AUTHORIZATION, f"Bearer {exchange.tokens(GUEST).blocking()}"
    await known(exchange)
    for identity in (old, new):
        assert await every_worker(lambda channel, identity=identity: _may_call(channel, identity), exchange)  # type: ignore[misc]
