"""The Connect protocol: unary calls, and streams in its envelopes, in JSON or binary protobuf.

Its specification is at connectrpc.com/docs/protocol.
"""

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import DecodeError
from google.rpc import status_pb2
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from gateway.rest import answers, failures
from gateway.rest.call import Calls, ended
from gateway.rest.failures import Failed
from gateway.rest.json_door import plain
from ndxp.errors import HTTP_STATUS, connect_code
from ndxp.messages import WrongRequest
from ndxp.rpc import Answer, StreamedRpc, as_text, envelope, envelopes, metadata_of
from ndxp.wire import metadata
from ndxp.wire.metadata import Pairs

UNARY = {"application/json": "json", "application/proto": "proto"}
STREAMING = {"application/connect+json": "json", "application/connect+proto": "proto"}
_COMPRESSED, _END = 1, 2


async def unary(calls: Calls, request: Request, method: str, codec: str) -> Response:
    """Makes a call with one message each way and answers it."""
    described = calls.known.method(method)
    try:
        pairs = calls.pairs(request.headers)
        encoding = request.headers.get("content-encoding", "identity")
        answered = await calls.ask(
            method,
            pairs,
            request.receive,
            lambda body: _single(calls.bodies.unpack(body, encoding, pairs), described, codec),
        )
        body = _decoded(described, codec, answered.metadata)(answered.messages[0])
    except Failed as failed:
        return _error(failed)
    return Response(body, headers=_headers(answered), media_type=f"application/{codec}")


async def stream(calls: Calls, request: Request, method: str, codec: str) -> Response:
    """Makes a call with streams and answers it; its end, good or bad, is the last envelope."""
    described = calls.known.method(method)
    media_type = f"application/connect+{codec}"
    async with AsyncExitStack() as until_answered:
        try:
            pairs = calls.pairs(request.headers)
            encoding = request.headers.get("connect-content-encoding", "identity")

            def translate(body: bytes) -> Sequence[bytes]:
                given = ((message, encoding if packed else "identity") for packed, message in _opened(body))
                opened = calls.bodies.unpack_each(given, pairs)
                return [encoded for message in opened for encoded in _encoded(message, described, codec)]

            call = calls.begun(method, pairs, request.receive, translate)
            rpc = await until_answered.enter_async_context(call)
        except Failed as failed:
            return Response(_ending(failed, ()), media_type=media_type)
        await rpc.begun()
        parts = _each(rpc, _decoded(described, codec, metadata_of(rpc.leading)), until_answered.pop_all())
    return StreamingResponse(parts, headers=answers.headers(metadata_of(rpc.leading)), media_type=media_type)


async def _each(
    rpc: StreamedRpc, decode: Callable[[bytes], bytes], until_answered: AsyncExitStack
) -> AsyncIterator[bytes]:
    async with until_answered:
        try:
            async for message in rpc.messages():
                yield envelope(0, decode(message))
            yield _ending(None, ended(rpc).trailing)
        except Failed as failed:
            yield _ending(failed, failed.trailing)


def _single(body: bytes, method: MethodDescriptor | None, codec: str) -> Sequence[bytes]:
    """The message of a unary request, encoded. Raises WrongRequest."""
    if method is not None and (method.client_streaming or method.server_streaming):
        raise WrongRequest(f"{method.name} has streams: send application/connect+{codec}")
    return _encoded(body, method, codec)


def _encoded(body: bytes, method: MethodDescriptor | None, codec: str) -> Sequence[bytes]:
    return plain.encoded(body, method) if codec == "json" else [body]


def _opened(body: bytes) -> Iterator[tuple[bool, bytes]]:
    """The messages in the envelopes of a request, and whether each is compressed. Raises WrongRequest."""
    try:
        for flags, message in envelopes(body):
            if flags not in (0, _COMPRESSED):
                raise WrongRequest(f"the envelopes of a request have the flag 0 or {_COMPRESSED}")
            yield flags == _COMPRESSED, message
    except ValueError as error:
        why = "the request ends within an envelope: a flag, four bytes of length, the message"
        raise WrongRequest(why) from error


def _decoded(method: MethodDescriptor | None, codec: str, pairs: Pairs) -> Callable[[bytes], bytes]:
    if codec == "proto" or method is None:
        return lambda message: message
    return lambda message: plain.decoded(method, message, pairs)


def _headers(answered: Answer) -> dict[str, str]:
    """Header fields: what the exchange says, and trailing metadata under the prefix that Connect gives it."""
    return answers.headers(metadata_of(answered.leading)) | _trailers(answered.trailing)


def _trailers(trailing: Pairs) -> dict[str, str]:
    return {f"trailer-{key}": as_text(value) for key, value in trailing if key != metadata.STATUS_DETAILS}


def _error(failed: Failed) -> JSONResponse:
    failure = failed.failure
    headers = _trailers(failed.trailing) | failures.headers(failure)
    return JSONResponse(_error_of(failed), HTTP_STATUS[failure.code], headers=headers)


def _error_of(failed: Failed) -> dict[str, Any]:
    """Connect's error. It repeats the details of google.rpc.Status, as Connect's clients read them."""
    failure = failed.failure
    error: dict[str, Any] = {"code": connect_code(failure.code), "message": failure.message}
    packed = metadata.first(failed.trailing, metadata.STATUS_DETAILS)
    if isinstance(packed, bytes) and packed:
        with contextlib.suppress(DecodeError):  # a provider may have sent something else
            error["details"] = [
                {"type": detail.type_url.rpartition("/")[2], "value": as_text(detail.value)}
                for detail in status_pb2.Status.FromString(packed).details
            ]
    return error


def _ending(failed: Failed | None, trailing: Pairs) -> bytes:
    """The last envelope of a stream: the error, if there is one, and the trailing metadata."""
    end: dict[str, Any] = {} if failed is None else {"error": _error_of(failed)}
    values: dict[str, list[str]] = {}
    for key, value in trailing:
        if key != metadata.STATUS_DETAILS:
            values.setdefault(key, []).append(as_text(value))
    if values:
        end["metadata"] = values
    return envelope(_END, json.dumps(end, ensure_ascii=False).encode())
