"""Ctrl-C during a run: it ends the run, but the report is still made."""

import signal
from types import FrameType, TracebackType
from typing import Any, Self


class Interrupt:
    """Handles SIGINT, SIGTERM and SIGHUP in a ``with`` statement of the main thread.

    The first one sets ``heard``. Another SIGINT raises KeyboardInterrupt, once: after a second Ctrl-C the command only
    waits for the end of the processes that it has started.
    """

    def __init__(self) -> None:
        self.heard = self._given_up = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, number: int, _: FrameType | None) -> None:
        if self.heard and number == signal.SIGINT and not self._given_up:
            self._given_up = True
            raise KeyboardInterrupt
        self.heard = True
