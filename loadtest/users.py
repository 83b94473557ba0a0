"""gRPC callers on the generated stubs: connections by a stated policy, and what becomes of each call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import gevent
import grpc
from gevent.monkey import is_module_patched
from grpc.experimental.gevent import init_gevent

from loadtest.calls import Prepared, Shape
from loadtest.consumers import Consumers, ExchangeUnreachable
from ndxp import metadata
from ndxp.client import OPTIONS
from ndxp.health_insurance.v1.health_insurance_pb2_grpc import HealthInsuranceServiceStub
from ndxp.passports.v1.passports_pb2_grpc import PassportServiceStub
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.status import decode
from ndxp.tls import Tls, connect

WRONG_ANSWER = "OK:WRONG_ANSWER"
"""The status of an answer that contradicts the world; a failure."""

PURPOSE = "load test"

_CONNECT = 5.0
"""Seconds until a connection must stand."""

_STUBS: Mapping[str, Any] = {
    "PopulationService": PopulationServiceStub,
    "HealthInsuranceService": HealthInsuranceServiceStub,
    "PassportService": PassportServiceStub,
}

_THREADS_BESIDES = 64
"""Threads for name resolution and for the streams of each connection."""

_gevent_ready = False


class GeventMissing(Exception):
    """Channels would block all greenlets: gRPC was not set up for gevent."""


def set_gevent_up(in_flight: int) -> None:
    """Makes gRPC wait in gevent's loop; after ``import locust`` (which patches) and before any channel.

    gRPC waits for every call under way in a thread of gevent's pool. With gevent's 10, hundreds of calls take turns of
    0.2 s, and seconds of waiting are measured that are not the server's: there must be as many as calls ``in_flight``.
    """
    global _gevent_ready  # gRPC's own switch is of the process, and cannot be asked
    if not is_module_patched("socket"):
        raise GeventMissing("import locust before anything else: it patches the standard library for gevent")
    if not _gevent_ready:
        init_gevent()
        _gevent_ready = True
    threads = gevent.get_hub().threadpool
    threads.maxsize = max(threads.maxsize, in_flight + _THREADS_BESIDES)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a call. ``status`` is CODE or CODE:REASON; ``error`` is what gRPC raised."""

    status: str
    failed: bool
    transaction_id: str = ""
    size: int = 0
    error: Exception | None = None


class Lanes:
    """So many real connections to the gateway, each with its stubs; calls take them in turn.

    With certificates (by client) there is a connection for each client instead, because a connection is somebody's.
    Every channel has a connection of its own (grpc.use_local_subchannel_pool), so that a gateway of several workers
    gets calls on all of them. Raises GeventMissing, and ExchangeUnreachable when the gateway does not answer.
    """

    def __init__(self, gateway: str, count: int, certificates: Mapping[str, Tls] = MappingProxyType({})) -> None:
        if not _gevent_ready:
            raise GeventMissing("call set_gevent_up() before the first channel")
        shown: list[Tls | None] = [*certificates.values()] or [None] * count
        self._channels = [connect(gateway, tls, OPTIONS) for tls in shown]
        self._stubs = [{name: stub(channel) for name, stub in _STUBS.items()} for channel in self._channels]
        self._turn = 0
        self._own = {client: place for place, client in enumerate(certificates)}
        try:
            for channel in self._channels:
                grpc.channel_ready_future(channel).result(timeout=_CONNECT)
        except grpc.FutureTimeoutError as error:
            self.close()
            raise ExchangeUnreachable(f"the gateway at {gateway} does not answer") from error

    def next(self, client: str) -> dict[str, Any]:
        """The stubs of the client's own connection, or of the one whose turn it is, by service."""
        if self._own:
            return self._stubs[self._own[client]]
        self._turn = (self._turn + 1) % len(self._stubs)
        return self._stubs[self._turn]

    def close(self) -> None:
        """Closes all connections."""
        for channel in self._channels:
            channel.close()


class Caller:
    """Makes prepared calls, one after the other or many at once. Its message ids are numbers behind ``name``."""

    def __init__(self, lanes: Lanes, consumers: Consumers, *, deadline: float, name: str) -> None:
        self._lanes = lanes
        self._consumers = consumers
        self._deadline = deadline
        self._name = name
        self._count = 0

    def call(self, prepared: Prepared) -> Outcome:
        """Makes a call and waits for its end."""
        self._count += 1
        message_id = f"{self._name}-{self._count}"
        headers = (
            *self._consumers.headers(prepared.client),
            (metadata.MESSAGE_ID, message_id),
            (metadata.PURPOSE, PURPOSE),
        )
        method = getattr(self._lanes.next(prepared.client)[prepared.service], prepared.method)
        try:
            return self._exchange(prepared, method, prepared.number(message_id), headers)
        except grpc.RpcError as error:
            failure = decode(error)
            status = f"{failure.code.name}:{failure.reason}" if failure.reason else failure.code.name
            return Outcome(status, failed=True, transaction_id=failure.transaction_id, error=error)

    def _exchange(self, prepared: Prepared, method: Any, requests: Sequence[Any], headers: Any) -> Outcome:
        timeout = self._deadline
        match prepared.shape:
            case Shape.UNARY:
                answer, call = method.with_call(requests[0], timeout=timeout, metadata=headers)
            case Shape.IN:
                answer, call = method.with_call(iter(requests), timeout=timeout, metadata=headers)
            case Shape.OUT:
                call = method(requests[0], timeout=timeout, metadata=headers)
                answer = list(call)
            case Shape.BOTH:
                call = method(iter(requests), timeout=timeout, metadata=headers)
                answer = list(call)
        size = sum(one.ByteSize() for one in answer) if isinstance(answer, list) else answer.ByteSize()
        right = prepared.right is None or prepared.right(answer)
        status = "OK" if right else WRONG_ANSWER
        return Outcome(status, failed=not right, transaction_id=_transaction_id(call), size=size)


def _transaction_id(call: Any) -> str:
    for key, value in call.trailing_metadata() or ():
        if key == metadata.TRANSACTION_ID:
            return str(value)
    return ""
