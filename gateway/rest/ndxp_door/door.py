"""The NDXP door: calls in the form of the real platform's adapter, and its tokens.

``/XrdAdapter/RestService/forward/<path>?dstcode=...&providerurl=...`` and ``/VXPAdapter/...`` are the same. The
agencies say which paths are messages (``gateway.rest.ndxp_door.messages``); other paths are those of REST services, and
begin with a service's code. The target is what is registered for ``dstcode``: ``providerurl`` is checked for its form,
because clients send it, and is never called.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import unquote_plus, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.core.endpoints import CONTRACT as REST
from gateway.rest import answers, failures
from gateway.rest.bodies import BodyRefused, media_type, read_small, without_body
from gateway.rest.call import Calls
from gateway.rest.failures import Failed
from gateway.rest.ndxp_door.messages import Message, Messages
from gateway.rest.ndxp_door.token_office import TokenOffice
from gateway.rest.rest_services.forward import METHODS, forward
from gateway.settings import RestSettings
from ndxp.errors import HTTP_STATUS, Code, Reason
from ndxp.identifiers import Subsystem
from ndxp.messages import JSON, WrongRequest
from ndxp.wire import metadata
from ndxp.wire.metadata import Pair
from ndxp.wire.status import Failure
from ndxp.wire.tls import Tls

ADAPTERS = ("XrdAdapter", "VXPAdapter")
_BEFORE_PATH = "/RestService/forward"
_OF_DOOR = frozenset({"dstcode", "providerurl"})
_LARGEST = 64 * 1024
"""Bytes of a message, which is about one person."""

_LONGEST_URL = 2000
_HOP = "door"
_REMEDY = "see what clients of the real NDXP send in docs/guides/http.md"

_log = logging.getLogger("rest")


def routes(calls: Calls, settings: RestSettings, tls: Tls | None) -> list[Route]:
    """The door's routes. The log names each file of messages that cannot be used; the other files are in use."""
    known, wrong = Messages.read([settings.agencies_folder, *settings.agencies_beside])
    for line in wrong:
        _log.error("the door leaves out %s", line)
    door = NdxpDoor(calls, known, settings.body_patience)
    office = TokenOffice(settings, tls)
    return [
        Route("/token", office.answer, methods=["POST"]),
        *(Route(f"/{each}{_BEFORE_PATH}{{path:path}}", door.answer, methods=list(METHODS)) for each in ADAPTERS),
    ]


class NdxpDoor:
    """Takes calls as the adapter of the real platform does, and makes them as calls of the data plane."""

    def __init__(self, calls: Calls, known: Messages, patience: float) -> None:
        self._calls = calls
        self._messages = known
        self._patience = patience
        self._logged: set[str] = set()

    async def answer(self, request: Request) -> Response:
        """Makes the call that a request asks for."""
        try:
            provider = _provider(request)
            path = request.path_params["path"]
            message = self._messages.message(provider, path)
            if message is None and provider not in self._calls.known.snapshot.providers.get(REST, {}):
                message = self._messages.of_others(path)  # the gateway then says that this provider does not offer it
            if message is None:
                return await self._forward(request, provider)
        except Failed as failed:
            return _refusal(failed.failure)
        if request.method != "POST":
            return _refusal(_malformed(f"the message at {path} is sent with POST"), status=405)
        if media_type(request.headers) != JSON:
            return _refusal(_malformed(f"send the message as {JSON}"), status=415)
        try:
            return await self._call(request, provider, message)
        except Failed as failed:
            return _refusal(failed.failure, message)

    async def _forward(self, request: Request, provider: str) -> Response:
        """Passes a request on to a REST service of the provider, without what is for the door. Raises Failed."""
        path = request.scope["raw_path"].decode("latin-1").partition(_BEFORE_PATH)[2]
        parts = request.scope["query_string"].decode("latin-1").split("&")
        query = "&".join(part for part in parts if unquote_plus(part.partition("=")[0]) not in _OF_DOOR)
        inner = Request({**request.scope, "query_string": query.encode("latin-1")}, request.receive)
        pairs = self._calls.pairs(request.headers)
        return await forward(self._calls, inner, provider=provider, path=path, pairs=pairs, patience=self._patience)

    async def _call(self, request: Request, provider: str, message: Message) -> Response:
        """Makes the call of a message and answers it. Raises Failed."""
        described = self._calls.known.method(message.method)
        if described is not None and (wrong := message.contradiction(described)):
            if message.path not in self._logged:  # callers must not be able to fill the log
                self._logged.add(message.path)
                _log.error("the message at %s does not fit the contract: %s", message.path, wrong)
            remedy = "tell the operator of the exchange: the agency's file ndxp_messages.yaml is wrong"
            raise Failed(Failure(Code.INTERNAL, f"this message cannot be translated: {wrong}", "", _HOP, remedy))
        encoded: Sequence[bytes] = ()
        problem: WrongRequest | None = None
        pairs = [*self._calls.pairs(request.headers), (metadata.SERVICE, provider)]
        try:
            encoding = request.headers.get("content-encoding", "identity")
            opened = self._calls.bodies.unpack(await self._body(request, pairs), encoding, pairs)
            if len(opened) > _LARGEST:
                raise WrongRequest(f"the body, unpacked, is larger than {_LARGEST} bytes")
            given = message.read(opened)
            pairs += message.pairs(given)
            if described is not None:
                encoded = [message.encoded(given, described)]
        except WrongRequest as error:
            problem = error

        def translated(_: bytes) -> Sequence[bytes]:
            if problem is not None:
                raise problem
            return encoded

        answered = await self._calls.ask(message.method, pairs, without_body(request.receive), translated)
        assert described is not None  # noqa: S101 - otherwise the call has failed
        with failures.fitting(answered.metadata):
            shown = message.shown(answered.messages[0], described, answers.withheld(answered.metadata))
        return JSONResponse(shown, headers=answers.headers(answered.metadata))

    async def _body(self, request: Request, pairs: Sequence[Pair]) -> bytes:
        """The body of a request whose token holds. Raises WrongRequest; the gateway then refuses and records the call.

        The body is read before the call is made, because the officer's code in it becomes metadata of the call.
        """
        if not self._calls.bodies.trusts(pairs):
            raise WrongRequest("the body was not read, as the token does not hold")
        try:
            return await read_small(request, _LARGEST, self._patience)
        except BodyRefused as error:
            raise WrongRequest(str(error)) from error


def _provider(request: Request) -> str:
    """The provider that a request names. Raises Failed."""
    query = request.query_params
    named = query.getlist("dstcode")
    if len(named) != 1:
        raise Failed(_malformed("name the destination once, as ?dstcode=VN:GOV:000.00.00.G01:population"))
    for url in query.getlist("providerurl"):
        if not _is_url(url):
            raise Failed(_malformed("providerurl must be one URL with http or https; it is never called"))
    try:
        return str(Subsystem.parse(named[0]))
    except ValueError as error:
        raise Failed(_malformed(f"dstcode: {error}")) from None


def _is_url(text: str) -> bool:
    try:
        url = urlsplit(text)
        return url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0 and len(text) <= _LONGEST_URL
    except ValueError:
        return False


def _refusal(failure: Failure, message: Message | None = None, status: int = 0) -> JSONResponse:
    """The answer for a failed call, with the code that the message has for it."""
    members: dict[str, object] = {}
    if failure.hop == _HOP and failure.reason == Reason.REQUEST_MALFORMED:
        failure = replace(failure, remedy=_REMEDY)
    if message is not None:
        members |= message.failure.members(failure.reason or failure.code.name, failure.message_vi or failure.message)
        if member := message.member(failure.field):
            members["member"] = member
    members |= {"message": failure.message, **failures.members(failure)}
    return JSONResponse(members, status or HTTP_STATUS[failure.code], headers=failures.headers(failure))


def _malformed(why: str) -> Failure:
    return Failure(Code.INVALID_ARGUMENT, why, Reason.REQUEST_MALFORMED, _HOP, _REMEDY)
