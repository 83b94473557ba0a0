"""The door itself: which gRPC call a request in X-Road's protocol means, and how its outcome is answered."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.core.registry import Snapshot
from gateway.core.transaction import Origin
from gateway.rest import failures, plain
from gateway.rest.call import Calls
from gateway.rest.failed import Failed
from gateway.rest.xroad import metaservices
from gateway.rest.xroad.faults import JSON, Fault, bad_request, fault
from gateway.rest.xroad.govstack import renamed
from gateway.rest.xroad.message import Message, Target
from gateway.rest.xroad.metaservices import METASERVICES, Directory, clients
from ndxp.wire import metadata

HTTP_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


async def answer(calls: Calls, request: Request) -> Response:
    """Answers ``/r1/{instance}/{class}/{member}/{subsystem}/{service}[/path]``, of any HTTP method.

    The service code is the short name of a contract that the provider offers, or its full name; the path is a method:
    ``POST /r1/VN/GOV/G01/population/PopulationService/VerifyCitizen``. Body and answer are plain JSON.
    """
    message, target = Message(request), None
    try:
        target = Target.read(request.scope["raw_path"].decode("latin-1"))
        message.check_client()
        if target.code in METASERVICES:
            return await _metaservice(calls, message, target)
        response = await _call(calls, message, target)
    except Fault as error:
        return error.response(message.headers("", target, carried_out=False))
    except Failed as failed:
        return _failed(message, failed, target)
    transaction = response.headers.get(metadata.TRANSACTION_ID, "")
    response.headers.update(message.headers(transaction, target, carried_out=True))
    return response


async def list_clients(calls: Calls, request: Request) -> Response:
    """Answers ``GET /listClients`` in JSON. It needs a token, which X-Road does not ask for, but no client field."""
    message = Message(request)
    try:
        directory = _directory(calls, message)
        return _told(message, await clients(directory), directory, None)
    except Fault as error:
        return error.response(message.headers("", carried_out=False))
    except Failed as failed:
        return _failed(message, failed, None)


async def _call(calls: Calls, message: Message, target: Target) -> Response:
    """Makes the call that a request means. Raises Fault and Failed.

    The gateway gets a call of an unknown service too, and refuses it.
    """
    request, contract = message.request, _contract(calls.known.snapshot, target)
    if contract is not None and request.method != "POST":
        raise bad_request(
            f"{target.code} is called with POST, not {request.method}", "send POST .../{service}/{Method}"
        )
    pairs = [*calls.pairs(request.headers), *message.pairs(provider=str(target.provider))]
    return await plain.call(calls, request, f"{contract or target.code}/{target.path[1:]}", pairs)


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


async def _metaservice(calls: Calls, message: Message, target: Target) -> Response:
    if message.request.method != "GET":
        raise bad_request(f"{target.code} is called with GET", f"send GET /r1/.../{target.code}")
    directory = _directory(calls, message)
    return _told(message, await METASERVICES[target.code](directory, target), directory, target)


def _directory(calls: Calls, message: Message) -> Directory:
    return Directory(calls, message, [*calls.pairs(message.request.headers), *message.pairs()])


def _told(message: Message, said: object, directory: Directory, target: Target | None) -> Response:
    headers = message.headers(directory.transaction, target, carried_out=False)
    return JSONResponse(renamed(said) if message.is_govstack else said, headers=dict(headers), media_type=JSON)


def _failed(message: Message, failed: Failed, target: Target | None) -> Response:
    """An error of the provider passes in its own form; the exchange's is a fault."""
    failure = failed.failure
    of_provider = failure.origin == Origin.PROVIDER
    headers = message.headers(failure.transaction_id, target, carried_out=of_provider)
    if not of_provider:
        return fault(failure).response(headers)
    response = failures.problem(failure)
    response.headers.update(headers)
    return response
