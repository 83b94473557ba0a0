"""A round: load, a fault at a random moment, waiting until everything serves again, and the books."""

import random
import shutil
import tempfile
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from drills.crash.books import Books, Findings, verify
from drills.crash.calls import CLIENT, Calls
from drills.crash.clients import Load
from drills.crash.faults import FAULTS, NEEDS_DISK
from drills.crash.site import Site
from drills.sandbox import PATIENCE, NotResumed
from ndxp.admin import AdminRefused
from ndxp.client import TokenRefused
from ndxp.sandbox.life import StartFailed

CLIENTS = 4
_BEFORE, _AFTER = (0.3, 1.5), 0.3
_CYCLES = 3
"""Rounds of each fault in one sandbox; then a new sandbox, so that ledgers stay small enough to verify."""


@dataclass(frozen=True, slots=True)
class Round:
    """The result of a round. ``outage`` is the longest time that a client was without an answer, in seconds.

    ``tree`` is "ok", "skipped" or what is wrong; ``trouble`` is why the round was broken off, empty if it was not.
    """

    number: int
    fault: str
    answered: int
    outage: float
    findings: Findings
    tree: str
    trouble: str

    @property
    def good(self) -> bool:
        """Whether every promise held."""
        found = self.findings
        broken = (found.lost, found.duplicated, found.unrecorded, self.trouble)
        return not any(broken) and self.tree in ("ok", "skipped")


class Drill:
    """Rounds over all faults in random order, in sandboxes below ``folder``; the same order for the same seed."""

    def __init__(self, rounds: int, seed: int) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ndxp-drills-"))
        self.skipped: list[str] = []
        self._rounds = rounds
        self._source = random.Random(seed)
        self._calls = [Calls(f"{seed} {number}") for number in range(CLIENTS)]

    def run(self) -> Generator[Round, None, None]:
        """Every round as it ends. A round that was broken off is the last. Raises StartFailed and PlanFailed."""
        number = 0
        while number < self._rounds:
            site = Site(self.folder / f"from-{number + 1}")
            try:
                faults = [name for name in FAULTS if name != NEEDS_DISK or site.disk is not None]
                self.skipped = [name for name in FAULTS if name not in faults]
                books = Books(site.session)
                for fault in self._order(faults)[: self._rounds - number]:
                    number += 1
                    done = self._round(number, fault, site, books)
                    yield done
                    if done.trouble:
                        return
            finally:
                site.close()

    def clear(self) -> None:
        """Removes the drill's folder."""
        shutil.rmtree(self.folder)

    def _order(self, faults: Sequence[str]) -> list[str]:
        return [fault for _ in range(_CYCLES) for fault in self._source.sample(faults, len(faults))]

    def _round(self, number: int, fault: str, site: Site, books: Books) -> Round:
        load = Load(site.state.gateway, site.session.tokens(CLIENT).blocking(), self._calls)
        try:
            with load:
                _until_served(load, time.monotonic())
                time.sleep(self._source.uniform(*_BEFORE))
                FAULTS[fault](site, self._source)
                site.until_serving()
                _until_served(load, time.monotonic())
                time.sleep(_AFTER)
            site.until_recorded()
            findings, tree, trouble = books.check(load.answers), verify(site.folder), ""
        except (NotResumed, StartFailed, AdminRefused, TokenRefused) as error:
            findings, tree, trouble = Findings([], [], []), "skipped", str(error)
        return Round(number, fault, len(load.answers), load.outage, findings, tree, trouble)


def _until_served(load: Load, moment: float) -> None:
    deadline = time.monotonic() + PATIENCE
    while not load.served_since(moment):
        if time.monotonic() > deadline:
            raise NotResumed(f"a client has had no answer for {PATIENCE:.0f} s though everything says that it serves")
        time.sleep(0.05)
