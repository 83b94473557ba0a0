"""Discovery: learns the contracts of registered services from their providers' own reflection."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

import grpc
from google.protobuf import descriptor_pb2
from grpc_reflection.v1alpha import reflection_pb2 as pb
from grpc_reflection.v1alpha import reflection_pb2_grpc

from gateway.core.registry import Service, contract_methods
from gateway.core.transaction import new_transaction_id
from gateway.registry_store import RegistryStore
from gateway.settings import MIB
from ndxp import metadata
from ndxp.assertion import Assertion, sign
from ndxp.tls import Tls, connect_aio

_METHOD = "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
_EVERY, _MISSING_EVERY, _AGAIN = 1.0, 0.3, 30.0
"""Seconds between two looks at the registry, between two while a contract is missing, between two questions for one."""

_TIMEOUT = 3.0
"""Seconds for all that a provider says of a contract: the others wait meanwhile."""

_MOST_FILES, _MOST_BYTES = 200, 4 * MIB
"""Every gateway keeps every contract in memory, and reads all of them whenever the registry changes."""

_log = logging.getLogger(__name__)


class ContractUnknown(Exception):
    """The provider was reached but does not describe the contract; the text says why."""


class Discovery:
    """Asks providers for their contracts: within a second for a new service, every half minute for the others."""

    def __init__(self, registry: RegistryStore, addresses: dict[str, str], client: str, tls: Tls | None = None) -> None:
        self._tls = tls
        self._registry = registry
        self._addresses = addresses
        self._client = client
        self._asked: dict[str, float] = {}

    async def run(self) -> None:
        """Goes on until cancelled."""
        snapshot = (await self._registry.load()).snapshot
        while True:
            if await self._registry.version() != snapshot.version:
                snapshot = (await self._registry.load()).snapshot
            now = asyncio.get_running_loop().time()
            for contract, providers in snapshot.providers.items():
                if contract not in snapshot.contracts or self._asked.get(contract, 0.0) + _AGAIN <= now:
                    await self._learn(list(providers.values()), now)
            missing = snapshot.providers.keys() - snapshot.contracts.keys()
            await asyncio.sleep(_MISSING_EVERY if missing else _EVERY)

    async def learn(self, service: Service) -> str:
        """Asks a provider for a contract now; gives why it is not known by that, empty when it is."""
        address = self._addresses.get(service.provider, service.address)
        try:
            async with asyncio.timeout(_TIMEOUT):
                files = await self._describe(service)
        except Exception as error:  # whatever a provider sends must not end a request
            what = f"{service.provider} at {address} does not describe {service.contract}"
            return f"{what}: {_why(error)}; it is asked again"
        await self._registry.put_contract(service.contract, files)
        return ""

    async def _learn(self, providers: Iterable[Service], now: float) -> None:
        """Takes the contract from the first of its providers that describes it."""
        for service in providers:
            try:
                async with asyncio.timeout(_TIMEOUT):
                    files = await self._describe(service)
            except Exception as error:  # whatever a provider sends must not end control
                why = error.code().name if isinstance(error, grpc.aio.AioRpcError) else type(error).__name__
                _log.debug("%s of %s is not described yet: %s", service.contract, service.provider, why)
                continue
            self._asked[service.contract] = now
            await self._registry.put_contract(service.contract, files)
            return

    async def _describe(self, service: Service) -> bytes:
        """The contract's FileDescriptorSet, dependencies first."""
        address = self._addresses.get(service.provider, service.address)
        options = (("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0))
        async with connect_aio(address, self._tls, options) as channel:
            files: dict[str, descriptor_pb2.FileDescriptorProto] = {}
            wanted: list[pb.ServerReflectionRequest] = [
                pb.ServerReflectionRequest(file_containing_symbol=service.contract)
            ]
            while wanted:
                known = len(files)
                for file in await self._ask(channel, service.provider, wanted):
                    files[file.name] = file
                size = sum(file.ByteSize() for file in files.values())
                if len(files) == known or len(files) > _MOST_FILES or size > _MOST_BYTES:
                    raise ContractUnknown(
                        f"{service.provider} gives no complete description "
                        f"in {_MOST_FILES} files of {_MOST_BYTES} bytes"
                    )
                missing = {name for file in files.values() for name in file.dependency} - files.keys()
                wanted = [pb.ServerReflectionRequest(file_by_filename=name) for name in sorted(missing)]
        data = descriptor_pb2.FileDescriptorSet(file=_in_order(files)).SerializeToString(deterministic=True)
        if contract_methods(data, service.contract) is None:
            raise ContractUnknown(f"{service.provider} describes no service {service.contract}")
        return data

    async def _ask(
        self, channel: grpc.aio.Channel, provider: str, requests: Iterable[pb.ServerReflectionRequest]
    ) -> list[descriptor_pb2.FileDescriptorProto]:
        assertion = Assertion(
            client=self._client, provider=provider, method=_METHOD, transaction_id=new_transaction_id()
        )
        key = bytes.fromhex(await self._registry.secret(provider))
        pairs = ((metadata.ASSERTION, sign(assertion, key)),) if key else ()
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)  # type: ignore[arg-type] # made for both kinds
        found = []
        async for response in stub.ServerReflectionInfo(iter(requests), metadata=pairs):
            if response.HasField("error_response"):
                raise ContractUnknown(response.error_response.error_message)
            data = response.file_descriptor_response.file_descriptor_proto
            found += [descriptor_pb2.FileDescriptorProto.FromString(file) for file in data]
        return found


def _why(error: Exception) -> str:
    if isinstance(error, grpc.aio.AioRpcError) and error.code() is not grpc.StatusCode.UNAVAILABLE:
        return f"its reflection says {error.code().name}"
    if isinstance(error, TimeoutError | grpc.aio.AioRpcError):
        return "nothing answers there"
    return str(error)[:300] if isinstance(error, ContractUnknown) else type(error).__name__


def _in_order(files: dict[str, descriptor_pb2.FileDescriptorProto]) -> list[descriptor_pb2.FileDescriptorProto]:
    ordered: dict[str, descriptor_pb2.FileDescriptorProto] = {}

    def place(name: str, above: frozenset[str]) -> None:
        if name in above:
            raise ContractUnknown(f"{name} depends on itself")
        if name not in ordered:
            for dependency in files[name].dependency:
                place(dependency, above | {name})
            ordered[name] = files[name]

    for name in sorted(files):
        place(name, frozenset())
    return list(ordered.values())
