"""The site: a sandbox with one interop service, whose provider changes, and a member that calls it."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc

from drills.attacks.target import Target
from ndxp.sandbox.ports import HOST, free_port
from ndxp.wire import metadata
from tests.support.interop import CONTRACT, Client, Empty, Server

_MEMBER = "VN/COM/interop"
_PROVIDER, _CLIENT = f"{_MEMBER}/server", f"{_MEMBER}/client"
OPTIONS = (
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.use_local_subchannel_pool", 1),
)
"""Options of gRPC's core at both ends: messages of any size, and a connection for each channel."""

MANY = (*OPTIONS, ("grpc.server.max_pending_requests", 10_000), ("grpc.server.max_pending_requests_hard_limit", 10_000))
"""Options of a provider that takes thousands of calls at once."""


class Counted(Server):
    """The provider with grpcio; it counts its unary calls."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(MANY, port)
        self.taken = 0

    async def UnaryCall(self, request: Any, context: Any) -> Any:
        """Counts the call, and answers as the cases ask."""
        self.taken += 1
        return await super().UnaryCall(request, context)


class Site(Target):
    """A sandbox with the interop service's member, which provides and calls it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        member = {"id": _MEMBER, "name": "Interop drill", "subsystems": ["server", "client"]}
        self.session.send("PUT", "/members", body=member)
        self._granted = False

    @property
    def client_token(self) -> str:
        """The access token of the member that calls."""
        return self.token(_CLIENT)

    @asynccontextmanager
    async def client(self, address: str = "") -> AsyncIterator[Client]:
        """A client with gRPC's core for the gateway or another ``address``, over its own connection."""
        async with grpc.aio.insecure_channel(address or self.state.gateway, options=OPTIONS) as channel:
            yield Client(channel, (metadata.AUTHORIZATION, f"Bearer {self.client_token}"))

    async def provide(self, address: str, *, answers: bool = True) -> None:
        """Registers the provider at an address, and returns when calls arrive there.

        Without ``answers`` no call is made to check that.
        """
        await asyncio.to_thread(self._provide, address)
        if answers:
            async with self.client() as client:
                await client.call("EmptyCall", Empty())

    def _provide(self, address: str) -> None:
        send = self.session.send
        send("PUT", "/services", body={"provider": _PROVIDER, "contract": CONTRACT.name, "address": address})
        if not self._granted:
            grant = {"consumer": _CLIENT, "provider": _PROVIDER, "contract": CONTRACT.name, "methods": ["*"]}
            send("POST", "/grants", body=grant)
            self._granted = True
        self.until(self._undescribed)
        self.until_known()

    def _undescribed(self) -> str:
        services = self.session.get("/services")
        described = any(each["contract"] == CONTRACT.name and each["methods"] for each in services)
        return "" if described else "the interop service is not described"

    @asynccontextmanager
    async def gateway(self, **settings: str) -> AsyncIterator[str]:
        """One more gateway of the exchange with other settings; yields its address."""
        planned = next(process for process in self.state.processes if process.name == "gateway-1")
        address = f"{HOST}:{free_port()}"
        environment = {
            **os.environ, **planned.environment, "NDXP_GATEWAY_ADDRESS": address, "NDXP_NODE": "gateway-interop",
            "NDXP_METRICS_ADDRESS": f"{HOST}:{free_port()}", **settings,
        }  # fmt: skip
        with (self.folder / "logs" / "gateway-interop.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(*planned.command, env=environment, stdout=log, stderr=log)
        try:
            async with grpc.aio.insecure_channel(address) as channel:
                await asyncio.wait_for(channel.channel_ready(), 20)
            yield address
        finally:
            process.terminate()
            await process.wait()
