"""The class for the programs of its groups: ``ndxp class join``, ``ndxp lab`` and other commands ask here.

A program shows the key of its group, and no cookie: so a page of another site has nothing to ask with.
"""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Body, Request
from fastapi.responses import JSONResponse, Response

from console.classes import Classes
from console.exchange import Refused, Unanswered
from ndxp.classroom import answers
from ndxp.classroom.classroom import Classroom
from ndxp.classroom.kept import ClassRefused, Kept
from ndxp.classroom.pupil import API, CONTROL
from ndxp.language import Language, _, accepted, speaking

_Text = Annotated[str, Body(embed=True, max_length=1000)]
_TOKEN = f"{CONTROL}/oauth2/token"
_PATIENCE = 10.0


def router(classes: Classes) -> APIRouter:  # noqa: C901 - a list of routes
    """The routes below ``/class/api``."""
    routes = APIRouter()

    def group(request: Request, question: Callable[[Classroom, str], Any]) -> Response:
        """Answers a program that shows the key of a group."""
        kind, key = request.headers.get("authorization", "").partition(" ")[::2]

        def ask(room: Classroom) -> Any:
            if kind.lower() != "bearer":
                raise ClassRefused(_("no key: `ndxp class join CODE`"))
            return question(room, room.with_key(key))

        with speaking(_language(request)):
            return _answer(partial(classes.now, ask)) if _goes_on(classes) else JSONResponse({"detail": _ended()}, 410)

    @routes.post(f"{API}/join")
    def join(request: Request, code: _Text) -> Response:
        address = request.client.host if request.client else ""
        with speaking(_language(request)):
            if not _goes_on(classes):
                return JSONResponse({"detail": _("there is no class here now; ask your teacher")}, 403)
            return _answer(lambda: classes.now(lambda room: {"key": room.group(room.admit(code, address)).key}))

    @routes.get(f"{API}/now")
    def now(request: Request) -> Response:
        return group(request, lambda room, name: answers.now(room, name, here=_from_here(request)))

    @routes.post(f"{API}/check")
    def check(request: Request) -> Response:
        return group(request, answers.checked)

    @routes.get(f"{API}/calls")
    def calls(request: Request) -> Response:
        return group(request, _calls)

    @routes.post(f"{API}/hint")
    def hint(request: Request) -> Response:
        return group(request, answers.hint)

    @routes.post(f"{API}/answer")
    def answer(request: Request, task: _Text, text: _Text) -> Response:
        return group(request, lambda room, name: room.answer(name, task, text))

    @routes.get(f"{API}/explanation")
    def explanation(request: Request) -> Response:
        return group(request, _explanation)

    @routes.post(f"{API}/reset")
    def reset(request: Request) -> Response:
        return group(request, lambda room, name: room.reset(name))

    @routes.api_route(f"{CONTROL}/admin/v1/{{path:path}}", methods=["GET", "POST", "PUT", "DELETE"])
    def admin(request: Request, path: str, body: Annotated[Any, Body()] = None) -> Response:
        query = dict(request.query_params)
        return group(request, lambda room, name: room.own(name).ask(request.method, f"/{path}", query, body))

    @routes.post(_TOKEN)
    async def token(request: Request) -> Response:
        """Passes the request for a token on to the control process, which checks the secret."""
        sent = {name: value for name, value in request.headers.items() if name in ("authorization", "content-type")}
        content = await request.body()
        return await _passed_on(classes, sent, content)

    return routes


def _language(request: Request) -> Language:
    """The language of whoever asks; English for programs that name none."""
    return accepted(request.headers.get("accept-language", "")) or "en"


def _ended() -> str:
    return _("the class has ended; ask your teacher")


def _from_here(request: Request) -> bool:
    """Whether a program of this machine asks: then both ends of its connection have one address."""
    listens: tuple[str, int] | None = request.scope.get("server")
    return request.client is not None and listens is not None and request.client.host == listens[0]


def _goes_on(classes: Classes) -> bool:
    return Kept.there(classes.exchange.folder)


async def _passed_on(classes: Classes, headers: dict[str, str], content: bytes) -> Response:
    if not _goes_on(classes):
        return JSONResponse({"error": "invalid_client", "error_description": _ended()}, 401)
    try:
        state = await classes.ask(lambda room: room.operator.state)
        async with httpx.AsyncClient(timeout=_PATIENCE, **state.asking()) as http:
            answer = await http.post(f"{state.control_url}/oauth2/token", headers=headers, content=content)
    except (Refused, Unanswered, httpx.HTTPError) as error:
        return JSONResponse({"error": "temporarily_unavailable", "error_description": str(error)}, 503)
    return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))


def _answer(question: Callable[[], Any]) -> Response:
    try:
        return JSONResponse(question())
    except Refused as refused:
        return JSONResponse({"detail": str(refused)}, 403)
    except Unanswered as silent:
        return JSONResponse({"detail": _("the exchange does not answer: {why}", why=silent)}, 503)


def _calls(room: Classroom, name: str) -> Any:
    with room.course(name) as course:
        return course.seen()


def _explanation(room: Classroom, name: str) -> Any:
    with room.course(name) as course:
        return {"text": course.explanation()}
