"""``GET /openapi/{contract}.json``: the OpenAPI 3.1 document of a contract, for whoever may see contracts.

The gateway decides who may: the door asks its reflection under the caller's token.
"""

from weakref import WeakKeyDictionary

from grpc_reflection.v1alpha import reflection_pb2
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.rest import failures
from gateway.rest.call import Calls, ended
from gateway.rest.failures import Failed
from ndxp.contract import Contract
from ndxp.openapi import document

_TOKENS = "/token"
_REFLECTION = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
_ANY_QUESTION = reflection_pb2.ServerReflectionRequest(list_services="").SerializeToString()


def routes(calls: Calls) -> list[Route]:
    """The route of the documents."""
    made: WeakKeyDictionary[Contract, Response] = WeakKeyDictionary()

    async def show(request: Request) -> Response:
        try:
            await _may_see(calls, request)
        except Failed as failed:
            return failures.problem(failed.failure)
        contract = calls.known.contract(request.path_params["contract"])
        if contract is None:
            raise HTTPException(404)
        if contract not in made:
            made[contract] = JSONResponse(document(contract, url="/", token_url=_TOKENS))
        return made[contract]

    return [Route("/openapi/{contract}.json", show)]


async def _may_see(calls: Calls, request: Request) -> None:
    """Raises Failed when the caller may not see contracts."""
    async with calls.opened(_REFLECTION, calls.pairs(request.headers)) as rpc:
        await rpc.send(_ANY_QUESTION)
        rpc.finish()
        async for _ in rpc.messages():
            pass
        ended(rpc)
