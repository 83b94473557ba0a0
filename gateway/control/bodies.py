"""The largest request body that control reads; whoever sends more is told so before it is all in memory."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 1024 * 1024
"""In bytes. Bodies are read before it is known who sends them."""


class BodyLimit:
    """ASGI middleware: a body of more than ``MAX_BODY`` bytes becomes HTTP 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MAX_BODY:
                raise HTTPException(413, f"The body is larger than {MAX_BODY} bytes")
            return message

        await self._app(scope, counted, send)
