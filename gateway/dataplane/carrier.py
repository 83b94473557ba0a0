"""Connects an HTTP/2 connection with an asyncio transport. All data of one turn of the loop leaves in one write."""

import asyncio
from typing import Generic, TypeVar, cast

from ndxp.http2 import Connection

_Connection = TypeVar("_Connection", bound=Connection)


class Carrier(asyncio.Protocol, Generic[_Connection]):
    """One end of a connection on a transport. Its creator sets ``connection`` before it is used."""

    connection: _Connection

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.transport: asyncio.Transport | None = None
        self.heard_at = loop.time()
        self._behind = False
        self._kept = b""  # what has come and waits for a turn

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
        self.transport = cast(asyncio.Transport, transport)  # uvloop's class does not inherit from it
        self.heard_at = self._loop.time()

    def data_received(self, data: bytes) -> None:
        """Bytes of the peer's."""
        self.take_in(data)

    def take_in(self, data: bytes) -> None:
        """Reads what has come, for one turn."""
        self.heard_at = self._loop.time()
        connection = self.connection
        connection.receive(data)
        if connection.closed:
            self.flush()
        elif connection.behind:
            self.put_off(b"")
        elif self._behind:
            self._behind = False
            self.resume()

    def put_off(self, data: bytes) -> None:
        """Keeps what has come for the next turn, and takes no more until then."""
        self._behind = True
        self._kept += data
        self.pause()
        self.wait_for_turn()

    def wait_for_turn(self) -> None:
        """Arranges that ``go_on`` is called."""
        self._loop.call_soon(self.go_on)

    def go_on(self) -> None:
        """Reads on where the last turn has ended."""
        if self.transport is not None:
            data, self._kept = self._kept, b""
            self.take_in(data)

    def pause(self) -> None:
        """Takes no more bytes for now."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()

    def resume(self) -> None:
        """Takes bytes again."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    def pause_writing(self) -> None:
        """The transport has enough for now."""
        self.connection.hold()

    def resume_writing(self) -> None:
        """The transport takes more."""
        self.connection.release()

    def connection_lost(self, _: Exception | None) -> None:
        """The transport is gone: the calls on it end, some in each round of the loop."""
        self.transport = None
        self.connection.lost()
        self._end_calls()

    def _end_calls(self) -> None:
        if self.connection.tell_of_loss():
            self.gone()
        else:
            self._loop.call_soon(self._end_calls)

    def gone(self) -> None:
        """The connection is gone, and no call is left on it."""

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
