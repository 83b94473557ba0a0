"""The registry in the store: versioned, changed by compare-and-set, with the exchange's public keys beside it."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from redis.exceptions import WatchError

from gateway.core.registry import Registry, Snapshot, check
from gateway.store import Store

REGISTRY = "ndxp:registry"
VERSION = "ndxp:registry:version"
SOURCE = "ndxp:registry:source"
CONTRACTS = "ndxp:contracts"
SECRETS = "ndxp:secrets"
TOKEN_KEYS = "ndxp:keys:token"
ASSERTION_KEYS = "ndxp:keys:assertion"

KEY_LIFE = 120
"""Seconds for which a published key is good without being published again."""


@dataclass(frozen=True, slots=True)
class Published:
    """What a gateway works with: the registry's snapshot and the keys that sign tokens, by key id."""

    snapshot: Snapshot
    token_keys: Mapping[str, dict[str, str]]


class RegistryStore:
    """Reads and changes the registry. Errors of the store pass through as ``redis.RedisError``."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def version(self) -> int:
        """Grows with every change; 0 while there is no registry."""
        return int(await self._store.get(VERSION) or 0)

    async def load(self) -> Published:
        """Everything at one version."""
        async with self._store.pipeline(transaction=True) as pipe:
            pipe.get(VERSION).get(REGISTRY).hgetall(CONTRACTS).hgetall(TOKEN_KEYS)
            version, registry, contracts, keys = await pipe.execute()
        parsed = msgspec.json.decode(registry, type=Registry) if registry else Registry(instance="VN")
        files = {name.decode(): value for name, value in contracts.items()}
        return Published(Snapshot(parsed, files, int(version or 0)), _current(keys))

    async def seed(self, registry: Registry, source: str) -> bool:
        """Puts the registry of a file in, unless this very file (``source``, its digest) was put in before."""
        if (await self._store.get(SOURCE) or b"").decode() == source:
            return False
        await self.change(lambda _: registry)
        await self._store.set(SOURCE, source)
        return True

    async def change(self, edit: Callable[[Registry], Registry]) -> Registry:
        """Applies ``edit`` to the registry as it stands; raises RegistryError when the result does not hold."""
        async with self._store.pipeline(transaction=True) as pipe:
            while True:
                await pipe.watch(REGISTRY)
                stored = await pipe.get(REGISTRY)
                before = msgspec.json.decode(stored, type=Registry) if stored else Registry(instance="VN")
                after = edit(before)
                check(after)
                pipe.multi()
                pipe.set(REGISTRY, msgspec.json.encode(after)).incr(VERSION)
                try:
                    await pipe.execute()
                except WatchError:
                    continue
                return after

    async def put_contract(self, contract: str, files: bytes) -> None:
        """Keeps a contract's serialised FileDescriptorSet; a change counts as a new version."""
        if await self._store.hget(CONTRACTS, contract) != files:
            await self._set_in(CONTRACTS, contract, files)

    async def publish_key(self, role: str, jwk: Mapping[str, str]) -> None:
        """Publishes a public key (``role`` is TOKEN_KEYS or ASSERTION_KEYS); repeat within KEY_LIFE.

        A new key of tokens counts as a new version, so that the gateways learn of it.
        """
        known = _current(await self._store.hgetall(role))
        entry = json.dumps({"jwk": dict(jwk), "until": time.time() + KEY_LIFE})
        if role == TOKEN_KEYS and jwk["kid"] not in known:
            await self._set_in(role, jwk["kid"], entry)
        else:
            await self._store.hset(role, jwk["kid"], entry)
        expired = {key.decode() for key in await self._store.hkeys(role)} - {*known, jwk["kid"]}
        if expired:
            await self._store.hdel(role, *expired)

    async def keys(self) -> list[dict[str, str]]:
        """All public keys: those of tokens and those of assertions."""
        roles = [await self._store.hgetall(TOKEN_KEYS), await self._store.hgetall(ASSERTION_KEYS)]
        return [jwk for role in roles for jwk in _current(role).values()]

    async def put_secrets(self, hashes: Mapping[str, str]) -> None:
        """Keeps the hashes of the subsystems' secrets."""
        if hashes:
            await self._store.hset(SECRETS, mapping=dict(hashes))

    async def secret(self, client_id: str) -> str:
        """The hash of a subsystem's secret; empty when it has none."""
        return (await self._store.hget(SECRETS, client_id) or b"").decode()

    async def _set_in(self, name: str, field: str, value: bytes | str) -> None:
        async with self._store.pipeline(transaction=True) as pipe:
            pipe.hset(name, field, value).incr(VERSION)
            await pipe.execute()


def _current(keys: Mapping[bytes, bytes]) -> dict[str, dict[str, Any]]:
    entries = {key_id.decode(): json.loads(entry) for key_id, entry in keys.items()}
    return {key_id: entry["jwk"] for key_id, entry in entries.items() if entry["until"] > time.time()}
