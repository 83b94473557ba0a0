"""Calls by the paths that a contract names with ``google.api.http``: any method, path, query and body."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from google.protobuf.message_factory import GetMessageClass
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.rest import answers, failures
from gateway.rest.call import Calls
from gateway.rest.failures import Failed
from gateway.rest.json_door.annotations import Routes
from ndxp import messages
from ndxp.messages import WrongRequest

_MOST_PARAMETERS = 100


class Annotated:
    """Finds the method that a request means, makes the call and answers it."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._routes = Routes(())
        self._version = 0

    async def answer(self, request: Request) -> Response:
        """The answer to a request. Raises HTTPException (404) when no contract has its path."""
        try:
            route = self._current().find(request.method, request.scope["raw_path"].decode("latin-1"))
        except WrongRequest as error:
            raise HTTPException(400, str(error)) from error
        if route is None:
            raise HTTPException(404)

        def translate(body: bytes) -> Sequence[bytes]:
            encoding = request.headers.get("content-encoding", "identity")
            opened = self._calls.bodies.unpack(body, encoding, pairs)
            filled = route.request(_query(request), _json(opened))
            return [messages.message(filled, route.method).SerializeToString()]

        try:
            pairs = self._calls.pairs(request.headers)
            answered = await self._calls.ask(route.full_method, pairs, request.receive, translate)
            with failures.fitting(answered.metadata):
                message = GetMessageClass(route.method.output_type).FromString(answered.messages[0])
                shown = route.answer(messages.shown(message, answers.withheld(answered.metadata)))
        except Failed as failed:
            return failures.problem(failed.failure)
        return JSONResponse(shown, headers=answers.headers(answered.metadata))

    def _current(self) -> Routes:
        """The annotated methods of all contracts, by the registry as it is now."""
        snapshot = self._calls.known.snapshot
        if self._version != snapshot.version:
            known = (self._calls.known.contract(name) for name in snapshot.contracts)
            self._routes = Routes([contract for contract in known if contract is not None])
            self._version = snapshot.version
        return self._routes


def _query(request: Request) -> list[tuple[str, str]]:
    """The parameters in the query. Raises WrongRequest."""
    try:
        text = request.scope["query_string"].decode("ascii")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS)
    except ValueError as error:
        raise WrongRequest(f"the query is not UTF-8, or has more than {_MOST_PARAMETERS} parameters") from error


def _json(body: bytes) -> Any:
    """The body as JSON, None for an empty one. Raises WrongRequest."""
    if not body:
        return None
    values = messages.values(body)
    if len(values) != 1:
        raise WrongRequest("the body must be one JSON value")
    return values[0]
