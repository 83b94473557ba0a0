"""The language in which an HTTP server of the exchange says what is wrong."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ndxp.language import accepted, speaking


class Spoken:
    """ASGI middleware: what is wrong is told in the language of ``Accept-Language``; in English without one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on."""
        header = Headers(scope=scope).get("accept-language", "") if scope["type"] == "http" else ""
        with speaking(accepted(header) or "en"):
            await self._app(scope, receive, send)
