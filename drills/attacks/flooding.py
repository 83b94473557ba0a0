"""A provider at the level of frames: it answers quickly, slowly or with much data, or floods the exchange back."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from functools import cache, partial

from google.protobuf import descriptor_pb2
from grpc_reflection.v1alpha import reflection_pb2

from drills.attacks.peer import Deaf, Peer
from ndxp.http2 import Limits, ServerConnection, Stream, StreamUser, frames, literal
from ndxp.http2.errors import ErrorCode
from ndxp.http2.fields import Request

SUBSYSTEM = "VN/COM/flood/provider"
CONTRACT = "flood.v1.FloodService"
LARGE = 15 * 1024 * 1024
"""Bytes of a large answer; the exchange passes 16 MiB."""

SHORT = 200
"""Bytes of a short answer, like those of the agencies."""

_REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
_SLOW = 0.5
_FLOW = 4 * 1024 * 1024
_TINY = 500
_PREFIX = 5
_LIMITS = Limits(concurrent_streams=10_000, nuisances_at_once=10**9, pings_at_once=10**9)
_BEGIN = ((":status", "200"), ("content-type", "application/grpc"))
_OK = (("grpc-status", "0"),)


class FloodProvider:
    """Listens on a free port in a thread of its own, until it is closed."""

    def __init__(self) -> None:
        self.address = ""
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait()

    def close(self) -> None:
        """Ends it and all connections."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(self._listen())
        self.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(_connected, "127.0.0.1", 0, backlog=1024)


def _connected() -> Peer[ServerConnection]:
    def make(wake: Callable[[], None]) -> ServerConnection:
        return ServerConnection(_LIMITS, wake, lambda stream, request, ended: _accept(peer, stream, request, ended))

    peer = Peer(make, ServerConnection.greet)
    return peer


def _accept(peer: Peer[ServerConnection], stream: Stream, request: Request | None, ended: bool) -> StreamUser:
    path = "" if request is None else request.path
    if path == _REFLECTION:
        return _Described(stream)
    act = _METHODS.get(path.rpartition("/")[2])
    if act is None:
        stream.send_headers(_BEGIN, literal("grpc-status", "12"), end=True)
        return Deaf()
    call = _Call(peer, stream, act)
    if ended:
        call.on_data(b"", ended=True)
    return call


class _Described(Deaf):
    """Answers requests for the contract."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def on_data(self, data: bytes, *, ended: bool) -> None:
        if data:
            response = reflection_pb2.ServerReflectionResponse()
            response.file_descriptor_response.file_descriptor_proto.append(_described())
            self._stream.send_headers(_BEGIN, "")
            self._stream.send_data(_message(response.SerializeToString()))
            self._stream.send_trailers(_OK, "")


class _Call(Deaf):
    """A call of the contract: its method acts when the request is complete."""

    def __init__(self, peer: Peer[ServerConnection], stream: Stream, act: "_Act") -> None:
        self.peer = peer
        self.stream = stream
        self.more: Callable[[], None] | None = None
        self._act = act

    def on_data(self, data: bytes, *, ended: bool) -> None:
        self.stream.consumed(len(data))
        if ended:
            self._act(self)

    def on_sent(self, size: int) -> None:
        if self.more is not None and not self.stream.queued:
            self.more()


_Act = Callable[[_Call], None]


def _quick(call: _Call, size: int = 0) -> None:
    stream = call.stream
    if stream.open:
        stream.send_headers(_BEGIN, "")
        stream.send_data(_message(_zeros(size)))
        stream.send_trailers(_OK, "")


def _slow(call: _Call) -> None:
    asyncio.get_running_loop().call_later(_SLOW, _quick, call)


def _flow(call: _Call) -> None:
    """Messages of 4 MiB without end, as fast as they are read."""
    call.stream.send_headers(_BEGIN, "")

    def go_on() -> None:
        call.stream.send_data(_message(_zeros(_FLOW)))

    call.more = go_on
    go_on()


def _tiny(call: _Call) -> None:
    """A message of 15 MB in frames of one byte, as fast as they are taken."""
    stream, loop = call.stream, asyncio.get_running_loop()

    def go_on() -> None:
        for _ in range(_TINY):
            if not stream.open or not stream.send_data(b"\x00"):
                return
        loop.call_soon(go_on)

    call.more = go_on
    stream.send_headers(_BEGIN, "")
    stream.send_data(b"\x00" + LARGE.to_bytes(4, "big"))
    go_on()


def _headers(call: _Call) -> None:
    """Metadata of 30 kB before and after the message: nearly the limit of the exchange."""
    large = literal("x-flood", "a" * 30_000)
    call.stream.send_headers(_BEGIN, large)
    call.stream.send_data(_message(b""))
    call.stream.send_trailers(_OK, large)


def _reset(call: _Call) -> None:
    call.stream.reset(ErrorCode.REFUSED_STREAM)


def _farewell(call: _Call) -> None:
    """GOAWAY a thousand times; then the connection ends with all its calls."""
    call.peer.say(frames.goaway(0, ErrorCode.NO_ERROR) * 1000)
    call.peer.transport.close()


def _frames(frame: bytes, call: _Call) -> None:
    call.peer.say(frame * 1000)
    _quick(call)


_METHODS: Mapping[str, _Act] = {
    "Quick": _quick,
    "Slow": _slow,
    "Short": partial(_quick, size=SHORT),
    "Large": partial(_quick, size=LARGE),
    "Flow": _flow,
    "Tiny": _tiny,
    "Headers": _headers,
    "Reset": _reset,
    "Farewell": _farewell,
    "Pings": partial(_frames, frames.frame(frames.PING, 0, 0, bytes(8))),
    "Settings": partial(_frames, frames.settings([(frames.INITIAL_WINDOW_SIZE, 1 << 16)])),
}
_STREAMS = ("Flow", "Tiny")


def _message(payload: bytes) -> bytes:
    return b"\x00" + len(payload).to_bytes(_PREFIX - 1, "big") + payload


@cache
def _zeros(size: int) -> bytes:
    return bytes(size)


@cache
def _described() -> bytes:
    file = descriptor_pb2.FileDescriptorProto(name="flood/v1/flood.proto", package="flood.v1", syntax="proto3")
    file.message_type.add(name="FloodMessage")
    service = file.service.add(name="FloodService")
    message = ".flood.v1.FloodMessage"
    for name in _METHODS:
        service.method.add(name=name, input_type=message, output_type=message, server_streaming=name in _STREAMS)
    return file.SerializeToString()
