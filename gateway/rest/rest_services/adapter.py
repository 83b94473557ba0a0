"""The adapter: the provider of ``ndxp.rest.v1``, which calls ordinary HTTP services for callers of the gateway."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes
from typing import Any

import grpc
from grpc_health.v1 import health_pb2

from gateway.core.endpoints import CONTRACT, code_of, joined
from gateway.rest.known import Known
from gateway.rest.rest_services import fields
from gateway.rest.rest_services.registered import Registered
from gateway.rest.rest_services.target import CHUNK, Answer, Target
from ndxp.agency.caller import Caller, caller
from ndxp.agency.door import Desk, Door, assertion_in
from ndxp.agency.subject import SubjectKey
from ndxp.agency.traffic import Traffic
from ndxp.errors import AgencyError, Code, invalid_argument
from ndxp.rest.v1 import rest_pb2 as pb
from ndxp.rest.v1 import rest_pb2_grpc
from ndxp.wire import accepting, metadata
from ndxp.wire.assertion import AssertionRefused, Verifier, audience, message_mark
from ndxp.wire.health import Health
from ndxp.wire.tls import Tls, listen
from ndxp.wire.tracing import tracer

GRACE = 10.0
"""Seconds that calls in flight get to finish when the adapter stops."""

_LARGEST_MESSAGE = 256 * 1024
_MOST_WAITING = 10_000
_OPTIONS = (
    ("grpc.server.max_pending_requests", _MOST_WAITING),
    ("grpc.server.max_pending_requests_hard_limit", _MOST_WAITING),
    ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
    ("grpc.so_reuseport", 0),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
)
_NO_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
_TOLD = (
    metadata.USER_ID, metadata.PURPOSE, metadata.MESSAGE_ID, metadata.ISSUE, metadata.REPRESENTED_PARTY,
    metadata.TRACEPARENT,
)  # fmt: skip
"""What a caller says in metadata, and the service gets as header fields."""

_Context = grpc.aio.ServicerContext[Any, Any]
_Requests = AsyncIterator[pb.RestRequest]
_Responses = AsyncIterator[pb.RestResponse]


class Adapter:
    """A gRPC server for the REST services of all providers. Only the gateway can call it, as with every agency.

    ``most_bytes`` is the size of a body that passes, in either direction. ``traffics`` count the calls, by provider.
    """

    def __init__(self, known: Known, *, most_bytes: int, tls: Tls | None = None) -> None:
        self._tls = tls
        nobodys = token_bytes()  # a key that no gateway has: so a call for another provider is refused
        self._desks = {"": Desk(Verifier("", lambda: nobodys), Traffic(""), None)}
        registered = Registered(known)
        self._target = Target(most_bytes)
        self._server = accepting.server(interceptors=[_AdapterDoor(self._desks, registered)], options=_OPTIONS)
        self._health = Health()
        rest_pb2_grpc.add_RestServiceServicer_to_server(RestService(registered, self._target), self._server)

    @property
    def traffics(self) -> list[Traffic]:
        """The calls of each provider's REST services."""
        return [desk.traffic for provider, desk in self._desks.items() if provider]

    async def start(self, address: str) -> int:
        """Starts at ``host:port`` (port 0: any free one) and returns the port; raises OSError when it is taken."""
        self._health.add_to(self._server)
        port = listen(self._server, address, self._tls)
        await self._server.start()
        for contract in ("", CONTRACT):
            self._health.set(contract, health_pb2.HealthCheckResponse.SERVING)
        return port

    async def stop(self) -> None:
        """Reports NOT_SERVING, takes no new calls and waits for calls in flight, at most GRACE seconds."""
        self._health.end()
        await self._server.stop(GRACE)
        await self._target.close()


class _AdapterDoor(Door):
    """An agency's door with a desk for each provider of REST services, made when its first call comes."""

    def __init__(self, desks: dict[str, Desk], registered: Registered) -> None:
        super().__init__(desks, None, SubjectKey(Path(os.devnull)))  # an HTTP answer names no subject
        self._made = desks
        self._registered = registered

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Returns the method's handler behind the door, or one that refuses."""
        provider = audience(assertion_in(handler_call_details))
        if provider not in self._made and await self._registered.knows(provider):
            verifier = Verifier(provider, lambda: self._registered.key(provider))
            self._made[provider] = Desk(verifier, Traffic(provider), tracer(provider))
        return await super().intercept_service(continuation, handler_call_details)


class RestService(rest_pb2_grpc.RestServiceServicer):
    """Makes one HTTP request for each call, and passes head and body on in both directions as they come."""

    def __init__(self, registered: Registered, target: Target) -> None:
        self._registered = registered
        self._target = target

    def Get(self, requests: _Requests, context: _Context) -> _Responses:
        """Makes a GET request."""
        return self._forward("GET", requests, context)

    def Head(self, requests: _Requests, context: _Context) -> _Responses:
        """Makes a HEAD request."""
        return self._forward("HEAD", requests, context)

    def Post(self, requests: _Requests, context: _Context) -> _Responses:
        """Makes a POST request."""
        return self._forward("POST", requests, context)

    def Put(self, requests: _Requests, context: _Context) -> _Responses:
        """Makes a PUT request."""
        return self._forward("PUT", requests, context)

    def Patch(self, requests: _Requests, context: _Context) -> _Responses:
        """Makes a PATCH request."""
        return self._forward("PATCH", requests, context)

    def Delete(self, requests: _Requests, context: _Context) -> _Responses:
        """Makes a DELETE request."""
        return self._forward("DELETE", requests, context)

    def Options(self, requests: _Requests, context: _Context) -> _Responses:
        """Makes an OPTIONS request."""
        return self._forward("OPTIONS", requests, context)

    async def _forward(self, verb: str, requests: _Requests, context: _Context) -> _Responses:
        calling, told = caller(), _metadata(context)
        path = _path(told, calling)
        base_url = await self._registered.base_url(calling.provider, code_of(path))
        if not base_url:
            raise AgencyError(
                Code.UNAVAILABLE, "NOT_REGISTERED", f"{calling.provider} has no REST service {code_of(path)} any more"
            )
        head = await anext(requests, None)
        if head is None or head.WhichOneof("part") != "head":
            raise invalid_argument("NO_HEAD", "the first message of a request must be its head", "head")
        body = await _body(verb, requests)
        try:
            sent = fields.to_service(((h.name, h.value) for h in head.head.headers), _own(calling, told))
        except fields.FieldsRefused as error:
            raise invalid_argument("HEADERS_REFUSED", str(error), "head.headers") from error
        async with self._target.ask(verb, joined(base_url, path), head.head.query, sent, body) as answer:
            yield _head(answer)
            async for data in answer.body:
                for start in range(0, len(data), CHUNK):
                    yield pb.RestResponse(chunk=data[start : start + CHUNK])


async def _body(verb: str, requests: _Requests) -> AsyncIterator[bytes] | None:
    """The body of a request as it comes; None when it has none. Raises AgencyError for one that may not be there."""
    first = await anext(requests, None)
    if first is None:
        return None
    if verb in _NO_BODY:
        raise invalid_argument("BODY_NOT_ALLOWED", f"a {verb} request has no body", "chunk")

    async def chunks() -> AsyncIterator[bytes]:
        yield _chunk(first)
        async for request in requests:
            yield _chunk(request)

    return chunks()


def _chunk(request: pb.RestRequest) -> bytes:
    chunk: bytes = request.chunk
    if request.WhichOneof("part") != "chunk" or len(chunk) > CHUNK:
        raise invalid_argument("NO_CHUNK", f"a chunk of at most {CHUNK} bytes must follow the head", "chunk")
    return chunk


def _metadata(context: _Context) -> dict[str, str]:
    return {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}


def _path(told: dict[str, str], calling: Caller) -> str:
    """The path about which the gateway has decided. Raises AssertionRefused for another one."""
    path = told.get(metadata.PATH, "")
    if calling.assertion.message != message_mark(sha256(path.encode()).digest()):
        raise AssertionRefused("the gateway's assertion was made for another path")
    return path


def _own(calling: Caller, told: dict[str, str]) -> fields.Fields:
    """The header fields by which the exchange tells a service who calls."""
    said = [(key, told[key]) for key in _TOLD if told.get(key)]
    transaction = (metadata.TRANSACTION_ID, calling.assertion.transaction_id)
    return [(metadata.CLIENT, calling.client), ("x-road-client", calling.client), transaction, *said]


def _head(answer: Answer) -> pb.RestResponse:
    headers = [pb.HeaderField(name=name, value=value) for name, value in fields.to_caller(answer.fields)]
    return pb.RestResponse(head=pb.ResponseHead(status=answer.status, headers=headers))
