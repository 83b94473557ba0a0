"""The registry's version in the store, as control shows it to Prometheus."""

import asyncio
from collections.abc import Iterable

import redis
from prometheus_client.core import GaugeMetricFamily, Metric

from gateway.registry_store import RegistryStore

_PATIENCE = 1.0


class Published:
    """The version that was published last."""

    def __init__(self, registry: RegistryStore) -> None:
        self._registry = registry
        self._version: int | None = None

    async def refresh(self) -> None:
        """Asks the store; while it does not answer, no version is shown."""
        self._version = None
        try:
            async with asyncio.timeout(_PATIENCE):
                self._version = await self._registry.version()
        except (redis.RedisError, TimeoutError):
            return

    def collect(self) -> Iterable[Metric]:
        """The metric as it is now."""
        if self._version is not None:
            yield GaugeMetricFamily("ndxp_registry_version", "The registry that is in use.", self._version)
