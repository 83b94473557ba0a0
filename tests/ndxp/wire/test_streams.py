"""Streams of requests that end before their caller has said everything."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import grpc
import pytest

from ndxp.wire.streams import confirm_half_close, keep_status
from tests.support.fakes import until

MANY = 300
WHY = ("why", "because")


class Refusing(grpc.GenericRpcHandler):
    """Refuses every call at once."""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        async def refuse(_: Any, context: grpc.aio.ServicerContext[Any, Any]) -> None:
            context.set_trailing_metadata((WHY,))
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, "you may not")

        return grpc.stream_stream_rpc_method_handler(refuse)


class Taking(grpc.GenericRpcHandler):
    """Takes uploads, and counts those that are whole and those whose caller has left; ``begun`` all of them."""

    def __init__(self) -> None:
        self.ends: Counter[str] = Counter()
        self.begun = 0

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        async def take(requests: AsyncIterator[bytes], context: grpc.aio.ServicerContext[Any, Any]) -> bytes:
            try:
                async for _ in requests:
                    self.begun += 1
                await confirm_half_close(context)
            except asyncio.CancelledError:
                self.ends["left"] += 1
                raise
            self.ends["whole"] += 1
            return b""

        return grpc.stream_unary_rpc_method_handler(take)


@asynccontextmanager
async def served(handler: grpc.GenericRpcHandler) -> AsyncIterator[grpc.aio.Channel]:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
    await server.stop(None)


@pytest.fixture
async def channel() -> AsyncIterator[grpc.aio.Channel]:
    async with served(Refusing()) as channel:
        yield channel


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


async def test_an_upload_whose_caller_leaves_is_not_whole_and_one_that_is_half_closed_is() -> None:
    taking = Taking()
    async with served(taking) as channel:
        upload: Any = channel.stream_unary("/sample.Service/Upload")

        async def leave(all_begun: int) -> None:
            call = upload()
            await call.write(b"x" * 1000)
            await until(lambda: taking.begun >= all_begun)
            call.cancel()

        for begun in range(0, MANY, 20):
            await asyncio.gather(*(leave(begun + 20) for _ in range(20)))
        await until(lambda: taking.ends.total() == MANY)
        assert taking.ends == {"left": MANY}
        assert await asyncio.gather(*(upload(iter([b"x"])) for _ in range(MANY))) == [b""] * MANY
        assert taking.ends == {"left": MANY, "whole": MANY}
