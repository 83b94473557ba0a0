"""The gateway's port: takes connections, limits their cost, and passes their calls on to relay or directory."""

import asyncio
import contextlib
import random
import ssl
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from gateway.dataplane import headers
from gateway.dataplane.carrier import Carrier
from gateway.dataplane.certificates import Certificate, presented
from gateway.dataplane.directory import Directory
from gateway.dataplane.relay import Relays
from gateway.dataplane.strangers import Strangers
from gateway.dataplane.turns import TURN, Share, Turns
from gateway.settings import GatewaySettings
from ndxp.address import Address
from ndxp.http2 import Limits, ServerConnection, Stream, StreamUser
from ndxp.http2.fields import Request
from ndxp.http2.server import NOBODY
from ndxp.wire.tls import Tls

_KEEPALIVE, _ANSWER = 60.0, 20.0
"""Seconds of silence after which a connection is tested, and within which it must then answer."""

_SHORTEST = 0.05
"""Least number of seconds between two checks of a connection."""

_FAREWELL = 1.0
"""Seconds between announcing a connection's end and ending it, so that calls on their way still arrive."""

_STRANGERS = 4
"""One address may have this fraction (one part in so many) of all connections without a known caller."""

_SHARES = 10_000
"""The most shares of members that are kept; above that all are forgotten and begin again."""

_NO_GRPC = ((":status", "415"),)
"""The answer of gRPC's protocol to a request that is not gRPC."""

_BACKLOG = 1024
_UNIX = "unix:"


class Listener:
    """The port, and the connections to it."""

    def __init__(self, settings: GatewaySettings, relays: Relays, directory: Directory, tls: Tls | None) -> None:
        self.settings = settings
        self.limits = Limits(
            concurrent_streams=settings.max_streams_per_connection,
            field_bytes=max(16_384, 2 * settings.max_metadata_bytes),
            turn=TURN,
        )
        self.relays = relays
        self.directory = directory
        self.loop = asyncio.get_running_loop()
        self.turns = Turns(self.loop)
        self._shares: dict[tuple[str, str], Share] = {}
        self.strangers = Strangers(self.loop, max(2, settings.max_connections // _STRANGERS))
        self.connections: set[Inbound] = set()
        self.closing = False
        self._empty = asyncio.Event()
        self._tls = None if tls is None else tls.http2(server=True)
        self._server: asyncio.Server | None = None

    async def open(self) -> str:
        """Takes connections from now on; gives the address, with the port where 0 was asked for.

        Raises OSError with a sentence when the address cannot be had.
        """
        address = self.settings.gateway_address
        handshake = self.settings.handshake_timeout if self._tls is not None else None

        def connected() -> Inbound:
            return Inbound(self)

        try:
            if address.startswith(_UNIX):
                path = address.removeprefix(_UNIX)
                _remove(path)
                self._server = await self.loop.create_unix_server(
                    connected, path, backlog=_BACKLOG, ssl=self._tls, ssl_handshake_timeout=handshake
                )
                return address
            at = Address.parse(address, listening=True)
            self._server = await self.loop.create_server(
                connected,
                at.hosts,
                at.port,
                reuse_port=True,
                backlog=_BACKLOG,
                ssl=self._tls,
                ssl_handshake_timeout=handshake,
            )
        except OSError as error:
            raise OSError(f"cannot listen on {address}; is the port in use?") from error
        return str(Address(at.host, self._server.sockets[0].getsockname()[1]))

    async def close(self, grace: float) -> None:
        """Takes no more connections and calls; those under way get ``grace`` seconds."""
        self.closing = True  # for connections whose TLS handshake is still under way
        if self._server is not None:
            self._server.close()
        for inbound in list(self.connections):
            inbound.leave()
        self._empty.clear()
        if self.connections:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(grace):
                    await self._empty.wait()
        for inbound in list(self.connections):
            inbound.close()
        # Calls that this cuts off also go to the journal before this returns.
        if self.connections:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FAREWELL):
                    await self._empty.wait()
        for inbound in list(self.connections):
            inbound.abort()

    def admit(self, inbound: "Inbound") -> bool:
        """Whether there is room for a connection; a stranger's connection may be closed for it."""
        if len(self.connections) >= self.settings.max_connections and not self.strangers.make_room():
            return False
        self.connections.add(inbound)
        self.strangers.add(inbound)
        return True

    def share(self, member: str, address: str) -> Share:
        """What a member has used of this worker, on all his connections from an address."""
        key = member, address
        if key not in self._shares:
            if len(self._shares) >= _SHARES:
                self._shares.clear()
            self._shares[key] = Share(self.limits)
        return self._shares[key]

    def forget(self, inbound: "Inbound") -> None:
        """The connection has ended."""
        self.connections.discard(inbound)
        self.strangers.remove(inbound)
        if not self.connections:
            self._empty.set()


def _remove(path: str) -> None:
    """Removes the socket of a worker that has ended."""
    Path(path).unlink(missing_ok=True)


class Inbound(Carrier[ServerConnection]):
    """A caller's connection."""

    def __init__(self, listener: Listener) -> None:
        super().__init__(listener.loop)
        self.connection = ServerConnection(listener.limits, self.wake, self._accept)
        self.address = ""
        self._listener = listener
        self._certificate: Certificate | None = None
        self._share: Share | None = None  # None while nobody has shown who he is
        self._timer: asyncio.TimerHandle | None = None
        self._busy_at = self._loop.time()
        self._ends_at = self._busy_at + listener.settings.max_connection_age * random.uniform(0.9, 1.1)
        self._answered: int | None = None  # pings, when the connection was tested

    # The transport.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has connected."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if isinstance(peer, tuple) else ""
        if not self._listener.admit(self):
            self.close()
            return
        encrypted: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        if encrypted is not None:
            self._certificate = presented(encrypted.getpeercert(binary_form=True) or b"")
        self.connection.greet()
        self._timer = self._loop.call_later(self._listener.settings.handshake_timeout, self._look_after)
        if self._listener.closing:
            self.leave()

    def data_received(self, data: bytes) -> None:
        """Bytes of the caller's; a stranger's wait until there is time for strangers, those of a busy member too."""
        share = self._share
        if share is None:
            self._listener.strangers.receive(self, data)
        elif self._kept or (share.used_up and self._listener.turns.shared):
            self.put_off(data)
        else:
            self.take_in(data)

    def take_in(self, data: bytes) -> None:
        """Reads what has come, for one turn, which counts as the member's."""
        share, turns, began = self._share, self._listener.turns, perf_counter()
        if share is not None:
            self.connection.take_turns(turns.turn())
        super().take_in(data)
        if share is not None:
            turns.serve(share, began)

    def wait_for_turn(self) -> None:
        """Members take turns; strangers are served when there is time for strangers."""
        if self._share is not None:
            self._listener.turns.wait(self)
        else:
            self._listener.strangers.wait(self, b"")

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone, with all calls on it."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(error)

    def gone(self) -> None:
        """No call is left on it: its place is free."""
        self._listener.forget(self)

    def flush(self) -> None:
        """Sends what there is; a connection that takes no more calls ends with its last one."""
        super().flush()
        if self.connection.leaving and not self.connection.streams and self.transport is not None:
            self.transport.close()

    # Calls.

    def _accept(self, stream: Stream, request: Request | None, ended: bool) -> StreamUser:
        self._busy_at = self._loop.time()
        if request is not None:
            if request.method != "POST" or not headers.is_grpc(request.fields):
                stream.send_headers(_NO_GRPC, "", end=True)
                return NOBODY
            local = self._listener.directory.accept(stream, request, self, self._certificate)
            if local is not None:
                return local
        relay = self._listener.relays.accept(stream, request, self._certificate, ended=ended)
        if self._share is None and relay.identified:
            share = self._share = self._listener.share(relay.call.client, self.address)
            self._listener.strangers.remove(self)
            self.connection.belongs_to(share.nuisances)
        return relay

    # Its life.

    def leave(self) -> None:
        """Announces the end to the caller, who makes no more calls here; those under way may end."""
        if not self.connection.leaving:
            self.connection.drain()
            self._after(_FAREWELL, self._end)

    def _end(self) -> None:
        """Takes no more calls. A caller who does not read even this is still checked later."""
        self.connection.leave()
        self.flush()
        self._after(_KEEPALIVE, self._look_after)

    def _after(self, seconds: float, step: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, step)

    def _look_after(self) -> None:
        """Ends a connection that is silent, idle, old or dead."""
        connection, now = self.connection, self._loop.time()
        silent = now - self.heard_at
        if connection.streams:
            self._busy_at = now
        idle = now - self._busy_at
        dead = self._answered == connection.answered_pings and silent >= _ANSWER
        if dead or self.transport is None or self.transport.is_closing():  # closed before, and the caller does not read
            self.abort()
        elif not connection.greeted:
            self.close()
            self._after(_ANSWER, self._look_after)
        elif idle >= self._listener.settings.max_idle and not connection.leaving:
            self._end()
        elif now >= self._ends_at and not connection.leaving:
            self.leave()
        else:
            self._answered = None
            wait = _KEEPALIVE
            if not connection.leaving:
                wait = min(self._listener.settings.max_idle - idle, self._ends_at - now, _KEEPALIVE)
            if silent >= _KEEPALIVE:
                self._answered, wait = connection.answered_pings, _ANSWER
                connection.ping()
            self._after(max(_SHORTEST, wait), self._look_after)
