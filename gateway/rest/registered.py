"""The REST services as the registry has them now, and the keys by which the gateway's calls for them are verified."""

import asyncio
import logging

from redis.exceptions import RedisError

from gateway.core.endpoints import CONTRACT
from gateway.registry_store import Published, RegistryStore
from ndxp.exhausted import why
from ndxp.wire.assertion import KeyUnavailable

_EVERY = 1.0
"""Seconds for which the registry is not looked at again for a known service."""

_UNKNOWN_EVERY = 0.1
"""The same for an unknown one, which may just have been added."""

_log = logging.getLogger("rest")


class Registered:
    """Looks at the store when a call comes and what is known may be too old.

    While the store is away it goes on with what it knows.
    """

    def __init__(self, registry: RegistryStore) -> None:
        self._registry = registry
        self._known: Published | None = None
        self._looked = float("-inf")
        self._away = False
        self._looking = asyncio.Lock()

    async def look(self, provider: str) -> None:
        """Reads the registry, if it has changed, before a call for a provider."""
        await self._look(_EVERY if self.has(provider) else _UNKNOWN_EVERY)

    async def base_url(self, provider: str, code: str) -> str:
        """The base URL of a REST service; empty when there is none."""
        found = self._find(provider, code)
        if not found:
            await self._look(_UNKNOWN_EVERY)
            found = self._find(provider, code)
        return found

    def key(self, provider: str) -> bytes:
        """The key of assertions for a provider. Raises KeyUnavailable."""
        key = self._known.provider_keys.get(provider) if self._known else None
        if not key:
            raise KeyUnavailable("the adapter does not know the key of this provider yet")
        return key

    def has(self, provider: str) -> bool:
        """Whether a provider is known to have REST services."""
        return self._known is not None and provider in self._known.snapshot.providers.get(CONTRACT, {})

    def _find(self, provider: str, code: str) -> str:
        services = self._known.snapshot.providers.get(CONTRACT, {}) if self._known else {}
        return services[provider].rest.get(code, "") if provider in services else ""

    async def _look(self, age: float) -> None:
        async with self._looking:
            now = asyncio.get_running_loop().time()
            if now < self._looked + age:
                return
            self._looked = now
            try:
                if self._known is None or await self._registry.version() != self._known.snapshot.version:
                    self._known = await self._registry.load()
                self._away = False
            except RedisError as error:
                if not self._away:
                    _log.warning("the store does not answer; REST services stay as they are known: %s", why(error))
                self._away = True
