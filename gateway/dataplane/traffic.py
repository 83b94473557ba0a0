"""Counts the calls of this worker for Prometheus.

Counting is part of every call, so it is one look-up and two additions (docs/decisions/0022-metrics.md). Callers cannot
choose labels: members, services and methods are those of the registry, reasons are the gateway's own.
"""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from gateway.core.registry import Snapshot
from gateway.core.transaction import Call, Origin
from ndxp.clock import real_now
from ndxp.errors import Code, Reason
from ndxp.faults.effects import EFFECTS
from ndxp.metrics import Histogram

MOST_LINES = 10_000
"""Most combinations of client, service, method, code and origin; calls beyond them are counted without the first
three."""


class _Line:
    """Calls with the same labels; ``durations`` are those of service and method, which several lines share."""

    __slots__ = ("client", "count", "durations", "service")

    def __init__(self, client: str, service: str, durations: Histogram) -> None:
        self.client = client
        self.service = service
        self.durations = durations
        self.count = 0


class Traffic:
    """The calls that have ended in this worker."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str, str, Code, Origin], _Line] = {}
        self._durations: dict[tuple[str, str], Histogram] = {}
        # All reasons and effects from the start, because a rate needs to start from 0.
        self._refusals = {("", "", str(reason)): 0 for reason in Reason}
        self._faults = {effect.name: 0 for effect in EFFECTS}

    def count(self, call: Call, snapshot: Snapshot) -> None:
        """Counts a call that has ended, when its caller may be answered."""
        line = self._lines.get((call.client, call.service, call.method, call.code, call.origin))
        if line is None:
            line = self._line(call, snapshot)
        line.count += 1
        if call.room is not None and call.attempts:  # unary, and forwarded
            line.durations.observe((real_now() - call.request_in_ts) / 1e6)
        for effect in call.effects.words:
            self._faults[effect] += 1
        if call.reason and call.origin is Origin.GATEWAY:
            refused = line.client, line.service, call.reason
            self._refusals[refused] = self._refusals.get(refused, 0) + 1

    def by_service(self) -> dict[str, int]:
        """How many calls there were to each provider; those refused before one was chosen are under ""."""
        sums = {"": 0}
        for (_, service, *_), line in self._lines.items():
            sums[service] = sums.get(service, 0) + line.count
        return sums

    def collect(self) -> Iterable[Metric]:
        """Transactions, refusals, faults and durations."""
        transactions = CounterMetricFamily(
            "ndxp_exchange_transactions", "Calls that have ended.",
            labels=("client", "service", "method", "code", "origin"),
        )  # fmt: skip
        for (client, service, method, code, origin), line in self._lines.items():
            transactions.add_metric((client, service, method, code.name, origin), line.count)
        refusals = CounterMetricFamily(
            "ndxp_exchange_refusals", "Calls that the exchange itself refused.", labels=("client", "service", "reason")
        )
        for labels, count in self._refusals.items():
            refusals.add_metric(labels, count)
        faults = CounterMetricFamily(
            "ndxp_exchange_faults", "Calls that met a fault which was set on purpose.", labels=("effect",)
        )
        for effect, count in self._faults.items():
            faults.add_metric((effect,), count)
        durations = HistogramMetricFamily(
            "ndxp_exchange_duration_seconds", "Unary calls that were forwarded, until their caller may be answered.",
            labels=("service", "method"),
        )  # fmt: skip
        for names, histogram in self._durations.items():
            if any(histogram.counts):
                histogram.add_to(durations, names)
        return transactions, refusals, faults, durations

    def _line(self, call: Call, snapshot: Snapshot) -> _Line:
        """The line of a call with new labels, or with names that are not in the registry."""
        client = call.client if call.client in snapshot.subsystems else ""
        method = call.method if snapshot.method(call.method) is not None else ""
        key = client, call.service, method, call.code, call.origin
        if key not in self._lines and len(self._lines) >= MOST_LINES:
            key = "", "", "", call.code, call.origin
        line = self._lines.get(key)
        if line is None:
            durations = self._durations.setdefault(key[1:3], Histogram())
            line = self._lines[key] = _Line(*key[:2], durations)
        return line
