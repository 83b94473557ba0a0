"""What carries a connection's bytes: an asyncio transport. What one turn of the loop has to say leaves in one write."""

import asyncio
from typing import Generic, TypeVar, cast

from ndxp.http2 import Connection

_Connection = TypeVar("_Connection", bound=Connection)


class Carrier(asyncio.Protocol, Generic[_Connection]):
    """One end of a connection on a transport. Who makes one sets ``connection`` before it is used."""

    connection: _Connection

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.transport: asyncio.Transport | None = None
        self.heard_at = loop.time()

    def wake(self) -> None:
        """There is something to send: it leaves when this turn of the loop is over."""
        self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Sends what there is."""
        transport = self.transport
        if transport is None:
            return  # not connected yet, or not any more
        data = self.connection.take()
        if data:
            transport.write(data)
        if self.connection.closed:
            transport.close()
        elif transport.get_write_buffer_size() > self.connection.limits.unsent_bytes:
            transport.abort()  # the peer does not read

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The transport is there."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop's are none by their class
        self.heard_at = self._loop.time()

    def data_received(self, data: bytes) -> None:
        """Bytes of the peer's."""
        self.heard_at = self._loop.time()
        self.connection.receive(data)
        if self.connection.closed:
            self.flush()

    def pause_writing(self) -> None:
        """The transport has enough for now."""
        self.connection.hold()

    def resume_writing(self) -> None:
        """The transport takes more."""
        self.connection.release()

    def connection_lost(self, _: Exception | None) -> None:
        """The transport is gone."""
        self.transport = None
        self.connection.lost()

    def close(self) -> None:
        """Closes the connection, with whatever is on it; what there is to send leaves before."""
        if self.transport is not None:
            data = self.connection.take()
            if data:
                self.transport.write(data)
            self.transport.close()

    def abort(self) -> None:
        """Ends the connection at once, with whatever is on it and on its way."""
        if self.transport is not None:
            self.transport.abort()
