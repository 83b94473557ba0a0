"""The door of the console: no request and no websocket gets past it without the cookie, or from another site's page."""

from collections.abc import Iterable
from html import escape
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.sessions import Language, Session, Sessions
from console.texts import LANGUAGES, Texts
from ndxp.address import Address
from ndxp.sandbox.console import TICKET

HEALTH = "/healthz"
"""The path at which the door says to everybody that the console runs, and no more."""

SESSION = "ndxp.session"
"""The key of the scope under which pages find the session."""

_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
"""For every answer that does not say otherwise. The scripts of NiceGUI's pages need the two exceptions; nothing may
come from another server."""


class Door:
    """An application behind the checks of host, origin and cookie; ``address`` is where the console listens.

    The host must be this machine under a name of its own, or one of ``names``: a page of another site whose name was
    pointed here has another one (DNS rebinding). The origin, which a browser names for a websocket and for whatever
    changes something, must be the console's own. With TLS the browser sends the cookie by https only.
    """

    def __init__(
        self,
        application: ASGIApp,
        sessions: Sessions,
        address: Address,
        *,
        names: Iterable[str] = (),
        tls: bool = False,
    ) -> None:
        self._application = application
        self._sessions = sessions
        own = {str(address), f"localhost:{address.port}", f"127.0.0.1:{address.port}", f"[::1]:{address.port}"}
        self._hosts = own.union(names)
        self._scheme, self._tls = "https" if tls else "http", tls
        self._cookie = f"{'__Host-' if tls else ''}ndxp-console-{address.port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI asks."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        if scope["type"] == "http" and scope["path"] == HEALTH:
            await PlainTextResponse("ok")(scope, receive, _with_headers(send))
            return
        headers = Headers(scope=scope)
        refusal = self._foreign(scope, headers)
        session = None if refusal else self._sessions.of(self._name(headers))
        if refusal is None and session is not None and TICKET not in _query(scope):
            scope[SESSION] = session
            await self._application(scope, receive, _with_headers(send))
            return
        if scope["type"] == "websocket":
            await receive()  # the handshake
            await send({"type": "websocket.close", "code": 1008})
            return
        answer = refusal or self._admitted(scope, headers, session) or _page(401, _language(headers), "door.closed")
        await answer(scope, receive, _with_headers(send))

    def _foreign(self, scope: Scope, headers: Headers) -> Response | None:
        """The refusal of a request that names another host or comes from another site's page."""
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return _page(421, _language(headers), "door.host")
        changes = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD")
        if (origins or changes) and origins != [f"{self._scheme}://{hosts[0].lower()}"]:
            return _page(403, _language(headers), "door.origin")
        return None

    def _admitted(self, scope: Scope, headers: Headers, session: Session | None) -> Response | None:
        """The way in for a ticket: a cookie, and the first page; None when the ticket is not valid."""
        if scope["method"] != "GET" or not (ticket := _query(scope).get(TICKET)):
            return None
        answer = RedirectResponse("/", status_code=303)
        name = self._sessions.admit(ticket, _language(headers))
        if name is not None:
            answer.set_cookie(self._cookie, name, httponly=True, secure=self._tls, samesite="strict", path="/")
        elif session is None:  # a browser that is in already may load its first URL again
            return None
        return answer

    def _name(self, headers: Headers) -> str:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return ""
        return cookie.value if cookie is not None else ""


def _query(scope: Scope) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(scope["query_string"].decode("latin-1")).items()}


def _language(headers: Headers) -> Language:
    """The first language of the browser that the console has; Vietnamese without one."""
    for wanted in headers.get("accept-language", "").lower().split(","):
        for language in LANGUAGES:
            if wanted.strip().startswith(language):
                return language
    return "vi"


def _page(status: int, language: Language, key: str) -> Response:
    texts = Texts(language)
    body = f"<!doctype html><html lang={language}><meta charset=utf-8><title>ndxp</title><p>{escape(texts(key))}"
    return HTMLResponse(body, status)


def _with_headers(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return with_headers
