"""The process that calls: a worker connected to Locust's process, whose loop Locust cannot disturb.

``loadtest.remote`` starts it; its argument is the descriptor of the connection.
"""

import asyncio
import gc
import signal
import socket
import sys
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from loadtest import contracts, line
from loadtest.consumers import Consumers, ExchangeUnreachable
from loadtest.line import Errand, Noted
from loadtest.profiles import BadProfile
from loadtest.users import Outcome
from loadtest.worker import Worker
from ndxp.client import TokenRefused
from ndxp.sandbox.state import NoSandbox, State

_NOTE_EVERY = 0.25
"""Seconds for which answers are collected for Locust's tables."""


class _Over(Exception):
    """Locust's process has ended the work, or is gone."""


class _Line:
    """Our end of the connection. ``send`` is for the worker, ``note`` and ``note_dropped`` for Locust's tables."""

    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._noted = Noted(answers=[], dropped=[])

    def send(self, message: str, data: Any) -> None:
        """Sends a message, after everything that was noted before."""
        self._send_noted()
        self._writer.write(line.frame(message, data))

    def note(self, series: str, outcome: Outcome, response: float) -> None:
        """Notes an answer."""
        self._noted.answers.append((series, outcome.status, outcome.failed, outcome.size, response))

    def note_dropped(self, series: str) -> None:
        """Notes that a call was dropped."""
        self._noted.dropped.append(series)

    async def keep_sending(self) -> None:
        """Sends noted calls regularly."""
        while True:
            await asyncio.sleep(_NOTE_EVERY)
            self._send_noted()

    async def receive(self) -> tuple[str, Any]:
        """The next message. Raises _Over at the end of the line."""
        try:
            length = int.from_bytes(await self._reader.readexactly(line.LENGTH), "big")
            return line.read(await self._reader.readexactly(length))
        except (IncompleteReadError, ConnectionError) as error:
            raise _Over from error

    async def close(self) -> None:
        """Sends the rest."""
        self._send_noted()
        self._writer.close()
        await self._writer.wait_closed()

    def _send_noted(self) -> None:
        if self._noted.answers or self._noted.dropped:
            self._writer.write(line.frame("noted", msgspec.to_builtins(self._noted)))
            self._noted = Noted(answers=[], dropped=[])


async def _serve(descriptor: int) -> None:
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=descriptor))
    connection = _Line(reader, writer)
    try:
        async with asyncio.TaskGroup() as tasks:
            worker = _make_worker(msgspec.convert((await connection.receive())[1], Errand), connection)
            tasks.create_task(connection.keep_sending())
            while True:
                match await connection.receive():
                    case "run", _:
                        tasks.create_task(_run_slot(worker, connection))
                    case "ndxp_slot", data:
                        worker.take(data["slot"], data["of"], data["run"])
                    case "ndxp_begin", data:
                        worker.begin(data["delay"])
                    case "ndxp_stop", _:
                        worker.stop()
                    case _:
                        await worker.close()
                        raise _Over
    except* _Over:
        pass
    except* (BadProfile, ExchangeUnreachable, TokenRefused, NoSandbox, OSError) as failed:
        connection.send("ndxp_failed", {"reason": str(failed.exceptions[0])})
    with suppress(ConnectionError):
        await connection.close()


def _make_worker(errand: Errand, connection: _Line) -> Worker:
    state = State.read(Path(errand.folder))
    if state is None:
        raise NoSandbox(f"no exchange in {errand.folder} any more")
    consumers = Consumers(state)
    own = [call for call in errand.order.profile.mix.values() if call.method]
    asking = consumers.select(own[0].members)[0] if own else ""
    known = contracts.learn(state, (call.method for call in own), asking)
    return Worker(errand.order, consumers, connection.send, connection.note, connection.note_dropped, known)


async def _run_slot(worker: Worker, connection: _Line) -> None:
    try:
        await worker.run_slot()
    except (BadProfile, ExchangeUnreachable, TokenRefused, OSError) as error:
        connection.send("ndxp_failed", {"reason": str(error)})
    except Exception as error:  # a slot that is never ready would be waited for without end
        connection.send("ndxp_failed", {"reason": f"{type(error).__name__}: {error}"})
    connection.send("over", None)


if __name__ == "__main__":
    gc.set_threshold(10_000, 50, 50)  # calls leave no garbage that needs it; a collection stops all of them
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for Locust's process, which tells this one
    uvloop.run(_serve(int(sys.argv[1])))
