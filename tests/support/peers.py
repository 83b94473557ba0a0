"""Peers that speak HTTP/2 frame by frame, for what no gRPC library does: a caller and a provider of a gateway."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from gateway.dataplane.carrier import Carrier
from ndxp.http2 import ClientConnection, Fields, Limits, ServerConnection, Stream, literal
from ndxp.http2.errors import StreamFailure
from ndxp.http2.fields import Request
from tests.support.fakes import until

LIMITS = Limits(field_bytes=64 * 1024)


def message(payload: bytes, *, flag: int = 0) -> bytes:
    """A message as gRPC frames it."""
    return bytes([flag]) + len(payload).to_bytes(4, "big") + payload


@dataclass(eq=False)
class Exchanged:
    """What a peer heard of one stream; ``end`` is "ended", "reset" with the code, "lost", or empty while it is open."""

    headers: list[dict[str, str]] = field(default_factory=list)
    data: bytes = b""
    end: str = ""
    stream: Stream | None = None
    reads: bool = True

    def on_headers(self, status: str, fields: Fields, *, ended: bool) -> None:
        self.headers.append({":status": status, **dict(fields)})
        self.end = "ended" if ended else self.end

    def on_data(self, data: bytes, *, ended: bool) -> None:
        self.data += data
        if self.reads and self.stream is not None:
            self.stream.consumed(len(data))
        self.end = "ended" if ended else self.end

    def on_sent(self, size: int) -> None: ...

    def on_reset(self, code: int) -> None:
        self.end = f"reset {code}"

    def on_failure(self, failure: StreamFailure) -> None:
        self.end = f"failed {failure}"

    def on_lost(self) -> None:
        self.end = self.end or "lost"

    @property
    def trailers(self) -> dict[str, str]:
        """The last header list."""
        return self.headers[-1]


class RawProvider:
    """A provider. ``act`` is called with each stream when its request has ended, or as soon as it has begun.

    ``hang_ups`` are connections that it takes and closes at once, before it serves.
    """

    def __init__(self, act: Callable[["Called"], None], *, at_once: bool = False, limits: Limits = LIMITS) -> None:
        self.act = act
        self.at_once = at_once
        self.limits = limits
        self.hang_ups = 0
        self.heard: list[Called] = []
        self.carriers: list[Carrier[ServerConnection]] = []
        self.address = ""

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Accepting(loop, self), "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for carrier in self.carriers:
            carrier.close()


class Called(Exchanged):
    """One call as the provider has it."""

    def __init__(self, provider: RawProvider, stream: Stream, request: Request) -> None:
        super().__init__(stream=stream)
        self._provider = provider
        self.path = request.path
        self.fields = dict(request.fields)

    def on_data(self, data: bytes, *, ended: bool) -> None:
        super().on_data(data, ended=ended)
        if ended and not self._provider.at_once:
            self._provider.act(self)

    @property
    def open(self) -> Stream:
        """The stream."""
        assert self.stream is not None
        return self.stream

    def answer(self, payload: bytes, *trailers: tuple[str, str], flag: int = 0, encoding: str = "") -> None:
        """An OK with one message."""
        constant = ((":status", "200"), ("content-type", "application/grpc"))
        self.open.send_headers(constant, literal("grpc-encoding", encoding) if encoding else "")
        self.open.send_data(message(payload, flag=flag))
        self.open.send_trailers((("grpc-status", "0"),), "".join(literal(*pair) for pair in trailers))


class _Accepting(Carrier[ServerConnection]):
    def __init__(self, loop: asyncio.AbstractEventLoop, provider: RawProvider) -> None:
        super().__init__(loop)
        self.connection = ServerConnection(provider.limits, self.wake, self._accept)
        self._provider = provider

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self._provider.hang_ups:
            self._provider.hang_ups -= 1
            self.close()
            return
        self._provider.carriers.append(self)
        self.connection.greet()

    def _accept(self, stream: Stream, request: Request | None, ended: bool) -> Called:
        assert request is not None
        called = Called(self._provider, stream, request)
        self._provider.heard.append(called)
        if self._provider.at_once or ended:
            self._provider.act(called)
        return called


class RawCaller:
    """A caller's connection."""

    def __init__(self, address: str, limits: Limits = LIMITS) -> None:
        self._address = address
        self._limits = limits

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        carrier = self.carrier = Carrier[ClientConnection](loop)
        self.connection = carrier.connection = ClientConnection(self._limits, carrier.wake)
        host, _, port = self._address.rpartition(":")
        await loop.create_connection(lambda: carrier, host, int(port))
        self.connection.greet()
        await until(lambda: self.connection.greeted)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.carrier.close()

    def call(
        self, method: str, *pairs: tuple[str, Any], data: Sequence[bytes] = (), end: bool = True, reads: bool = True
    ) -> Exchanged:
        """Begins a call: header list, data, and the end of the request."""
        exchanged = Exchanged(reads=reads)
        constant = (
            (":method", "POST"), (":scheme", "http"), (":path", f"/{method}"), (":authority", "test"),
            ("content-type", "application/grpc"), ("te", "trailers"),
        )  # fmt: skip
        rest = "".join(literal(*pair) for pair in pairs)
        exchanged.stream = self.connection.open(exchanged, constant, rest, end=end and not data)
        for number, part in enumerate(data, 1):
            exchanged.stream.send_data(part, end=end and number == len(data))
        return exchanged

    async def ended(self, call: Exchanged) -> Exchanged:
        """The call, when it has ended."""
        await until(lambda: call.end)
        return call
