"""The site: an exchange in a folder of its own, whose ledger is on a small disk of its own."""

import os
import shutil
import signal
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import redis

from drills.sandbox import WORKERS, Sandbox
from ndxp.sandbox import life, plan
from ndxp.sqlite import sqlite_url

_DISK = 128 * 1024 * 1024


class Site(Sandbox):
    """A running exchange. ``disk`` is the ledger's disk, None when this user may not mount one."""

    def __init__(self, folder: Path) -> None:
        planned = plan.make(folder, workers=WORKERS, port=0)
        self.disk = _mount(folder / "disk")
        if self.disk is not None:
            ledger = {"NDXP_LEDGER_URL": sqlite_url(self.disk / "ledger.db")}
            processes = [replace(each, environment={**each.environment, **ledger}) for each in planned.processes]
            planned = replace(planned, processes=processes)
        try:
            super().__init__(planned)
        except BaseException:
            self._unmount()
            raise

    def close(self) -> None:
        """Stops everything; the ledger stays in the folder."""
        super().close()
        if self.disk is not None:
            shutil.copytree(self.disk, self.folder / "ledger")
        self._unmount()

    def store(self) -> Any:
        """A client of the store; the caller closes it."""
        return redis.Redis.from_url(self._planned.processes[0].environment["NDXP_REDIS_URL"], socket_timeout=5)

    def kill_everything(self) -> None:
        """Sends SIGKILL to all processes at once, including their supervisor."""
        members = self.state.members()
        os.killpg(self.state.supervisor, signal.SIGKILL)
        psutil.wait_procs(members)

    def start_again(self) -> None:
        """Starts the killed processes with a supervisor, as a server's init system would."""
        self.state = life.start(self._planned)

    def _unmount(self) -> None:
        if self.disk is not None:
            _run("umount", str(self.disk))


def _mount(place: Path) -> Path | None:
    place.mkdir(mode=0o700)
    return place if _run("mount", "-t", "tmpfs", "-o", f"size={_DISK},mode=0700", "ndxp-drill", str(place)) else None


def _run(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603
    except OSError:
        return False
