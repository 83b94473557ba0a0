"""What the doors know of the exchange: contracts to translate by, members to list, keys of tokens."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Mapping

import msgspec
from google.protobuf.descriptor import MethodDescriptor
from redis.exceptions import RedisError

from gateway.announcements import Announcements
from gateway.core.registry import Registry, Snapshot
from gateway.registry_store import RegistryStore
from gateway.tokens import TokenVerifier
from ndxp.contract import Contract
from ndxp.errors import Refusal

_FIRST, _WATCH = 0.05, 0.5
"""Seconds between two looks for the first registry, and for a newer one."""

_log = logging.getLogger("rest")


class Known:
    """The registry and the contracts in the version that was read last."""

    def __init__(self, registry: RegistryStore) -> None:
        self._registry = registry
        self._verifier = TokenVerifier()
        self._contracts: dict[str, tuple[bytes, Contract | None]] = {}
        self._methods: dict[str, MethodDescriptor] = {}
        self.snapshot = Snapshot(Registry(instance="VN"), {})
        self.provider_keys: Mapping[str, bytes] = {}

    def method(self, name: str) -> MethodDescriptor | None:
        """The method "package.Service/Method"; None when no provider has described it."""
        if name not in self._methods:
            contract, _, method = name.partition("/")
            described = self.contract(contract)
            if described is None or method not in described.service.methods_by_name:
                return None  # not remembered: names are free text of strangers
            self._methods[name] = described.service.methods_by_name[method]
        return self._methods[name]

    def contract(self, name: str) -> Contract | None:
        """A contract as its provider has described it; None when no provider has, or its files contradict another."""
        files = self.snapshot.contracts.get(name)
        if files is None:
            return None
        if name not in self._contracts:
            self._contracts[name] = files, _read(name, files)
        return self._contracts[name][1]

    def caller(self, authorization: str) -> str:
        """The subsystem whose token this is, empty when it does not hold; the gateway decides about the call."""
        try:
            return self._verifier.verify(authorization, time.time()).client
        except Refusal:
            return ""

    async def document(self, provider: str, code: str) -> bytes | None:
        """The OpenAPI document (JSON) of a REST service; None when none was given. Raises RedisError."""
        return await self._registry.document(provider, code)

    async def first(self) -> None:
        """Waits until there is a registry."""
        while True:
            with contextlib.suppress(RedisError, msgspec.ValidationError):
                if await self._registry.version():
                    await self._load()
                    return
            await asyncio.sleep(_FIRST)

    async def watch(self, announcements: Announcements) -> None:
        """Follows changes until cancelled; while the store does not answer, what is known stays."""
        while True:
            await announcements.wait(_WATCH)
            await self.look()

    async def look(self) -> None:
        """Reads the registry if it has changed; while the store does not answer, what is known stays."""
        try:
            if await self._registry.version() > self.snapshot.version:
                await self._load()
        except RedisError:
            return
        except msgspec.ValidationError as error:
            known = self.snapshot.version
            _log.error("the registry is of newer software (%s); the doors go on by version %d", error, known)

    async def _load(self) -> None:
        published = await self._registry.load()
        self._verifier.use_keys(published.token_keys)
        self.snapshot = published.snapshot
        self.provider_keys = published.provider_keys
        self._methods.clear()
        current = self.snapshot.contracts
        self._contracts = {name: kept for name, kept in self._contracts.items() if current.get(name) == kept[0]}


def _read(name: str, files: bytes) -> Contract | None:
    """A contract with its own pool of files, so that contracts cannot conflict."""
    try:
        return Contract(files, name)
    except ValueError as error:
        _log.error("the doors leave out %s: %.300r", name, str(error))
        return None
