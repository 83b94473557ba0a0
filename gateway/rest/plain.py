"""Plain JSON: ``POST /{package.Service}/{Method}`` with a JSON object, answered with one; errors as RFC 9457 has them.

A stream is JSON values one after another, or an array, in the request, and a line for each message in the answer. When
a stream fails after its first message, its last line is an object with the member ``error``.
"""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.rest import failures
from gateway.rest.call import Calls, Translate, ended
from gateway.rest.failed import Failed
from ndxp import messages
from ndxp.rpc import StreamedRpc, metadata_of
from ndxp.wire import metadata
from ndxp.wire.metadata import Pair, Pairs

LINES = "application/x-ndjson"


async def answer(calls: Calls, request: Request, method: str) -> Response:
    """Makes the call and answers it."""
    described = calls.known.method(method)
    try:
        if described is None or not described.server_streaming:
            return await _one(calls, request, method, described)
        return await _lines(calls, request, method, described)
    except Failed as failed:
        return failures.problem(failed.failure)


def encoded(body: bytes, method: MethodDescriptor | None) -> Sequence[bytes]:
    """The messages in a body of JSON, encoded. Raises WrongRequest."""
    return [message.SerializeToString() for message in messages.read(body, method)]


def decoded(method: MethodDescriptor, message: bytes, withheld: Sequence[str]) -> bytes:
    """A message of the answer as JSON, without the fields that were withheld."""
    found = GetMessageClass(method.output_type).FromString(message)
    return json.dumps(messages.shown(found, withheld), ensure_ascii=False, separators=(",", ":")).encode()


def withheld(pairs: Pairs) -> list[str]:
    """The fields that an answer's metadata says are withheld."""
    named = next((str(value) for key, value in pairs if key == metadata.WITHHELD), "")
    return [name for name in named.split() if name != metadata.MORE]


def headers(pairs: Pairs) -> dict[str, str]:
    """What the exchange says of an answer (transaction, withheld fields, grant), as header fields."""
    return {key: value for key, value in pairs if key.startswith(metadata.PREFIX) and isinstance(value, str)}


async def _one(calls: Calls, request: Request, method: str, described: MethodDescriptor | None) -> Response:
    pairs = calls.pairs(request.headers)
    said = await calls.ask(method, pairs, request.receive, _translation(calls, request, pairs, described))
    assert described is not None  # noqa: S101 - otherwise the call has failed
    told = [*metadata_of(said.leading), *said.trailing]
    return Response(
        decoded(described, said.messages[0], withheld(told)), headers=headers(told), media_type="application/json"
    )


def _translation(calls: Calls, request: Request, pairs: Sequence[Pair], method: MethodDescriptor | None) -> Translate:
    encoding = request.headers.get("content-encoding", "identity")
    return lambda body: encoded(calls.bodies.unpack(body, encoding, pairs), method)


async def _lines(calls: Calls, request: Request, method: str, described: MethodDescriptor) -> Response:
    pairs = calls.pairs(request.headers)
    async with AsyncExitStack() as until_told:
        call = calls.begun(method, pairs, request.receive, _translation(calls, request, pairs, described))
        rpc = await until_told.enter_async_context(call)
        await rpc.begun()
        if not rpc.leading:
            ended(rpc)  # a stream that fails at once is answered like any other call
        told = metadata_of(rpc.leading)
        lines = _each(rpc, described, withheld(told), until_told.pop_all())
    return StreamingResponse(lines, headers=headers(told), media_type=LINES)


async def _each(
    rpc: StreamedRpc, method: MethodDescriptor, without: Sequence[str], until_told: AsyncExitStack
) -> AsyncIterator[bytes]:
    """A line for each message, and one for the error if the stream fails."""
    async with until_told:
        async for message in rpc.messages():
            yield decoded(method, message, without) + b"\n"
        try:
            ended(rpc)
        except Failed as failed:
            said = {"message": failed.failure.message, **failures.members(failed.failure)}
            yield json.dumps({"error": said}, ensure_ascii=False).encode() + b"\n"
