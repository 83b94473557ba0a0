"""A peer on the project's own HTTP/2 stack: it obeys flow control, and can leave data unread."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar, cast

from ndxp.http2 import Connection, Fields
from ndxp.http2.errors import StreamFailure

_Connection = TypeVar("_Connection", bound=Connection)


class Peer(asyncio.Protocol, Generic[_Connection]):
    """One end of a connection; ``greet`` is its preface, ``greeted`` is set when the other side's has come."""

    def __init__(self, make: Callable[[Callable[[], None]], _Connection], greet: Callable[[_Connection], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self.connection = make(self._wake)
        self.transport: asyncio.Transport
        self.greeted = asyncio.Event()
        self._greet = greet

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The transport is there."""
        self.transport = cast(asyncio.Transport, transport)
        self._greet(self.connection)

    def data_received(self, data: bytes) -> None:
        """Bytes from the other side."""
        self.connection.receive(data)
        if self.connection.greeted:
            self.greeted.set()

    def pause_writing(self) -> None:
        """The transport has enough for now."""
        self.connection.hold()

    def resume_writing(self) -> None:
        """The transport takes more."""
        self.connection.release()

    def connection_lost(self, _: Exception | None) -> None:
        """The transport is gone."""
        self.connection.lost()
        self.connection.tell_of_loss()

    def say(self, data: bytes) -> None:
        """Sends bytes unchanged, while the connection is open."""
        if not self.transport.is_closing():
            self.transport.write(data)

    def _wake(self) -> None:
        self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self.say(self.connection.take())
        if self.connection.closed:
            self.transport.close()


class Deaf:
    """The user of a stream that reads nothing and gives no window back."""

    def on_headers(self, status: str, fields: Fields, *, ended: bool) -> None:
        """Headers or trailers."""

    def on_data(self, data: bytes, *, ended: bool) -> None:
        """Data."""

    def on_sent(self, size: int) -> None:
        """Data that had to wait has left."""

    def on_reset(self, code: int) -> None:
        """The other side has reset the stream."""

    def on_failure(self, failure: StreamFailure) -> None:
        """The other side broke a rule."""

    def on_lost(self) -> None:
        """The connection is gone."""
