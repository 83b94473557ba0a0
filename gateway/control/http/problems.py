"""Errors of the HTTP API: RFC 9457 problem details, with the remedy."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from gateway.core.registry import RegistryError
from gateway.http.problem import Problem, answer, unrouted
from gateway.ledger.tables import LedgerDisagrees
from gateway.registry_store import StateLost
from ndxp.errors import AgencyError, Code
from ndxp.exhausted import exhausted
from ndxp.language import _
from ndxp.ledger.checkpoint import NoteRefused

DESCRIBED: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "What is wrong, and what to do (RFC 9457).",
        "content": {
            "application/problem+json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "type": {"const": "about:blank"},
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                        "detail": {"type": "string"},
                    },
                    "required": ["type", "title", "status", "detail"],
                }
            }
        },
    }
}
"""Every error answer of the admin API."""


def install(app: FastAPI) -> None:  # noqa: C901 - a list of handlers
    """Gives every error of the application its form."""

    @app.exception_handler(Problem)
    async def problem(_request: Request, problem: Problem) -> JSONResponse:
        return problem.response()

    @app.exception_handler(RegistryError)
    async def registry(_request: Request, error: RegistryError) -> JSONResponse:
        return answer(422, _("The registry would be inconsistent"), str(error))

    @app.exception_handler(AgencyError)
    async def agency(_request: Request, error: AgencyError) -> JSONResponse:
        return answer(*_of_agency(error.code), error.message)

    @app.exception_handler(RedisError)
    async def store(_request: Request, error: RedisError) -> JSONResponse:
        if isinstance(error, StateLost):
            return answer(503, _("The store has lost its data"), str(error))
        if full := exhausted(error):
            return answer(503, _("The store is full"), _("Nothing was changed; {full}.", full=full))
        unchanged = _("Nothing was changed; see `ndxp status` and try again.")
        return answer(503, _("The store does not answer"), unchanged)

    @app.exception_handler(LedgerDisagrees)
    async def ledger(_request: Request, error: LedgerDisagrees) -> JSONResponse:
        return answer(409, _("The ledger is not what was signed"), str(error))

    @app.exception_handler(NoteRefused)
    async def note(_request: Request, error: NoteRefused) -> JSONResponse:
        detail = _("its latest checkpoint does not hold: {error}", error=error)
        return answer(409, _("The ledger is not what was signed"), detail)

    @app.exception_handler(SQLAlchemyError)
    async def database(_request: Request, error: SQLAlchemyError) -> JSONResponse:
        if full := exhausted(error):
            return answer(503, _("The ledger cannot be read or written"), full)
        reason = str(getattr(error, "orig", None) or type(error).__name__).partition("\n")[0][:200]
        detail = _("the ledger's database says: {reason}; see `ndxp log verify` and control.log", reason=reason)
        return answer(503, _("The ledger cannot be read"), detail)

    @app.exception_handler(RequestValidationError)
    async def validation(_request: Request, error: RequestValidationError) -> JSONResponse:
        places = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        return answer(422, _("The request does not fit"), places)

    @app.exception_handler(UnicodeEncodeError)
    async def surrogate(_request: Request, _error: UnicodeEncodeError) -> JSONResponse:
        detail = _("a text in it has half a character (a lone surrogate)")
        return answer(422, _("The request does not fit"), detail)

    @app.exception_handler(HTTPException)
    async def http(_request: Request, error: HTTPException) -> JSONResponse:
        return unrouted(error, _("See /openapi.json for all routes."))


def _of_agency(code: Code) -> tuple[int, str]:
    """Status and title for the errors that the directory gives its callers too."""
    match code:
        case Code.INVALID_ARGUMENT:
            return 422, _("The request does not fit")
        case Code.NOT_FOUND:
            return 404, _("Nothing here has this name")
        case Code.ALREADY_EXISTS:
            return 409, _("It is there already")
        case Code.FAILED_PRECONDITION:
            return 409, _("Not in this state")
        case _other:
            return 503, _("The database does not answer")
