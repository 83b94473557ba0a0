"""The door itself: which gRPC call a request in X-Road's protocol means, and how its outcome is answered."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from gateway.core.endpoints import CONTRACT as REST
from gateway.core.registry import Snapshot
from gateway.core.transaction import Origin
from gateway.rest import failures
from gateway.rest.call import Calls
from gateway.rest.failures import Failed
from gateway.rest.json_door import plain
from gateway.rest.rest_services.forward import METHODS, forward
from gateway.rest.xroad_door import metaservices
from gateway.rest.xroad_door.directory import Directory
from gateway.rest.xroad_door.faults import JSON, Fault, bad_request, fault
from gateway.rest.xroad_door.govstack import renamed
from gateway.rest.xroad_door.message import Message, Target
from ndxp.wire import metadata

_PREFIX = b"/r1/"


class R1(Route):
    """The route of all paths that begin with ``/r1/`` as they were sent.

    Starlette's own routes look at decoded paths, and leave out those in which a line feed was encoded.
    """

    def __init__(self, endpoint: Callable[[Request], Awaitable[Response]]) -> None:
        super().__init__(_PREFIX.decode(), endpoint, methods=list(METHODS))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a request is for this route."""
        if scope["type"] != "http" or not scope["raw_path"].startswith(_PREFIX):
            return Match.NONE, {}
        return Match.FULL, {"endpoint": self.endpoint, "path_params": {}}


def routes(calls: Calls, patience: float) -> list[Route]:
    """The door's routes; ``patience`` is in seconds, for each piece of a body that is passed on to a REST service."""
    door = Door(calls, patience)
    return [R1(door.answer), Route("/listClients", door.list_clients)]


class Door:
    """Takes requests in X-Road's protocol, and makes them as calls of the data plane."""

    def __init__(self, calls: Calls, patience: float) -> None:
        self._calls = calls
        self._patience = patience

    async def answer(self, request: Request) -> Response:
        """Answers ``/r1/{instance}/{class}/{member}/{subsystem}/{service}[/path]``, of any HTTP method.

        The service code is that of a REST service, which gets the request, or the name of a contract that the provider
        offers, short or in full. Then the path is a method, and body and answer are plain JSON:
        ``POST /r1/VN/GOV/G01/population/PopulationService/VerifyCitizen``.
        """
        message, target, is_rest = Message(request), None, False
        try:
            target = Target.read(request.scope["raw_path"].decode("latin-1"))
            message.check_client()
            if target.code in metaservices.CODES:
                return await self._metaservice(message, target)
            is_rest = _is_rest(self._calls.known.snapshot, target)
            response = await (self._forward if is_rest else self._call)(message, target)
        except Fault as error:
            return error.response(message.headers("", target, carried_out=False))
        except Failed as failed:
            return _failed(message, failed, target, by_adapter=is_rest)
        transaction = response.headers.get(metadata.TRANSACTION_ID, "")
        response.headers.update(message.headers(transaction, target, carried_out=True))
        return response

    async def list_clients(self, request: Request) -> Response:
        """Answers ``GET /listClients`` in JSON. It needs a token, which X-Road does not ask for, but no client."""
        message = Message(request)
        try:
            directory = self._directory(message)
            return _listed(message, await metaservices.clients(directory), directory, None)
        except Fault as error:
            return error.response(message.headers("", carried_out=False))
        except Failed as failed:
            return _failed(message, failed, None, by_adapter=False)

    async def _forward(self, message: Message, target: Target) -> Response:
        """Passes a request on to a REST service. Raises Failed."""
        pairs = [*self._calls.pairs(message.request.headers), *message.pairs()]
        path, provider = f"/{target.code}{target.path or '/'}", str(target.provider)
        return await forward(
            self._calls, message.request, provider=provider, path=path, pairs=pairs, patience=self._patience
        )

    async def _call(self, message: Message, target: Target) -> Response:
        """Makes the call that a request means. Raises Fault and Failed.

        The gateway gets a call of an unknown service too, and refuses it.
        """
        request, contract = message.request, _contract(self._calls.known.snapshot, target)
        if contract is not None and request.method != "POST":
            why = f"{target.code} is called with POST, not {request.method}"
            raise bad_request(why, "send POST .../{service}/{Method}")
        pairs = [*self._calls.pairs(request.headers), *message.pairs(provider=str(target.provider))]
        return await plain.call(self._calls, request, f"{contract or target.code}/{target.path[1:]}", pairs)

    async def _metaservice(self, message: Message, target: Target) -> Response:
        if message.request.method != "GET":
            raise bad_request(f"{target.code} is called with GET", f"send GET /r1/.../{target.code}")
        directory = self._directory(message)
        if target.code == metaservices.GET_OPENAPI:
            return _told(message, await metaservices.openapi(directory, target), directory, target)
        return _listed(message, await metaservices.LISTS[target.code](directory, target), directory, target)

    def _directory(self, message: Message) -> Directory:
        return Directory(self._calls, message, [*self._calls.pairs(message.request.headers), *message.pairs()])


def _is_rest(snapshot: Snapshot, target: Target) -> bool:
    """Whether a service code is that of a REST service of the provider; it then hides a contract of the same name."""
    service = snapshot.providers.get(REST, {}).get(str(target.provider))
    return service is not None and target.code in service.rest


def _contract(snapshot: Snapshot, target: Target) -> str | None:
    """The contract that a service code means, first among those of the provider; None for an unknown code."""
    provider = str(target.provider)
    own = [contract for contract, providers in snapshot.providers.items() if provider in providers]
    for offered in (own, snapshot.providers):
        if target.code in offered:
            return target.code
        if contract := metaservices.codes(offered).get(target.code):
            return contract
    return None


def _listed(message: Message, said: object, directory: Directory, target: Target | None) -> Response:
    return _told(message, renamed(said) if message.is_govstack else said, directory, target)


def _told(message: Message, said: object, directory: Directory, target: Target | None) -> Response:
    headers = message.headers(directory.transaction, target, carried_out=False)
    return JSONResponse(said, headers=dict(headers), media_type=JSON)


def _failed(message: Message, failed: Failed, target: Target | None, *, by_adapter: bool) -> Response:
    """An error of the provider passes in its own form; that of the exchange, with its adapter, is a fault."""
    failure = failed.failure
    of_provider = failure.origin == Origin.PROVIDER and not by_adapter
    headers = message.headers(failure.transaction_id, target, carried_out=of_provider)
    if not of_provider:
        return fault(failure).response(headers)
    response = failures.problem(failure)
    response.headers.update(headers)
    return response
