"""The traffic of a run: Locust in a process of its own, what it is told, how it is doing, what it found."""

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
from ndxp.sandbox.ports import free_port
from ndxp.tree import LOCUSTFILE

_STOPPING = 20.0
_SAID = "load test: "


class TrafficFailed(Exception):
    """The generator could not run; the text is its own last line."""


class TrafficStopped(TrafficFailed):
    """The generator was stopped before a call was due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to send. ``rate`` in requests a second, ``duration`` in seconds, ``slo`` a file; None: the profile's own."""

    profile: str
    folder: Path
    rate: float | None = None
    duration: float | None = None
    compress: float = 1.0
    slo: Path | None = None
    processes: int = 1
    seed: int = 2023


class Traffic:
    """A started generator; ``into`` is a folder for what it writes.

    It has a process group of its own, so that Ctrl-C in a terminal reaches whoever started it, and not the generator.
    """

    def __init__(self, plan: Plan, into: Path) -> None:
        self._results = into / "results.json"
        self._progress = into / "progress.jsonl"
        self._log = into / "generator.log"
        self._read = 0
        self._ended = False
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603
                _command(plan, self._results, self._progress), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        """Its process; forked workers are children of it."""
        return self._process.pid

    def running(self, timeout: float) -> bool:
        """Waits so many seconds for its end; True when it goes on."""
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return True
        return False

    def end(self) -> bool:
        """Has it end early: it sends no more, waits for what is under way, and writes down what it found.

        False when it was told before.
        """
        if self._ended:
            return False
        self._ended = True
        self._process.terminate()
        return True

    def progress(self) -> list[Second]:
        """The seconds that it has reported since the last time."""
        if not self._progress.exists():
            return []
        with self._progress.open("rb") as file:
            file.seek(self._read)
            lines = file.read().splitlines(keepends=True)
        whole = [line for line in lines if line.endswith(b"\n")]
        self._read += sum(map(len, whole))
        return [msgspec.json.decode(line, type=Second) for line in whole]

    def results(self) -> Results:
        """What it found, once it has ended. Raises TrafficFailed."""
        code = self._process.wait()
        if self._ended and not self._results.exists():
            raise TrafficStopped("stopped before a call was due")
        if code:
            raise TrafficFailed(self._last_line() or f"the generator ended with {code}")
        try:
            return results.read(self._results)
        except (OSError, msgspec.DecodeError) as error:
            raise TrafficFailed(f"the generator left no results ({error}): {self._last_line()}") from error

    def stop(self) -> None:
        """Ends it, if it has not ended, and whatever it has started."""
        if self._process.poll() is None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOPPING)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _last_line(self) -> str:
        """Our own last word if there is one: Locust prints its tables behind it."""
        lines = [line for line in self._log.read_text(errors="replace", encoding="utf-8").splitlines() if line.strip()]
        said = [line.removeprefix(_SAID) for line in lines if line.startswith(_SAID)]
        return (said or lines or [""])[-1]


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
    if plan.processes > 1:
        port = str(free_port())  # Locust's own port is one for all runs on a machine
        words += ["--processes", str(plan.processes), "--master-port", port, "--master-bind-port", port]
    return words
