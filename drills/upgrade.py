"""The upgrade drill: ``python -m drills.upgrade [--from DIR] [--seed N] [--json FILE]``.

An exchange of the version in DIR, which is a checkout, is upgraded to this version under load, process by process:
first control with its recorder, which upgrades the ledger's schema, then the gateway workers, then the agencies. A
caller who repeats UNAVAILABLE calls must see no failure, and the books must agree. Without DIR both versions are this
one.
"""

import argparse
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psutil
from rich.console import Console

from drills.crash.books import Books, Findings, verify
from drills.crash.calls import CLIENT, Calls
from drills.crash.clients import Answer, Load
from drills.sandbox import PATIENCE, WORKERS, NotResumed, Sandbox
from drills.verdict import conclude
from ndxp.admin import AdminRefused
from ndxp.client import TokenRefused
from ndxp.sandbox import plan
from ndxp.sandbox.life import StartFailed
from ndxp.sandbox.state import Process
from ndxp.terminal import table

HERE = Path(__file__).parents[1]
ORDER = ("control", *(f"gateway-{number}" for number in range(1, WORKERS + 1)), "agencies")
"""Readers come before writers: a recorder can read the records of older gateways, but not those of newer ones."""

_CLIENTS = 4
_QUIET = 1.5
"""Seconds of load before and after each step."""

_RETRY_FOR = 30.0
_LOOKS = 12
_COLUMNS = "upgraded", "calls#", "sent again#", "failed in the end#", "longest call (s)#"


@dataclass(frozen=True, slots=True)
class Step:
    """The upgrade of one process, and the calls meanwhile; ``longest`` is in seconds."""

    process: str
    calls: int
    again: int
    failed: int
    longest: float


class Site(Sandbox):
    """A sandbox in which each process runs the version to which its own link points."""

    def __init__(self, folder: Path, version: Path) -> None:
        # The exchange file stays that of the old version, because older gateways may not understand a newer one.
        exchange_file = version / "gateway" / "exchange.yaml"
        planned = plan.make(folder, workers=WORKERS, port=0, exchange_file=exchange_file)
        self._links = folder / "versions"
        self._links.mkdir()
        for name in ORDER:
            (self._links / name).symlink_to(version)
        super().__init__(replace(planned, processes=[self._of_version(process) for process in planned.processes]))
        self._planned = planned  # with the commands of the running processes

    def upgrade(self, name: str, version: Path) -> None:
        """Ends a process as an operator would; the supervisor starts the other version. Raises NotResumed."""
        before, beside = self.process(name), self._links / "next"
        beside.symlink_to(version)
        beside.replace(self._links / name)
        before.terminate()
        try:
            before.wait(PATIENCE)
        except psutil.TimeoutExpired as error:
            raise NotResumed(f"{name} has not ended {PATIENCE:.0f} s after SIGTERM") from error
        self.until_serving()
        if self.process(name).environ()["PYTHONPATH"] != str(version):
            raise NotResumed(f"{name} does not run the version in {version}")

    def schema(self) -> str:
        """The version of the ledger's schema."""
        with closing(sqlite3.connect(self.folder / "ledger.db")) as ledger:
            try:
                return str(ledger.execute("SELECT version_num FROM alembic_version").fetchone()[0])
            except sqlite3.OperationalError:
                return "of before there were numbers"

    def _of_version(self, process: Process) -> Process:
        if process.name not in ORDER:
            return process
        # The link is followed once, so that a process imports nothing of the next version while it still runs.
        script = 'export PYTHONPATH="$(readlink -f "$0")"; exec "$@"'
        return replace(process, command=["/bin/sh", "-c", script, str(self._links / process.name), *process.command])


class Drill:
    """An upgrade from one version to this one, in a sandbox in ``folder``."""

    def __init__(self, version: Path, seed: int) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ndxp-upgrade-"))
        self.schemas: list[str] = []
        self.findings = Findings([], [], [])
        self.tree = "skipped"
        self._version = version
        self._calls = [Calls(f"{seed} {number}") for number in range(_CLIENTS)]

    def run(self) -> Generator[Step, None, None]:
        """Every step as it ends, and then the books. Raises StartFailed, PlanFailed, NotResumed."""
        began, answers = time.time(), list[Answer]()
        site = Site(self.folder / "run", self._version)
        try:
            for _ in range(_LOOKS):  # each request reaches any of the workers, and all must know every contract
                site.until_serving()
            self.schemas.append(site.schema())
            token = site.session.tokens(CLIENT).blocking()
            for name in ORDER:
                with Load(site.state.gateway, token, self._calls, _RETRY_FOR) as load:
                    _until_served(site, load)
                    time.sleep(_QUIET)
                    site.upgrade(name, HERE)
                    _until_served(site, load)
                    time.sleep(_QUIET)
                answers += load.answers
                calls = load.done
                yield Step(
                    name,
                    len(calls),
                    sum(call.attempts > 1 for call in calls),
                    sum(not c.served for c in calls),
                    max(call.seconds for call in calls),
                )
            site.until_recorded()
            self.schemas.append(site.schema())
            self.findings, self.tree = Books(site.session, since=began).check(answers), verify(site.folder)
        finally:
            site.close()

    def clear(self) -> None:
        """Removes the drill's folder."""
        shutil.rmtree(self.folder)


def _until_served(site: Site, load: Load) -> None:
    moment = time.monotonic()
    site.until(lambda: "" if load.served_since(moment) else "a client has no answer though everything serves")


def main() -> int:
    """Exit code 0 when no call failed in the end and the books agree, 1 when not, 2 for wrong usage."""
    given = _arguments()
    drill = Drill(given.version.resolve(), given.seed)
    console = Console(width=120, highlight=False, markup=False)
    steps: list[Step] = []
    trouble = ""
    try:
        with closing(drill.run()) as running:
            for step in running:
                steps.append(step)
                console.print(f"{step.process} upgraded: {step.calls} calls, {step.failed} failed")
    except (AdminRefused, NotResumed, StartFailed, TokenRefused, plan.PlanFailed) as error:
        trouble = str(error)
    except KeyboardInterrupt:
        trouble = "stopped before its end"
    found = drill.findings
    console.print(table(_COLUMNS, _rows(steps)))
    console.print(f"schema of the ledger: {' -> '.join(drill.schemas)}")
    console.print(
        f"answers lost {len(found.lost)}, duplicated {len(found.duplicated)}, unrecorded mutations "
        f"{len(found.unrecorded)}, tree {drill.tree}"
    )
    wrong = (found.lost, found.duplicated, found.unrecorded, trouble)
    good = not any(wrong) and drill.tree == "ok" and all(not step.failed for step in steps)
    figures = {
        "steps": [asdict(step) for step in steps],
        "schemas": drill.schemas,
        "findings": asdict(found),
        "tree": drill.tree,
    }
    return conclude(drill, given, trouble=trouble, good=good, figures=figures, broken="the upgrade was felt")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m drills.upgrade", description=__doc__)
    parser.add_argument("--from", dest="version", type=Path, default=HERE, help="a checkout of the version before")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="seed of the clients' calls")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    given = parser.parse_args()
    if not (given.version / "gateway" / "control").is_dir():
        parser.error(f"--from: {given.version} is no checkout of ndxp")
    return given


def _rows(steps: Sequence[Step]) -> list[tuple[object, ...]]:
    return [(step.process, step.calls, step.again, step.failed, f"{step.longest:.1f}") for step in steps]


if __name__ == "__main__":
    sys.exit(main())
