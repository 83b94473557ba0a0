"""A tap on the wire between gateway and provider: passes HTTP/2 on and notes how requests end."""

import asyncio
from contextlib import suppress
from itertools import count
from typing import Self

_PREFACE = len(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
_HEADER = 9
_DATA, _RESET = 0x0, 0x3
_END_STREAM = 0x1


class Tap:
    """Listens before a provider. ``half_closed`` and ``reset`` are the streams whose requests ended so (RFC 9113)."""

    def __init__(self, port: int) -> None:
        self._provider = port
        self._pumps: set[asyncio.Task[None]] = set()
        self._connections = count()
        self.port = 0
        self.half_closed: set[tuple[int, int]] = set()
        self.reset: set[tuple[int, int]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", self._provider)
        requests = asyncio.create_task(self._requests(reader, onward_writer))
        self._pumps |= {requests, asyncio.create_task(_answers(onward_reader, writer))}

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            writer.write(await reader.readexactly(_PREFACE))
            connection = next(self._connections)
            while True:
                header = await reader.readexactly(_HEADER)
                kind, flags = header[3], header[4]
                stream = connection, int.from_bytes(header[5:], "big")
                if kind == _DATA and flags & _END_STREAM:
                    self.half_closed.add(stream)
                elif kind == _RESET:
                    self.reset.add(stream)
                writer.write(header + await reader.readexactly(int.from_bytes(header[:3], "big")))
                await writer.drain()
        writer.close()


async def _answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
