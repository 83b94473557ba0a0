"""The registry in the store: versioned, changed by compare-and-set, with the exchange's public keys beside it."""

import asyncio
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError, WatchError

from gateway.core.doubts import doubts
from gateway.core.registry import Registry, Snapshot, check_change
from gateway.core.revision import revised
from gateway.store import Store

REGISTRY = "ndxp:registry"
VERSION = "ndxp:registry:version"
CHANGED = "ndxp:registry:changed"
"""The channel on which every change is announced."""

FILE = "ndxp:registry:file"
"""The registry of the exchange file as it was when it was taken last."""
CONTRACTS = "ndxp:contracts"
DOCUMENTS = "ndxp:documents"
"""OpenAPI documents of REST services, by provider and code with a space between."""
SECRETS = "ndxp:secrets"
GENERATIONS = "ndxp:generations"
TOKEN_KEYS = "ndxp:keys:token"
SALT_KEY = "ndxp:keys:salt"

_AHEAD = 1000
"""Added to the version after a loss, because gateways may know newer versions than the copy."""

_VALUES, _HASHES = (REGISTRY, FILE), (CONTRACTS, DOCUMENTS, SECRETS, GENERATIONS, TOKEN_KEYS)
_WORDS = {
    REGISTRY: "the registry", FILE: "the exchange file that was taken last", CONTRACTS: "contracts",
    DOCUMENTS: "OpenAPI documents of REST services",
    SECRETS: "hashes of secrets", GENERATIONS: "generations of credentials", TOKEN_KEYS: "keys of tokens",
    SALT_KEY: "the key of the salts",
}  # fmt: skip


_SIZES = """
local sizes = {redis.call('get', KEYS[1])}
for i = 2, #KEYS do
  sizes[i] = redis.call('type', KEYS[i]).ok == 'hash' and redis.call('hlen', KEYS[i]) or redis.call('exists', KEYS[i])
end
return sizes
"""


class StateLost(RedisError):
    """The store answers but has lost its data, as after FLUSHALL or with an empty volume."""


class Sizes(msgspec.Struct, frozen=True):
    """The version of the registry, and the number of entries in each part."""

    version: int
    parts: dict[str, int]

    def lacking(self, now: "Sizes") -> list[str]:
        """The parts that have too few entries now, in words.

        In a later version a part may be smaller, and there may be no documents any more.
        """
        same = now.version == self.version
        return [
            _WORDS[name]
            for name, size in self.parts.items()
            if now.parts.get(name, 0) < (size if same else size > 0 and name != DOCUMENTS)
        ]


class Contents(msgspec.Struct, frozen=True):
    """Everything that the store holds of the registry except the key of the salts, for restoring it."""

    version: int
    values: dict[str, bytes]
    hashes: dict[str, dict[str, bytes]]

    @property
    def sizes(self) -> Sizes:
        """The number of entries in each part."""
        parts = dict.fromkeys((*self.values, SALT_KEY), 1)
        return Sizes(self.version, parts | {name: len(fields) for name, fields in self.hashes.items()})


@dataclass(frozen=True, slots=True)
class Published:
    """What a gateway works with.

    The registry's snapshot, the keys that sign tokens by key id, the keys of assertions by provider, the key of the
    salts in the records' hashes, and the generation of each subsystem's credentials, where they were ever changed.
    """

    snapshot: Snapshot
    token_keys: Mapping[str, dict[str, Any]]
    provider_keys: Mapping[str, bytes]
    salt_key: bytes
    generations: Mapping[str, int]


_NO_SECRETS: Mapping[str, str] = {}
_LOST = "the store has lost the registry; it is put back from its copy within a second: try again"


@dataclass(frozen=True, slots=True)
class Changed:
    """The registry after a change and before it, and the contracts that are known."""

    registry: Registry
    before: Registry
    contracts: Mapping[str, bytes]

    @property
    def doubts(self) -> list[str]:
        """What looks wrong in the new entries (see ``gateway.core.doubts``); it is looked for when somebody asks."""
        known = set(doubts(self.before, self.contracts))
        return [doubt for doubt in doubts(self.registry, self.contracts) if doubt not in known]


class RegistryStore:
    """Reads and changes the registry. Errors of the store pass through as ``redis.RedisError``.

    StateLost, too: it means that the store has less than this process has read from it before. A reader then goes on
    with what it knows until control has restored the registry, and nobody changes an empty registry.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known = 0
        self._read: Published | None = None
        self._changing = asyncio.Lock()  # who would change it at the same time would have to begin again

    async def version(self) -> int:
        """The version, which grows with every change; 0 while there is no registry."""
        return int(await self._store.get(VERSION) or 0)

    async def load(self) -> Published:
        """What a gateway needs, all of one version; what it has read before while that is the version of now."""
        async with self._store.pipeline(transaction=True) as pipe:
            pipe.get(VERSION).exists(REGISTRY)
            version, there = await pipe.execute()
        if there and self._read is not None and int(version or 0) == self._read.snapshot.version:
            return self._read
        self._read = await self._load()
        return self._read

    async def _load(self) -> Published:
        known = self._known
        async with self._store.pipeline(transaction=True) as pipe:
            pipe.get(VERSION).get(REGISTRY).hgetall(CONTRACTS).hgetall(TOKEN_KEYS).get(SALT_KEY)
            pipe.hgetall(GENERATIONS)
            version, registry, contracts, keys, salt_key, generations = await pipe.execute()
        self._held(known, int(version or 0), registry)
        parsed = msgspec.json.decode(registry, type=Registry) if registry else Registry(instance="VN")
        files = {name.decode(): value for name, value in contracts.items()}
        providers = sorted({service.provider for service in parsed.services})
        hashes = await self._store.hmget(SECRETS, providers) if providers else []
        provider_keys = {p: bytes.fromhex(h.decode()) for p, h in zip(providers, hashes, strict=True) if h}
        snapshot = Snapshot(parsed, files, int(version or 0))
        counted = {client.decode(): int(number) for client, number in generations.items()}
        return Published(snapshot, _keys(keys), provider_keys, salt_key or b"", counted)

    async def contents(self) -> Contents:
        """Everything in the store, all of one version."""
        async with self._store.pipeline(transaction=True) as pipe:
            pipe.get(VERSION).mget(_VALUES)
            for name in _HASHES:
                pipe.hgetall(name)
            version, values, *hashes = await pipe.execute()
        return Contents(
            int(version or 0),
            {name: value for name, value in zip(_VALUES, values, strict=True) if value is not None},
            {
                name: {field.decode(): value for field, value in found.items()}
                for name, found in zip(_HASHES, hashes, strict=True)
            },
        )

    async def sizes(self) -> Sizes:
        """The number of entries in each part, without reading them."""
        names = (*_VALUES, SALT_KEY, *_HASHES)
        version, *found = await self._store.eval(_SIZES, 1 + len(names), VERSION, *names)
        return Sizes(int(version or 0), dict(zip(names, found, strict=True)))

    async def put_back(self, contents: Contents, salt_key: bytes) -> None:
        """Replaces everything in the store, under a version that is higher than any version that a gateway knows."""
        version = max(contents.version, await self.version()) + _AHEAD
        async with self._store.pipeline(transaction=True) as pipe:
            pipe.mset({**contents.values, SALT_KEY: salt_key, VERSION: version}).publish(CHANGED, b"")
            for name, fields in contents.hashes.items():
                pipe.delete(name)
                if fields:
                    pipe.hset(name, mapping=fields)
            await pipe.execute()

    async def is_new(self, file: Registry) -> bool:
        """Whether the registry of a file differs from the one that was taken last."""
        return bool(await self._store.get(FILE) != msgspec.json.encode(file))

    async def take(self, file: Registry) -> bool:
        """Takes what is new in a file's registry; raises RegistryError when it contradicts the current registry.

        Returns False when it cannot know what is new, because the registry was written by an older version, which did
        not keep the file. Then the registry stays as it is, and later starts compare with this file.
        """
        taken = await self._store.get(FILE)
        there = await self.version() > 0
        before = msgspec.json.decode(taken, type=Registry) if taken else file if there else Registry(file.instance)
        await self.change(lambda current: revised(current, before, file))
        await self._store.set(FILE, msgspec.json.encode(file))
        return taken is not None or not there

    async def change(
        self,
        edit: Callable[[Registry], Registry],
        *,
        secrets: Mapping[str, str] = _NO_SECRETS,
        gone: Iterable[str] = (),
    ) -> Changed:
        """Applies ``edit`` to the current registry; raises RegistryError when the result is inconsistent.

        ``secrets`` are the hashes of secrets that come with it, and ``gone`` the subsystems whose secrets it removes.
        """
        gone = list(gone)
        async with self._changing, self._store.pipeline(transaction=True) as pipe:
            while True:
                current = (await self.load()).snapshot
                await pipe.watch(VERSION, REGISTRY)
                if int(await pipe.get(VERSION) or 0) != current.version:
                    continue
                after = edit(current.registry)
                check_change(current.registry, after, current.contracts)
                known = await self.with_secrets() if gone or secrets else frozenset[str]()
                pipe.multi()
                _put_secrets(pipe, secrets, known)
                _drop_secrets(pipe, known.intersection(gone))
                pipe.set(REGISTRY, msgspec.json.encode(after)).incr(VERSION).publish(CHANGED, b"")
                try:
                    await pipe.execute()
                except WatchError:
                    continue
                return Changed(after, current.registry, current.contracts)

    async def put_contract(self, contract: str, files: bytes) -> None:
        """Keeps a contract's serialised FileDescriptorSet; a change counts as a new version."""
        if await self._store.hget(CONTRACTS, contract) != files:
            await self._set_in(CONTRACTS, contract, files)

    async def document(self, provider: str, code: str) -> bytes | None:
        """The OpenAPI document (JSON) of a REST service; None when none was given."""
        found: bytes | None = await self._store.hget(DOCUMENTS, f"{provider} {code}")
        return found

    async def put_document(self, provider: str, code: str, document: bytes) -> None:
        """Keeps the OpenAPI document (JSON) of a REST service; it counts as a new version."""
        await self._set_in(DOCUMENTS, f"{provider} {code}", document)

    async def drop_documents(self, provider: str, code: str = "") -> None:
        """Removes the OpenAPI document of a REST service, or of all of a provider; a change counts as a new version."""
        names = [name.decode() for name in await self._store.hkeys(DOCUMENTS)]
        gone = [
            name for name in names if name == f"{provider} {code}" or (not code and name.startswith(f"{provider} "))
        ]
        if gone:
            async with self._store.pipeline(transaction=True) as pipe:
                pipe.hdel(DOCUMENTS, *gone).incr(VERSION).publish(CHANGED, b"")
                await pipe.execute()

    async def publish_key(self, jwk: Mapping[str, str]) -> None:
        """Publishes a public key of tokens; a new key counts as a new version, so that the gateways learn it."""
        if not await self._store.hexists(TOKEN_KEYS, jwk["kid"]):
            await self._set_in(TOKEN_KEYS, jwk["kid"], json.dumps(dict(jwk)))

    async def retire_keys(self, current: str, until: int) -> None:
        """Sets ``exp`` in the JWK of every other key of tokens: when all tokens that it has signed have expired.

        ``until`` is in seconds since 1970; a key with an earlier ``exp`` keeps it.
        """
        for key_id, jwk in _keys(await self._store.hgetall(TOKEN_KEYS)).items():
            if key_id != current and jwk.get("exp", until + 1) > until:
                await self._set_in(TOKEN_KEYS, key_id, json.dumps({**jwk, "exp": until}))

    async def drop_keys(self, now: float) -> None:
        """Removes the expired keys of tokens; a change counts as a new version."""
        keys = _keys(await self._store.hgetall(TOKEN_KEYS))
        if ended := [key_id for key_id, jwk in keys.items() if jwk.get("exp", now + 1) <= now]:
            async with self._store.pipeline(transaction=True) as pipe:
                pipe.hdel(TOKEN_KEYS, *ended).incr(VERSION).publish(CHANGED, b"")
                await pipe.execute()

    async def put_salt_key(self, key: bytes) -> None:
        """Gives the gateways the key of the salts; must be called before there is a first version."""
        await self._store.set(SALT_KEY, key)

    async def keys(self) -> list[dict[str, Any]]:
        """The public keys of tokens; keys with an ``exp`` no longer sign."""
        return list(_keys(await self._store.hgetall(TOKEN_KEYS)).values())

    async def put_secrets(self, hashes: Mapping[str, str]) -> None:
        """Keeps the hashes of the subsystems' secrets; a change counts as a new version.

        A secret that replaces another one begins a new generation of that subsystem's credentials.
        """
        known = await self._store.hgetall(SECRETS)
        changed = {client: h for client, h in hashes.items() if known.get(client.encode()) != h.encode()}
        if changed:
            async with self._store.pipeline(transaction=True) as pipe:
                _put_secrets(pipe, changed, {client.decode() for client in known})
                await pipe.incr(VERSION).publish(CHANGED, b"").execute()

    async def drop_secrets(self, client_ids: Iterable[str]) -> None:
        """Removes the hashes of removed subsystems; a change counts as a new version.

        A new generation begins, so that old tokens stay refused if such a subsystem is added again.
        """
        if gone := (await self.with_secrets()).intersection(client_ids):
            async with self._store.pipeline(transaction=True) as pipe:
                _drop_secrets(pipe, gone)
                await pipe.incr(VERSION).publish(CHANGED, b"").execute()

    async def with_secrets(self) -> set[str]:
        """The subsystems that have a secret."""
        return {name.decode() for name in await self._store.hkeys(SECRETS)}

    async def secret(self, client_id: str) -> str:
        """The hash of a subsystem's secret; empty when it has none."""
        return (await self.standing(client_id))[0]

    async def standing(self, client_id: str) -> tuple[str, int]:
        """The hash of a subsystem's secret, empty when it has none, and the generation of its credentials."""
        known = self._known
        async with self._store.pipeline(transaction=True) as pipe:
            pipe.hget(SECRETS, client_id).hget(GENERATIONS, client_id).get(VERSION)
            secret, generation, version = await pipe.execute()
        if not secret and int(version or 0) < known:
            raise StateLost(_LOST)
        return (secret or b"").decode(), int(generation or 0)

    def _held(self, known: int, version: int, registry: bytes | None) -> None:
        """Raises StateLost when the store has less than what was ``known`` before it was asked.

        An answer may come after another one that was asked for later: by then a newer version is known.
        """
        if known and (version < known or registry is None):
            raise StateLost(_LOST)
        if registry is not None:
            self._known = max(self._known, version)

    async def _set_in(self, name: str, field: str, value: bytes | str) -> None:
        async with self._store.pipeline(transaction=True) as pipe:
            pipe.hset(name, field, value).incr(VERSION).publish(CHANGED, b"")
            await pipe.execute()


def _put_secrets(pipe: Pipeline, hashes: Mapping[str, str], known: Collection[str]) -> None:
    for client, digest in hashes.items():
        pipe.hset(SECRETS, client, digest)
        if client in known:
            pipe.hincrby(GENERATIONS, client, 1)


def _drop_secrets(pipe: Pipeline, gone: Collection[str]) -> None:
    if gone:
        pipe.hdel(SECRETS, *gone)
    for client in gone:
        pipe.hincrby(GENERATIONS, client, 1)


def _keys(published: Mapping[bytes, bytes]) -> dict[str, dict[str, Any]]:
    return {key_id.decode(): json.loads(jwk) for key_id, jwk in published.items()}
