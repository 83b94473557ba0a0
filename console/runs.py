"""Load runs that the console starts: one at a time, each with a folder of its own in the run folder."""

import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

from ndxp import tree
from ndxp.language import VARIABLE, Language
from ndxp.sandbox.state import start_of
from ndxp.whole_file import whole_file

HIGHEST_RATE, LONGEST = 1000.0, 3600.0
"""The most calls a second, and seconds, of a run."""

Standing: TypeAlias = Literal["runs", "stopping", "ended", "failed"]

_KEPT = 20
_SHOWN = 300
_PATIENCE = 60.0
_NAME = re.compile(r"\d{8}-\d{6}")
_ORDER, _PROGRESS, _OUTPUT, _REPORT, _PAGE = "order.json", "progress.jsonl", "output.log", "report.json", "report.html"


class RunRefused(Exception):
    """A run cannot be started; the text is one line, and says why."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for, and the process that does it. ``rate`` is None for the profile's own."""

    profile: str
    rate: float | None
    duration: float
    pid: int = 0
    started: str = ""
    at: float = 0.0
    stopped: bool = False

    @property
    def words(self) -> list[str]:
        """The command without what the console adds to it."""
        rate = [] if self.rate is None else ["--rate", f"{self.rate:g}"]
        return ["load", "run", self.profile, *rate, "--duration", f"{self.duration:g}"]


@dataclass(frozen=True, slots=True)
class Run:
    """A run by its name, a time; ``report`` is what is shown of its report, empty without one."""

    name: str
    order: Order
    standing: Standing
    report: dict[str, Any] = field(default_factory=dict)
    last_line: str = ""


@dataclass(slots=True)
class Progress:
    """What a run has told until now: its latest seconds, errors and dropped calls of all, CPU by process, a message."""

    seconds: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_SHOWN))
    failed: int = 0
    dropped: int = 0
    cpu: dict[str, float] = field(default_factory=dict)
    message: str = ""
    read: int = 0

    def take(self, line: dict[str, Any]) -> None:
        """Adds a line of the run's file."""
        if "message" in line:
            self.message = line["message"]
            return
        self.seconds.append(line["second"])
        self.failed += line["second"]["failed"]
        self.dropped += line["second"]["dropped"]
        self.cpu = line["cpu"]


class Runs:
    """The runs in a run folder. Its methods read files and start processes: call them in a thread."""

    def __init__(self, folder: Path) -> None:
        self._run_folder = folder
        self._folder = folder / "loads"
        self._changing, self._listing = threading.Lock(), threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._progress: tuple[str, Progress] = ("", Progress())
        self._reports: dict[str, dict[str, Any]] = {}
        self._profiles: list[dict[str, Any]] = []

    def profiles(self) -> list[dict[str, Any]]:
        """The profiles with their sources. Raises RunRefused when there is no load test to be had."""
        with self._listing:  # many pages ask, one process lists them
            if not self._profiles:
                self._profiles = _profiles()
            return self._profiles

    def start(self, order: Order, language: Language = "en") -> None:
        """Starts a run, which reports in a language. Raises RunRefused, also while another one is under way."""
        if not (order.rate is None or 0 < order.rate <= HIGHEST_RATE) or not 1 <= order.duration <= LONGEST:
            raise RunRefused(f"a run has at most {HIGHEST_RATE:g} calls a second, and lasts 1 to {LONGEST:g} seconds")
        with self._changing:
            if (other := self.current()) is not None:
                raise RunRefused(f"{other.order.profile} is under way: one run at a time")
            if order.profile not in {profile["name"] for profile in self.profiles()}:
                raise RunRefused(f"there is no profile {order.profile[:100]!r}")
            for name in self._names()[_KEPT - 1 :]:
                shutil.rmtree(self._folder / name)
            place = self._folder / f"{datetime.now():%Y%m%d-%H%M%S}"
            try:
                place.mkdir(mode=0o700, parents=True)
            except FileExistsError as error:
                raise RunRefused("another run was started within this second: try again") from error
            self._launch(place, order, language)

    def _launch(self, place: Path, order: Order, language: Language) -> None:
        own = ["--folder", str(self._run_folder), "--progress", str(place / _PROGRESS), "--report", str(place / _PAGE)]
        with (place / _OUTPUT).open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603
                tree.command("ndxp.cli", *order.words, *own),
                env={**tree.environment(), VARIABLE: language},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # it is no process of the exchange, which counts those of its own group
            )
        pid = self._process.pid
        _write(place, replace(order, pid=pid, started=start_of(pid), at=time.time()))

    def stop(self) -> None:
        """Ends the run that is under way early, once: its report is still written."""
        with self._changing:
            run = self.current()
            if run is None or run.standing != "runs":
                return
            _write(self._folder / run.name, replace(run.order, stopped=True))
            with suppress(ProcessLookupError):
                os.kill(run.order.pid, signal.SIGINT)

    def current(self) -> Run | None:
        """The run that is under way, also when an earlier console has started it."""
        names = self._names()
        run = self._run(names[0]) if names else None
        return run if run is not None and run.standing in ("runs", "stopping") else None

    def all(self) -> list[Run]:
        """The runs that are kept, the latest first."""
        return [run for name in self._names() if (run := self._run(name)) is not None]

    def progress(self, name: str) -> Progress:
        """What a run has told until now."""
        known, progress = self._progress
        if known != name:
            self._progress = name, (progress := Progress())
        with suppress(FileNotFoundError), (self._folder / name / _PROGRESS).open("rb") as file:
            file.seek(progress.read)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                progress.read += len(line)
                progress.take(json.loads(line))
        return progress

    def page(self, name: str) -> Path | None:
        """The file of a run's report, as a page; None when there is no such run, or none yet."""
        file = self._folder / name / _PAGE
        return file if name in self._names() and file.is_file() else None

    def _names(self) -> list[str]:
        """The names of all runs, the latest first."""
        if not self._folder.is_dir():
            return []
        return sorted((each.name for each in self._folder.iterdir() if _NAME.fullmatch(each.name)), reverse=True)

    def _run(self, name: str) -> Run | None:
        place = self._folder / name
        if self._process is not None:
            self._process.poll()  # a process that has ended stays until its parent asks
        try:
            order = Order(**json.loads((place / _ORDER).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        if order.started and start_of(order.pid) == order.started:
            return Run(name, order, "stopping" if order.stopped else "runs")
        if report := self._report(name):
            return Run(name, order, "ended", report)
        with suppress(FileNotFoundError):
            return Run(name, order, "failed", last_line=_last((place / _OUTPUT).read_bytes()))
        return None

    def _report(self, name: str) -> dict[str, Any]:
        if name not in self._reports:
            try:
                report = json.loads((self._folder / name / _REPORT).read_text(encoding="utf-8"))
            except (OSError, ValueError):
                return {}
            self._reports[name] = {part: report[part] for part in ("verdict", "summary", "profile")}
        return self._reports[name]


def _profiles() -> list[dict[str, Any]]:
    command = tree.command("ndxp.cli", "load", "profiles", "--json")
    try:
        asked = subprocess.run(  # noqa: S603
            command, env=tree.environment(), capture_output=True, timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise RunRefused(f"the profiles were not listed within {_PATIENCE:.0f} s: try again") from error
    if asked.returncode:
        raise RunRefused(_last(asked.stderr) or f"the profiles could not be listed ({asked.returncode})")
    found: list[dict[str, Any]] = json.loads(asked.stdout)
    return found


def _write(place: Path, order: Order) -> None:
    with whole_file(place / _ORDER) as file:
        file.write(json.dumps(asdict(order)).encode())


def _last(output: bytes) -> str:
    """The last line of what a process has printed."""
    lines: Iterator[str] = filter(None, map(str.strip, reversed(output.decode(errors="replace").splitlines())))
    return next(lines, "")
