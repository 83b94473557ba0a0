"""Spans of calls by OpenTelemetry's conventions for gRPC, sent in batches from a thread of their own.

A span says who called what, how the call ended and when its steps were done. It has no payload, no metadata value and
no error text, because readers of traces must not see personal data. Import it through ``ndxp.wire.tracing`` only.
"""

import atexit
import logging
import time
from collections.abc import Sequence
from functools import cache

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from ndxp.errors import Code
from ndxp.wire import metadata
from ndxp.wire.tracing import ENDPOINTS, said

LEAVING = 3.0
"""Seconds in which a process that ends sends its last spans; one more export may be under way."""

EXPORT_TIMEOUT = 3
"""Seconds that an export may take, unless OTEL_EXPORTER_OTLP_TIMEOUT says otherwise."""

_SERVER_ERRORS = frozenset(
    {Code.UNKNOWN, Code.DEADLINE_EXCEEDED, Code.UNIMPLEMENTED, Code.INTERNAL, Code.UNAVAILABLE, Code.DATA_LOSS}
)
"""The statuses that the conventions count as a server's failure. For a client every error is a failure."""

_TIMEOUTS = "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"
_W3C = TraceContextTextMapPropagator()
_log = logging.getLogger(__name__)


class Tracer:
    """Makes the spans of one service; ``ndxp.wire.tracing.tracer`` makes one if traces are switched on."""

    def __init__(self, service: str, instance: str = "") -> None:
        own = trace.get_tracer_provider()
        # A program that already traces has a provider: its spans and ours then belong to one service.
        provider = _provider(service, instance) if isinstance(own, trace.ProxyTracerProvider) else own
        self._tracer = provider.get_tracer("ndxp")

    def serve(self, method: str, traceparent: str, started: int | None = None) -> "Span":
        """The span of a call that this process answers, below the caller's.

        ``method`` is "package.Service/Method", ``started`` in µs since 1970, now when None.
        """
        parent = _W3C.extract({metadata.TRACEPARENT: traceparent}, context.Context())
        started_ns = None if started is None else started * 1000
        return Span(self._start(method, trace.SpanKind.SERVER, parent, started_ns), _SERVER_ERRORS)

    def call(self, method: str, pairs: metadata.Pairs) -> "Span":
        """The span of a call that this process makes, below the current span or the one that ``pairs`` name."""
        parent = context.get_current()
        if not trace.get_current_span(parent).get_span_context().is_valid:
            parent = _W3C.extract({metadata.TRACEPARENT: metadata.traceparent(pairs)}, parent)
        return Span(self._start(method.lstrip("/"), trace.SpanKind.CLIENT, parent), frozenset(Code) - {Code.OK})

    def _start(self, method: str, kind: trace.SpanKind, parent: context.Context, at: int | None = None) -> trace.Span:
        service, _, name = method.partition("/")
        rpc = {"rpc.system": "grpc", "rpc.service": service, "rpc.method": name}
        return self._tracer.start_span(method, parent, kind, rpc, start_time=at)


class Span:
    """The span of one call. ``errors`` are the statuses that count as its failure."""

    __slots__ = ("_carried", "_errors", "_span")

    def __init__(self, span: trace.Span, errors: frozenset[Code]) -> None:
        self._span = span
        self._errors = errors
        self._carried: dict[str, str] = {}
        _W3C.inject(self._carried, trace.set_span_in_context(span))

    @property
    def traceparent(self) -> str:
        """The span in the form of W3C Trace Context, for a call onward."""
        return self._carried.get(metadata.TRACEPARENT, "")

    def onward(self, pairs: metadata.Pairs) -> list[metadata.Pair]:
        """Metadata for a call onward: ``pairs`` with this span in place of the one they name."""
        return [*(pair for pair in pairs if pair[0] not in self._carried), *self._carried.items()]

    def make_current(self) -> None:
        """Makes calls onward of the task that runs this one's children."""
        context.attach(trace.set_span_in_context(self._span))

    def step(self, name: str, at: int | None = None) -> None:
        """Notes that a step is done; ``at`` is in µs since 1970, now when None."""
        self._span.add_event(name, timestamp=None if at is None else at * 1000)

    def end(self, code: Code, reason: str = "", *, transaction: str = "", client: str = "", service: str = "") -> None:
        """Ends the span: how the call ended, and what is known of it by now."""
        if not self._span.is_recording():
            return
        known = {"transaction_id": transaction, "client": client, "service": service, "reason": reason}
        self._span.set_attribute("rpc.grpc.status_code", int(code))
        self._span.set_attributes({f"ndxp.{name}": value for name, value in known.items() if value})
        if code in self._errors:
            self._span.set_status(trace.StatusCode.ERROR)
        self._span.end()


class _Exporter(OTLPSpanExporter):
    """Sends spans; logs once when they do not arrive, and once when they arrive again."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint=endpoint, timeout=None if said(*_TIMEOUTS) else EXPORT_TIMEOUT)
        self._to = endpoint
        self._arriving = True
        self._leaving_until = float("inf")

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        leaving = self._leaving_until != float("inf")
        if time.monotonic() >= self._leaving_until or (leaving and not self._arriving):
            return SpanExportResult.FAILURE
        result = super().export(spans)
        arriving = result is SpanExportResult.SUCCESS
        if arriving is not self._arriving:
            self._arriving = arriving
            if arriving:
                _log.info("spans arrive at %s again", self._to)
            else:
                _log.warning("spans do not arrive at %s and are dropped; calls go on without them", self._to)
        return result

    def leave(self) -> None:
        """Sends for at most LEAVING more seconds, and does not try again after a failure."""
        self._leaving_until = time.monotonic() + LEAVING


@cache
def _processor() -> BatchSpanProcessor:
    """The processor of all spans of this process: a bounded queue, which drops the oldest when it is full."""
    # It would log every failed attempt; _Exporter logs the first one only.
    logging.getLogger("opentelemetry.exporter.otlp.proto.grpc.exporter").setLevel(logging.CRITICAL)
    exporter = _Exporter(said(*ENDPOINTS) or "http://localhost:4317")
    processor = BatchSpanProcessor(exporter)

    def leave() -> None:
        exporter.leave()
        processor.shutdown()  # type: ignore[no-untyped-call]

    atexit.register(leave)
    return processor


@cache
def _provider(service: str, instance: str) -> TracerProvider:
    """One provider for each service, because agencies that share a process are separate services."""
    own = {"service.name": service, "service.instance.id": instance}
    resource = Resource.create({name: value for name, value in own.items() if value})
    # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES take precedence over our names; with `create` they would not.
    provider = TracerProvider(resource=resource.merge(OTELResourceDetector().detect()), shutdown_on_exit=False)
    provider.add_span_processor(_processor())
    return provider
