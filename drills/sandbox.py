"""The sandbox that a drill runs: an exchange in a folder of its own, and what an operator can see of it."""

import time
from collections.abc import Callable
from pathlib import Path

import psutil

from ndxp.cli.session import AdminRefused, Session
from ndxp.sandbox import life
from ndxp.sandbox.state import State

WORKERS = 2
PATIENCE = 60.0
"""Seconds within which everything has to serve again."""


class NotResumed(Exception):
    """The exchange does not serve again by itself; the text says what is missing."""


class Sandbox:
    """A running exchange. Raises StartFailed when it does not start."""

    def __init__(self, planned: State) -> None:
        self._planned = planned
        self.folder = Path(planned.folder)
        self.state = life.start(planned)
        self.session = Session(self.folder)

    def close(self) -> None:
        """Stops everything; the ledger stays in the folder."""
        life.stop(self.state)

    def process(self, name: str) -> psutil.Process:
        """The process that runs under a name of the plan; raises NotResumed when none does."""
        wanted = next(process for process in self._planned.processes if process.name == name)
        for member in self.state.members():
            try:
                title = member.cmdline()
                node = member.environ().get("NDXP_NODE", name)
            except psutil.Error:
                continue
            if (title == wanted.command and node == name) or (name == "store" and "valkey-server" in title[0]):
                return member
        raise NotResumed(f"no process {name} runs")

    def until_recorded(self) -> None:
        """Returns when the ledger has everything that is in the journal; raises NotResumed."""
        self._until(lambda: "" if self.caught_up() else "the recorder has not caught up")

    def caught_up(self) -> bool:
        """Whether the ledger has everything that is in the journal."""
        try:
            return bool(self.session.get("/totals", after=2**61)["caught_up"])
        except AdminRefused:
            return False

    def _until(self, missing: Callable[[], str]) -> None:
        deadline = time.monotonic() + PATIENCE
        while complaint := missing():
            if time.monotonic() > deadline:
                raise NotResumed(f"after {PATIENCE:.0f} s: {complaint}")
            time.sleep(0.1)
