"""Locust's side of a worker, which runs in a process of its own."""

import socket
import subprocess
from collections.abc import Callable
from typing import Any

import gevent
import msgspec
from gevent.queue import Queue

from loadtest import line
from loadtest.line import GRACE, Errand, Noted, Order
from ndxp import tree


class RemoteWorker:
    """Starts the process that calls. ``send`` passes its messages to the conductor, ``note`` fills Locust's tables.

    Locust and the calls have separate processes, because Locust's tables and pages take milliseconds in which no call
    would be sent or timed.
    """

    def __init__(
        self,
        order: Order,
        folder: str,
        send: Callable[[str, Any], None],
        note: Callable[[tuple[str, str, bool, int, float]], None],
        note_dropped: Callable[[str], None],
    ) -> None:
        self._patience = order.profile.deadline + 2 * GRACE
        self._send, self._note, self._note_dropped = send, note, note_dropped
        self._over: Queue[None] = Queue()
        self._begun = self._done = self._closing = False
        near, far = socket.socketpair()
        number = far.fileno()
        command = tree.command("loadtest.worker_process", str(number))
        self._process = subprocess.Popen(  # noqa: S603
            command, env=tree.environment(), pass_fds=[number], stdin=subprocess.DEVNULL
        )
        far.close()
        self._line, self._reading = near, gevent.spawn(self._read, near.makefile("rb"))
        self._say("order", msgspec.to_builtins(Errand(order=order, folder=folder)))

    def hear(self, message: str, data: Any) -> None:
        """Passes on a message of the conductor."""
        self._begun |= message == "ndxp_begin"
        self._say(message, data)

    def run_slot(self) -> None:
        """Runs a slot to its end; for a user's greenlet."""
        self._say("run", None)
        self._over.get()

    def close(self) -> None:
        """Ends the process after its last report, or after the last deadline."""
        self._closing = True
        self._say("close", None)
        self._reading.join(self._patience)
        self._process.kill()
        self._process.wait()
        self._line.close()

    def _say(self, message: str, data: Any) -> None:
        try:
            self._line.sendall(line.frame(message, data))
        except OSError:  # the process is gone; the reader notices it
            return

    def _read(self, file: Any) -> None:
        while len(length := file.read(line.LENGTH)) == line.LENGTH:
            message, data = line.read(file.read(int.from_bytes(length, "big")))
            match message:
                case "noted":
                    noted = msgspec.convert(data, Noted)
                    for answer in noted.answers:
                        self._note(answer)
                    for series in noted.dropped:
                        self._note_dropped(series)
                case "over":
                    self._over.put(None)
                case _:
                    self._done |= message in ("ndxp_done", "ndxp_failed")
                    self._send(message, data)
        if not self._done and not self._closing:
            self._lose()

    def _lose(self) -> None:
        """The process has ended unexpectedly."""
        if self._begun:
            self._send("ndxp_lost", {})
        else:
            self._send("ndxp_failed", {"reason": f"the process that calls ended with {self._process.wait()}"})


def listen(runner: Any, current: Callable[[], RemoteWorker | None]) -> None:
    """Makes Locust's runner pass the conductor's messages to the current worker."""

    def hand(environment: Any, msg: Any) -> None:
        if (worker := current()) is not None:
            worker.hear(msg.type, msg.data)

    for message in ("ndxp_slot", "ndxp_begin", "ndxp_stop"):
        runner.register_message(message, hand)
