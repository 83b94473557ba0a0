"""An echo service: a plain grpc.aio server that knows nothing of the project, and remembers what it heard."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Self

import grpc
from grpc_reflection.v1alpha import reflection

from tests.support.contracts import Contract
from tests.support.fakes import until

CONTRACT = Contract("echo.proto", "sample.echo.v1.EchoService")
Request: Any = CONTRACT.message("EchoRequest")
Response: Any = CONTRACT.message("EchoResponse")
BIG = 32 * 1024 * 1024
OPTIONS = (
    ("grpc.max_send_message_length", BIG),
    ("grpc.max_receive_message_length", BIG),
    ("grpc.use_local_subchannel_pool", 1),
)
CODES = {code.value[0]: code for code in grpc.StatusCode}
_Context = grpc.aio.ServicerContext[Any, Any]


@dataclass
class Heard:
    """One call as the provider saw it; ``end`` is "answered", "refused" or "cancelled", empty while it runs."""

    method: str
    metadata: list[tuple[str, str | bytes]]
    remaining: float | None
    messages: list[bytes] = field(default_factory=list)
    end: str = ""

    def all(self, key: str) -> list[str | bytes]:
        return [value for name, value in self.metadata if name == key]


class Echo:
    """The server. ``initial`` and ``trailing`` are the metadata of its answers; ``release`` lets held calls go."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.initial: tuple[tuple[str, str | bytes], ...] = ()
        self.trailing: tuple[tuple[str, str | bytes], ...] = ()
        self.release = asyncio.Event()
        self.port = 0
        self._server = grpc.aio.server(options=(*OPTIONS, ("grpc.so_reuseport", 0)))
        self._server.add_generic_rpc_handlers((CONTRACT.handler(self),))
        reflection.enable_server_reflection((CONTRACT.name, reflection.SERVICE_NAME), self._server, CONTRACT.pool)

    async def __aenter__(self) -> Self:
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        await self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.release.set()
        await self._server.stop(None)

    def reset(self) -> None:
        """Forgets everything, for the next test."""
        self.heard.clear()
        self.initial = self.trailing = ()
        self.release.set()
        self.release = asyncio.Event()

    async def hears(self, *calls: Any) -> None:
        """Returns when it has a message of each call; a call that ends before fails the test with its status."""

        async def has_all() -> bool:
            for call in calls:
                assert not call.done(), f"{await call.code()}: {await call.details()}"
            return len(self.heard) == len(calls) and all(heard.messages for heard in self.heard)

        await until(has_all)

    def one(self) -> Heard:
        """The only call that was heard."""
        assert len(self.heard) == 1, self.heard
        return self.heard[0]

    async def Echo(self, request: Any, context: _Context) -> Any:
        return await self._answer("Echo", context, lambda heard: self._single(request, heard, context))

    async def Look(self, request: Any, context: _Context) -> Any:
        return await self._answer("Look", context, lambda heard: self._single(request, heard, context))

    async def Collect(self, requests: AsyncIterator[Any], context: _Context) -> Any:
        async def collect(heard: Heard) -> Any:
            async for request in requests:
                await self._take(request, heard, context)
            return Response(payload=b"".join(heard.messages))

        return await self._answer("Collect", context, collect)

    async def Repeat(self, request: Any, context: _Context) -> None:
        async def repeat(heard: Heard) -> None:
            for number in range(request.count):
                await context.write(Response(payload=request.payload + str(number).encode()))
            await self._take(request, heard, context)

        await self._answer("Repeat", context, repeat)

    async def Converse(self, requests: AsyncIterator[Any], context: _Context) -> None:
        async def converse(heard: Heard) -> None:
            async for request in requests:
                await self._take(request, heard, context)
                await context.write(Response(payload=request.payload))

        await self._answer("Converse", context, converse)

    async def _single(self, request: Any, heard: Heard, context: _Context) -> Any:
        await self._take(request, heard, context)
        return Response(payload=request.payload)

    async def _take(self, request: Any, heard: Heard, context: _Context) -> None:
        heard.messages.append(request.payload)
        if request.hold:
            await self.release.wait()
        if request.code:
            await context.abort(CODES[request.code], request.message)

    async def _answer(self, method: str, context: _Context, do: Callable[[Heard], Any]) -> Any:
        heard = Heard(method, list(context.invocation_metadata() or ()), context.time_remaining())
        self.heard.append(heard)
        context.set_trailing_metadata(self.trailing)
        try:
            await context.send_initial_metadata(self.initial)
            answer = await do(heard)
        except asyncio.CancelledError:
            heard.end = "cancelled"
            raise
        except BaseException:
            heard.end = "refused"
            raise
        heard.end = "answered"
        return answer
