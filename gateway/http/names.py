"""The host names under which a process answers plain HTTP; ``ndxp.hosts`` says which attack that stops."""

from collections.abc import Collection

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.http.problem import Problem
from ndxp.hosts import trusted
from ndxp.language import _


class Named:
    """ASGI middleware: every request under another host name gets HTTP 421."""

    def __init__(self, app: ASGIApp, names: Collection[str], process: str, setting: str) -> None:
        self._app = app
        self._names = names
        self._process = process
        self._setting = setting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        hosts = [value.decode("latin-1") for name, value in scope.get("headers", ()) if name == b"host"]
        if all(trusted(host, self._names) for host in hosts):
            await self._app(scope, receive, send)
            return
        problem = Problem(
            421,
            _("Asked by another name"),
            _(
                "{process} answers plain HTTP under its addresses and local names only, so that a foreign web page "
                "cannot read it under its own name; {setting} adds public names, such as that of a proxy in front",
                process=self._process,
                setting=self._setting,
            ),
        )
        await problem.response()(scope, receive, send)
