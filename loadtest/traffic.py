"""The generator of a run: Locust in a process of its own, with its arguments, progress and results."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from loadtest import results
from loadtest.results import Results, Second
from ndxp.language import _
from ndxp.sandbox.ports import free_port
from ndxp.tree import LOCUSTFILE

_STOPPING = 20.0
_OWN_LINE = "load test: "


class TrafficFailed(Exception):
    """The generator could not run; the text is its last line."""


class TrafficStopped(TrafficFailed):
    """The generator was stopped before a call was due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to send. ``rate`` in requests a second, ``duration`` in seconds, ``slo`` a file; None: the profile's own.

    With ``http`` calls go through the doors for HTTP.
    """

    profile: str
    folder: Path
    rate: float | None = None
    duration: float | None = None
    compress: float = 1.0
    slo: Path | None = None
    processes: int = 1
    seed: int = 2023
    http: bool = False


class Traffic:
    """A started generator; ``into`` is a folder for what it writes.

    It has its own process group, so that Ctrl-C in a terminal reaches only the process that has started it.
    """

    def __init__(self, plan: Plan, into: Path) -> None:
        self._results = into / "results.json"
        self._progress = into / "progress.jsonl"
        self._log = into / "generator.log"
        self._read = 0
        self._ended = False
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603
                _command(plan, self._results, self._progress),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id; forked workers are its children."""
        return self._process.pid

    def running(self, timeout: float) -> bool:
        """Waits ``timeout`` seconds for its end; True when it is still running."""
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return True
        return False

    def end(self) -> bool:
        """Ends it early: it sends no more calls, waits for those under way, and writes its results.

        False when this was done before.
        """
        if self._ended:
            return False
        self._ended = True
        self._process.terminate()
        return True

    def progress(self) -> list[Second]:
        """The seconds that it has reported since the last call."""
        if not self._progress.exists():
            return []
        with self._progress.open("rb") as file:
            file.seek(self._read)
            lines = file.read().splitlines(keepends=True)
        whole = [line for line in lines if line.endswith(b"\n")]
        self._read += sum(map(len, whole))
        return [msgspec.json.decode(line, type=Second) for line in whole]

    def results(self) -> Results:
        """Its results, after it has ended. Raises TrafficFailed."""
        code = self._process.wait()
        if self._ended and not self._results.exists():
            raise TrafficStopped(_("stopped before a call was due"))
        if code:
            raise TrafficFailed(self._last_line() or _("the generator ended with {code}", code=code))
        try:
            return results.read(self._results)
        except (OSError, msgspec.DecodeError) as error:
            raise TrafficFailed(f"the generator left no results ({error}): {self._last_line()}") from error

    def stop(self) -> None:
        """Ends it and all processes that it has started."""
        if self._process.poll() is None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOPPING)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _last_line(self) -> str:
        """The last line of our own output if there is one, because Locust prints its tables after it."""
        lines = [line for line in self._log.read_text(errors="replace", encoding="utf-8").splitlines() if line.strip()]
        own_lines = [line.removeprefix(_OWN_LINE) for line in lines if line.startswith(_OWN_LINE)]
        return (own_lines or lines or [""])[-1]


def _command(plan: Plan, results_file: Path, progress_file: Path) -> list[str]:
    words = [
        sys.executable, "-P", "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--exit-code-on-error", "0",
        "--profile", plan.profile,
        "--folder", str(plan.folder), "--seed", str(plan.seed), "--compress", f"{plan.compress:.15g}",
        "--results", str(results_file), "--progress", str(progress_file),
    ]  # fmt: skip
    if plan.rate is not None:
        words += ["--rate", f"{plan.rate:.15g}"]
    if plan.duration is not None:
        words += ["--duration", f"{plan.duration:.15g}"]
    if plan.slo is not None:
        words += ["--slo", str(plan.slo)]
    if plan.http:
        words.append("--http")
    if plan.processes > 1:
        port = str(free_port())  # Locust's default port would be the same for all runs on a machine
        words += ["--processes", str(plan.processes), "--master-port", port, "--master-bind-port", port]
    return words
