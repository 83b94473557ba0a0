"""Work that takes long: in a thread of its own, one at a time, with its progress; it can be stopped."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from console.exchange import Refused, Unanswered

Progress = Callable[[int, int], None]
"""Gets how much is done, and of how much. Raises Stopped when the work is to end."""

_Result = TypeVar("_Result")


class Stopped(Exception):
    """Somebody has stopped the work."""


class Job(Generic[_Result]):
    """The work that runs, or the last one that ran: it has a ``result``, or a ``failure``, or was ``stopped``.

    The thread ends with the process, so that a console can end meanwhile.
    """

    def __init__(self) -> None:
        self.running = False
        self.stopped = False
        self.done, self.all = 0, 0
        self.result: _Result | None = None
        self.failure = ""
        self._starting = threading.Lock()

    def start(self, work: Callable[[Progress], _Result]) -> None:
        """Starts the work, unless some runs already."""
        with self._starting:
            if self.running:
                return
            self.running, self.stopped = True, False
            self.done = self.all = 0
            self.result, self.failure = None, ""
        threading.Thread(target=self._run, args=(work,), daemon=True).start()

    def stop(self) -> None:
        """Stops the work at its next step."""
        self.stopped = self.running

    def _run(self, work: Callable[[Progress], _Result]) -> None:
        try:
            self.result = work(self._progress)
            self.stopped = False
        except Stopped:
            pass
        except (Refused, Unanswered, OSError) as error:
            self.failure = str(error)
        finally:
            self.running = False

    def _progress(self, done: int, everything: int) -> None:
        self.done, self.all = done, everything
        if self.stopped:
            raise Stopped
