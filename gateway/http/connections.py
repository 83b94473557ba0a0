"""Limits on HTTP connections: how many there are, and how long one may go without a whole request."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST = 500
"""Connections at once. When one more comes, the connection is closed that has waited longest for its client: without a
whole request, or with an answer that the client does not read.
Uvicorn's own limit would instead refuse the new request (HTTP 503) and keep the silent connections."""


class Connection(H11Protocol):
    """A connection that carries one request after the other.

    Uvicorn's ``timeout_keep_alive`` limits the wait for the next request. Here it also limits the wait for the first
    request, and it ends when the head is complete, not at its first byte.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)
        self._since = self.loop.time()
        if len(self.connections) > MOST:
            connections: set[Any] = self.connections
            oldest = min((each for each in connections if each.waiting), key=lambda each: each._since)
            connections.discard(oldest)  # at once: when many connect together, each must close a different one
            oldest.transport.abort()

    @property
    def waiting(self) -> bool:
        """Whether it waits for a request, for the rest of one, or for a client that does not read its answer."""
        return self.cycle is None or self.cycle.response_complete or self.cycle.more_body or self.flow.write_paused

    def pause_writing(self) -> None:
        """The client does not read; the wait for it begins."""
        self._since = self.loop.time()
        super().pause_writing()

    def data_received(self, data: bytes) -> None:
        """Bytes have come; when they complete the head of a request, the timeout stops."""
        clock, self.timeout_keep_alive_task = self.timeout_keep_alive_task, None
        super().data_received(data)
        if clock is None:
            return
        if self.cycle is not None and not self.cycle.response_complete:
            clock.cancel()
        else:
            self.timeout_keep_alive_task = clock

    def on_response_complete(self) -> None:
        """The answer is complete; the wait for the next request begins."""
        self._since = self.loop.time()
        super().on_response_complete()
