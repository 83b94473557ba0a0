"""gRPC-Web: gRPC's own frames over HTTP/1.1, with the trailers as the last frame; binary, or base64 as text."""

import base64
import binascii
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.rest import answers
from gateway.rest.call import Calls, ended
from gateway.rest.failures import Failed
from ndxp.errors import Code
from ndxp.messages import WrongRequest
from ndxp.rpc import StreamedRpc, as_text, envelope, frame, metadata_of, unframe
from ndxp.wire.grpc_http2 import percent
from ndxp.wire.metadata import Pairs

TYPES = {
    "application/grpc-web": False, "application/grpc-web+proto": False,
    "application/grpc-web-text": True, "application/grpc-web-text+proto": True,
}  # fmt: skip
"""Content types, and whether each is text."""

_TRAILERS = 0x80


async def answer(calls: Calls, request: Request, method: str, media_type: str) -> Response:
    """Makes the call and answers it; its status is in the last frame, and HTTP says 200."""
    text = TYPES[media_type]
    async with AsyncExitStack() as until_answered:
        try:
            pairs = calls.pairs(request.headers)
            call = calls.begun(method, pairs, request.receive, lambda body: _opened(body, text))
            rpc = await until_answered.enter_async_context(call)
        except Failed as failed:
            return Response(_shown(_status(failed), text), media_type=media_type)
        await rpc.begun()
        headers = answers.headers(metadata_of(rpc.leading))
        frames = _each(rpc, text, until_answered.pop_all())
    return StreamingResponse(frames, headers=headers, media_type=media_type)


async def _each(rpc: StreamedRpc, text: bool, until_answered: AsyncExitStack) -> AsyncIterator[bytes]:
    async with until_answered:
        async for message in rpc.messages():
            yield _shown(frame([message]), text)
        try:
            yield _shown(_trailers(Code.OK, "", ended(rpc).trailing), text)
        except Failed as failed:
            yield _shown(_status(failed), text)


def _opened(body: bytes, text: bool) -> Sequence[bytes]:
    """The messages in the frames of a request. Raises WrongRequest."""
    if text:
        try:
            body = base64.b64decode(body, validate=True)
        except binascii.Error as error:
            raise WrongRequest(f"the request is not base64: {error}") from error
    messages = unframe(body)
    if messages is None:
        raise WrongRequest(
            "the request is not made of whole, uncompressed messages: a flag 0, four bytes of length, each"
        )
    return messages


def _status(failed: Failed) -> bytes:
    return _trailers(failed.failure.code, failed.failure.message, failed.trailing)


def _trailers(code: Code, message: str, trailing: Pairs) -> bytes:
    lines = [f"grpc-status: {int(code)}"]
    if message:
        lines.append(f"grpc-message: {percent(message)}")
    for key, value in trailing:
        lines.append(f"{key}: {as_text(value)}")
    return envelope(_TRAILERS, "".join(f"{line}\r\n" for line in lines).encode())


def _shown(data: bytes, text: bool) -> bytes:
    return base64.b64encode(data) if text else data
