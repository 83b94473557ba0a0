"""The process of the console: ``python -m console``."""

import asyncio
import contextlib
import gc
import logging
import os
import socket
import ssl
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

if __name__ == "__main__":
    gc.disable()  # until `run_process`

import uvicorn

from console.app import application
from console.exchange import Exchange
from console.runs import Runs
from console.sessions import Sessions
from console.settings import ConsoleSettings
from ndxp.address import Address
from ndxp.process import freeze, run_process, until_stopped
from ndxp.sandbox.console import Console, remove, secret_of
from ndxp.sandbox.state import start_of
from ndxp.wire.tls import fingerprint_of


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the signals to the process."""
        yield


async def run(settings: ConsoleSettings) -> None:
    """Serves the console until a stop signal comes.

    Raises OSError when its port is in use, or its key and certificate cannot be read.
    """
    logging.getLogger("grpc_reflection").setLevel(logging.WARNING)
    tls = settings.console_tls_folder
    context = _context(tls) if tls is not None else None
    at = Address.parse(settings.console_address, listening=True)
    listening = socket.create_server((at.host, at.port), family=at.family, dualstack_ipv6=len(at.hosts) > 1)
    address = Address(at.host, listening.getsockname()[1])
    exchange = Exchange(settings.run_folder, settings.console_role)
    runs = Runs(settings.run_folder)
    sessions = Sessions(partial(secret_of, settings.run_folder, settings.console_role))
    config = uvicorn.Config(
        application(exchange, runs, sessions, address, names=settings.console_names, tls=context is not None),
        log_level="error",
        log_config=None,
        access_log=False,  # the URL holds the ticket
        timeout_graceful_shutdown=1,
        server_header=False,
    )
    config.load()
    config.ssl = context
    server = _Server(config)
    pid = os.getpid()
    url = f"{'http' if context is None else 'https'}://{_place(address, settings.console_names)}"
    fingerprint = fingerprint_of((tls / "tls.crt").read_text(encoding="ascii")) if tls is not None else ""
    Console(url, pid, start_of(pid), settings.console_role, fingerprint).write(settings.run_folder)
    freeze()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve([listening]))
            await until_stopped()
            server.should_exit = True
    finally:
        remove(settings.run_folder)
        runs.stop()
        exchange.close()


def _place(address: Address, names: Sequence[str]) -> str:
    """Host and port as they stand in the URL that is printed."""
    if names:
        return names[0]
    everywhere = address.host in ("0.0.0.0", "::")  # noqa: S104 - the user asked for it
    return f"localhost:{address.port}" if everywhere else str(address)


def _context(folder: Path) -> ssl.SSLContext:
    """TLS 1.3 with the key and the certificate in a folder. Raises OSError, which names the folder."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    except OSError as error:
        raise OSError(f"the console's tls.crt and tls.key in {folder} cannot be used: {error}") from error
    return context


def main() -> int:
    """Returns the exit code."""
    return run_process("console", ConsoleSettings, run)


if __name__ == "__main__":
    sys.exit(main())
