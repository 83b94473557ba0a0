"""The gateway's connections to providers, and what a failed call says about them."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import grpc

from ndxp import metadata
from ndxp.errors import Reason
from ndxp.streams import keep_status
from ndxp.tls import Tls, connect_aio

_LOST = ("failed to connect to all addresses", "Stream removed (", "Socket closed", "Connection reset")
_NOT_TAKEN = "CANCELLED"
"""With the code of that name: what gRPC's core says to a call that has come to a server while it stops."""

_GRACE = 30.0
_TOO_LARGE = "message larger than max"
_CODES = {code.value[0]: code for code in grpc.StatusCode}


class Moved(Exception):
    """The connection was closed under a call, because its provider is registered elsewhere now."""


@dataclass(slots=True)
class Reply:
    """What a provider has answered with OK: the message, and its metadata before and behind it."""

    message: bytes
    initial: metadata.Pairs
    trailing: metadata.Pairs


class Connection:
    """The channel to one address, and the unary calls under way on it."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self._core: Any = channel._channel  # type: ignore[attr-defined]
        self._calls: set[Any] = set()
        self._idle: asyncio.Event | None = None  # there when somebody waits for the calls to end

    async def call(self, path: bytes, request: bytes, within: float, pairs: Sequence[metadata.Pair]) -> Reply:
        """A unary call, bytes to bytes, to be answered ``within`` so many seconds.

        It goes through the layer that grpc.aio's own calls stand on: these cost a task, two collections of metadata
        and a weak reference more, a tenth of all that the gateway costs (docs/decisions/0010-cost-of-a-call.md).
        Raises AioRpcError, and Moved when the connection was closed.
        """
        call = self._core.call(path, time.time() + within, None, None)
        self._calls.add(call)
        try:
            message = await call.unary_unary(request, tuple(pairs))
        except asyncio.CancelledError:
            if not call.done():
                call.cancel("the caller has left")
            raise
        finally:
            self._calls.discard(call)
            if self._idle is not None and not self._calls:
                self._idle.set()
        if call.is_locally_cancelled():
            raise Moved
        ended = await call.status()
        initial, trailing = await call.initial_metadata(), ended.trailing_metadata() or ()
        code, details = _CODES[ended.code()], ended.details()
        if code is grpc.StatusCode.OK and message is None:
            code, details = grpc.StatusCode.INTERNAL, "the provider answered OK without a message"
        if code is not grpc.StatusCode.OK:
            raise grpc.aio.AioRpcError(code, grpc.aio.Metadata(*initial), grpc.aio.Metadata(*trailing), details)
        return Reply(message, initial, trailing)

    async def close(self, grace: float) -> None:
        """Closes it; calls in flight may still finish within so many seconds."""
        if self._calls:
            self._idle = asyncio.Event()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), grace)
        for call in self._calls:
            call.cancel("the connection was closed")
        await self.channel.close(grace)


class Upstreams:
    """One channel for each provider's address, opened at the first call.

    Where a name stands for several hosts, they are replicas of one provider: calls go to each in turn, and to those
    that are left when one is lost.
    """

    def __init__(self, max_message_bytes: int, tls: Tls | None = None) -> None:
        self._tls = tls
        self._options = (
            ("grpc.max_send_message_length", max_message_bytes),
            ("grpc.max_receive_message_length", max_message_bytes),
            ("grpc.use_local_subchannel_pool", 1),
            ("grpc.enable_retries", 0),
            ("grpc.lb_policy_name", "round_robin"),
            ("grpc.dns_min_time_between_resolutions_ms", 1000),
            # Sooner than a consumer's channel (ndxp/client.py): no circuit's next try is to find gRPC still waiting.
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.min_reconnect_backoff_ms", 2000),
            ("grpc.max_reconnect_backoff_ms", 1000),
        )
        self._connections: dict[str, Connection] = {}
        self._leaving: list[asyncio.Task[None]] = []

    def _connection(self, address: str) -> Connection:
        connection = self._connections.get(address)
        if connection is None:
            connection = Connection(connect_aio(address, self._tls, self._options))
            self._connections[address] = connection
        return connection

    def channel(self, address: str) -> grpc.aio.Channel:
        """The channel to an address."""
        return self._connection(address).channel

    def unary(
        self, address: str, method: str, request: bytes, within: float, pairs: Sequence[metadata.Pair] = ()
    ) -> Awaitable[Reply]:
        """A call of a unary method; raises what ``Connection.call`` raises."""
        return self._connection(address).call(f"/{method}".encode(), request, within, pairs)

    @contextlib.contextmanager
    def stream(self, address: str, method: str, within: float, pairs: Sequence[metadata.Pair]) -> Iterator[Any]:
        """A call of a method of any kind, bytes to bytes, over when the ``with`` statement is.

        The statement raises Moved when the connection was closed.
        """
        rpc: Any = keep_status(self.channel(address).stream_stream(f"/{method}")(timeout=within, metadata=pairs))
        try:
            yield rpc
        except asyncio.CancelledError:
            if asyncio.current_task().cancelling():  # type: ignore[union-attr] # a handler runs in one
                raise
            raise Moved from None  # it was not this task that was cancelled, but the call
        finally:
            rpc.cancel()

    def keep(self, addresses: Iterable[str]) -> None:
        """Leaves the channels to addresses that are no provider's any more; calls in flight there may still finish."""
        self._leaving = [closing for closing in self._leaving if not closing.done()]
        for address in self._connections.keys() - set(addresses):
            self._leaving.append(asyncio.create_task(self._connections.pop(address).close(_GRACE)))

    async def close(self) -> None:
        """Closes all channels."""
        self.keep(())
        await asyncio.gather(*self._leaving)

    def own_reason(self, address: str, error: grpc.aio.AioRpcError, *, overdue: bool) -> Reason | None:
        """Why a call failed when it was not the provider who said so; None when it was.

        ``overdue`` says that the deadline has passed. gRPC does not tell a peer's status from one made at this end:
        the state of the connection and the texts of gRPC's core do.
        """
        if metadata.STATUS_DETAILS in (error.trailing_metadata() or ()):
            return None  # nobody but the provider sends details
        code, text = error.code(), error.details() or ""
        if code is grpc.StatusCode.UNAVAILABLE:
            known = self._connections.get(address)  # none when it was left meanwhile
            lost = known is not None and known.channel.get_state() is not grpc.ChannelConnectivity.READY
            return Reason.PROVIDER_UNREACHABLE if lost or text.startswith(_LOST) else None
        if code is grpc.StatusCode.CANCELLED and text == _NOT_TAKEN:
            return Reason.PROVIDER_UNREACHABLE
        if code is grpc.StatusCode.DEADLINE_EXCEEDED and overdue:
            return Reason.PROVIDER_TIMEOUT
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED and _TOO_LARGE in text:
            return Reason.MESSAGE_TOO_LARGE
        return None
