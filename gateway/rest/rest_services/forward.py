"""HTTP requests to REST services: passed on as calls of ``ndxp.rest.v1``, and answered, piece by piece.

A door that has found out which service a request is for hands it over here; see ``forward``.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from google.protobuf.message import DecodeError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.core.endpoints import CONTRACT
from gateway.rest import answers
from gateway.rest.call import Calls, ended
from gateway.rest.failures import Failed
from gateway.rest.rest_services import fields
from gateway.rest.rest_services.target import CHUNK
from ndxp.errors import Code
from ndxp.rest.v1 import rest_pb2 as pb
from ndxp.rpc import StreamedRpc, metadata_of
from ndxp.wire import metadata
from ndxp.wire.metadata import Pair
from ndxp.wire.status import Failure

METHODS: Mapping[str, str] = {
    verb: verb.capitalize() for verb in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
}
"""The method of the contract for each HTTP method that can be forwarded."""

_OF_THIS_SERVER = frozenset({"date", "server"})


async def forward(
    calls: Calls,
    request: Request,
    *,
    provider: str,
    path: str,
    pairs: Sequence[Pair],
    patience: float,
) -> Response:
    """Makes the call for a request, and gives the answer of the service, whose body follows as it comes.

    ``path`` begins with ``/CODE/`` and then stands as in the request, percent-encoded; the gateway decides about it.
    ``pairs`` are the caller's metadata, without path and provider; ``patience`` is in seconds, for each piece of the
    body. The answer has the header fields of the service, and the exchange's own with transaction and grant; a door may
    add others. Raises Failed when the call fails before the service's answer has begun. When it fails later, the
    connection is closed, so that the caller notices.
    """
    addressed = [*pairs, (metadata.SERVICE, provider), (metadata.PATH, path)]
    async with AsyncExitStack() as until_answered:
        call = _begun(calls, request, addressed, patience)
        rpc = await until_answered.enter_async_context(call)
        messages = rpc.messages()
        first = await anext(messages, None)
        if first is None:
            ended(rpc)
        head = _read(first or b"")
        if not head.HasField("head") or not 200 <= head.head.status <= 599:
            raise _nonsense()
        return _Answer(head.head, rpc, messages, until_answered.pop_all())


class _Answer(Response):
    """The answer of a service, as an ASGI application."""

    def __init__(
        self, head: pb.ResponseHead, rpc: StreamedRpc, messages: AsyncIterator[bytes], until_answered: AsyncExitStack
    ) -> None:
        super().__init__(status_code=head.status)
        exchange = answers.headers(metadata_of(rpc.leading))
        own = [(field.name, field.value) for field in head.headers if field.name not in _OF_THIS_SERVER]
        self.raw_headers = [(name.encode(), value.encode("latin-1")) for name, value in (*own, *exchange.items())]
        self._rpc = rpc
        self._messages = messages
        self._until_answered = until_answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends head and body. One that breaks off stays without its end: the server then closes the connection."""
        async with self._until_answered:
            start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
            await send(start)
            try:
                async for message in self._messages:
                    await send({"type": "http.response.body", "body": _read(message).chunk, "more_body": True})
                ended(self._rpc)
            except Failed:
                return
            await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def _begun(calls: Calls, request: Request, pairs: Sequence[Pair], patience: float) -> AsyncIterator[StreamedRpc]:
    """The call under way; its request is sent meanwhile. The call is cancelled when the caller goes away."""
    async with calls.opened(f"{CONTRACT}/{METHODS[request.method]}", pairs) as rpc:
        given = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
        headers = [pb.HeaderField(name=name, value=value) for name, value in fields.from_caller(given)]
        query = request.scope["query_string"].decode("latin-1")
        await rpc.send(pb.RestRequest(head=pb.RequestHead(query=query, headers=headers)).SerializeToString())
        sending = None
        if calls.bodies.trusts(pairs):
            sending = asyncio.create_task(_send_body(rpc, request.receive, patience))
        else:
            rpc.finish()  # the gateway refuses and records the call; nothing of a stranger is read
        try:
            yield rpc
        finally:
            if sending is not None:
                sending.cancel()


async def _send_body(rpc: StreamedRpc, receive: Receive, patience: float) -> None:
    """Passes the body on, then waits for the caller to go away, which ends the call."""
    more = True
    while more:
        try:
            async with asyncio.timeout(patience):
                message = await receive()
        except TimeoutError:
            break
        if message["type"] == "http.disconnect":
            break
        body = message.get("body", b"")
        for start in range(0, len(body), CHUNK):
            await rpc.send(pb.RestRequest(chunk=body[start : start + CHUNK]).SerializeToString())
        more = message.get("more_body", False)
    else:
        rpc.finish()
        while (await receive())["type"] != "http.disconnect":
            pass
    rpc.cancel()


def _read(message: bytes) -> pb.RestResponse:
    try:
        return pb.RestResponse.FromString(message)
    except DecodeError:
        raise _nonsense() from None


def _nonsense() -> Failed:
    return Failed(Failure(Code.INTERNAL, "the provider's answer is none of a REST service", hop="agency"))
