"""The REST services that the registry has now, and the keys by which the gateway's calls for them are verified."""

import asyncio

from gateway.core.endpoints import CONTRACT
from gateway.rest.known import Known
from ndxp.wire.assertion import KeyUnavailable

_EVERY = 0.1
"""Seconds between two looks at the registry because of something unknown, which may just have been added."""


class Registered:
    """Looks at the registry at once when a call is for something unknown: the gateway may know a newer version."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._looked = float("-inf")
        self._looking = asyncio.Lock()

    async def knows(self, provider: str) -> bool:
        """Whether a provider has REST services."""
        if not self._services(provider):
            await self._look()
        return bool(self._services(provider))

    async def base_url(self, provider: str, code: str) -> str:
        """The base URL of a REST service; empty when there is none."""
        if code not in self._services(provider):
            await self._look()
        return self._services(provider).get(code, "")

    def key(self, provider: str) -> bytes:
        """The key of assertions for a provider. Raises KeyUnavailable."""
        key = self._known.provider_keys.get(provider)
        if key is None:
            raise KeyUnavailable("the adapter does not know the key of this provider")
        return key

    def _services(self, provider: str) -> dict[str, str]:
        service = self._known.snapshot.providers.get(CONTRACT, {}).get(provider)
        return service.rest if service else {}

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        wanted = loop.time()
        async with self._looking:
            if self._looked < wanted:  # nobody has looked since
                await asyncio.sleep(max(0.0, self._looked + _EVERY - loop.time()))
                self._looked = loop.time()
                await self._known.look()
