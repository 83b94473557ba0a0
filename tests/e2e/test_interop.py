"""gRPC's published interop cases hold through the gateway; the same cases find what a naive proxy loses."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
import pytest_asyncio

from ndxp.testing import RunningExchange
from ndxp.wire import metadata
from tests.e2e.conftest import VISITOR, every_worker, failure_of, fresh_channel, learnt, register
from tests.support.fakes import until
from tests.support.interop import CASES, CONTRACT, Case, Client, NaiveProxy, Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROVIDER = "VN/COM/interop/server"
LOST_BY_A_NAIVE_PROXY = {
    "status_code_and_message", "special_status_message", "custom_metadata", "unimplemented_method",
    "unimplemented_service",
}  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server() -> AsyncIterator[Server]:
    async with Server() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def through_the_gateway(server: Server, members: RunningExchange) -> AsyncIterator[Client]:
    member = {"id": "VN/COM/interop", "name": "interop", "subsystems": ["server"]}
    members.admin.put("members", json=member).raise_for_status()
    await asyncio.to_thread(register, members, PROVIDER, CONTRACT.name, f"127.0.0.1:{server.port}")
    grant = {"id": "interop", "consumer": VISITOR, "provider": PROVIDER, "contract": CONTRACT.name, "methods": ["*"]}
    members.admin.post("grants", json=grant).raise_for_status()
    await until(lambda: learnt(members, CONTRACT.name))
    token = (metadata.AUTHORIZATION, f"Bearer {members.tokens(VISITOR).blocking()}")

    async def knows(channel: grpc.aio.Channel) -> bool:
        nonsense: Any = channel.unary_unary(f"/{CONTRACT.name}/Nonsense")
        return "has no method" in (await failure_of(nonsense(b"", metadata=(token,)))).message

    await until(lambda: every_worker(knows, members))
    async with fresh_channel(members.gateway) as channel:
        yield Client(channel, token)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
async def test_the_published_case_holds_through_the_gateway(through_the_gateway: Client, case: Case) -> None:
    await case(through_the_gateway)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
async def test_the_published_case_holds_without_anything_between(server: Server, case: Case) -> None:
    async with fresh_channel(f"127.0.0.1:{server.port}") as channel:
        await case(Client(channel))


async def test_the_cases_find_what_a_naive_proxy_loses(server: Server) -> None:
    failed = set()
    async with fresh_channel(f"127.0.0.1:{server.port}") as provider:
        proxy = grpc.aio.server()
        proxy.add_generic_rpc_handlers((NaiveProxy(provider),))
        port = proxy.add_insecure_port("127.0.0.1:0")
        await proxy.start()
        async with fresh_channel(f"127.0.0.1:{port}") as channel:
            for case in CASES:
                try:
                    await case(Client(channel))
                except (AssertionError, grpc.aio.AioRpcError):
                    failed.add(case.__name__)
        await proxy.stop(None)
    assert failed == LOST_BY_A_NAIVE_PROXY
