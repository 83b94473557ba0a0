"""Ctrl-C while a run is under way: it ends the run, not the report."""

import signal
from types import FrameType, TracebackType
from typing import Any, Self


class Interrupt:
    """Listens to SIGINT, SIGTERM and SIGHUP in a ``with`` statement of the main thread.

    The first one sets ``heard``. Another SIGINT raises KeyboardInterrupt, once: who presses Ctrl-C again waits for
    nothing but the end of what was started.
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
