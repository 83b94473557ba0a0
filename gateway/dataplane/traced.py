"""A listener whose calls are spans; it takes the other's place when traces are asked for (``ndxp.tracing``)."""

from typing import TYPE_CHECKING, Any

import grpc

from gateway.core.registry import Snapshot
from gateway.core.transaction import Call
from gateway.dataplane.listener import Forward, Listener
from gateway.dataplane.pipeline import Exchange
from gateway.dataplane.upstream import Upstreams
from ndxp import metadata

if TYPE_CHECKING:
    from ndxp.spans import Tracer

SERVICE = "ndxp-gateway"
"""The gateway's name among the services of a trace; members go by their identifiers."""

_OTHER = "_OTHER"  # as OpenTelemetry's conventions call a method that is not known


class TracedListener(Listener):
    """Makes a span of each call, below the caller's and above the provider's.

    Its events are the steps of the pipeline, each when it was done. The ledger keeps what the caller sent as
    ``traceparent``: both are of one trace. A caller without a good token leaves no span: strangers write nothing.
    """

    def __init__(self, exchange: Exchange, upstreams: Upstreams, tracer: "Tracer") -> None:
        super().__init__(exchange, upstreams)
        self._tracer = tracer

    async def handle(
        self, call: Call, pairs: metadata.Pairs, context: grpc.aio.ServicerContext[Any, Any], forward: Forward
    ) -> bytes:
        """As for any listener, inside a span from the arrival of the call to its answer."""
        sent = metadata.traceparent(pairs)
        call.span = self._tracer.serve(_name(self._exchange.snapshot, call), sent, call.request_in_ts)
        try:
            return await super().handle(call, pairs, context, forward)
        finally:
            if call.client:  # a span that is not ended is not exported
                call.span.end(
                    call.code, call.reason, transaction=call.transaction_id, client=call.client, service=call.service
                )


def _name(snapshot: Snapshot, call: Call) -> str:
    """The method where it is known; anything else is free text of the caller, and stays out of traces."""
    if snapshot.method(call.method) is not None:
        return call.method
    return f"{call.contract if call.contract in snapshot.providers else _OTHER}/{_OTHER}"
