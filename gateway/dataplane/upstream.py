"""The gateway's connections to providers: made when needed, used in turn, closed when unused."""

import asyncio
import logging
import socket
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol, TypeAlias, cast

from gateway.dataplane.carrier import Carrier
from gateway.dataplane.turns import TURN
from ndxp.address import Address
from ndxp.http2 import ClientConnection, ErrorCode, Limits
from ndxp.wire.tls import Tls

_CONNECT = 5.0
"""Seconds for resolving a name and making a connection."""

_RETRY_FIRST, _RETRY_LAST = 0.1, 1.0
"""Seconds until a host that could not be reached is tried again, at first and at most."""

_LOOKED_UP_AGAIN, _SOONER = 5.0, 1.0
"""Seconds after which a name is looked up again, when there are calls; sooner while no host of it is known."""

TRIES = 5
"""How often a call is offered to a provider that resets it with REFUSED_STREAM, which means that nothing was done."""

_WAITING = 2000
"""Calls that may wait for a connection, or for room on one; more are refused as OVERLOADED."""

_UNACKNOWLEDGED = 20_000
"""Milliseconds for which a host may leave what was sent to it unacknowledged. The system asks a silent host: gRPC's
servers end a connection with PINGs on a quiet stream."""

_IDLE, _ASKED_AGAIN, _ASKED = 30, 10, 3
"""Seconds of silence before the system asks a host whether it is there, and between two questions; how many it asks."""

_GRACE = 30.0
"""Seconds that calls get to finish on a connection that nobody needs any more."""

_MOVED = "the connection to the provider was closed, because it is registered elsewhere now"
_LIMITS = Limits(
    field_bytes=16 * 1024 - 192,
    block_bytes=256 * 1024,
    block_frames=64,
    nuisances_at_once=20_000,
    nuisances_per_second=5000,
    turn=TURN,
)
"""Providers are members: what they send is bounded, but not as strangers' is.

gRPC's clients take header lists of 16 KiB; a transaction and whose an end is are put to the provider's. A list that is
larger, even much larger, ends its call and not the connection, on which there are calls of others.
"""

_log = logging.getLogger("gateway")


LookUp: TypeAlias = Callable[[Address], Awaitable[list[Address]]]
"""Finds the hosts that an address stands for; raises OSError when its name is not known."""


async def look_up(address: Address) -> list[Address]:
    """The hosts that an address stands for now, each once."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(Address(str(host[0]), address.port) for *_, host in found))


class Forwarded(Protocol):
    """A call that wants to go to a provider; it is the user of its stream there."""

    @property
    def wanted(self) -> bool:
        """Whether somebody waits for it."""

    def go(self, connection: ClientConnection, scheme: str) -> None:
        """There is a connection with room for it; ``scheme`` is http or https."""

    def unreachable(self, why: str) -> None:
        """There is no connection to be had, or it is lost; ``why`` is empty for the usual reasons."""

    def overloaded(self, why: str) -> None:
        """Too many calls wait for a connection."""


class Outbound(Carrier[ClientConnection]):
    """One connection to a host of a provider."""

    def __init__(self, loop: asyncio.AbstractEventLoop, provider: "Provider", host: Address) -> None:
        super().__init__(loop)
        self.connection = ClientConnection(_LIMITS, self.wake)
        self.host = host
        self.settled = asyncio.Event()  # whether it is known what the provider takes, or that the connection is lost
        self._provider = provider
        self._leaving: asyncio.TimerHandle | None = None

    @property
    def ready(self) -> bool:
        """Whether a call can go now."""
        return self.transport is not None and self.connection.room > 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The provider has taken the connection."""
        super().connection_made(transport)
        _notice_its_death(transport.get_extra_info("socket"))
        self.connection.greet()

    def take_in(self, data: bytes) -> None:
        """Bytes of the provider's; what they end makes room for calls that wait."""
        self.connection.take_turns(self._provider.turn())
        super().take_in(data)
        if self.connection.greeted and not self.settled.is_set():
            self.settled.set()
        if self.connection.leaving:
            self._provider.lost(self)
            self.flush()
        elif self._provider.waiting:
            self._provider.go_on()
        elif self._leaving is not None and not self.connection.streams:
            self.close()

    def flush(self) -> None:
        """Sends what there is; a connection that takes no more calls ends with its last one."""
        super().flush()
        if self.connection.leaving and not self.connection.streams and self.transport is not None:
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone, with all calls on it."""
        if self._leaving is not None:
            self._leaving.cancel()
        super().connection_lost(error)
        self.settled.set()
        self._provider.lost(self)

    def leave(self, grace: float) -> None:
        """Closes the connection when the calls on it have ended, or when they have had their time."""
        if not self.connection.streams:
            self.close()
        else:
            self._leaving = self._loop.call_later(grace, self._give_up)

    def _give_up(self) -> None:
        for stream in list(self.connection.streams.values()):
            stream.reset(ErrorCode.CANCEL)
            cast(Forwarded, stream.user).unreachable(_MOVED)
        self.close()


def _notice_its_death(connected: socket.socket) -> None:
    """Lets the system end a connection whose host is gone without a word."""
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _IDLE)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _ASKED_AGAIN)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _ASKED)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED)


class Provider:
    """One provider's address: the connections to the hosts that it stands for, and the calls that wait for one."""

    def __init__(
        self,
        address: Address,
        look_up: LookUp,
        context: ssl.SSLContext | None,
        *,
        on_loss: Callable[[], None],
        turn: Callable[[], float],
    ) -> None:
        """``on_loss`` is called when a connection is lost, but not after ``leave``.

        ``turn`` says for how many seconds bytes may be read in one go.
        """
        self._loop = asyncio.get_running_loop()
        self._address = address
        self._find = look_up
        self._context = context
        self._on_loss = on_loss
        self.turn = turn
        self._connections: list[Outbound] = []
        self._latest = 0  # the place of the connection that took the last call
        self._pauses: dict[Address, float] = {}  # how long a host is left alone
        self._again: dict[Address, float] = {}  # when a host may be tried again
        self._try_at = float("inf")  # the earliest of these
        self._connecting: dict[Address, asyncio.Task[None]] = {}
        self._hosts: list[Address] = []
        self._look_up_at = 0.0  # when the address is to be looked up
        self._looking: asyncio.Task[None] | None = None
        self._left = False
        self.waiting: deque[Forwarded] = deque()

    @property
    def scheme(self) -> str:
        """What calls say of themselves."""
        return "https" if self._context else "http"

    def forward(self, call: Forwarded) -> None:
        """Lets a call go on the next connection with room; without any it waits for one, if there may be one soon."""
        now = self._loop.time()
        if now >= self._look_up_at:
            self._look_up()
        if now >= self._try_at:
            self._connect()
        outbound = None if self.waiting else self._next()
        if outbound is not None:
            call.go(outbound.connection, self.scheme)
        elif not self._may_connect():
            call.unreachable("")
        elif self._is_crowded():
            call.overloaded(f"{_WAITING} calls wait for a connection to the provider")
        else:
            self.waiting.append(call)

    def go_on(self) -> None:
        """Lets waiting calls go, as far as there is room."""
        waiting = self.waiting
        while waiting:
            if not waiting[0].wanted:
                waiting.popleft()
                continue
            outbound = self._next()
            if outbound is None:
                return
            waiting.popleft().go(outbound.connection, self.scheme)

    def lost(self, outbound: Outbound) -> None:
        """A connection takes no more calls."""
        if outbound in self._connections:
            self._connections.remove(outbound)
            if not self._left:
                self._look_up()
                self._on_loss()

    def leave(self, grace: float) -> None:
        """Lets go of all connections; calls on them may still finish."""
        self._left = True
        for task in self._tasks():
            task.cancel()
        for outbound in list(self._connections):
            outbound.leave(grace)
        while self.waiting:
            self.waiting.popleft().unreachable(_MOVED)

    @property
    def busy(self) -> bool:
        """Whether something of its own still runs, or is open."""
        return bool(self._connections or self._tasks())

    async def closed(self) -> None:
        """Waits until nothing of its own runs any more."""
        await asyncio.gather(*self._tasks(), return_exceptions=True)

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [*self._connecting.values(), *([] if self._looking is None else [self._looking])]

    def _is_crowded(self) -> bool:
        if len(self.waiting) >= _WAITING:
            self.waiting = deque(call for call in self.waiting if call.wanted)
        return len(self.waiting) >= _WAITING

    def _next(self) -> Outbound | None:
        connections = self._connections
        for _ in range(len(connections)):
            self._latest = (self._latest + 1) % len(connections)
            if connections[self._latest].ready:
                return connections[self._latest]
        return None

    def _may_connect(self) -> bool:
        """Whether there may be a connection soon: one is there and full, or one is being made."""
        return bool(self._connections or self._connecting or self._looking)

    def _look_up(self) -> None:
        """Finds out which hosts there are, and connects to those that are new."""
        if self._looking is None:
            self._looking = self._loop.create_task(self._looked_up())

    async def _looked_up(self) -> None:
        try:
            async with asyncio.timeout(_CONNECT):
                self._hosts = await self._find(self._address)
        except OSError as error:  # of time too
            why = error or type(error).__name__
            _log.warning("the address %s of a provider cannot be found: %s", self._address, why)
        finally:
            self._look_up_at = self._loop.time() + (_LOOKED_UP_AGAIN if self._hosts else _SOONER)
            self._looking = None
        self._connect()
        self._see_who_waits()

    def _connect(self) -> None:
        """Connects to the hosts that have no connection and need not be left alone."""
        there = {outbound.host for outbound in self._connections}
        now = self._loop.time()
        for host in self._hosts:
            if host not in there and host not in self._connecting and now >= self._again.get(host, 0.0):
                self._connecting[host] = self._loop.create_task(self._open(host))
        later = [at for host, at in self._again.items() if at > now and host in self._hosts]
        self._try_at = min(later, default=float("inf"))

    async def _open(self, host: Address) -> None:
        try:
            async with asyncio.timeout(_CONNECT):
                outbound = await self._greeted(host) or await self._greeted(host)
            if outbound is None:
                raise ConnectionResetError
        except OSError as error:  # of TLS and of time too
            pause = self._pauses[host] = min(_RETRY_LAST, 2 * self._pauses.get(host, _RETRY_FIRST / 2))
            self._again[host] = self._loop.time() + pause
            self._try_at = min(self._try_at, self._again[host])
            _log.debug("a host of %s cannot be reached: %s", self._address, type(error).__name__)
        else:
            self._pauses.pop(host, None)
            self._again.pop(host, None)
            self._connections.append(outbound)
        finally:
            del self._connecting[host]
        self.go_on()
        self._see_who_waits()

    async def _greeted(self, host: Address) -> Outbound | None:
        """A connection of which it is known what its host takes; None when the host took it and left it at once.

        That is what a process does that is being replaced: the next connection comes to the one in its place.
        """
        outbound = Outbound(self._loop, self, host)
        name = self._address.host if self._context else None
        try:
            await self._loop.create_connection(
                lambda: outbound, host.host, host.port, ssl=self._context, server_hostname=name
            )
            await outbound.settled.wait()
        except ConnectionResetError:  # in the middle of the handshake of TLS
            return None
        except BaseException:  # too slow, or nobody needs it any more
            outbound.abort()
            raise
        return None if outbound.transport is None else outbound

    def _see_who_waits(self) -> None:
        """Nobody waits for a connection that will not come."""
        if self.waiting and not self._connections and not self._connecting and self._looking is None:
            waiting, self.waiting = self.waiting, deque()
            for call in waiting:
                call.unreachable("")


class Upstreams:
    """The providers' addresses in use."""

    def __init__(self, tls: Tls | None = None, look_up: LookUp = look_up) -> None:
        self._look_up = look_up
        self._context = None if tls is None else tls.http2(server=False)
        self._providers: dict[str, Provider] = {}
        self._left: list[Provider] = []
        self.on_loss: Callable[[str], None] = lambda _: None
        """Called with an address when a connection to it is lost."""
        self.turn: Callable[[], float] = lambda: TURN
        """Says for how many seconds a provider's bytes may be read in one go."""

    def forward(self, address: str, call: Forwarded) -> None:
        """Lets a call go to an address, now or as soon as there is a connection; it hears what comes of it."""
        provider = self._providers.get(address)
        if provider is None:
            try:
                provider = Provider(
                    Address.parse(address),
                    self._look_up,
                    self._context,
                    on_loss=lambda: self.on_loss(address),
                    turn=lambda: self.turn(),
                )
            except ValueError as error:
                call.unreachable(str(error))
                return
            self._providers[address] = provider
        provider.forward(call)

    def keep(self, addresses: Iterable[str]) -> None:
        """Leaves the addresses that are no provider's any more; calls in flight there may still finish."""
        for address in self._providers.keys() - set(addresses):
            provider = self._providers.pop(address)
            provider.leave(_GRACE)
            self._left = [left for left in self._left if left.busy]
            self._left.append(provider)

    async def close(self) -> None:
        """Closes all connections."""
        self.keep(())
        for provider in self._left:
            provider.leave(0)
            await provider.closed()
