"""The doors' application: what all doors have in common, around their routes."""

from collections.abc import Collection, Sequence
from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.http.language import Spoken
from gateway.http.names import Named
from gateway.http.problem import answer, unrouted
from gateway.http.requests import Counting, Requests
from gateway.rest.call import Calls
from ndxp import __version__
from ndxp.language import _
from ndxp.wire import metadata

_VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
"""HTTP methods that scripts of the named web pages may use."""

_SHOWN = (
    "grpc-status",
    "grpc-message",
    metadata.TRANSACTION_ID,
    metadata.WITHHELD,
    metadata.GRANT,
    metadata.FAULT,
    metadata.REPLAY_OF,
    metadata.ERROR_ORIGIN,
)
"""Header fields of answers that scripts of the named web pages may read."""


def create(
    calls: Calls,
    requests: Requests,
    *,
    names: Collection[str] | None,
    origins: Sequence[str],
    doors: Sequence[Route],
) -> Starlette:
    """Makes the application; opens nothing. ``names`` is None with TLS, where certificates decide.

    ``requests`` count them; ``doors`` are the routes of the doors, of which the first counts that fits.
    """

    async def alive(_: Request) -> Response:
        return JSONResponse({"status": "alive", "version": __version__})

    async def ready(_: Request) -> Response:
        waits = [] if calls.known.snapshot.version else ["registry"]
        return JSONResponse({"ready": not waits, "waits_for": waits}, 503 if waits else 200)

    middleware = [Middleware(Spoken), Middleware(Counting, requests=requests)]
    if names is not None:
        middleware.append(Middleware(Named, names=names, process="the door", setting="NDXP_REST_NAMES"))
    if origins:
        cors = Middleware(
            CORSMiddleware, allow_origins=list(origins), allow_methods=_VERBS, allow_headers=["*"],
            expose_headers=list(_SHOWN), max_age=600,
        )  # fmt: skip
        middleware.append(cors)
    return Starlette(
        routes=[Route("/healthz", alive), Route("/readyz", ready), *doors],
        middleware=middleware,
        exception_handlers={HTTPException: _http, Exception: _unexpected},
    )


async def _http(_request: Request, error: Exception) -> Response:
    advice = _("Calls are POST /{package.Service}/{Method}; `ndxp services` lists them, docs/guides/http.md explains.")
    return unrouted(cast(HTTPException, error), advice)


async def _unexpected(_: Request, error: Exception) -> Response:
    return answer(
        500, "The door has failed", f"This is a fault of the exchange ({type(error).__name__}); see rest.log."
    )
