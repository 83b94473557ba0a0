"""Plain JSON: ``POST /{package.Service}/{Method}`` with a JSON object, answered with one; errors as RFC 9457 has them.

A stream is JSON values one after another, or an array, in the request, and a line for each message in the answer. When
a stream fails after its first message, its last line is an object with the member ``error``.
"""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager

from google.protobuf import json_format
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.rest import failures
from gateway.rest.call import Calls, ended
from gateway.rest.failed import Failed
from ndxp import messages
from ndxp.errors import Code
from ndxp.rpc import StreamedRpc, metadata_of
from ndxp.wire import metadata
from ndxp.wire.metadata import Pair, Pairs
from ndxp.wire.status import Failure

LINES = "application/x-ndjson"


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
    said = await calls.ask(method, pairs, request.receive, translate)
    assert described is not None  # noqa: S101 - otherwise the call has failed
    told = [*metadata_of(said.leading), *said.trailing]
    with fitting(told):
        shown = decoded(described, said.messages[0], withheld(told))
    return Response(shown, headers=headers(told), media_type="application/json")


def encoded(body: bytes, method: MethodDescriptor | None) -> Sequence[bytes]:
    """The messages in a body of JSON, encoded. Raises WrongRequest."""
    return [message.SerializeToString() for message in messages.each(body, method)]


def decoded(method: MethodDescriptor, message: bytes, withheld: Sequence[str]) -> bytes:
    """A message of the answer as JSON, without the fields that were withheld."""
    found = GetMessageClass(method.output_type).FromString(message)
    return json.dumps(messages.shown(found, withheld), ensure_ascii=False, separators=(",", ":")).encode()


@contextmanager
def fitting(told: Pairs) -> Iterator[None]:
    """A block that translates an answer, of which ``told`` is the metadata. Raises Failed when it does not fit."""
    try:
        yield
    except (DecodeError, json_format.Error, TypeError, ValueError, RecursionError) as error:
        transaction = next((str(value) for key, value in told if key == metadata.TRANSACTION_ID), "")
        why = "the provider's answer does not fit its contract"
        raise Failed(Failure(Code.INTERNAL, why, hop="agency", transaction_id=transaction)) from error


def withheld(pairs: Pairs) -> list[str]:
    """The fields that an answer's metadata says are withheld."""
    named = next((str(value) for key, value in pairs if key == metadata.WITHHELD), "")
    return [name for name in named.split() if name != metadata.MORE]


def headers(pairs: Pairs) -> dict[str, str]:
    """What the exchange says of an answer (transaction, withheld fields, grant), as header fields."""
    return {key: value for key, value in pairs if key.startswith(metadata.PREFIX) and isinstance(value, str)}


async def _lines(begun: AbstractAsyncContextManager[StreamedRpc], described: MethodDescriptor) -> Response:
    async with AsyncExitStack() as until_told:
        rpc = await until_told.enter_async_context(begun)
        await rpc.begun()
        if not rpc.leading:
            ended(rpc)  # a stream that fails at once is answered like any other call
        told = metadata_of(rpc.leading)
        lines = _each(rpc, described, told, until_told.pop_all())
    return StreamingResponse(lines, headers=headers(told), media_type=LINES)


async def _each(
    rpc: StreamedRpc, method: MethodDescriptor, told: Sequence[Pair], until_told: AsyncExitStack
) -> AsyncIterator[bytes]:
    """A line for each message, and one for the error if the stream fails."""
    without = withheld(told)
    async with until_told:
        try:
            async for message in rpc.messages():
                with fitting(told):
                    line = decoded(method, message, without)
                yield line + b"\n"
            ended(rpc)
        except Failed as failed:
            said = {"message": failed.failure.message, **failures.members(failed.failure)}
            yield json.dumps({"error": said}, ensure_ascii=False).encode() + b"\n"
