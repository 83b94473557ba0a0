"""The supervisor: starts a sandbox's processes, restarts those that die, and stops all in order.

``python -m ndxp.sandbox FOLDER``. It leads the process group of all these processes, and syncs the store's data to disk
once a second. It imports little, because it stays in memory.
"""

import contextlib
import json
import math
import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

_PLAN = "run.json"
_PAUSES = (0.1, 0.5, 1.0, 2.0, 5.0)
_STOP_ORDER = ("console", "gateway", "rest", "agencies", "control", "store")
_PATIENCE = 20.0
_HEALTHY = 60.0
_SYNC_EVERY = 1.0
_LOOK_EVERY = 1.0
"""Seconds between two checks that the folder still exists; no signal reports its removal."""


class Supervisor:
    """Keeps the processes of one run folder running, as long as the folder exists."""

    def __init__(self, folder: Path, processes: list[dict[str, Any]]) -> None:
        self._plan = folder / _PLAN
        self._logs = folder / "logs"
        self._logs.mkdir(mode=0o700, exist_ok=True)
        self._plans = {process["name"]: process for process in processes}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._deaths = dict.fromkeys(self._plans, 0)
        self._due: dict[str, float] = dict.fromkeys(self._plans, 0.0)
        self._started: dict[str, float] = {}
        self._stopping = False

    def run(self) -> None:
        """Returns after SIGTERM or SIGINT, or when somebody has removed the folder, and every process has ended."""
        wakes = _wakes()
        signal.signal(signal.SIGCHLD, lambda *_: None)  # it only has to wake the supervisor
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        try:
            # Without the folder nothing can be recorded: its databases are gone.
            while not self._stopping and self._plan.exists():
                for name, process in list(self._running.items()):
                    if process.poll() is not None:
                        self._died(name, process.returncode)
                for name, due in list(self._due.items()):
                    if time.monotonic() >= due:
                        self._start(name)
                _wait(wakes, min(self._due.values(), default=math.inf))
        finally:
            for kind in _STOP_ORDER:
                self._end([process for name, process in self._running.items() if name.partition("-")[0] == kind])

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _start(self, name: str) -> None:
        plan = self._plans[name]
        del self._due[name]
        self._started[name] = time.monotonic()
        with (self._logs / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(  # noqa: S603
                plan["command"],
                env={**os.environ, **plan["environment"]},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _died(self, name: str, code: int) -> None:
        del self._running[name]
        if time.monotonic() - self._started[name] > _HEALTHY:
            self._deaths[name] = 0
        pause = _PAUSES[min(self._deaths[name], len(_PAUSES) - 1)]
        self._deaths[name] += 1
        self._due[name] = time.monotonic() + pause
        sys.stderr.write(f"{name} ended with {code}; starting it again in {pause} s, see logs/{name}.log\n")

    def _end(self, processes: list[subprocess.Popen[bytes]]) -> None:
        for process in processes:
            process.terminate()
        deadline = time.monotonic() + _PATIENCE
        for process in processes:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wakes() -> int:
    """A descriptor that becomes readable when a signal has come."""
    wakes, writes = os.pipe()
    for descriptor in (wakes, writes):
        os.set_blocking(descriptor, False)
    signal.set_wakeup_fd(writes)
    return wakes


def _wait(wakes: int, until: float) -> None:
    """Waits for a signal (a process has ended, or all should stop), at most a second and until a time (monotonic)."""
    if select.select([wakes], [], [], min(_LOOK_EVERY, max(0.0, until - time.monotonic())))[0]:
        os.read(wakes, 1024)


def sync(data: Path) -> None:
    """Syncs the store's append-only files to disk."""
    for path in data.glob("appendonlydir/*.aof"):
        # A file that the store has just replaced need not be synced.
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
            os.fdatasync(file.fileno())


def _keep_synced(data: Path) -> None:
    while True:
        time.sleep(_SYNC_EVERY)
        try:
            sync(data)
        except OSError as error:
            sys.stderr.write(f"the store's data in {data} cannot be synced, a power cut may lose it: {error}\n")


def main() -> None:
    """Supervises the sandbox that the folder's run.json plans."""
    os.umask(0o077)
    folder = Path(sys.argv[1])
    plan = json.loads((folder / _PLAN).read_text(encoding="utf-8"))
    if plan["durability"] == "everysec":
        # In its own thread, so that a hanging disk does not stop the supervisor.
        threading.Thread(target=_keep_synced, args=(folder / "store",), daemon=True).start()
    try:
        Supervisor(folder, plan["processes"]).run()
    finally:
        if socket_folder := plan["socket_folder"]:
            with contextlib.suppress(OSError):  # the store has removed its socket
                Path(socket_folder).rmdir()


if __name__ == "__main__":
    main()
