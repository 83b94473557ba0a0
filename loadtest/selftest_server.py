"""A server that answers everything at once, for the generator's self-tests; a process that prints its port."""

import asyncio
from typing import Any

import grpc

from ndxp.population.v1.population_pb2 import VerifyCitizenResponse
from ndxp.wire.metadata import TRANSACTION_ID

_ANSWER = VerifyCitizenResponse(matched=True).SerializeToString()


class _Everything(grpc.GenericRpcHandler):
    """Answers any unary method, in bytes, without reading the request."""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        return grpc.unary_unary_rpc_method_handler(_answer)


async def _answer(request: bytes, context: grpc.aio.ServicerContext[Any, Any]) -> bytes:
    context.set_trailing_metadata(((TRANSACTION_ID, "null"),))
    return _ANSWER


async def serve() -> None:
    """Serves on a free port of 127.0.0.1 for ever, and prints the port."""
    server = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
    server.add_generic_rpc_handlers((_Everything(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)  # noqa: T201
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(serve())
