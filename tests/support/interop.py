"""The fourteen cases of gRPC's published interop test descriptions, and a server for them.

https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Self

import grpc
from grpc_reflection.v1alpha import reflection

from ndxp.wire import metadata
from tests.support.contracts import Contract
from tests.support.echo import CODES

CONTRACT = Contract("interop.proto", "grpc.testing.TestService")
ABSENT = Contract("interop.proto", "grpc.testing.UnimplementedService")
INITIAL, TRAILING = "x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin"
SPECIAL = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
REQUEST_SIZES, RESPONSE_SIZES = (27182, 8, 1828, 45904), (31415, 9, 2653, 58979)
_Context = grpc.aio.ServicerContext[Any, Any]

Empty: Any = CONTRACT.message("Empty")
Payload: Any = CONTRACT.message("Payload")
EchoStatus: Any = CONTRACT.message("EchoStatus")
SimpleRequest: Any = CONTRACT.message("SimpleRequest")
SimpleResponse: Any = CONTRACT.message("SimpleResponse")
InputRequest: Any = CONTRACT.message("StreamingInputCallRequest")
InputResponse: Any = CONTRACT.message("StreamingInputCallResponse")
OutputRequest: Any = CONTRACT.message("StreamingOutputCallRequest")
OutputResponse: Any = CONTRACT.message("StreamingOutputCallResponse")
ResponseParameters: Any = CONTRACT.message("ResponseParameters")


class Server:
    """``TestService`` as the descriptions ask; ``UnimplementedCall`` is left out on purpose."""

    def __init__(self, options: Sequence[tuple[str, Any]] = (), port: int = 0) -> None:
        self.port = port
        self._server = grpc.aio.server(options=options)
        self._server.add_generic_rpc_handlers((CONTRACT.handler(self),))
        reflection.enable_server_reflection((CONTRACT.name,), self._server, CONTRACT.pool)

    async def __aenter__(self) -> Self:
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        await self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.leave(None)

    async def leave(self, grace: float | None) -> None:
        """Takes no more calls; those under way get so many seconds to end."""
        await self._server.stop(grace)

    async def EmptyCall(self, _: Any, __: _Context) -> Any:
        return Empty()

    async def UnaryCall(self, request: Any, context: _Context) -> Any:
        await _echo_metadata(context)
        await _echo_status(request, context)
        return SimpleResponse(payload=Payload(body=bytes(request.response_size)))

    async def StreamingInputCall(self, requests: AsyncIterator[Any], _: _Context) -> Any:
        return InputResponse(aggregated_payload_size=sum([len(request.payload.body) async for request in requests]))

    async def StreamingOutputCall(self, request: Any, _: _Context) -> AsyncIterator[Any]:
        for wanted in request.response_parameters:
            yield OutputResponse(payload=Payload(body=bytes(wanted.size)))

    async def FullDuplexCall(self, requests: AsyncIterator[Any], context: _Context) -> AsyncIterator[Any]:
        await _echo_metadata(context)
        async for request in requests:
            await _echo_status(request, context)
            for wanted in request.response_parameters:
                yield OutputResponse(payload=Payload(body=bytes(wanted.size)))


async def _echo_metadata(context: _Context) -> None:
    given: dict[str, str | bytes] = {str(key): value for key, value in context.invocation_metadata() or ()}
    if INITIAL in given:
        await context.send_initial_metadata(((INITIAL, given[INITIAL]),))
    if TRAILING in given:
        context.set_trailing_metadata(((TRAILING, given[TRAILING]),))


async def _echo_status(request: Any, context: _Context) -> None:
    if request.HasField("response_status"):
        await context.abort(CODES[request.response_status.code], request.response_status.message)


class Client:
    """Calls over a channel, with metadata that every call carries."""

    def __init__(self, channel: grpc.aio.Channel, *pairs: metadata.Pair) -> None:
        self._channel = channel
        self._pairs = pairs

    def call(self, method: str, *request: Any, of: Contract = CONTRACT, pairs: Any = (), timeout: float = 10) -> Any:
        return of.on(self._channel, method)(*request, metadata=(*self._pairs, *pairs), timeout=timeout)


async def empty_unary(client: Client) -> None:
    assert await client.call("EmptyCall", Empty()) == Empty()


async def large_unary(client: Client) -> None:
    request = SimpleRequest(response_size=314159, payload=Payload(body=bytes(271828)))
    assert len((await client.call("UnaryCall", request)).payload.body) == 314159


async def client_streaming(client: Client) -> None:
    requests = [InputRequest(payload=Payload(body=bytes(size))) for size in REQUEST_SIZES]
    assert (await client.call("StreamingInputCall", iter(requests))).aggregated_payload_size == 74922


async def server_streaming(client: Client) -> None:
    wanted = [ResponseParameters(size=size) for size in RESPONSE_SIZES]
    call = client.call("StreamingOutputCall", OutputRequest(response_parameters=wanted))
    assert [len(response.payload.body) async for response in call] == list(RESPONSE_SIZES)


async def ping_pong(client: Client) -> None:
    call = client.call("FullDuplexCall")
    for sent, wanted in zip(REQUEST_SIZES, RESPONSE_SIZES, strict=True):
        parameters = [ResponseParameters(size=wanted)]
        await call.write(OutputRequest(response_parameters=parameters, payload=Payload(body=bytes(sent))))
        assert len((await call.read()).payload.body) == wanted
    await call.done_writing()
    assert await call.read() is grpc.aio.EOF
    assert await call.code() is grpc.StatusCode.OK


async def empty_stream(client: Client) -> None:
    call = client.call("FullDuplexCall", iter(()))
    assert [response async for response in call] == []
    assert await call.code() is grpc.StatusCode.OK


async def timeout_on_sleeping_server(client: Client) -> None:
    call = client.call("FullDuplexCall", timeout=0.001)
    with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):  # the deadline may be faster
        await call.write(OutputRequest(payload=Payload(body=bytes(27182))))
    if (
        await call.details() == "Internal error from Core"
    ):  # grpc.aio's own word for a deadline in the middle of a write
        await timeout_on_sleeping_server(client)
    else:
        assert await call.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def cancel_after_begin(client: Client) -> None:
    call = client.call("StreamingInputCall")
    call.cancel()
    assert await call.code() is grpc.StatusCode.CANCELLED


async def cancel_after_first_response(client: Client) -> None:
    call = client.call("FullDuplexCall")
    parameters = [ResponseParameters(size=31415)]
    await call.write(OutputRequest(response_parameters=parameters, payload=Payload(body=bytes(27182))))
    assert len((await call.read()).payload.body) == 31415
    call.cancel()
    assert await call.code() is grpc.StatusCode.CANCELLED


async def status_code_and_message(client: Client) -> None:
    await _status_of_both(client, "test status message")


async def special_status_message(client: Client) -> None:
    request = SimpleRequest(response_status=EchoStatus(code=2, message=SPECIAL))
    await _ends(client.call("UnaryCall", request), grpc.StatusCode.UNKNOWN, SPECIAL)


async def _status_of_both(client: Client, message: str) -> None:
    status = EchoStatus(code=2, message=message)
    await _ends(client.call("UnaryCall", SimpleRequest(response_status=status)), grpc.StatusCode.UNKNOWN, message)
    duplex = client.call("FullDuplexCall", iter([OutputRequest(response_status=status)]))
    await _ends(duplex, grpc.StatusCode.UNKNOWN, message)


async def _ends(call: Any, code: grpc.StatusCode, message: str | None = None) -> None:
    assert await call.code() is code
    assert message is None or await call.details() == message


async def custom_metadata(client: Client) -> None:
    pairs = ((INITIAL, "test_initial_metadata_value"), (TRAILING, b"\xab\xab\xab"))
    unary = client.call("UnaryCall", SimpleRequest(response_size=314159), pairs=pairs)
    assert len((await unary).payload.body) == 314159
    duplex = client.call("FullDuplexCall", pairs=pairs)
    await duplex.write(OutputRequest(response_parameters=[ResponseParameters(size=314159)]))
    assert len((await duplex.read()).payload.body) == 314159
    await duplex.done_writing()
    assert await duplex.read() is grpc.aio.EOF
    for call in (unary, duplex):
        assert (await call.initial_metadata()).get(INITIAL) == "test_initial_metadata_value"
        assert (await call.trailing_metadata()).get(TRAILING) == b"\xab\xab\xab"


async def unimplemented_method(client: Client) -> None:
    await _ends(client.call("UnimplementedCall", Empty()), grpc.StatusCode.UNIMPLEMENTED)


async def unimplemented_service(client: Client) -> None:
    await _ends(client.call("UnimplementedCall", Empty(), of=ABSENT), grpc.StatusCode.UNIMPLEMENTED)


Case = Callable[[Client], Awaitable[None]]
CASES: tuple[Case, ...] = (
    empty_unary, large_unary, client_streaming, server_streaming, ping_pong, empty_stream, timeout_on_sleeping_server,
    cancel_after_begin, cancel_after_first_response, status_code_and_message, special_status_message, custom_metadata,
    unimplemented_method, unimplemented_service,
)  # fmt: skip


class NaiveProxy(grpc.GenericRpcHandler):
    """A pass-through as one would first write it: what it loses is what the cases are there to find."""

    def __init__(self, provider: grpc.aio.Channel) -> None:
        self._provider = provider

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        call: Any = self._provider.stream_stream(handler_call_details.method)

        async def forward(requests: Any, context: _Context) -> AsyncIterator[bytes]:
            pairs = context.invocation_metadata()
            async for response in call(requests, metadata=pairs, timeout=context.time_remaining()):
                yield response

        return grpc.stream_stream_rpc_method_handler(forward)
