"""The client's connections, mostly against grpcio's own server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import grpc
import pytest

from ndxp.errors import Code
from ndxp.http2 import ErrorCode
from ndxp.rpc import Answer, Lanes
from tests.support.fakes import PATIENCE, until
from tests.support.peers import LIMITS, Called, RawProvider
from tests.support.scrape import free_address

_PAIRS = (("x-ndxp-message-id", "m-1"),)
Behaviour = Callable[[Any, Any], AsyncIterator[bytes]]


class _Server(grpc.GenericRpcHandler):
    """Any method, in bytes, with streams both ways."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        return grpc.stream_stream_rpc_method_handler(self._behaviour)


@asynccontextmanager
async def serving(behaviour: Behaviour, address: str = "127.0.0.1:0", **options: int) -> AsyncIterator[str]:
    server = grpc.aio.server(options=[(f"grpc.{name}", value) for name, value in options.items()])
    server.add_generic_rpc_handlers((_Server(behaviour),))
    port = server.add_insecure_port(address)
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


@asynccontextmanager
async def connected(address: str, count: int = 1) -> AsyncIterator[Lanes]:
    lanes = Lanes(address, count)
    await lanes.open()
    try:
        yield lanes
    finally:
        lanes.close()


async def ask(lanes: Lanes, *requests: bytes, deadline: float = 20) -> Answer:
    answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    lanes.ask("", "/any.Service/Method", requests, _PAIRS, deadline, answer.set_result)
    return await answer


async def echo(requests: Any, context: Any) -> AsyncIterator[bytes]:
    context.set_trailing_metadata(tuple((key, value) for key, value in context.invocation_metadata() if "ndxp" in key))
    async for request in requests:
        yield request


async def wait_for_ever(requests: Any, context: Any) -> AsyncIterator[bytes]:
    await asyncio.Event().wait()
    yield b""


@pytest.mark.parametrize(
    "messages",
    [[b"one"], [b""], [], [b"one", b"two"] * 50, [bytes(3 << 20), b"x"]],
    ids=["1", "0", "-", "100", "large"],
)
async def test_messages_and_metadata_go_both_ways(messages: list[bytes]) -> None:
    async with serving(echo, max_receive_message_length=-1) as address, connected(address) as lanes:
        answer = await ask(lanes, *messages)
    assert answer == Answer(Code.OK, messages, list(_PAIRS))


async def test_the_deadline_is_kept_here_and_told_there() -> None:
    left, ended = list[float](), asyncio.Event()

    async def wait(requests: Any, context: Any) -> AsyncIterator[bytes]:
        left.append(context.time_remaining())
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        yield b""

    async with serving(wait) as address, connected(address) as lanes:

        async def overdue() -> bool:
            """Whether it got as far as to the server, for which a busy machine may need longer than that."""
            answer = await ask(lanes, b"one", deadline=0.2)
            assert answer.code is Code.DEADLINE_EXCEEDED
            return bool(left)

        await until(overdue)
        await ended.wait()
    assert 0 < left[0] <= 0.2


async def test_calls_beyond_what_the_server_takes_at_once_wait_for_room() -> None:
    def act(called: Called) -> None:
        asyncio.get_running_loop().call_soon(called.answer, b"one")

    # grpcio's server may still count a call whose end it has sent, and refuses the next one then.
    async with RawProvider(act, limits=replace(LIMITS, concurrent_streams=2)) as provider:
        async with connected(provider.address) as lanes:
            await ask(lanes)  # its settings have come
            answers = await asyncio.gather(*(ask(lanes, b"one") for _ in range(20)))
    assert {answer.code for answer in answers} == {Code.OK}
    assert len(provider.heard) == 21  # none was refused and made again


@pytest.mark.parametrize(("refusals", "code"), [(1, Code.OK), (2, Code.UNAVAILABLE)])
async def test_a_call_that_the_server_refuses_to_take_is_made_once_more(refusals: int, code: Code) -> None:
    def act(called: Called) -> None:
        if len(provider.heard) <= refusals:
            called.open.reset(ErrorCode.REFUSED_STREAM)
        else:
            called.answer(b"one")

    async with RawProvider(act) as provider, connected(provider.address) as lanes:
        assert (await ask(lanes, b"one")).code is code
        assert len(provider.heard) == 2


async def test_calls_on_a_lost_connection_fail_and_the_next_ones_have_a_new_one() -> None:
    address = free_address()
    async with connected_late(wait_for_ever, address) as (lanes, stop):
        under_way = asyncio.create_task(ask(lanes, b"one"))
        await asyncio.sleep(0)
        await stop()
        assert (await under_way).code in (Code.UNAVAILABLE, Code.CANCELLED)
        assert (await ask(lanes, b"one")).code is Code.UNAVAILABLE
        async with serving(echo, address):
            await until(lambda: _is_answered(lanes))


@asynccontextmanager
async def connected_late(behaviour: Behaviour, address: str) -> AsyncIterator[tuple[Lanes, Callable[[], Any]]]:
    """Connections to a server that can be stopped before they are."""
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((_Server(behaviour),))
    server.add_insecure_port(address)
    await server.start()
    async with connected(address) as lanes:
        yield lanes, lambda: server.stop(None)


async def _is_answered(lanes: Lanes) -> bool:
    return (await ask(lanes, b"one")).code is Code.OK


async def test_messages_of_a_streamed_call_come_one_by_one() -> None:
    async with serving(echo) as address, connected(address) as lanes:
        call = await lanes.stream("/any.Service/Method", _PAIRS)
        heard = call.messages()
        for message in (b"one", b"", b"three"):
            await call.send(message)
            assert await anext(heard) == message
        assert call.answer is None
        call.finish()
        assert [message async for message in heard] == []
    assert call.answer == Answer(Code.OK, (), list(_PAIRS))


async def test_a_streamed_call_waits_for_a_side_that_does_not_read() -> None:
    part, count = bytes(1 << 20), 24
    async with serving(echo, max_receive_message_length=-1) as address, connected(address) as lanes:
        call = await lanes.stream("/any.Service/Method", _PAIRS)

        async def send() -> None:
            for _ in range(count):
                await call.send(part)
            call.finish()

        sending = asyncio.create_task(send())
        await call.begun()
        assert not sending.done()  # nobody reads the answer yet
        assert [len(message) async for message in call.messages()] == [len(part)] * count
        await sending
    assert call.answer is not None
    assert call.answer.code is Code.OK


async def test_a_streamed_call_that_is_cancelled_is_cancelled_at_the_server() -> None:
    ended = asyncio.Event()

    async def wait(requests: Any, context: Any) -> AsyncIterator[bytes]:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        yield b""

    async with serving(wait) as address, connected(address) as lanes:
        call = await lanes.stream("/any.Service/Method", ())
        await call.send(b"one")
        async with serving(echo) as other, connected(other) as others:
            await ask(others, b"one")  # the request is on its way by then
        call.cancel()
        await ended.wait()
    assert call.answer is not None
    assert call.answer.code is Code.CANCELLED


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda called: called.open.reset(ErrorCode.CANCEL), Code.CANCELLED),
        (lambda called: called.answer(b"one"), Code.OK),
    ],
    ids=["reset", "answered"],
)
async def test_the_end_of_a_streamed_call_is_told(act: Callable[[Called], None], code: Code) -> None:
    async with RawProvider(act) as provider, connected(provider.address) as lanes:
        call = await lanes.stream("/any.Service/Method", ())
        await call.send(b"one")
        call.finish()
        assert [message async for message in call.messages()] == ([b"one"] if code is Code.OK else [])
    assert call.answer is not None
    assert call.answer.code is code


async def test_streamed_calls_on_a_connection_that_breaks_end_at_once() -> None:
    def act(called: Called) -> None:
        provider.carriers[0].abort()

    async with RawProvider(act) as provider, connected(provider.address) as lanes:
        call = await lanes.stream("/any.Service/Method", ())
        await call.send(b"one")
        call.finish()
        async with asyncio.timeout(PATIENCE):
            assert [message async for message in call.messages()] == []
    assert call.answer is not None
    assert call.answer.code is Code.UNAVAILABLE
