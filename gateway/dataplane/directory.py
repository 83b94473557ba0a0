"""Health and reflection of every registered service at the gateway's own port."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2, reflection_pb2_grpc

from gateway.core.registry import Snapshot
from gateway.core.transaction import Origin
from gateway.dataplane.upstream import Upstreams
from ndxp import metadata, status
from ndxp.errors import Refusal
from ndxp.health import Health

_Status = health_pb2.HealthCheckResponse
_PROBE_TIMEOUT = 1.0
_REFLECTION_V1ALPHA = "grpc.reflection.v1alpha.ServerReflection"
REFLECTION = "grpc.reflection.v1.ServerReflection"
ALIVE = "alive"
"""Health of this name is SERVING whenever the worker can answer at all: who takes no calls need not be killed."""

_log = logging.getLogger(__name__)


class Directory:
    """Answers ``grpc.health.v1`` from probes of the providers, and reflection from the registry's contracts."""

    def __init__(self, upstreams: Upstreams, admit: Callable[[Any], None]) -> None:
        """``admit`` raises Refusal for the context of a caller who may not see the contracts; health is for all."""
        self._upstreams = upstreams
        self._health = Health()
        self._reflection = _Reflection(admit)
        self._addresses: dict[str, set[str]] = {}

    def add_to(self, server: grpc.aio.Server) -> None:
        """Registers health and both versions of reflection, whose messages are the same on the wire."""
        self._health.add_to(server)
        reflection_pb2_grpc.add_ServerReflectionServicer_to_server(self._reflection, server)
        v1 = grpc.stream_stream_rpc_method_handler(
            self._reflection.ServerReflectionInfo,
            request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
            response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
        )
        handler = grpc.method_handlers_generic_handler(REFLECTION, {"ServerReflectionInfo": v1})
        server.add_generic_rpc_handlers((handler,))

    def show(self, snapshot: Snapshot, addresses: dict[str, str]) -> None:
        """Takes the contracts and addresses of a new snapshot; ``addresses`` override the registry's."""
        self._reflection.show(snapshot)
        before = self._addresses
        self._addresses = {
            contract: {addresses.get(s.provider, s.address) for s in services.values() if not s.disabled}
            for contract, services in snapshot.providers.items()
        }
        for contract in before.keys() - self._addresses.keys():
            self._health.set(contract, _Status.SERVICE_UNKNOWN)

    def serving(self, ready: bool) -> None:
        """Says of the gateway itself that it is alive, and whether it takes calls."""
        self._health.set(ALIVE, _Status.SERVING)
        self._health.set("", _Status.SERVING if ready else _Status.NOT_SERVING)

    def drain(self) -> None:
        """Says NOT_SERVING of everything, for good."""
        self._health.end()

    async def probe(self) -> bool:
        """Asks every provider how its services are; returns whether all are up.

        A service is up when one of its providers says so.
        """
        async with asyncio.TaskGroup() as group:
            probes = [group.create_task(self._probe(*entry)) for entry in self._addresses.items()]
        return all(probe.result() for probe in probes)

    async def _probe(self, contract: str, addresses: set[str]) -> bool:
        answers = await asyncio.gather(*(self._ask(address, contract) for address in addresses))
        self._health.set(contract, _Status.SERVING if any(answers) else _Status.NOT_SERVING)
        return any(answers)

    async def _ask(self, address: str, contract: str) -> bool:
        stub: Any = health_pb2_grpc.HealthStub(self._upstreams.channel(address))
        try:
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=contract), timeout=_PROBE_TIMEOUT)
        except grpc.aio.AioRpcError as error:
            # A provider without the health service is up when it answers at all.
            return error.code() in (grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.NOT_FOUND)
        return bool(answer.status == _Status.SERVING)


class _Reflection(reflection_pb2_grpc.ServerReflectionServicer):
    """Contracts as their providers describe them; each keeps its own files, so that none is in another's way."""

    def __init__(self, admit: Callable[[Any], None]) -> None:
        self._admit = admit
        self._described: dict[str, tuple[bytes, Any]] = {}
        self._own = descriptor_pool.DescriptorPool()
        for module in (health_pb2, reflection_pb2):
            file = descriptor_pb2.FileDescriptorProto()
            module.DESCRIPTOR.CopyToProto(file)
            self._own.Add(file)
        self._shown: dict[str, Any] = {"": reflection.aio.ReflectionServicer((), self._own)}

    def show(self, snapshot: Snapshot) -> None:
        contracts = {name: files for name, files in snapshot.contracts.items() if name in snapshot.providers}
        names = (health.SERVICE_NAME, _REFLECTION_V1ALPHA, *contracts)
        before, self._described = self._described, {}
        for name, files in contracts.items():
            known, shown = before.get(name, (None, None))
            # Most contracts stay what they are; of their bytes the new ones are kept, which the snapshot has too.
            self._described[name] = files, shown if known == files else _described(name, files)
        described = {name: shown for name, (_, shown) in self._described.items() if shown is not None}
        self._shown = {"": reflection.aio.ReflectionServicer(names, self._own), **described}

    async def ServerReflectionInfo(
        self, request_iterator: AsyncIterator[reflection_pb2.ServerReflectionRequest], context: Any
    ) -> AsyncIterator[reflection_pb2.ServerReflectionResponse]:
        before = ""
        await self._let_in(context)
        async for request in request_iterator:
            await self._let_in(context)  # whoever is disabled meanwhile is told no more
            for contract in self._where(request, before):
                [response] = [
                    found async for found in self._shown[contract].ServerReflectionInfo(_only(request), context)
                ]
                if not response.HasField("error_response"):
                    before = contract
                    break
            yield response

    async def _let_in(self, context: Any) -> None:
        try:
            self._admit(context)
        except Refusal as refusal:
            said = ((metadata.STATUS_DETAILS, status.encode(refusal)), (metadata.ERROR_ORIGIN, str(Origin.GATEWAY)))
            context.set_trailing_metadata(said)
            await context.abort(status.GRPC_CODES[refusal.rule.code], refusal.message)

    def _where(self, request: reflection_pb2.ServerReflectionRequest, before: str) -> list[str]:
        """The contracts among whose files the answer may be, "" for the gateway's own; after the one ``before``."""
        if request.HasField("list_services"):
            return [""]
        symbol = f"{request.file_containing_symbol}."
        named = [contract for contract in self._shown if contract and symbol.startswith(f"{contract}.")]
        return named or sorted(self._shown, key=lambda contract: contract != before)


async def _only(request: reflection_pb2.ServerReflectionRequest) -> AsyncIterator[Any]:
    yield request


def _described(contract: str, files: bytes) -> Any:
    """What answers for a contract's files; None when they do not hold together."""
    pool = descriptor_pool.DescriptorPool()
    try:
        for file in descriptor_pb2.FileDescriptorSet.FromString(files).file:
            pool.Add(file)
    except TypeError as error:
        # The error names a file as its provider does: escaped, so that nobody writes lines into this log.
        why = str(error)
        _log.error("reflection leaves out %s: its files contradict one another: %.300r", contract, why)
        return None
    return reflection.aio.ReflectionServicer((), pool)
