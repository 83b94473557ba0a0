"""The other parties of the gateway benchmark: ``python -m benchmarks.gateway.peers WHAT HOST:PORT [ARGUMENT]``."""

import asyncio
import sys
from typing import Any

import grpc
import httpx
from envoy.service.auth.v3 import external_auth_pb2, external_auth_pb2_grpc
from google.rpc import code_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from gateway.control.exchange_file import read_exchange
from gateway.core import policy
from gateway.core.registry import Snapshot
from gateway.settings import ControlSettings
from gateway.tokens import TokenVerifier
from ndxp.errors import Refusal
from ndxp.population.v1 import population_pb2 as pb
from ndxp.population.v1 import population_pb2_grpc

CONTRACT = "ndxp.population.v1.PopulationService"
_Context = grpc.aio.ServicerContext[Any, Any]


class Agency(population_pb2_grpc.PopulationServiceServicer):
    """Answers at once: the benchmark is about the way, not the agency."""

    async def VerifyCitizen(self, request: pb.VerifyCitizenRequest, _: _Context) -> pb.VerifyCitizenResponse:
        """Every name matches."""
        return pb.VerifyCitizenResponse(matched=bool(request.full_name))


class PassThrough(grpc.GenericRpcHandler):
    """The least that a grpc.aio proxy can do: no identity, no rights, no record, not even metadata."""

    def __init__(self, upstream: str) -> None:
        self._channel = grpc.aio.insecure_channel(upstream)
        self._calls: dict[str, Any] = {}

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[Any, Any]":
        """A handler that passes the bytes on."""
        method = handler_call_details.method
        if method not in self._calls:
            self._calls[method] = self._channel.unary_unary(method)

        async def forward(request: bytes, context: _Context) -> bytes:
            answer: bytes = await self._calls[method](request, timeout=context.time_remaining())
            return answer

        return grpc.unary_unary_rpc_method_handler(forward)


class Authorizer(external_auth_pb2_grpc.AuthorizationServicer):
    """Envoy's ext_authz: the same token and the same grant as the gateway checks, nothing else."""

    def __init__(self, keys: dict[str, dict[str, str]]) -> None:
        self._snapshot = Snapshot(read_exchange(ControlSettings()), {})
        self._tokens = TokenVerifier()
        self._tokens.use_keys(keys)

    async def Check(self, request: external_auth_pb2.CheckRequest, _: _Context) -> external_auth_pb2.CheckResponse:
        """OK, or PERMISSION_DENIED."""
        http = request.attributes.request.http
        method = http.path.removeprefix("/")
        answer = external_auth_pb2.CheckResponse()
        try:
            now = request.attributes.request.time.seconds
            token = self._tokens.verify(http.headers.get("authorization", ""), now)
            service = policy.choose_service(self._snapshot, method, "")
            policy.authorise(self._snapshot, token.client, service, method, purpose="", now=now)
        except Refusal:
            answer.status.code = code_pb2.PERMISSION_DENIED
        return answer


async def _add_agency(server: grpc.aio.Server) -> None:
    population_pb2_grpc.add_PopulationServiceServicer_to_server(Agency(), server)
    reflection.enable_server_reflection([CONTRACT], server)
    servicer = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    await servicer.set(CONTRACT, health_pb2.HealthCheckResponse.SERVING)


async def _serve(what: str, address: str, upstream: str, keys: dict[str, dict[str, str]]) -> None:
    server = grpc.aio.server()
    if what == "agency":
        await _add_agency(server)
    elif what == "passthrough":
        server.add_generic_rpc_handlers((PassThrough(upstream),))
    else:
        external_auth_pb2_grpc.add_AuthorizationServicer_to_server(Authorizer(keys), server)
    server.add_insecure_port(address)
    await server.start()
    await server.wait_for_termination()


def main(what: str, address: str, argument: str) -> None:
    """Serves until it is ended; ``argument`` is the pass-through's upstream, or the URL of the authorizer's keys."""
    keys = httpx.get(argument).raise_for_status().json()["keys"] if what == "authorizer" else []
    asyncio.run(_serve(what, address, argument, {key["kid"]: key for key in keys}))


if __name__ == "__main__":
    main(*sys.argv[1:4])
