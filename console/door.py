"""The door of the console: no request and no websocket gets past it without the cookie, or from another site's page."""

from collections.abc import Iterable
from html import escape
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.classes import Classes
from console.exchange import Refused, Unanswered
from console.sessions import Language, Session, Sessions
from console.texts import Texts
from ndxp.address import Address
from ndxp.classroom.pupil import API
from ndxp.language import accepted, speaking
from ndxp.sandbox.console import TICKET

HEALTH = "/healthz"
"""The path at which the door says to everybody that the console runs, and no more."""

SESSION = "ndxp.session"
"""The key of the scope under which pages find the session."""

JOIN, GROUP = "/class/join", "/class/group"
"""Where pupils come in, and the only page that they see."""

_PARTS = ("/_nicegui/", "/_nicegui_ws/")
"""What every page needs: NiceGUI's scripts, and the websocket, which knows pages by names that nobody can guess."""

_MOST_BYTES = 65_536

_FORM_STYLE = """
:root { color-scheme: light dark; --accent: light-dark(#0b5d78, #6ec6e2); --on-accent: light-dark(#fff, #06222c); }
body { font: 1.1rem/1.5 system-ui, "Noto Sans", sans-serif; margin: 0; }
main { max-width: 28rem; padding: 1rem; margin: 10vh auto 0; }
label, input, button { display: block; box-sizing: border-box; width: 100%; margin: .5rem 0; font: inherit; }
input { font: 2rem ui-monospace, monospace; letter-spacing: .2em; text-transform: uppercase; padding: .4rem; }
button { background: var(--accent); color: var(--on-accent); border: 0; border-radius: .4rem; padding: .7rem; }
.bad { color: light-dark(#a31621, #ff9a9a); font-weight: 600; }
"""

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

    A pupil has a cookie of another name, which opens one page. The programs of a class show a key instead of a cookie,
    so for them a browser's cookie counts nothing, and they need no origin.
    """

    def __init__(
        self,
        application: ASGIApp,
        sessions: Sessions,
        address: Address,
        classes: Classes,
        *,
        names: Iterable[str] = (),
        tls: bool = False,
    ) -> None:
        self._application = application
        self._sessions = sessions
        self._classes = classes
        own = {str(address), f"localhost:{address.port}", f"127.0.0.1:{address.port}", f"[::1]:{address.port}"}
        self._hosts = own.union(names)
        self._scheme, self._tls = "https" if tls else "http", tls
        self._cookie = f"{'__Host-' if tls else ''}ndxp-console-{address.port}"
        self._pupils_cookie = f"{'__Host-' if tls else ''}ndxp-class-{address.port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI asks."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        if scope["type"] == "http" and scope["path"] == HEALTH:
            await PlainTextResponse("ok")(scope, receive, _with_headers(send))
            return
        headers = Headers(scope=scope)
        refusal, language, path = self._foreign(scope, headers), _language(headers), str(scope["path"])
        session = None if refusal else self._session(path, headers)
        if refusal is None and session is not None and TICKET not in _query(scope):
            scope[SESSION] = session
            await self._application(scope, receive, _with_headers(send))
            return
        if scope["type"] == "websocket":
            await receive()  # the handshake
            await send({"type": "websocket.close", "code": 1008})
            return
        if refusal is None and _of_api(path):
            await self._application(scope, receive, _with_headers(send))
            return
        if refusal is None and path == JOIN:
            answer = await self._join(scope, receive, language)
        else:
            answer = refusal or self._admitted(scope, headers, session) or _page(401, language, "door.closed")
        await answer(scope, receive, _with_headers(send))

    def _session(self, path: str, headers: Headers) -> Session | None:
        """The session that may have a path: a pupil's for the page of pupils, others' for all else but the class's."""
        if path == JOIN or _of_api(path):
            return None
        pupils = self._sessions.of(self._name(headers, self._pupils_cookie))
        if path == GROUP:
            return pupils
        return self._sessions.of(self._name(headers, self._cookie)) or (pupils if path.startswith(_PARTS) else None)

    async def _join(self, scope: Scope, receive: Receive, language: Language) -> Response:
        """The form for a code, and the way in for one that is right."""
        if not self._classes.there:
            return _page(404, language, "class.none")
        if scope["method"] != "POST":
            return _form(200, language)
        content, more = b"", True
        while more and len(content) <= _MOST_BYTES:
            message = await receive()
            content += message.get("body", b"")
            more = message.get("more_body", False)
        typed = parse_qs(content[:_MOST_BYTES].decode("utf-8", "replace")).get("code", [""])[-1]
        client = (scope.get("client") or ("",))[0]
        try:
            with speaking(language):
                key = await self._classes.ask(lambda room: room.group(room.admit(typed, client)).key)
        except (Refused, Unanswered) as refused:
            return _form(403, language, str(refused))
        answer = RedirectResponse(GROUP, status_code=303)
        name = self._sessions.admit_pupil(key, language)
        answer.set_cookie(self._pupils_cookie, name, httponly=True, secure=self._tls, samesite="strict", path="/")
        return answer

    def _foreign(self, scope: Scope, headers: Headers) -> Response | None:
        """The refusal of a request that names another host or comes from another site's page."""
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return _page(421, _language(headers), "door.host")
        if scope["path"].startswith("/class/") and not _bounded(headers):
            return _page(413, _language(headers), "door.size")
        changes = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD")
        changes &= not _of_api(scope["path"])
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

    def _name(self, headers: Headers, of: str) -> str:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(of)
        except CookieError:
            return ""
        return cookie.value if cookie is not None else ""


def _query(scope: Scope) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(scope["query_string"].decode("latin-1")).items()}


def _language(headers: Headers) -> Language:
    """The first language of the browser that the console has; Vietnamese without one."""
    return accepted(headers.get("accept-language", "")) or "vi"


def _of_api(path: str) -> bool:
    return path.startswith(f"{API}/")


def _bounded(headers: Headers) -> bool:
    """Whether a request says how long it is, and is not too long."""
    length = headers.get("content-length", "0")
    return "transfer-encoding" not in headers and length.isdecimal() and int(length) <= _MOST_BYTES


def _page(status: int, language: Language, key: str) -> Response:
    return _html(status, language, f"<p>{escape(Texts(language)(key))}")


def _html(status: int, language: Language, body: str) -> Response:
    head = (
        "<meta charset=utf-8><meta name=viewport content='width=device-width, initial-scale=1'>"
        "<meta name=referrer content=same-origin><link rel=icon href=data:,><title>ndxp</title>"
    )  # without that referrer a form names no origin
    return HTMLResponse(f"<!doctype html><html lang={language}><head>{head}</head><body>{body}</body></html>", status)


def _form(status: int, language: Language, trouble: str = "") -> Response:
    """The form in which a pupil types the code of a group; it needs no script."""
    texts = {
        key: escape(Texts(language)(key)) for key in ("class.join", "class.code", "class.join.do", "class.privacy")
    }
    why = f"<p role=alert class='verdict bad'>{escape(trouble)}</p>" if trouble else ""
    body = f"""<style>{_FORM_STYLE}</style><main><h1>{texts["class.join"]}</h1>{why}<form method=post action={JOIN}>
<label for=code>{texts["class.code"]}</label><input id=code name=code maxlength=20 autocomplete=off
autocapitalize=characters spellcheck=false required autofocus><button>{texts["class.join.do"]}</button></form>
<p>{texts["class.privacy"]}</p></main>"""
    return _html(status, language, body)


def _with_headers(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return with_headers
