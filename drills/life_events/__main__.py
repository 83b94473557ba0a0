"""The life-event drill: ``python -m drills.life_events [--events N] [--kills N] [--pace N] [--seed N] [--json FILE]``.

Births and deaths are filed and go their way on a fast clock, while agencies, gateway workers and control are killed at
random moments. All must end as they must, none twice, none forgotten, and the ledger must agree with the agencies.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import grpc

from drills.crash.books import Books, verify
from drills.life_events.events import Event, events
from drills.life_events.filing import WALLET, Filing
from drills.life_events.reckoning import differences, wrong_ends
from drills.sandbox import WORKERS, NotResumed, Sandbox
from drills.verdict import conclude
from ndxp.admin import AdminRefused
from ndxp.client import BlockingExchange, TokenRefused
from ndxp.life_events.v1 import life_events_pb2 as pb
from ndxp.sandbox import plan
from ndxp.sandbox.life import StartFailed
from ndxp.sandbox.plan import PlanFailed
from ndxp.world import World

VICTIMS = ("agencies", "control", *(f"gateway-{number}" for number in range(1, WORKERS + 1)))
_BETWEEN_KILLS = (1.0, 6.0)
_BETWEEN_EVENTS = 0.1
_DEADLINE = 5.0
_LONGEST = 1800.0
"""Seconds after which what has not ended is forgotten."""

_SLOWER = {"NDXP_ONE_STOP_POLL_MINUTES": "120", "NDXP_ONE_STOP_REPORT_MINUTES": "60"}
"""On a clock that is some thousand times too fast, the usual pace would be hundreds of questions a second."""


class Drill:
    """One exchange, its events, and whoever kills its processes."""

    def __init__(self, count: int, kills: int, pace: int, seed: int) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ndxp-life-events-"))
        self.killed: Counter[str] = Counter()
        self.events = events(World(), count, random.Random(seed))
        self.problems: list[str] = []
        self.tree = "skipped"
        self._kills = kills
        self._pace = pace
        self._source = random.Random(seed + 1)

    def run(self) -> None:
        """All events to their ends, and the books. Raises NotResumed, StartFailed, PlanFailed."""
        os.environ.update(_SLOWER)
        site = Sandbox(plan.make(self.folder / "run", workers=WORKERS, port=0, clock=f"x{self._pace}"))
        ended = threading.Event()
        killer = threading.Thread(target=self._kill, args=(site, ended))
        try:
            books = Books(site.session)
            killer.start()
            try:
                with BlockingExchange(
                    site.state.gateway, site.session.tokens(WALLET), deadline=_DEADLINE, retries=False
                ) as exchange:
                    self._follow(Filing(exchange))
            finally:
                ended.set()
                killer.join()
            site.until_serving()
            site.until_recorded()
            findings = books.check([])
            self.problems += wrong_ends(self.events) + differences(site.session, self.events)
            self.problems += [f"transaction {each} is recorded twice" for each in findings.duplicated]
            self.problems += [f"transaction {each} changed something without a record" for each in findings.unrecorded]
            self.tree = verify(site.folder)
        finally:
            site.close()

    def clear(self) -> None:
        """Removes what the drill has left behind."""
        shutil.rmtree(self.folder)

    def _follow(self, filing: Filing) -> None:
        for event in self.events:
            filing.file(event)
            time.sleep(_BETWEEN_EVENTS)
        deadline, open_ = time.monotonic() + _LONGEST, list(self.events)
        while open_ := [event for event in open_ if not filing.look_after(event)]:
            if time.monotonic() > deadline:
                raise NotResumed(f"{len(open_)} dossiers are forgotten, such as {open_[0].dossier.code}")
            time.sleep(0.5)

    def _kill(self, site: Sandbox, ended: threading.Event) -> None:
        """SIGKILL at random moments, until there were enough or everything has ended."""
        while sum(self.killed.values()) < self._kills and not ended.wait(self._source.uniform(*_BETWEEN_KILLS)):
            victim = self._source.choice(VICTIMS)
            try:
                site.process(victim).kill()
            except NotResumed:
                continue  # it has not been started again yet
            self.killed[victim] += 1


def main() -> int:
    """Exit code 0 when every event ended as it must and the books agree, else 1."""
    given = _arguments()
    drill = Drill(given.events, given.kills, given.pace, given.seed)
    began, trouble = time.monotonic(), ""
    print(f"{given.events} events, {given.kills} kills, seed {given.seed}, in {drill.folder}", flush=True)
    try:
        drill.run()
    except KeyboardInterrupt:
        trouble = "stopped before its end"
    except (NotResumed, StartFailed, PlanFailed, AdminRefused, TokenRefused) as error:
        trouble = str(error)
    except grpc.RpcError as error:
        trouble = f"a call of the drill was refused: {error}"
    seconds = time.monotonic() - began
    ends = _ends(drill.events)
    print(f"{seconds:.0f} s; killed: {_listed(drill.killed)}; ended: {_listed(ends)}")
    for problem in drill.problems:
        print(f"  {problem}")
    good = not (trouble or drill.problems) and drill.tree in ("ok", "skipped")
    figures = {
        "seconds": round(seconds, 1), "killed": dict(drill.killed), "ends": dict(ends), "problems": drill.problems,
        "tree": drill.tree,
    }  # fmt: skip
    return conclude(drill, given, trouble=trouble, good=good, figures=figures, broken="a life event went wrong")


def _ends(filed: Sequence[Event]) -> Counter[str]:
    return Counter(pb.DossierState.Name(each.dossier.state).removeprefix("DOSSIER_STATE_").lower() for each in filed)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items())) or "nothing"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m drills.life_events", description=__doc__)
    parser.add_argument("--events", type=int, default=200, help="births and deaths (200)")
    parser.add_argument("--kills", type=int, default=30, help="processes that are killed (30)")
    parser.add_argument("--pace", type=int, default=7200, help="so many times faster the nation's clock runs (7200)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="people, victims and moments")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    given = parser.parse_args()
    if given.events < 1 or given.kills < 0:
        parser.error("--events: at least 1; --kills: at least 0")
    return given


if __name__ == "__main__":
    sys.exit(main())
