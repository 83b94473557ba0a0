"""A collector of traces: takes spans over OTLP, and keeps the bytes that came."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from ndxp.sandbox.ports import free_port

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


@dataclass(frozen=True)
class Seen:
    """A span as it came; ``kind`` is CLIENT or SERVER, ``status`` UNSET or ERROR, ``steps`` are its events' names."""

    service: str
    instance: str
    kind: str
    name: str
    trace: str
    id: str
    parent: str
    status: str
    attributes: Mapping[str, Any]
    steps: list[str]
    times: list[int]


class Collector(grpc.GenericRpcHandler):
    """Listens on a free port, and on the same one again after a stop."""

    def __init__(self) -> None:
        self.exported: list[bytes] = []
        self.port = free_port()
        self._server: Any = None

    def start(self) -> Self:
        self._server = grpc.server(ThreadPoolExecutor(2), options=(("grpc.so_reuseport", 0),))
        self._server.add_generic_rpc_handlers((self,))
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        self._server.start()
        return self

    def stop(self) -> None:
        self._server.stop(None).wait()

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        def export(request: bytes, _: Any) -> bytes:
            self.exported.append(request)
            return ExportTraceServiceResponse().SerializeToString()

        return grpc.unary_unary_rpc_method_handler(export) if details.method == EXPORT else None

    def spans(self, **attributes: Any) -> list[Seen]:
        """The spans so far, from the beginning; those with these attributes, whose names have _ here for a dot."""
        found = [
            _seen(span, {item.key: _value(item) for item in group.resource.attributes})
            for request in list(self.exported)
            for group in ExportTraceServiceRequest.FromString(request).resource_spans
            for scope in group.scope_spans
            for span in scope.spans
        ]
        wanted = {name.replace("_", ".", 1): value for name, value in attributes.items()}
        return sorted((s for s in found if wanted.items() <= s.attributes.items()), key=lambda span: span.times[0])

    def trace(self, trace: str) -> list[Seen]:
        """The spans of one trace, from the beginning."""
        return [span for span in self.spans() if span.trace == trace]


def _value(item: Any) -> Any:
    return getattr(item.value, item.value.WhichOneof("value"))


def _seen(span: Span, resource: Mapping[str, Any]) -> Seen:
    return Seen(
        service=resource["service.name"],
        instance=resource.get("service.instance.id", ""),
        kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        name=span.name,
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        status={0: "UNSET", 1: "OK", 2: "ERROR"}[span.status.code] + span.status.message,
        attributes={item.key: _value(item) for item in span.attributes},
        steps=[event.name for event in span.events],
        times=[span.start_time_unix_nano, *(event.time_unix_nano for event in span.events), span.end_time_unix_nano],
    )
