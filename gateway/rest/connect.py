"""The Connect protocol: unary calls, and streams in its envelopes, in JSON or binary protobuf.

Its specification is at connectrpc.com/docs/protocol.
"""

import contextlib
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import DecodeError
from google.rpc import status_pb2
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from gateway.rest import plain
from gateway.rest.call import Calls, ended
from gateway.rest.failed import Failed
from gateway.rest.failures import headers as headers_of
from ndxp.errors import HTTP_STATUS, Code
from ndxp.messages import WrongRequest
from ndxp.rpc import StreamedRpc, metadata_of
from ndxp.wire import metadata
from ndxp.wire.metadata import Pairs

UNARY = {"application/json": "json", "application/proto": "proto"}
STREAMING = {"application/connect+json": "json", "application/connect+proto": "proto"}
_COMPRESSED, _END = 1, 2
_PREFIX = 5


async def unary(calls: Calls, request: Request, method: str, codec: str) -> Response:
    """Makes a call with one message each way and answers it."""
    described = calls.known.method(method)
    try:
        pairs = calls.pairs(request.headers)
        encoding = request.headers.get("content-encoding", "identity")
        said = await calls.ask(
            method,
            pairs,
            request.receive,
            lambda body: _single(calls.bodies.unpack(body, encoding, pairs), described, codec),
        )
        told = [*metadata_of(said.leading), *said.trailing]
        with plain.fitting(told):
            body = _decoded(described, codec, plain.withheld(told))(said.messages[0])
    except Failed as failed:
        return _error(failed)
    return Response(body, headers=_headers(said.leading, said.trailing), media_type=f"application/{codec}")


async def stream(calls: Calls, request: Request, method: str, codec: str) -> Response:
    """Makes a call with streams and answers it; its end, good or bad, is the last envelope."""
    described = calls.known.method(method)
    media_type = f"application/connect+{codec}"
    async with AsyncExitStack() as until_told:
        try:
            pairs = calls.pairs(request.headers)
            encoding = request.headers.get("connect-content-encoding", "identity")

            def translate(body: bytes) -> Sequence[bytes]:
                given = ((message, encoding if packed else "identity") for packed, message in _opened(body))
                opened = calls.bodies.unpack_each(given, pairs)
                return [encoded for message in opened for encoded in _encoded(message, described, codec)]

            call = calls.begun(method, pairs, request.receive, translate)
            rpc = await until_told.enter_async_context(call)
        except Failed as failed:
            return Response(_envelope(_END, _ending(failed, ())), media_type=media_type)
        await rpc.begun()
        told = metadata_of(rpc.leading)
        decode = _decoded(described, codec, plain.withheld(told))
        envelopes = _each(rpc, decode, told, until_told.pop_all())
    return StreamingResponse(envelopes, headers=_headers(rpc.leading, ()), media_type=media_type)


async def _each(
    rpc: StreamedRpc, decode: Callable[[bytes], bytes], told: Pairs, until_told: AsyncExitStack
) -> AsyncIterator[bytes]:
    async with until_told:
        try:
            async for message in rpc.messages():
                with plain.fitting(told):
                    decoded = decode(message)
                yield _envelope(0, decoded)
            yield _envelope(_END, _ending(None, ended(rpc).trailing))
        except Failed as failed:
            yield _envelope(_END, _ending(failed, failed.trailing))


def _single(body: bytes, method: MethodDescriptor | None, codec: str) -> Sequence[bytes]:
    """The message of a unary request, encoded. Raises WrongRequest."""
    if method is not None and (method.client_streaming or method.server_streaming):
        raise WrongRequest(f"{method.name} has streams: send application/connect+{codec}")
    return _encoded(body, method, codec)


def _encoded(body: bytes, method: MethodDescriptor | None, codec: str) -> Sequence[bytes]:
    return plain.encoded(body, method) if codec == "json" else [body]


def _opened(body: bytes) -> Iterator[tuple[bool, bytes]]:
    """The messages in the envelopes of a request, and whether each is compressed. Raises WrongRequest."""
    at = 0
    while at < len(body):
        end = at + _PREFIX + int.from_bytes(body[at + 1 : at + _PREFIX], "big")
        if at + _PREFIX > len(body) or end > len(body):
            raise WrongRequest("the request ends within an envelope: a flag, four bytes of length, the message")
        if body[at] not in (0, _COMPRESSED):
            raise WrongRequest(f"the envelopes of a request have the flag 0 or {_COMPRESSED}")
        yield body[at] == _COMPRESSED, body[at + _PREFIX : end]
        at = end


def _decoded(method: MethodDescriptor | None, codec: str, withheld: Sequence[str]) -> Callable[[bytes], bytes]:
    if codec == "proto" or method is None:
        return lambda message: message
    return lambda message: plain.decoded(method, message, withheld)


def _headers(leading: Pairs, trailing: Pairs) -> dict[str, str]:
    """Header fields: what the exchange says, and trailing metadata under the prefix that Connect gives it."""
    return plain.headers(metadata_of(list(leading))) | {f"trailer-{k}": _text(v) for k, v in trailing}  # type: ignore[arg-type]


def _error(failed: Failed) -> JSONResponse:
    failure = failed.failure
    trailing = {f"trailer-{key}": _text(value) for key, value in failed.trailing if key != metadata.STATUS_DETAILS}
    return JSONResponse(_said(failed), HTTP_STATUS[failure.code], headers=trailing | headers_of(failure))


def _said(failed: Failed) -> dict[str, Any]:
    """Connect's error. It repeats the details of google.rpc.Status, as Connect's clients read them."""
    failure = failed.failure
    code = "canceled" if failure.code is Code.CANCELLED else failure.code.name.lower()
    said: dict[str, Any] = {"code": code, "message": failure.message}
    packed = next((value for key, value in failed.trailing if key == metadata.STATUS_DETAILS), b"")
    if isinstance(packed, bytes) and packed:
        with contextlib.suppress(DecodeError):  # a provider may have sent something else
            said["details"] = [
                {"type": detail.type_url.rpartition("/")[2], "value": _base64(detail.value)}
                for detail in status_pb2.Status.FromString(packed).details
            ]
    return said


def _ending(failed: Failed | None, trailing: Pairs) -> bytes:
    said: dict[str, Any] = {} if failed is None else {"error": _said(failed)}
    told: dict[str, list[str]] = {}
    for key, value in trailing:
        if key != metadata.STATUS_DETAILS:
            told.setdefault(key, []).append(_text(value))
    if told:
        said["metadata"] = told
    return json.dumps(said, ensure_ascii=False).encode()


def _envelope(flags: int, data: bytes) -> bytes:
    return bytes([flags]) + len(data).to_bytes(4, "big") + data


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else _base64(value)


def _base64(value: bytes) -> str:
    return b64encode(value).decode().rstrip("=")
