"""The largest body of a request that control reads, and the time for it; a client that exceeds them gets an error."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ndxp.language import _

MAX_BODY = 1024 * 1024
"""In bytes. A body is read before the sender is known."""

PATIENCE = 10.0
"""Seconds for the whole body, counted from the request's head."""


class BodyLimit:
    """ASGI middleware: a body of more than ``MAX_BODY`` bytes becomes HTTP 413, one that takes too long 408."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        read, end = 0, asyncio.get_running_loop().time() + PATIENCE
        whole = False  # after the whole body, only a disconnect can be received

        async def counted() -> Message:
            nonlocal read, whole
            try:
                async with asyncio.timeout_at(None if whole else end):
                    message = await receive()
            except TimeoutError:
                late = _("The body was not there within {seconds} s", seconds=f"{PATIENCE:g}")
                raise HTTPException(408, late) from None
            whole = not message.get("more_body", False)
            read += len(message.get("body", b""))
            if read > MAX_BODY:
                raise HTTPException(413, _("The body is larger than {bytes} bytes", bytes=MAX_BODY))
            return message

        await self._app(scope, counted, send)
