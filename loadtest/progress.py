"""Live progress of a run: rate, p99, errors, in flight, time left; outside of a terminal as plain lines."""

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import IO, Any, Self

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from loadtest.latency import shown
from loadtest.results import Second
from ndxp.language import _

_PLAIN_EVERY = 5
_WIDE = 110
"""From this number of columns a terminal has room for a bar."""


class Live:
    """Shows the seconds of one run as they come, on stderr; ``duration`` in seconds. Use it in a ``with`` statement.

    ``into`` takes the same for programs, one JSON object a line: ``second`` (``loadtest.results.Second``) with ``cpu``,
    the share of a core that each process takes then; or ``message``.
    """

    def __init__(self, title: str, duration: float, *, quiet: bool = False, into: IO[bytes] | None = None) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._duration = duration
        self._quiet = quiet
        self._into = into
        self._title = title
        self._failed = 0
        self._dropped = 0
        name, state = TextColumn("{task.description}", markup=False), TextColumn("{task.fields[state]}")
        bar = [BarColumn(bar_width=24)] if self._console.width >= _WIDE else []
        self._progress = Progress(
            name, *bar, state, console=self._console, disable=quiet or not self._console.is_terminal
        )
        self._task = self._progress.add_task(title, total=duration, state=_("starting"))

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    def show(self, seconds: Iterable[Second], cpu: Mapping[str, float] | None = None) -> None:
        """Shows what the generator reported last, and what each process takes of a core."""
        for second in seconds:
            self._write({"second": second, "cpu": cpu or {}})
            if not second.at:
                self._print(self._title)
            self._failed += second.failed
            self._dropped += second.dropped
            self._progress.update(self._task, completed=second.at + 1, state=self._line(second))
            if second.at % _PLAIN_EVERY == _PLAIN_EVERY - 1:
                self._print(f"{second.at + 1:4.0f} s: {self._line(second)}")

    def say(self, what: str) -> None:
        """Shows another message; programs get it in English."""
        self._write({"message": what})
        self._progress.update(self._task, state=_(what))
        self._print(_(what))

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._into is None:
            return
        try:
            self._into.write(msgspec.json.encode(line) + b"\n")
            self._into.flush()
        except OSError as error:
            self._into = None  # the run goes on: its report matters more
            self._print(_("the progress cannot be written: {why}", why=error.strerror))

    def _print(self, line: str) -> None:
        """Prints a line, for output that cannot be updated in place."""
        if not self._console.is_terminal and not self._quiet:
            self._console.print(line, markup=False, soft_wrap=True)

    def _line(self, second: Second) -> str:
        left = max(0, round(self._duration - second.at - 1))
        wide = self._console.width >= _WIDE
        flight = _("in flight {number}", number=f"{second.in_flight:,}") + "  " if wide else ""
        return _(
            "{finished} of {planned}/s  p99 {p99} ms  errors {failed}  dropped {dropped}  {flight}{left} s left",
            finished=f"{second.finished:,}",
            planned=f"{second.planned:,}",
            p99=shown(second.p99_ms),
            failed=f"{self._failed:,}",
            dropped=f"{self._dropped:,}",
            flight=flight,
            left=left,
        )
