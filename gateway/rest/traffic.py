"""Counts the calls that the doors make, for Prometheus, and makes their spans.

Callers cannot choose labels, nor names of spans: methods are those of the contracts that the doors know.
"""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from google.protobuf.descriptor import MethodDescriptor
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from gateway.rest.known import Known
from ndxp.errors import Code
from ndxp.metrics import Histogram
from ndxp.rpc import Answer
from ndxp.wire import metadata
from ndxp.wire.metadata import Pair, Pairs
from ndxp.wire.status import reason_of

if TYPE_CHECKING:
    from ndxp.wire.spans import Span, Tracer

SERVICE = "ndxp-rest"
"""The doors' name in traces."""

_OTHER = "_OTHER"


class Traffic:
    """The calls of this process; ``tracer`` is None when traces are off."""

    def __init__(self, known: Known, tracer: "Tracer | None" = None) -> None:
        self._known = known
        self._tracer = tracer
        self._calls: dict[tuple[str, Code], int] = {}
        self._durations: dict[str, Histogram] = {}
        self.under_way = 0

    def begin(self, method: str, described: MethodDescriptor | None, pairs: Pairs) -> "Passage":
        """A call of "package.Service/Method" begins, with this metadata."""
        if self._tracer is None:
            return Passage(self, described)
        client = self._known.caller(str(metadata.first(pairs, metadata.AUTHORIZATION)))
        if not client:  # a stranger leaves no span
            return Passage(self, described)
        named = method if described is not None else f"{self._contract_of(method)}/{_OTHER}"
        return Passage(self, described, self._tracer.serve(named, metadata.traceparent(pairs)), client)

    def count(self, described: MethodDescriptor | None, code: Code, seconds: float) -> None:
        """Counts a call that has ended."""
        method = f"{described.containing_service.full_name}/{described.name}" if described is not None else ""
        self._calls[method, code] = self._calls.get((method, code), 0) + 1
        if described is not None and not (described.client_streaming or described.server_streaming):
            self._durations.setdefault(method, Histogram()).observe(seconds)

    def collect(self) -> Iterable[Metric]:
        """Calls, their durations, and the registry by which they are translated."""
        yield GaugeMetricFamily("ndxp_registry_version", "The registry that is in use.", self._known.snapshot.version)
        yield GaugeMetricFamily("ndxp_rest_calls_in_flight", "Calls under way through the doors.", self.under_way)
        calls = CounterMetricFamily(
            "ndxp_rest_calls", "Calls that the doors made of the gateway, by their end.", labels=("method", "code")
        )
        for (method, code), count in self._calls.items():
            calls.add_metric((method, code.name), count)
        yield calls
        durations = HistogramMetricFamily(
            "ndxp_rest_duration_seconds", "Unary calls, from the head of their request until the gateway's answer.",
            labels=("method",),
        )  # fmt: skip
        for method, histogram in self._durations.items():
            histogram.add_to(durations, (method,))
        yield durations

    def _contract_of(self, method: str) -> str:
        contract = method.partition("/")[0]
        return contract if contract in self._known.snapshot.contracts else _OTHER


class Passage:
    """One call on its way through the doors, counted when the block is left. ``answer`` says how it ended."""

    __slots__ = ("_began", "_client", "_described", "_span", "_traffic", "answer")

    def __init__(
        self, traffic: Traffic, described: MethodDescriptor | None, span: "Span | None" = None, client: str = ""
    ) -> None:
        self._traffic = traffic
        self._described = described
        self._span = span
        self._client = client
        self._began = time.perf_counter()
        self.answer = Answer(Code.CANCELLED)

    def onward(self, pairs: Pairs) -> list[Pair]:
        """The metadata for the gateway: with the doors' span in place of the caller's, if there is one."""
        return list(pairs) if self._span is None else self._span.onward(pairs)

    def __enter__(self) -> Self:
        """The call is under way."""
        self._traffic.under_way += 1
        return self

    def __exit__(self, *_: object) -> None:
        """The call has ended."""
        answer = self.answer
        self._traffic.under_way -= 1
        self._traffic.count(self._described, answer.code, time.perf_counter() - self._began)
        if self._span is not None:
            details = metadata.first(answer.trailing, metadata.STATUS_DETAILS)
            self._span.end(
                answer.code,
                reason_of(details) if isinstance(details, bytes) else "",
                transaction=str(metadata.first([*answer.trailing, *answer.leading], metadata.TRANSACTION_ID)),
                client=self._client,
            )
