"""What a connection to control may cost: who sends no whole head of a request is hung up on, and there are not many."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST = 500
"""Connections at once; one more, and that which has been without a whole request for longest goes. Of uvicorn's own
limit the honest hear (HTTP 503), while the silent stay."""


class Connection(H11Protocol):
    """Requests one after the other.

    For the next one there is uvicorn's ``timeout_keep_alive``, which counts here from the beginning of the connection
    too, and until the head is whole, not until its first byte.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody has connected."""
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)
        self._since = self.loop.time()
        if len(self.connections) > MOST:
            everybody: set[Any] = self.connections
            oldest = min((each for each in everybody if each.waiting), key=lambda each: each._since)
            everybody.discard(oldest)  # now, so that the next of many that come at once ends another one
            oldest.transport.abort()

    @property
    def waiting(self) -> bool:
        """Whether a request has yet to come, or the rest of one."""
        return self.cycle is None or self.cycle.response_complete or self.cycle.more_body

    def data_received(self, data: bytes) -> None:
        """Bytes came; they stop the clock when a request is under way with them."""
        clock, self.timeout_keep_alive_task = self.timeout_keep_alive_task, None
        super().data_received(data)
        if clock is None:
            return
        if self.cycle is not None and not self.cycle.response_complete:
            clock.cancel()
        else:
            self.timeout_keep_alive_task = clock

    def on_response_complete(self) -> None:
        """The next request may come."""
        self._since = self.loop.time()
        super().on_response_complete()
