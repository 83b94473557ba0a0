"""Health that anybody may ask for: nobody's request is awaited for long, nor those of many."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from grpc_health.v1 import health, health_pb2

PATIENCE = 2.0
"""Seconds within which a request has to be there; an honest one comes with its headers."""

FEW, SHORT = 4, 0.1
"""All but the last few that are awaited have only so many seconds more."""

_Context = grpc.aio.ServicerContext[Any, Any]


class Health(health.aio.HealthServicer):
    """``grpc.health.v1`` for strangers.

    A handler of gRPC's for one request begins when that is in memory as a whole, up to the largest message, and waits
    for its last byte as long as its sender likes. So both methods are handled as streams, of which one request is read.
    """

    def __init__(self) -> None:
        super().__init__()
        self._awaited: deque[asyncio.Timeout] = deque()

    def add_to(self, server: grpc.aio.Server) -> None:
        """Registers it."""
        handlers = {
            name: grpc.stream_stream_rpc_method_handler(
                partial(self._answer, method),
                request_deserializer=health_pb2.HealthCheckRequest.FromString,
                response_serializer=health_pb2.HealthCheckResponse.SerializeToString,
            )
            for name, method in (("Check", self.Check), ("Watch", self.Watch))
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(health.SERVICE_NAME, handlers),))

    async def _answer(self, method: Callable[[Any, Any], Awaitable[Any]], _: Any, context: _Context) -> None:
        try:
            request = await self._read(context)
        except TimeoutError:
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, f"the request was not there within {PATIENCE:g} s")
        except DecodeError:
            request = None
        if not isinstance(request, health_pb2.HealthCheckRequest):
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the request is no HealthCheckRequest")
        if answer := await method(request, context):
            await context.write(answer)

    async def _read(self, context: _Context) -> Any:
        async with asyncio.timeout(PATIENCE) as awaited:
            if len(self._awaited) >= FEW:
                _hurry(self._awaited[-FEW])
            self._awaited.append(awaited)
            try:
                return await context.read()
            finally:
                self._awaited.remove(awaited)


def _hurry(awaited: asyncio.Timeout) -> None:
    soon = asyncio.get_running_loop().time() + SHORT
    if not awaited.expired() and (end := awaited.when()) is not None and soon < end:  # not again and again
        awaited.reschedule(soon)
