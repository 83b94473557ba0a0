"""Requests to an HTTP server of the exchange, counted for Prometheus by operation and status."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, Metric
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Requests:
    """The requests answered so far; ``name`` and ``meaning`` are the metric's."""

    def __init__(self, name: str, meaning: str) -> None:
        self._name = name
        self._meaning = meaning
        self._answered: dict[tuple[str, int], int] = {}

    def count(self, operation: str, status: int) -> None:
        """Counts one; ``operation`` is the name of the function that answers, empty when no route leads to one."""
        self._answered[operation, status] = self._answered.get((operation, status), 0) + 1

    def collect(self) -> Iterable[Metric]:
        """The metric as it is now."""
        requests = CounterMetricFamily(self._name, self._meaning, labels=("operation", "status"))
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
        statuses: list[int] = []

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception:
            statuses = statuses or [500]  # Starlette answers so outside all middleware
            raise
        finally:
            # The function that the route leads to, because path and method are free text of the client.
            operation = getattr(scope.get("endpoint"), "__qualname__", "").rpartition("<locals>.")[2]
            for status in statuses:
                self._requests.count(operation, status)
