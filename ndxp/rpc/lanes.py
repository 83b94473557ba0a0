"""Connections to the gateway, and the calls on them: gRPC on the project's own HTTP/2."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import cast

from ndxp.errors import Code
from ndxp.http2 import ClientConnection, Limits, literal
from ndxp.http2.fields import Field
from ndxp.rpc.answer import Answer
from ndxp.rpc.framing import frame
from ndxp.rpc.rpc import Ended, Rpc
from ndxp.rpc.streamed import StreamedRpc
from ndxp.wire.metadata import Pair
from ndxp.wire.tls import Tls

_CONNECT = 30.0
"""Seconds for making a connection; a call waits no longer than its deadline."""

_PAUSE = 0.1
"""Seconds between two attempts to connect; calls in between fail at once."""

_LIMITS = Limits(
    stream_window=1 << 20,
    connection_window=4 << 20,
    field_bytes=32 * 1024,
    nuisances_at_once=20_000,
    nuisances_per_second=5000,
)
"""Limits for what the gateway sends; they are wider than those for strangers."""

_LARGEST = 64 * 1024 * 1024
"""Bytes of a message in a streamed call, unless the caller says otherwise; the gateway allows less."""

_MICROSECONDS = 99_999_999
"""The longest deadline that gRPC writes in µs: eight digits."""


class Lanes:
    """Several real connections to the gateway; calls use them in turn.

    With certificates (by client) each client has its own connection, because a connection has the identity of one
    client. ``agent`` is the user-agent; ``tls`` is what all connections show that have no certificate of a client.
    A lost connection is made again for the next call; while that fails, calls end with UNAVAILABLE.
    """

    def __init__(
        self,
        gateway: str,
        count: int,
        certificates: Mapping[str, Tls] = MappingProxyType({}),
        *,
        agent: str = "ndxp",
        tls: Tls | None = None,
    ) -> None:
        shown: list[Tls | None] = [*certificates.values()] or [tls] * count
        self._gateway = gateway
        self._lanes = [_Lane(gateway, each, agent) for each in shown]
        self._turn = 0
        self._own = {client: place for place, client in enumerate(certificates)}
        self._waiting: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Makes all connections. Raises ConnectionError when the gateway does not answer."""
        try:
            for lane in self._lanes:
                await lane.stand()
        except OSError as error:
            self.close()
            raise ConnectionError(f"the gateway at {self._gateway} does not answer") from error

    @property
    def ready(self) -> bool:
        """Whether all connections are there, and take calls now."""
        return all(lane.ready for lane in self._lanes)

    def close(self) -> None:
        """Closes all connections."""
        for lane in self._lanes:
            lane.close()

    def ask(
        self, client: str, path: str, requests: Sequence[bytes], pairs: Sequence[Pair], deadline: float, ended: Ended
    ) -> None:
        """Makes a call on the client's own connection, or on the next one in turn; ``ended`` is called at its end.

        ``deadline`` is in seconds. A call is not a task, because a task would wake the loop three times more.
        """
        lane = self._lane(client)
        later = partial(self._ask_later, lane, path, requests, pairs, time.monotonic() + deadline, ended)
        wire = lane.ready
        if wire is not None:
            wire.ask(path, requests, pairs, deadline, ended, later)
        else:
            later()

    async def stream(
        self, path: str, pairs: Sequence[Pair], *, client: str = "", known: bool = True, largest: int = _LARGEST
    ) -> StreamedRpc:
        """Begins a call whose messages go and come one by one. It has a deadline if ``pairs`` name a grpc-timeout.

        A path that is not ``known`` is not remembered: it may be free text of a stranger.
        Raises ConnectionError when there is no connection.
        """
        lane = self._lane(client)
        try:
            while (wire := lane.ready) is None:
                await lane.stand()
        except OSError as error:
            raise ConnectionError(f"the gateway at {self._gateway} does not answer") from error
        return wire.stream(path, pairs, known=known, largest=largest)

    def _lane(self, client: str) -> "_Lane":
        if self._own:
            return self._lanes[self._own[client]]
        self._turn = (self._turn + 1) % len(self._lanes)
        return self._lanes[self._turn]

    def _ask_later(
        self, lane: "_Lane", path: str, requests: Sequence[bytes], pairs: Sequence[Pair], until: float, ended: Ended
    ) -> None:
        waiting = asyncio.create_task(_ask(lane, path, requests, pairs, until, ended))
        self._waiting.add(waiting)
        waiting.add_done_callback(self._waiting.discard)


async def _ask(
    lane: "_Lane", path: str, requests: Sequence[bytes], pairs: Sequence[Pair], until: float, ended: Ended
) -> None:
    """Makes a call as soon as a connection has room for it; ``until`` is on the monotonic clock."""
    try:
        async with asyncio.timeout(max(0.0, until - time.monotonic())):
            while (wire := lane.ready) is None:  # another call may have been quicker
                await lane.stand()
    except TimeoutError:
        ended(Answer(Code.DEADLINE_EXCEEDED))
    except OSError:
        ended(Answer(Code.UNAVAILABLE))
    else:
        wire.ask(path, requests, pairs, until - time.monotonic(), ended)


class _Lane:
    """A connection that is made again after it was lost."""

    def __init__(self, gateway: str, tls: Tls | None, agent: str) -> None:
        self._gateway = gateway
        self._agent = agent
        self._context = tls.http2(server=False) if tls else None
        self._wire: _Wire | None = None
        self._making = asyncio.Lock()
        self._not_before = 0.0

    @property
    def ready(self) -> "_Wire | None":
        """The connection if it can take a call now, which is nearly always so."""
        return self._wire if self._wire is not None and self._wire.connection.room > 0 else None

    async def stand(self) -> None:
        """Makes the connection, or waits for an event on the present one. Raises OSError when it cannot be made."""
        async with self._making:
            if self._wire is None or self._wire.connection.leaving:
                self._wire = None
                self._wire = await self._connect()
            wire = self._wire
        if not wire.connection.room:
            await wire.news()

    def close(self) -> None:
        """Closes the connection."""
        if self._wire is not None:
            self._wire.close()

    async def _connect(self) -> "_Wire":
        loop = asyncio.get_running_loop()
        if loop.time() < self._not_before:
            raise ConnectionError("the last attempt has just failed")
        self._not_before = loop.time() + _PAUSE
        host, _, port = self._gateway.rpartition(":")
        try:
            async with asyncio.timeout(_CONNECT):
                _, wire = await loop.create_connection(
                    lambda: _Wire(loop, self._gateway, "https" if self._context else "http", self._agent),
                    host.strip("[]"),
                    int(port),
                    ssl=self._context,
                )
        except TimeoutError as error:
            raise ConnectionError("no connection in time") from error
        return wire


class _Wire(asyncio.Protocol):
    """One connection; all data of one turn of the loop is sent in one write."""

    def __init__(self, loop: asyncio.AbstractEventLoop, authority: str, scheme: str, agent: str) -> None:
        self._loop = loop
        self._authority, self._scheme, self._agent = authority, scheme, agent
        self._transport: asyncio.Transport | None = None
        self._heads: dict[str, tuple[Field, ...]] = {}
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.connection = ClientConnection(_LIMITS, self._wake)

    def ask(
        self,
        path: str,
        requests: Sequence[bytes],
        pairs: Sequence[Pair],
        deadline: float,
        ended: Ended,
        again: Callable[[], None] | None = None,
    ) -> None:
        """Makes a call; the connection must have room for it."""
        rpc = Rpc(ended, again)
        stream = rpc.stream = self.connection.open(rpc, self._head(path), _literals(pairs) + _timeout(deadline))
        rpc.timer = self._loop.call_later(deadline, rpc.expire)
        stream.send_data(frame(requests), end=True)

    def stream(self, path: str, pairs: Sequence[Pair], *, known: bool, largest: int) -> StreamedRpc:
        """Begins a call whose messages go and come one by one; the connection must have room for it."""
        rpc = StreamedRpc(largest)
        constant, rest = (self._head(path), "") if known else ((), _literals(self._fields(path)))
        rpc.stream = self.connection.open(rpc, constant, rest + _literals(pairs))
        return rpc

    async def news(self) -> None:
        """Waits until data has come or the connection is lost."""
        waiting = self._loop.create_future()
        self._waiting.append(waiting)
        await waiting

    def close(self) -> None:
        """Closes the connection, and ends the calls on it."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The gateway has taken the connection."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's class does not inherit from it
        self.connection.greet()

    def data_received(self, data: bytes) -> None:
        """Bytes from the gateway."""
        self.connection.receive(data)
        if self.connection.closed or (self.connection.leaving and not self.connection.streams):
            self._flush()
            self.close()
        self._tell()

    def pause_writing(self) -> None:
        """The transport has enough for now."""
        self.connection.hold()

    def resume_writing(self) -> None:
        """The transport takes more."""
        self.connection.release()

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone."""
        self._transport = None
        self.connection.lost()
        self.connection.tell_of_loss()
        self._tell()

    def _wake(self) -> None:
        self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        if self._transport is not None and (data := self.connection.take()):
            self._transport.write(data)

    def _tell(self) -> None:
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(None)

    def _head(self, path: str) -> tuple[Field, ...]:
        """The fields that calls of a method have in common."""
        head = self._heads.get(path)
        if head is None:
            head = self._heads[path] = self._fields(path)
        return head

    def _fields(self, path: str) -> tuple[Field, ...]:
        return (
            (":method", "POST"), (":scheme", self._scheme), (":path", path), (":authority", self._authority),
            ("te", "trailers"), ("content-type", "application/grpc"), ("user-agent", self._agent),
        )  # fmt: skip


def _literals(pairs: Sequence[Pair]) -> str:
    return "".join([literal(name, str(value)) for name, value in pairs])


def _timeout(deadline: float) -> str:
    """A deadline in the form of gRPC: in µs, or in ms if the number would be too long."""
    micros = max(1, round(deadline * 1e6))
    return literal("grpc-timeout", f"{micros}u" if micros <= _MICROSECONDS else f"{micros // 1000}m")
