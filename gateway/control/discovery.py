"""Discovery: learns the contracts of registered services from their providers' own reflection."""

import asyncio
import logging
from collections.abc import Container, Iterable
from dataclasses import dataclass

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import FileDescriptor
from grpc_reflection.v1alpha import reflection_pb2 as pb
from redis.exceptions import RedisError

from gateway.core.endpoints import CONTRACT as REST
from gateway.core.registry import Service, contract_methods
from gateway.core.transaction import new_transaction_id
from gateway.registry_store import RegistryStore
from gateway.settings import MIB
from ndxp.agency.reflection import written
from ndxp.errors import Code
from ndxp.process import pulse
from ndxp.rest.v1 import rest_pb2
from ndxp.rpc import Lanes
from ndxp.wire import metadata
from ndxp.wire.assertion import Assertion, sign
from ndxp.wire.tls import Tls

_METHODS = tuple(f"grpc.reflection.{version}.ServerReflection/ServerReflectionInfo" for version in ("v1", "v1alpha"))
"""Both versions of reflection have the same messages; the newer one is tried first."""

_EVERY, _MISSING_EVERY = 1.0, 0.3
"""Seconds between two looks at the registry; the same while a contract is missing."""

_AGAIN, _ANYWAY = 30.0, 300.0
"""Seconds between two requests for a contract whose provider has closed the connection, as when it is replaced; and for
any other."""

_TIMEOUT = 3.0
"""Seconds for describing one contract; other providers wait meanwhile."""

_STARTING = 10.0
"""Seconds that a provider may take to start before the log says that nothing answers there."""

_MOST_FILES, _MOST_BYTES = 200, 4 * MIB
"""Limits for one contract: every gateway keeps all contracts in memory, and reads them when the registry changes."""

_LARGEST = 4 * MIB
"""Bytes of one answer of reflection."""

_log = logging.getLogger(__name__)


_SILENT = "nothing answers there"


class _Refused(Exception):
    """The provider's reflection ended a call with another status than OK."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.name)
        self.code = code


class ContractUnknown(Exception):
    """The provider was reached but does not describe the contract; the text says why."""


class Discovery:
    """Asks providers for their contracts: within a second for a new service, half a minute after a restart at most.

    It stays connected to those that have answered, to notice when one is replaced.
    """

    def __init__(self, registry: RegistryStore, addresses: dict[str, str], client: str, tls: Tls | None = None) -> None:
        self._tls = tls
        self._registry = registry
        self._addresses = addresses
        self._client = client
        self._asked: dict[str, tuple[float, Lanes | None]] = {}  # when, and over which connection
        self._connections: dict[str, Lanes] = {}  # by address
        self._troubles: dict[tuple[str, str], _Trouble] = {}

    def address(self, service: Service) -> str:
        """Where a service listens now: the address in the settings, or else the registered one."""
        return service.listens_at(self._addresses)

    def trouble(self, service: Service) -> str:
        """Why its provider did not describe its contract at the last request; empty when it did or was not asked."""
        trouble = self._troubles.get((service.provider, service.contract))
        return trouble.why if trouble else ""

    async def run(self) -> None:
        """Goes on until cancelled."""
        try:
            snapshot = (await self._registry.load()).snapshot
            while True:
                if await self._registry.version() != snapshot.version:
                    snapshot = (await self._registry.load()).snapshot
                    self._leave({self.address(service) for service in snapshot.registry.services})
                now = asyncio.get_running_loop().time()
                for contract, providers in snapshot.providers.items():
                    if contract not in snapshot.contracts or self._is_due(contract, now):
                        await self._learn(list(providers.values()), now)
                missing = snapshot.providers.keys() - snapshot.contracts.keys()
                await pulse(_MISSING_EVERY if missing else _EVERY)
        finally:
            self._leave(())

    def _is_due(self, contract: str, now: float) -> bool:
        """Whether the provider of a known contract is to be asked again."""
        if contract not in self._asked:
            return True
        at, connection = self._asked[contract]
        return at + (_ANYWAY if connection and connection.ready else _AGAIN) <= now

    def _leave(self, addresses: Container[str]) -> None:
        """Closes the connections to all other addresses."""
        for address in [address for address in self._connections if address not in addresses]:
            self._connections.pop(address).close()

    async def learn(self, service: Service) -> str:
        """Asks a provider for a contract now; returns why that failed, empty on success.

        Raises RedisError when the store, which has the provider's key, does not answer.
        """
        try:
            async with asyncio.timeout(_TIMEOUT):
                files = await self._describe(service)
        except RedisError:
            raise
        except Exception as error:  # nothing that a provider sends may end control, or a request to control
            self._leave(self._connections.keys() - {self.address(service)})
            return self._failed(service, error)
        self._troubles.pop((service.provider, service.contract), None)
        await self._registry.put_contract(service.contract, files)
        return ""

    def _failed(self, service: Service, error: Exception) -> str:
        """Notes why a contract is not known, and returns it as a sentence; the log has each reason once."""
        key, now, why = (service.provider, service.contract), asyncio.get_running_loop().time(), _why(error)
        what = f"{service.provider} at {self.address(service)} does not describe {service.contract}"
        before = self._troubles.get(key)
        trouble = before if before and before.why == why else _Trouble(why, now)
        if not trouble.logged and (why != _SILENT or trouble.since + _STARTING <= now):
            _log.warning("%s: %s; it is asked again", what, why)
            trouble.logged = True
        self._troubles[key] = trouble
        return f"{what}: {why}; it is asked again"

    async def _learn(self, providers: Iterable[Service], now: float) -> None:
        """Takes the contract from the first provider that describes it."""
        for service in providers:
            if not await self.learn(service):
                self._asked[service.contract] = now, self._connections.get(self.address(service))
                return

    async def _describe(self, service: Service) -> bytes:
        """The contract's FileDescriptorSet, dependencies first. That of REST services is the exchange's own."""
        if service.contract == REST:
            return _described(rest_pb2.DESCRIPTOR)
        lanes = self._connection(self.address(service))
        refused: list[Code] = []
        for method in _METHODS:
            try:
                return await self._described_by(lanes, method, service)
            except _Refused as error:
                if error.code is Code.UNAVAILABLE:
                    raise
                refused.append(error.code)
        if other := [code.name for code in refused if code is not Code.UNIMPLEMENTED]:
            raise ContractUnknown(f"its reflection says {other[0]}")
        raise ContractUnknown("it has no reflection, neither grpc.reflection.v1 nor v1alpha")

    def _connection(self, address: str) -> Lanes:
        """The connection to an address; a new one in place of one that was lost, so that it is seen that one was."""
        there = self._connections.get(address)
        if there is None or not there.ready:
            there = self._connections[address] = Lanes(address, 1, agent="ndxp-control", tls=self._tls)
        return there

    async def _described_by(self, lanes: Lanes, method: str, service: Service) -> bytes:
        """The contract's files as one version of reflection gives them; raises _Refused when it is not there."""
        files: dict[str, descriptor_pb2.FileDescriptorProto] = {}
        wanted = [pb.ServerReflectionRequest(file_containing_symbol=service.contract)]
        while wanted:
            known = len(files)
            for file in await self._ask(lanes, method, service.provider, wanted):
                files[file.name] = file
            size = sum(file.ByteSize() for file in files.values())
            if len(files) == known or len(files) > _MOST_FILES or size > _MOST_BYTES:
                raise ContractUnknown(
                    f"{service.provider} gives no complete description in {_MOST_FILES} files of {_MOST_BYTES} bytes"
                )
            missing = {name for file in files.values() for name in file.dependency} - files.keys()
            wanted = [pb.ServerReflectionRequest(file_by_filename=name) for name in sorted(missing)]
        data = descriptor_pb2.FileDescriptorSet(file=_in_order(files)).SerializeToString(deterministic=True)
        if contract_methods(data, service.contract) is None:
            raise ContractUnknown("its reflection does not know it (its files have no such service)")
        return data

    async def _ask(
        self, lanes: Lanes, method: str, provider: str, requests: Iterable[pb.ServerReflectionRequest]
    ) -> list[descriptor_pb2.FileDescriptorProto]:
        assertion = Assertion(
            client=self._client, provider=provider, method=method, transaction_id=new_transaction_id()
        )
        key = bytes.fromhex(await self._registry.secret(provider))
        pairs = ((metadata.ASSERTION, sign(assertion, key)),) if key else ()
        rpc = await lanes.stream(f"/{method}", pairs, largest=_LARGEST)
        found = []
        try:
            for request in requests:
                await rpc.send(request.SerializeToString())
            rpc.finish()
            async for message in rpc.messages():
                found += _files(pb.ServerReflectionResponse.FromString(message))
            if rpc.answer is None or rpc.answer.code is not Code.OK:
                raise _Refused(rpc.answer.code if rpc.answer else Code.UNKNOWN)
        finally:
            rpc.cancel()
        return found


@dataclass(slots=True)
class _Trouble:
    """Why a provider does not describe a contract, and since when on the loop's clock."""

    why: str
    since: float
    logged: bool = False


def _files(response: pb.ServerReflectionResponse) -> list[descriptor_pb2.FileDescriptorProto]:
    """The files in an answer. Raises ContractUnknown when it tells of an error."""
    if response.HasField("error_response"):
        refusal = response.error_response
        if refusal.error_code == Code.NOT_FOUND:
            raise ContractUnknown(f"its reflection does not know it ({refusal.error_message})")
        raise ContractUnknown(f"its reflection says: {refusal.error_message}")
    data = response.file_descriptor_response.file_descriptor_proto
    return [descriptor_pb2.FileDescriptorProto.FromString(file) for file in data]


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError | ConnectionError | _Refused):
        return _SILENT
    if isinstance(error, ContractUnknown):
        return str(error)[:300]
    return f"its descriptors are bad ({type(error).__name__})"


def _described(file: FileDescriptor) -> bytes:
    """A contract of the exchange's own with its comments. It depends on no other file."""
    proto = written(file) or descriptor_pb2.FileDescriptorProto.FromString(file.serialized_pb)
    return descriptor_pb2.FileDescriptorSet(file=[proto]).SerializeToString(deterministic=True)


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
