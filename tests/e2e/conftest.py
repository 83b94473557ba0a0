"""A running exchange with an echo service on it that was registered at run time, and visitors who call it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import grpc
import jwt
import pytest
import pytest_asyncio
import redis

from gateway.keys import load_or_create
from ndxp.jwk import public_jwk
from ndxp.sandbox import life
from ndxp.testing import RunningExchange
from ndxp.wire import metadata, status
from ndxp.wire.streams import keep_status
from tests.support.echo import CONTRACT, OPTIONS, Echo
from tests.support.fakes import until, until_now
from tests.support.stores import Valkey

PROVIDER, VISITOR, STRANGER = "VN/COM/sample/echo", "VN/COM/visitor/app", "VN/COM/visitor/stranger"
ANSWERS_IN_A_ROW = 12
"""Answers over fresh connections after which both workers are taken to have been asked."""


@dataclass
class Visitor:
    """A subsystem that calls through the gateway with nothing but gRPC."""

    exchange: RunningExchange
    name: str
    channel: grpc.aio.Channel

    @cached_property
    def identity(self) -> tuple[str, str]:
        return metadata.AUTHORIZATION, f"Bearer {self.exchange.tokens(self.name).blocking()}"

    def call(self, method: str) -> Callable[..., Any]:
        """A callable of the echo service that carries the visitor's token, and any metadata given."""
        callable_ = CONTRACT.on(self.channel, method)
        identity = self.identity

        def call(*request: Any, pairs: tuple[metadata.Pair, ...] = (), timeout: float | None = 20) -> Any:
            return keep_status(callable_(*request, metadata=(identity, *pairs), timeout=timeout))

        return call

    def transactions(self, **search: Any) -> list[dict[str, Any]]:
        """The visitor's outcomes in the ledger, the latest first."""
        return transactions(self.exchange, client=self.name, **search)


def caught_up(exchange: RunningExchange) -> bool:
    """Whether the ledger has everything that was answered; a recorder on a busy machine may need a moment."""
    totals = exchange.admin.get("totals", params={"after": 2**61})
    return totals.is_success and bool(totals.json()["caught_up"])


def transactions(exchange: RunningExchange, **search: Any) -> list[dict[str, Any]]:
    until_now(lambda: caught_up(exchange))
    answer = exchange.admin.get("transactions", params={"limit": 1000, **search})
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()
    return found


def transaction(exchange: RunningExchange, transaction_id: str) -> list[dict[str, Any]]:
    """The records of one transaction, empty while there is none."""
    until_now(lambda: caught_up(exchange))
    answer = exchange.admin.get(f"transactions/{transaction_id}")
    found: list[dict[str, Any]] = answer.json() if answer.is_success else []
    return found


def signed(exchange: RunningExchange, **claims: Any) -> metadata.Pair:
    """A token signed with the exchange's own key."""
    key = load_or_create(exchange.folder / "token-key.pem")
    now = int(time.time())
    said = {"iss": "ndxp:control", "aud": "ndxp:gateway", "sub": VISITOR, "iat": now, "exp": now + 60, **claims}
    token = jwt.encode(said, key, algorithm="EdDSA", headers={"kid": public_jwk(key)["kid"]})
    return metadata.AUTHORIZATION, f"Bearer {token}"


async def transaction_id_of(call: Any) -> str:
    """The transaction of a call that has ended."""
    return str((await call.trailing_metadata())[metadata.TRANSACTION_ID])


async def _finished(call: Any) -> None:
    if hasattr(call, "read"):
        async for _ in call:
            pass
    else:
        await call


async def code_of(call: Any) -> grpc.StatusCode:
    """The status of a call of any kind, when its messages are read."""
    with suppress(grpc.aio.AioRpcError):
        await _finished(call)
    code: grpc.StatusCode = await call.code()
    return code


async def failure_of(call: Any) -> status.Failure:
    """Awaits a call that must fail, and gives what its caller can know of the failure."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await _finished(call)
    return status.decode(raised.value)


@asynccontextmanager
async def fresh_channel(target: str) -> AsyncIterator[grpc.aio.Channel]:
    """A connection of its own: the kernel chooses the worker."""
    async with grpc.aio.insecure_channel(target, options=OPTIONS) as channel:
        yield channel


def register(exchange: RunningExchange, provider: str, contract: str, address: str, **more: Any) -> None:
    """Registers a service, whose provider is asked for its contract meanwhile: one in this process needs its loop."""
    service = {"provider": provider, "contract": contract, "address": address, **more}
    exchange.admin.put("services", json=service).raise_for_status()


async def known(exchange: RunningExchange) -> None:
    """Returns when every worker knows all that was changed: what follows need not reckon with what was before."""
    await until(lambda: life.same_registry(exchange.state))


def learnt(exchange: RunningExchange, contract: str) -> bool:
    services = exchange.admin.get("services").json()
    return any(service["contract"] == contract and service["methods"] for service in services)


async def every_worker(look: Callable[[grpc.aio.Channel], Awaitable[bool]], exchange: RunningExchange) -> bool:
    """Whether every worker knows all that was changed, and all of a dozen fresh connections see something."""
    if not life.same_registry(exchange.state):
        return False
    for _ in range(ANSWERS_IN_A_ROW):
        async with fresh_channel(exchange.gateway) as channel:
            if not await look(channel):
                return False
    return True


@pytest.fixture(scope="session")
def members(exchange: RunningExchange) -> RunningExchange:
    """The exchange with the echo service's provider and its visitors."""
    for member, subsystems in (("VN/COM/sample", ["echo"]), ("VN/COM/visitor", ["app", "stranger"])):
        put = exchange.admin.put("members", json={"id": member, "name": member, "subsystems": subsystems})
        put.raise_for_status()
    return exchange


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def echo_server(members: RunningExchange) -> AsyncIterator[Echo]:
    """The echo service, registered and granted to the visitor at run time."""
    async with Echo() as echo:
        await asyncio.to_thread(register, members, PROVIDER, CONTRACT.name, f"127.0.0.1:{echo.port}")
        grant = {"id": "echo", "consumer": VISITOR, "provider": PROVIDER, "contract": CONTRACT.name, "methods": ["*"]}
        members.admin.post("grants", json=grant).raise_for_status()
        await until(lambda: learnt(members, CONTRACT.name))
        token = members.tokens(VISITOR).blocking()

        async def knows(channel: grpc.aio.Channel) -> bool:
            nonsense: Any = channel.unary_unary(f"/{CONTRACT.name}/Nonsense")
            failure = await failure_of(nonsense(b"", metadata=((metadata.AUTHORIZATION, f"Bearer {token}"),)))
            return "has no method" in failure.message

        await until(lambda: every_worker(knows, members))
        yield echo


@pytest.fixture
def echo(echo_server: Echo) -> Iterator[Echo]:
    """The echo service, forgetful of earlier tests."""
    echo_server.reset()
    yield echo_server
    echo_server.release.set()


@pytest.fixture
def copied(members: RunningExchange, valkey: Valkey) -> Iterator[Any]:
    """A store with everything that the gateways of the session's exchange read."""
    with redis.Redis.from_url(members.state.processes[0].environment["NDXP_REDIS_URL"]) as theirs:
        kept = {key: theirs.dump(key) for key in theirs.keys("ndxp:*") if theirs.type(key) != b"stream"}
    with redis.Redis.from_url(valkey.url) as store:
        for key, value in kept.items():
            if value is not None:  # it may have run out meanwhile
                store.restore(key, 0, value, replace=True)
        yield store


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(members: RunningExchange, echo: Echo) -> AsyncIterator[Visitor]:
    """A caller with a grant for the echo service."""
    async with fresh_channel(members.gateway) as channel:
        yield Visitor(members, VISITOR, channel)


@pytest_asyncio.fixture(loop_scope="session")
async def stranger(members: RunningExchange, echo: Echo) -> AsyncIterator[Visitor]:
    """A caller without any grant but the directory."""
    async with fresh_channel(members.gateway) as channel:
        yield Visitor(members, STRANGER, channel)
