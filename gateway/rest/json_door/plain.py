"""Plain JSON: ``POST /{package.Service}/{Method}`` with a JSON object, answered with one; errors as RFC 9457 has them.

A stream is JSON values one after another, or an array, in the request, and a line for each message in the answer. When
a stream fails after its first message, its last line is an object with the member ``error``.
"""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.rest import answers, failures
from gateway.rest.call import Calls, ended
from gateway.rest.failures import Failed
from ndxp import messages
from ndxp.messages import JSON, LINES
from ndxp.rpc import StreamedRpc, metadata_of
from ndxp.wire.metadata import Pair, Pairs


async def answer(calls: Calls, request: Request, method: str) -> Response:
    """Makes the call and answers it."""
    try:
        return await call(calls, request, method, calls.pairs(request.headers))
    except Failed as failed:
        return failures.problem(failed.failure)


async def call(calls: Calls, request: Request, method: str, pairs: Sequence[Pair]) -> Response:
    """Makes the call with this metadata and answers it. Raises Failed when it fails before its first message."""
    described = calls.known.method(method)
    encoding = request.headers.get("content-encoding", "identity")

    def translate(body: bytes) -> Sequence[bytes]:
        return encoded(calls.bodies.unpack(body, encoding, pairs), described)

    if described is not None and described.server_streaming:
        return await _lines(calls.begun(method, pairs, request.receive, translate), described)
    answered = await calls.ask(method, pairs, request.receive, translate)
    assert described is not None  # noqa: S101 - otherwise the call has failed
    message = decoded(described, answered.messages[0], answered.metadata)
    return Response(message, headers=answers.headers(answered.metadata), media_type=JSON)


def encoded(body: bytes, method: MethodDescriptor | None) -> Sequence[bytes]:
    """The messages in a body of JSON, encoded. Raises WrongRequest."""
    return [message.SerializeToString() for message in messages.each(body, method)]


def decoded(method: MethodDescriptor, message: bytes, pairs: Pairs) -> bytes:
    """A message of an answer with this metadata as JSON, without the fields that are withheld. Raises Failed."""
    with failures.fitting(pairs):
        found = messages.shown(GetMessageClass(method.output_type).FromString(message), answers.withheld(pairs))
        return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()


async def _lines(begun: AbstractAsyncContextManager[StreamedRpc], described: MethodDescriptor) -> Response:
    async with AsyncExitStack() as until_answered:
        rpc = await until_answered.enter_async_context(begun)
        await rpc.begun()
        if not rpc.leading:
            ended(rpc)  # a stream that fails at once is answered like any other call
        leading = metadata_of(rpc.leading)
        lines = _each(rpc, described, leading, until_answered.pop_all())
    return StreamingResponse(lines, headers=answers.headers(leading), media_type=LINES)


async def _each(
    rpc: StreamedRpc, method: MethodDescriptor, pairs: Pairs, until_answered: AsyncExitStack
) -> AsyncIterator[bytes]:
    """A line for each message, and one for the error if the stream fails."""
    async with until_answered:
        try:
            async for message in rpc.messages():
                yield decoded(method, message, pairs) + b"\n"
            ended(rpc)
        except Failed as failed:
            error = {"message": failed.failure.message, **failures.members(failed.failure)}
            yield json.dumps({"error": error}, ensure_ascii=False).encode() + b"\n"
