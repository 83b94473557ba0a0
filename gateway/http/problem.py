"""An answer that says what is wrong: RFC 9457 problem details, with the remedy."""

from collections.abc import Mapping
from types import MappingProxyType

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from ndxp.language import _


class Problem(Exception):
    """An answer that says what is wrong: HTTP status, a short title, what happened and what to do.

    The texts are in the language of who asks.
    """

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail

    def response(self) -> JSONResponse:
        """The answer."""
        return answer(self.status, self.title, self.detail)


def answer(
    status: int,
    title: str,
    detail: str,
    more: Mapping[str, object] = MappingProxyType({}),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Problem details; ``more`` are members beyond those of RFC 9457."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return JSONResponse(body, status, headers=headers, media_type="application/problem+json")


def unrouted(error: HTTPException, advice: str) -> JSONResponse:
    """The answer to a request that no route takes, or that was refused before its route had read it."""
    title = {404: _("Not found"), 405: _("Method not allowed")}.get(error.status_code, str(error.detail))
    return answer(error.status_code, title, advice)
