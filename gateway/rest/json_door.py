"""The JSON door: ``POST /{package.Service}/{Method}`` in plain JSON, Connect or gRPC-Web, by its content type."""

import re

from starlette.requests import Request
from starlette.responses import Response

from gateway.http.problem import Problem
from gateway.rest import connect, grpc_web, plain
from gateway.rest.call import Calls

_METHOD = re.compile(r"[A-Za-z_][\w.]{0,200}/[A-Za-z_]\w{0,100}", re.ASCII)
_OFFERED = ["application/json", "application/x-ndjson", "application/proto", *connect.STREAMING, *grpc_web.TYPES]


def is_call(request: Request) -> bool:
    """Whether the path is that of a method, "/package.Service/Method"."""
    return _METHOD.fullmatch(_path(request)) is not None


async def answer(calls: Calls, request: Request) -> Response:
    """Makes the call that a request asks for, and answers in the same protocol."""
    method = _path(request)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in grpc_web.TYPES:
        return await grpc_web.answer(calls, request, method, media_type)
    if media_type in connect.STREAMING:
        return await connect.stream(calls, request, method, connect.STREAMING[media_type])
    if media_type == "application/proto" or (media_type == "application/json" and _says_connect(request)):
        return await connect.unary(calls, request, method, connect.UNARY[media_type])
    if media_type in ("application/json", plain.LINES):
        return await plain.answer(calls, request, method)
    if media_type.startswith("application/grpc"):
        return Problem(415, "gRPC is elsewhere", "gRPC itself is served at the gateway's own port.").response()
    return Problem(415, "Unsupported content-type", f"Send one of {', '.join(_OFFERED)}.").response()


def _path(request: Request) -> str:
    """The path without its first slash, as it was sent. ``request.url`` also reads the host, ``%3F`` and ``%0A``."""
    path: bytes = request.scope["raw_path"]
    return path[1:].decode("latin-1")


def _says_connect(request: Request) -> bool:
    return "connect-protocol-version" in request.headers
