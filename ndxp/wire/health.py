"""Health checks for everybody, with limits: on the wait for a request, on their number, and on slow readers."""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from grpc_health.v1 import health, health_pb2

PATIENCE = 2.0
"""Seconds within which the request must arrive; a normal client sends it together with the headers."""

FEW, SHORT = 4, 0.1
"""If many requests are awaited, all but the last few get only so many seconds more."""

MOST = 100
"""Calls under way on one connection; more are refused. Each takes 26 kB until it ends; one that does not read its
answers ends with its connection."""

_Context = grpc.aio.ServicerContext[Any, Any]
_Response = health_pb2.HealthCheckResponse


class Health:
    """``grpc.health.v1`` for strangers.

    gRPC's handler for a single request first reads the whole message into memory and waits for its last byte without
    a limit. So both methods are handled as streams, of which one request is read. The servicer of grpc_health holds a
    lock while it writes to watchers: a watcher that does not read would block every change of a state, and so the
    whole process.
    """

    def __init__(self) -> None:
        self._states = {"": _Response.SERVING}
        self._ended = False
        self._watching: dict[asyncio.Event, str] = {}
        self._under_way: Counter[str] = Counter()
        self._awaited: deque[asyncio.Timeout] = deque()

    def add_to(self, server: grpc.aio.Server) -> None:
        """Registers it."""
        handlers = {
            name: grpc.stream_stream_rpc_method_handler(
                partial(self._answer, method),
                request_deserializer=health_pb2.HealthCheckRequest.FromString,
                response_serializer=_Response.SerializeToString,
            )
            for name, method in (("Check", self._check), ("Watch", self._watch))
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(health.SERVICE_NAME, handlers),))

    def set(self, service: str, status: Any) -> None:
        """Sets the state of a service, "" for the server itself, without waiting for watchers."""
        if not self._ended and status != self._states.get(service):  # watchers are woken only by a change
            self._say(service, status)

    def end(self) -> None:
        """Sets everything to NOT_SERVING for good, and tells watchers so, whose calls end."""
        self._ended = True
        for service in self._states:
            self._say(service, _Response.NOT_SERVING)

    def _say(self, service: str, status: Any) -> None:
        self._states[service] = status
        for changed, watched in self._watching.items():
            if watched == service:
                changed.set()

    async def _answer(self, method: Callable[[Any, Any], Awaitable[None]], _: Any, context: _Context) -> None:
        connection = context.peer()
        if self._under_way[connection] >= MOST:
            said = f"{MOST} requests for health are under way on this connection"
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, said)
        self._under_way[connection] += 1
        try:
            await method(await self._request(context), context)
        finally:
            self._under_way[connection] -= 1
            if not self._under_way[connection]:
                del self._under_way[connection]

    async def _check(self, request: health_pb2.HealthCheckRequest, context: _Context) -> None:
        status = self._states.get(request.service)
        if status is None:
            await context.abort(grpc.StatusCode.NOT_FOUND)
        await context.write(_Response(status=status))

    async def _watch(self, request: health_pb2.HealthCheckRequest, context: _Context) -> None:
        changed, said = asyncio.Event(), None
        self._watching[changed] = request.service
        try:
            while True:
                changed.clear()
                status = self._states.get(request.service, _Response.SERVICE_UNKNOWN)
                if status != said:
                    said = status
                    await context.write(_Response(status=status))
                    continue  # meanwhile it may have changed
                if self._ended:
                    return  # a watcher would hold up the stop of the server
                await changed.wait()
        finally:
            del self._watching[changed]

    async def _request(self, context: _Context) -> health_pb2.HealthCheckRequest:
        try:
            request = await self._read(context)
        except TimeoutError:
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, f"the request was not there within {PATIENCE:g} s")
        except DecodeError:
            request = None
        if not isinstance(request, health_pb2.HealthCheckRequest):
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the request is no HealthCheckRequest")
        return request

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
