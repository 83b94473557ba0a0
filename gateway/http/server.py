"""The HTTP server: uvicorn, with the limits and the quietness that a process of the exchange needs."""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from gateway.http.connections import Connection
from ndxp.address import Address
from ndxp.process import until_pulse


class Server(uvicorn.Server):
    """Uvicorn without signal handlers of its own. It wakes once a second, to update the date in the answers' headers.

    Uvicorn's own loop wakes ten times a second to see whether it should end.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """Lets it finish the requests under way, then end."""
        self.should_exit = True
        self._stopped.set()

    async def main_loop(self) -> None:
        """Updates the date until ``stop`` is called."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), until_pulse(1))

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the signals to the process."""
        yield


def serve(
    application: ASGIApp, certificate: Path | None, drain: float | None = None, *, largest_head: int = 16 * 1024
) -> Server:
    """A server of an application, in TLS 1.3 when there is a file with its key and certificate.

    ``drain`` are the seconds that requests under way get to finish after ``stop``; None for as long as they take.
    ``largest_head`` are the bytes of a request's head for which the server waits; when more have come and the head is
    not whole, the answer is HTTP 400, and the connection is closed.
    """
    # Uvicorn's warnings are about what clients send; strangers must not be able to fill the log.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    config = uvicorn.Config(
        application,
        http=Connection,
        ws="none",
        log_level="error",
        log_config=None,
        access_log=False,
        lifespan="off",
        h11_max_incomplete_event_size=largest_head,
        timeout_graceful_shutdown=None if drain is None else round(drain),
        ssl_certfile=certificate,
    )
    config.load()
    if config.ssl is not None:
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_3
    return Server(config)


def listen(address: str) -> socket.socket:
    """A socket that listens at ``host:port``. Raises OSError when the port is in use."""
    at = Address.parse(address, listening=True)
    try:
        listening = socket.create_server((at.host, at.port), family=at.family, dualstack_ipv6=len(at.hosts) > 1)
    except OSError as error:
        raise OSError(f"cannot listen on {address}; is the port in use?") from error
    # asyncio sets this only on sockets that it makes itself. Without it each answer on an open connection takes 40 ms.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
