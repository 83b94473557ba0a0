"""By which names control answers plain HTTP; see ``ndxp.hosts`` for what that stops."""

from collections.abc import Collection

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.control.http.problems import Problem
from ndxp.hosts import trusted


class Named:
    """ASGI middleware: who asks by another name gets HTTP 421, whatever was asked."""

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        hosts = [value.decode("latin-1") for name, value in scope.get("headers", ()) if name == b"host"]
        if all(trusted(host, self._names) for host in hosts):
            await self._app(scope, receive, send)
            return
        problem = Problem(
            421,
            "Asked by another name",
            "control answers plain HTTP by its addresses and local names only, so that no web page reads it under a "
            "name of its own; NDXP_CONTROL_NAMES takes public names, such as that of a proxy in front of it",
        )
        await problem.response()(scope, receive, send)
