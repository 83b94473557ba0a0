"""Errors of the HTTP API: RFC 9457 problem details, with the remedy."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from gateway.core.registry import RegistryError
from gateway.http.problem import Problem, answer
from gateway.ledger.tables import LedgerDisagrees
from gateway.registry_store import StateLost
from ndxp.errors import AgencyError, Code
from ndxp.exhausted import exhausted
from ndxp.ledger.checkpoint import NoteRefused

_AGENCY = {
    Code.INVALID_ARGUMENT: (422, "The request does not fit"),
    Code.NOT_FOUND: (404, "Nothing here has this name"),
    Code.ALREADY_EXISTS: (409, "It is there already"),
    Code.FAILED_PRECONDITION: (409, "Not in this state"),
}
"""Statuses and titles for the errors that the directory gives its callers too."""

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
    async def _(_: Request, problem: Problem) -> JSONResponse:
        return problem.response()

    @app.exception_handler(RegistryError)
    async def _(_: Request, error: RegistryError) -> JSONResponse:
        return answer(422, "The registry would be inconsistent", str(error))

    @app.exception_handler(AgencyError)
    async def _(_: Request, error: AgencyError) -> JSONResponse:
        status, title = _AGENCY.get(error.code, (503, "The database does not answer"))
        return answer(status, title, error.message)

    @app.exception_handler(RedisError)
    async def _(_: Request, error: RedisError) -> JSONResponse:
        if isinstance(error, StateLost):
            return answer(503, "The store has lost its data", str(error))
        if full := exhausted(error):
            return answer(503, "The store is full", f"Nothing was changed; {full}.")
        return answer(503, "The store does not answer", "Nothing was changed; see `ndxp status` and try again.")

    @app.exception_handler(LedgerDisagrees)
    async def _(_: Request, error: LedgerDisagrees) -> JSONResponse:
        return answer(409, "The ledger is not what was signed", str(error))

    @app.exception_handler(NoteRefused)
    async def _(_: Request, error: NoteRefused) -> JSONResponse:
        return answer(409, "The ledger is not what was signed", f"its latest checkpoint does not hold: {error}")

    @app.exception_handler(SQLAlchemyError)
    async def _(_: Request, error: SQLAlchemyError) -> JSONResponse:
        if full := exhausted(error):
            return answer(503, "The ledger cannot be read or written", full)
        reason = str(getattr(error, "orig", None) or type(error).__name__).partition("\n")[0][:200]
        return answer(
            503,
            "The ledger cannot be read",
            f"the ledger's database says: {reason}; see `ndxp log verify` and control.log",
        )

    @app.exception_handler(RequestValidationError)
    async def _(_: Request, error: RequestValidationError) -> JSONResponse:
        places = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        return answer(422, "The request does not fit", places)

    @app.exception_handler(UnicodeEncodeError)
    async def _(_: Request, __: UnicodeEncodeError) -> JSONResponse:
        return answer(422, "The request does not fit", "a text in it has half a character (a lone surrogate)")

    @app.exception_handler(HTTPException)
    async def _(_: Request, error: HTTPException) -> JSONResponse:
        return answer(error.status_code, str(error.detail), "See /openapi.json for all routes.")
