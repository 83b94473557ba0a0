"""Floods of calls that follow HTTP/2's rules: too many at once, without an end, or with answers that nobody reads."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import grpc
from grpc_health.v1 import health_pb2

from drills.attacks.flooding import CONTRACT
from drills.attacks.hose import MESSAGE, PART, UNEXPLAINED, USUAL, Aim
from drills.attacks.peer import Deaf, Peer
from drills.attacks.target import VERIFY
from ndxp.client import OPTIONS
from ndxp.http2 import ClientConnection, Fields, Limits, Stream
from ndxp.http2.limits import LARGEST_WINDOW
from ndxp.wire import metadata, status

_WATCH = "/grpc.health.v1.Health/Watch"
_ANSWERED = {metadata.TRANSACTION_ID, metadata.STATUS_DETAILS}
_LIMITS = Limits(connection_window=LARGEST_WINDOW // 2, nuisances_at_once=10**9)
_OWN = (*OPTIONS, ("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1))
_LATE = "DEADLINE_EXCEEDED"
_SIP = 100
"""Bytes that a slow reader reads at once."""

Act = Callable[[Aim, Counter[str], float], Awaitable[None]]
"""Floods until a time on the monotonic clock, and counts the replies."""


def run(act: Act, aim: Aim, seconds: float) -> Counter[str]:
    """Floods for ``seconds``; returns the replies with their numbers."""
    replies: Counter[str] = Counter()
    asyncio.run(_run(act, aim, replies, seconds))
    return replies


async def _run(act: Act, aim: Aim, replies: Counter[str], seconds: float) -> None:
    await act(aim, replies, time.monotonic() + seconds)


async def watches(aim: Aim, replies: Counter[str], until: float) -> None:
    """10,000 watches of health whose answers nobody reads."""
    await _unread(
        aim, replies, until, _WATCH, health_pb2.HealthCheckRequest().SerializeToString(), 100, connections=100
    )


async def large_answers(calls: int, aim: Aim, replies: Counter[str], until: float) -> None:
    """Unary calls whose answers of 15 MB nobody reads."""
    await _unread(aim, replies, until, f"/{CONTRACT}/Large", b"", calls)


async def without_a_message(aim: Aim, replies: Counter[str], until: float) -> None:
    """A thousand calls that begin, and send no message."""
    await _unread(aim, replies, until, f"/{VERIFY}", None, 1000)


async def unfinished(aim: Aim, replies: Counter[str], until: float) -> None:
    """A hundred messages of 16 MB whose last part never comes."""
    async with AsyncExitStack() as stack:
        peer = await _connect(aim, stack)
        streams = [_open(peer, aim, f"/{VERIFY}", None, replies) for _ in range(100)]
        part = bytes(PART)
        for stream in streams:
            stream.send_data(b"\x00" + MESSAGE.to_bytes(4, "big"))
        for _ in range(MESSAGE // PART - 1):
            for stream in streams:
                if stream.open:
                    stream.send_data(part)
        await _until(until)


async def slow_readers(aim: Aim, replies: Counter[str], until: float) -> None:
    """20 streams of messages of 4 MiB, each of which is read 100 bytes at a time."""
    async with AsyncExitStack() as stack:
        peer = await _connect(aim, stack)
        streams = [_open(peer, aim, f"/{CONTRACT}/Flow", b"", replies) for _ in range(20)]
        while time.monotonic() < until:
            for stream in streams:
                if stream.open or not stream.remote_closed:
                    stream.consumed(_SIP)
            await asyncio.sleep(0.05)


async def bursts(method: str, aim: Aim, replies: Counter[str], until: float) -> None:
    """A thousand calls of each member at once, and again after all have ended."""
    while not replies or time.monotonic() < until:
        replies += await burst(aim, method, 1000, 10.0)


async def burst(aim: Aim, method: str, calls: int, seconds: float) -> Counter[str]:
    """``calls`` calls of each member at once, each over its own connection; returns how they ended."""
    replies: Counter[str] = Counter()
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        for token in aim.tokens:
            channel = await stack.enter_async_context(grpc.aio.insecure_channel(aim.gateway, _OWN))
            for _ in range(calls):
                group.create_task(_call(channel, method, token, seconds, replies))
    return replies


async def again(method: str, at_once: int, aim: Aim, replies: Counter[str], until: float) -> None:
    """Calls to a provider that floods back, ``at_once`` at a time, repeatedly."""

    async def caller(channel: grpc.aio.Channel) -> None:
        while (left := until - time.monotonic()) > 0:
            await _call(channel, method, aim.tokens[0], left + 1, replies)

    async with grpc.aio.insecure_channel(aim.gateway, _OWN) as channel, asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(caller(channel))


async def _call(channel: grpc.aio.Channel, method: str, token: str, seconds: float, replies: Counter[str]) -> None:
    pairs = ((metadata.AUTHORIZATION, f"Bearer {token}"),)
    rpc: Any = channel.unary_stream(f"/{CONTRACT}/{method}")
    try:
        async for _ in rpc(b"", metadata=pairs, timeout=seconds):
            pass
    except grpc.aio.AioRpcError as error:
        failure = status.decode(error)
        if not failure.transaction_id:
            replies[_LATE if failure.code.name == _LATE else UNEXPLAINED] += 1
        else:
            replies[failure.reason or f"{failure.code.name} of the {failure.origin}"] += 1
    else:
        replies["OK"] += 1


class _Unread(Deaf):
    """A call of which only the end is read."""

    def __init__(self, replies: Counter[str], *, member: bool) -> None:
        self._said = replies
        self._member = member

    def on_headers(self, status: str, fields: Fields, *, ended: bool) -> None:
        """Counts the end if it has a reason."""
        if ended:
            found = dict(fields)
            explained = found.get("grpc-status") == "0" or found.keys() >= _ANSWERED or not self._member
            self._said["ended" if explained else UNEXPLAINED] += 1

    def on_reset(self, code: int) -> None:
        """The exchange has stopped waiting for the reader."""
        self._said["reset"] += 1


async def _connect(aim: Aim, stack: AsyncExitStack) -> Peer[ClientConnection]:
    host, _, port = aim.gateway.rpartition(":")
    loop = asyncio.get_running_loop()
    _, peer = await loop.create_connection(
        lambda: Peer(lambda wake: ClientConnection(_LIMITS, wake), ClientConnection.greet), host, int(port)
    )
    stack.callback(peer.transport.abort)
    async with asyncio.timeout(20):
        await peer.greeted.wait()
    return peer


def _open(peer: Peer[ClientConnection], aim: Aim, path: str, message: bytes | None, replies: Counter[str]) -> Stream:
    replies["calls"] += 1
    user = _Unread(replies, member=bool(aim.tokens))
    stream = peer.connection.open(user, ((":path", path), *USUAL), aim.identity)
    if message is not None:
        stream.send_data(b"\x00" + len(message).to_bytes(4, "big") + message, end=True)
    return stream


async def _unread(
    aim: Aim, replies: Counter[str], until: float, path: str, message: bytes | None, calls: int, *, connections: int = 1
) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(connections):
            peer = await _connect(aim, stack)
            for _ in range(calls):
                _open(peer, aim, path, message, replies)
        await _until(until)


async def _until(until: float) -> None:
    await asyncio.sleep(max(0.0, until - time.monotonic()))
