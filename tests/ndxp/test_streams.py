"""Streams of requests that end before their caller has said everything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import grpc
import pytest

from ndxp.streams import keep_status

MANY = 300
WHY = ("why", "because")


class Refusing(grpc.GenericRpcHandler):
    """Refuses every call at once."""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        async def refuse(_: Any, context: grpc.aio.ServicerContext[Any, Any]) -> None:
            context.set_trailing_metadata((WHY,))
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, "you may not")

        return grpc.stream_stream_rpc_method_handler(refuse)


@pytest.fixture
async def channel() -> AsyncIterator[grpc.aio.Channel]:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Refusing(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
    await server.stop(None)


async def test_who_is_refused_while_it_still_writes_learns_why(channel: grpc.aio.Channel) -> None:
    upload: Any = channel.stream_unary("/sample.Service/Upload")
    converse: Any = channel.stream_stream("/sample.Service/Converse")
    for _ in range(20):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await keep_status(upload(iter([b"x" * 1000] * MANY)))
        with pytest.raises(grpc.aio.AioRpcError) as refused_too:
            async for _ in keep_status(converse(iter([b"x" * 1000] * MANY))):
                pass
        for error in (refused.value, refused_too.value):
            assert (error.code(), error.details()) == (grpc.StatusCode.PERMISSION_DENIED, "you may not")
            assert WHY in tuple(error.trailing_metadata())


async def test_a_message_that_cannot_be_written_is_the_status_of_the_call(channel: grpc.aio.Channel) -> None:
    converse: Any = channel.stream_stream("/sample.Service/Converse")
    for _ in range(20):
        call = keep_status(converse())
        with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
            while True:
                await call.write(b"x" * 1000)
        assert await call.code() is grpc.StatusCode.PERMISSION_DENIED
        assert WHY in tuple(await call.trailing_metadata())
