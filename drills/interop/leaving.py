"""A provider that leaves while calls are under way: its GOAWAY names the last call that it has taken."""

import asyncio
from typing import Self, cast

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived
from hyperframe.frame import GoAwayFrame

TOGETHER, TAKEN = 100, 50
"""After so many calls the first connection leaves; and how many of them it has taken."""

_METHOD = b"/grpc.testing.TestService/EmptyCall"
_HEADERS = ((":status", "200"), ("content-type", "application/grpc"))
_EMPTY = bytes(5)


class Leaving:
    """The provider. ``answered`` counts its answers; ``left`` is True once a connection has left."""

    def __init__(self) -> None:
        self.answered = 0
        self.left = False
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.get_running_loop().create_server(lambda: _Connection(self), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()


class _Connection(asyncio.Protocol):
    def __init__(self, provider: Leaving) -> None:
        self._provider = provider
        self._http2 = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        self._held: list[int] = []
        self._leaving = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._http2.initiate_connection()
        self._flush()

    def data_received(self, data: bytes) -> None:
        for event in self._http2.receive_data(data):
            if isinstance(event, RequestReceived) and event.stream_id is not None and not self._leaving:
                self._take(event.stream_id, dict(event.headers or ()).get(b":path", b""))
        self._flush()

    def _take(self, stream: int, path: bytes) -> None:
        if path != _METHOD:
            self._http2.send_headers(stream, (*_HEADERS, ("grpc-status", "12")), end_stream=True)
            return
        self._held.append(stream)
        if self._provider.left:
            self._answer()
        elif len(self._held) == TOGETHER:
            del self._held[TAKEN:]
            self._leaving = self._provider.left = True
            self._flush()
            self._transport.write(GoAwayFrame(0, last_stream_id=self._held[-1]).serialize())
            self._answer()
            self._flush()
            self._transport.close()

    def _answer(self) -> None:
        for stream in self._held:
            self._http2.send_headers(stream, _HEADERS)
            self._http2.send_data(stream, _EMPTY)
            self._http2.send_headers(stream, (("grpc-status", "0"),), end_stream=True)
        self._provider.answered += len(self._held)
        self._held.clear()

    def _flush(self) -> None:
        self._transport.write(self._http2.data_to_send())
