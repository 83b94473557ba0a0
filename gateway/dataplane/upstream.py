"""The gateway's connections to providers, and what a failed call says about them."""

import asyncio
from collections.abc import Iterable
from typing import Any

import grpc

from ndxp import metadata
from ndxp.errors import Reason
from ndxp.tls import Tls, connect_aio

_LOST = ("failed to connect to all addresses", "Stream removed (", "Socket closed", "Connection reset")
_NOT_TAKEN = "CANCELLED"
"""With the code of that name: what gRPC's core says to a call that has come to a server while it stops."""

_GRACE = 30.0
_TOO_LARGE = "message larger than max"


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
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.min_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 1000),
        )
        self._channels: dict[str, grpc.aio.Channel] = {}
        self._unary: dict[tuple[str, str], Any] = {}
        self._leaving: list[asyncio.Task[None]] = []

    def channel(self, address: str) -> grpc.aio.Channel:
        """The channel to an address."""
        channel = self._channels.get(address)
        if channel is None:
            channel = self._channels[address] = connect_aio(address, self._tls, self._options)
        return channel

    def unary(self, address: str, method: str) -> Any:
        """A callable for a unary method, bytes to bytes."""
        call = self._unary.get((address, method))
        if call is None:
            call = self._unary[address, method] = self.channel(address).unary_unary(f"/{method}")
        return call

    def stream(self, address: str, method: str) -> Any:
        """A callable for a method of any kind, bytes to bytes."""
        return self.channel(address).stream_stream(f"/{method}")

    def keep(self, addresses: Iterable[str]) -> None:
        """Leaves the channels to addresses that are no provider's any more; calls in flight there may still finish."""
        self._leaving = [closing for closing in self._leaving if not closing.done()]
        for address in self._channels.keys() - set(addresses):
            self._unary = {key: call for key, call in self._unary.items() if key[0] != address}
            self._leaving.append(asyncio.create_task(self._channels.pop(address).close(grace=_GRACE)))

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
            lost = self.channel(address).get_state() is not grpc.ChannelConnectivity.READY
            return Reason.PROVIDER_UNREACHABLE if lost or text.startswith(_LOST) else None
        if code is grpc.StatusCode.CANCELLED and text == _NOT_TAKEN:
            return Reason.PROVIDER_UNREACHABLE
        if code is grpc.StatusCode.DEADLINE_EXCEEDED and overdue:
            return Reason.PROVIDER_TIMEOUT
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED and _TOO_LARGE in text:
            return Reason.MESSAGE_TOO_LARGE
        return None
