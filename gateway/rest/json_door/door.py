"""The door itself: which method a request means, by name or annotated path, and in which protocol it is answered."""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.http.problem import Problem
from gateway.rest.bodies import media_type
from gateway.rest.call import Calls
from gateway.rest.json_door import connect, documents, grpc_web, plain
from gateway.rest.json_door.annotated import Annotated
from ndxp.language import _
from ndxp.messages import JSON, LINES

_METHOD = re.compile(r"[A-Za-z_][\w.]{0,200}/[A-Za-z_]\w{0,100}", re.ASCII)
_VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_OFFERED = [JSON, LINES, "application/proto", *connect.STREAMING, *grpc_web.TYPES]


def routes(calls: Calls) -> list[Route]:
    """The door's routes: the documents, then every other path."""
    by_path = Annotated(calls)

    async def call(request: Request) -> Response:
        # As it was sent: ``request.url`` also reads the host, ``%3F`` and ``%0A``.
        method = request.scope["raw_path"][1:].decode("latin-1")
        if request.method == "POST" and _METHOD.fullmatch(method):
            return await _answer(calls, request, method)
        return await by_path.answer(request)

    return [*documents.routes(calls), Route("/{path:path}", call, methods=_VERBS)]


async def _answer(calls: Calls, request: Request, method: str) -> Response:
    """Makes the call of "package.Service/Method", and answers it in the protocol of the request."""
    kind = media_type(request.headers)
    if kind in grpc_web.TYPES:
        return await grpc_web.answer(calls, request, method, kind)
    if kind in connect.STREAMING:
        return await connect.stream(calls, request, method, connect.STREAMING[kind])
    if kind == "application/proto" or (kind == JSON and _says_connect(request)):
        return await connect.unary(calls, request, method, connect.UNARY[kind])
    if kind in (JSON, LINES):
        return await plain.answer(calls, request, method)
    if kind.startswith("application/grpc"):
        detail = _("gRPC itself is served at the gateway's own port.")
        return Problem(415, _("gRPC is elsewhere"), detail).response()
    detail = _("Send one of {types}.", types=", ".join(_OFFERED))
    return Problem(415, _("Unsupported content-type"), detail).response()


def _says_connect(request: Request) -> bool:
    return "connect-protocol-version" in request.headers
