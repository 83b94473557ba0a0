"""Requests to control's HTTP API, counted for Prometheus by operation and status."""

import asyncio
from collections.abc import Iterable

import redis
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.registry_store import RegistryStore

_PATIENCE = 1.0


class Requests:
    """The requests answered so far, and the registry's version in the store."""

    def __init__(self, registry: RegistryStore) -> None:
        self._registry = registry
        self._version: int | None = None
        self._answered: dict[tuple[str, int], int] = {}

    def count(self, operation: str, status: int) -> None:
        """Counts one; ``operation`` is the name of its route, empty when there is none."""
        self._answered[operation, status] = self._answered.get((operation, status), 0) + 1

    async def refresh(self) -> None:
        """Asks the store for the registry's version; while the store does not answer, no version is shown."""
        self._version = None
        try:
            async with asyncio.timeout(_PATIENCE):
                self._version = await self._registry.version()
        except (redis.RedisError, TimeoutError):
            return

    def collect(self) -> Iterable[Metric]:
        """The metrics as they are now."""
        if self._version is not None:
            yield GaugeMetricFamily("ndxp_registry_version", "The registry that is in use.", self._version)
        requests = CounterMetricFamily(
            "ndxp_control_requests", "Requests to control's HTTP API.", labels=("operation", "status")
        )
        for (operation, status), count in self._answered.items():
            requests.add_metric((operation, str(status)), count)
        yield requests


class Counting:
    """ASGI middleware: every answer is counted."""

    def __init__(self, app: ASGIApp, requests: Requests) -> None:
        self._app = app
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                # The route's name, because path and method are free text of the client.
                self._requests.count(getattr(scope.get("route"), "name", ""), message["status"])
            await send(message)

        await self._app(scope, receive, counted)
