"""``GET /openapi/{contract}.json``: the OpenAPI 3.1 document of a contract, for whoever may see contracts.

The gateway decides who may: the door asks its reflection under the caller's token.
"""

from grpc_reflection.v1alpha import reflection_pb2
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.rest import failures
from gateway.rest.call import Calls, ended
from gateway.rest.failed import Failed
from ndxp.openapi import document

_TOKENS = "/token"
_REFLECTION = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
_ANY_QUESTION = reflection_pb2.ServerReflectionRequest(list_services="").SerializeToString()


def routes(calls: Calls) -> list[Route]:
    """The route of the documents."""
    made: dict[str, tuple[bytes, Response]] = {}

    async def show(request: Request) -> Response:
        try:
            await _may_see(calls, request)
        except Failed as failed:
            return failures.problem(failed.failure)
        name = request.path_params["contract"]
        files = calls.known.snapshot.contracts.get(name)
        if files is None or calls.known.contract(name) is None:
            raise HTTPException(404)
        if name not in made or made[name][0] != files:
            made[name] = files, JSONResponse(document(files, name, url="/", token_url=_TOKENS))
        return made[name][1]

    return [Route("/openapi/{contract}.json", show)]


async def _may_see(calls: Calls, request: Request) -> None:
    """Raises Failed when the caller may not see contracts."""
    rpc = await calls.open(_REFLECTION, calls.pairs(request.headers))
    try:
        await rpc.send(_ANY_QUESTION)
        rpc.finish()
        async for _ in rpc.messages():
            pass
        ended(rpc)
    finally:
        rpc.cancel()
