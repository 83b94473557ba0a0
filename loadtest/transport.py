"""The generator's connections to the gateway: gRPC as grpc.aio sends it, in bytes. Nothing else in it knows gRPC."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import grpc

from loadtest.consumers import ExchangeUnreachable
from ndxp.client import OPTIONS
from ndxp.errors import Code
from ndxp.metadata import Pair
from ndxp.tls import Tls, connect_aio

_CONNECT = 5.0
"""Seconds until a connection must stand."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a call ended, the messages that came (none of a failed call), and the trailing metadata."""

    code: Code
    messages: Sequence[bytes]
    trailing: Sequence[Pair]


class Lanes:
    """So many real connections to the gateway; calls take them in turn.

    With certificates (by client) there is a connection for each client instead, because a connection is somebody's.
    Every channel has a connection of its own (grpc.use_local_subchannel_pool), so that a gateway of several workers
    gets calls on all of them.
    """

    def __init__(self, gateway: str, count: int, certificates: Mapping[str, Tls] = MappingProxyType({})) -> None:
        shown: list[Tls | None] = [*certificates.values()] or [None] * count
        self._gateway = gateway
        self._channels = [connect_aio(gateway, tls, OPTIONS) for tls in shown]
        self._methods: list[dict[str, Any]] = [{} for _ in shown]
        self._turn = 0
        self._own = {client: place for place, client in enumerate(certificates)}

    async def open(self) -> None:
        """Waits until all connections stand. Raises ExchangeUnreachable when the gateway does not answer."""
        try:
            async with asyncio.timeout(_CONNECT):
                for channel in self._channels:
                    await channel.channel_ready()
        except TimeoutError as error:
            await self.close()
            raise ExchangeUnreachable(f"the gateway at {self._gateway} does not answer") from error

    async def close(self) -> None:
        """Closes all connections."""
        for channel in self._channels:
            await channel.close()

    async def ask(
        self, client: str, path: str, requests: Sequence[bytes], pairs: Sequence[Pair], deadline: float, *, unary: bool
    ) -> Answer:
        """Makes a call on the client's own connection, or on the one whose turn it is, and waits for its end.

        Its deadline is so many seconds away.
        """
        method = self._method(client, path, unary=unary)
        call = method(requests[0] if unary else iter(requests), timeout=deadline, metadata=pairs)
        try:
            messages = [await call] if unary else [message async for message in call]
        except grpc.aio.AioRpcError as error:
            return Answer(Code(error.code().value[0]), (), tuple(error.trailing_metadata() or ()))
        return Answer(Code.OK, messages, tuple(await call.trailing_metadata() or ()))

    def _method(self, client: str, path: str, *, unary: bool) -> Any:
        if self._own:
            turn = self._own[client]
        else:
            turn = self._turn = (self._turn + 1) % len(self._channels)
        methods, channel = self._methods[turn], self._channels[turn]
        if path not in methods:
            methods[path] = channel.unary_unary(path) if unary else channel.stream_stream(path)
        return methods[path]
