"""The process of the console: ``python -m console``."""

import asyncio
import contextlib
import gc
import logging
import os
import socket
import sys
from collections.abc import Iterator
from functools import partial

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


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the signals to the process."""
        yield


async def run(settings: ConsoleSettings) -> None:
    """Serves the console until a stop signal comes. Raises OSError when its port is in use."""
    logging.getLogger("grpc_reflection").setLevel(logging.WARNING)
    at = Address.parse(settings.console_address, listening=True)
    listening = socket.create_server((at.host, at.port), family=at.family)
    address = Address(at.host, listening.getsockname()[1])
    exchange = Exchange(settings.run_folder, settings.console_role)
    runs = Runs(settings.run_folder)
    sessions = Sessions(partial(secret_of, settings.run_folder, settings.console_role))
    server = _Server(
        uvicorn.Config(
            application(exchange, runs, sessions, address),
            log_level="error",
            log_config=None,
            access_log=False,  # the URL holds the ticket
            timeout_graceful_shutdown=1,
            server_header=False,
        )
    )
    pid = os.getpid()
    Console(f"http://{address}", pid, start_of(pid), settings.console_role).write(settings.run_folder)
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


def main() -> int:
    """Returns the exit code."""
    return run_process("console", ConsoleSettings, run)


if __name__ == "__main__":
    sys.exit(main())
