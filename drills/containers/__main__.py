"""``python -m drills.containers``: faults in a running compose project under load, and their effect on callers.

The run folder comes from ``ndxp attach``. A drill kills and restarts only containers of the project.
"""

import argparse
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from drills.crash.books import Books, verify
from drills.crash.calls import CLIENT, Calls
from drills.crash.clients import Load
from drills.sandbox import PATIENCE, NotResumed
from ndxp.admin import AdminRefused, Session
from ndxp.sandbox.state import FOLDER
from ndxp.terminal import table

_CLIENTS = 4
_QUIET = 3.0
"""Seconds of load before a fault and after everything serves again."""

_RETRY_FOR = 30.0
_COLUMNS = ("fault", "calls#", "sent again#", "failed in the end#", "longest call (s)#", "lost#", "duplicated#",
            "unrecorded mutations#", "tree")  # fmt: skip
_LEASE = "ndxp:recorder"


class EngineFailed(Exception):
    """The container engine refused; the text is the engine's."""


@dataclass(frozen=True, slots=True)
class Project:
    """A compose project: its name, and the container engine's command (docker, podman)."""

    engine: Sequence[str]
    name: str

    def containers(self, service: str) -> list[str]:
        """The ids of a service's running containers."""
        labels = {"com.docker.compose.project": self.name, "com.docker.compose.service": service}
        filters = [word for name, value in labels.items() for word in ("--filter", f"label={name}={value}")]
        found = self.run("ps", "--quiet", *filters).split()
        if not found:
            raise EngineFailed(f"no container of {service} runs in the project {self.name}")
        return found

    def run(self, *words: str) -> str:
        """Runs a command of the engine; returns its output. Raises EngineFailed."""
        ran = subprocess.run([*self.engine, *words], capture_output=True, check=False, encoding="utf-8")  # noqa: S603
        if ran.returncode:
            raise EngineFailed(f"{' '.join(words)}: {ran.stderr.strip()}")
        return ran.stdout

    def kill(self, container: str) -> None:
        """SIGKILL, and a start two seconds later, as the engine would by itself after a crash."""
        self.run("kill", "--signal", "KILL", container)
        time.sleep(2)
        self.run("start", container)


def kill_a_gateway(project: Project) -> None:
    """Kills one of several gateways; Envoy must notice it."""
    project.kill(project.containers("gateway")[0])


def kill_the_writing_recorder(project: Project) -> None:
    """Kills the recorder with the lease; the other one must take over."""
    (redis,) = project.containers("redis")
    holder = project.run("exec", redis, "redis-cli", "get", _LEASE).strip()
    (writing,) = [each for each in project.containers("recorder") if holder.startswith(each[:12])]
    project.kill(writing)


def restart_redis(project: Project) -> None:
    """Restarts Redis in the normal way; nothing can be recorded meanwhile, so nothing may be answered."""
    project.run("restart", *project.containers("redis"))


def kill_redis(project: Project) -> None:
    """Kills Redis; all acknowledged entries must be there afterwards."""
    project.kill(*project.containers("redis"))


def replace_gateways(project: Project) -> None:
    """Restarts the gateways one after the other; each first ends its calls."""
    for container in project.containers("gateway"):
        project.run("restart", "--time", "20", container)
        time.sleep(_QUIET)


FAULTS: dict[str, Callable[[Project], None]] = {
    function.__name__.replace("_", " "): function
    for function in (kill_a_gateway, kill_the_writing_recorder, restart_redis, kill_redis, replace_gateways)
}


def drill(name: str, project: Project, session: Session, books: Books, calls: Sequence[Calls]) -> tuple[object, ...]:
    """One fault under load; returns its row of the table. Raises NotResumed, EngineFailed."""
    token = session.tokens(CLIENT).blocking()
    with Load(session.state.gateway, token, calls, _RETRY_FOR) as load:
        time.sleep(_QUIET)
        FAULTS[name](project)
        resumed = time.monotonic()
        _until(lambda: load.served_since(resumed), "a client is not served")
        time.sleep(_QUIET)
    _until(lambda: bool(session.get("/totals", after=2**61)["caught_up"]), "the recorder has not caught up")
    found = books.check(load.answers)
    done = load.done
    return (
        name, len(done), sum(call.attempts > 1 for call in done), sum(not call.served for call in done),
        f"{max(call.seconds for call in done):.1f}", len(found.lost), len(found.duplicated), len(found.unrecorded),
        verify(Path(session.state.folder)),
    )  # fmt: skip


def _until(good: Callable[[], bool], complaint: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not _holds(good):
        if time.monotonic() > deadline:
            raise NotResumed(f"after {PATIENCE:.0f} s: {complaint}")
        time.sleep(0.1)


def _holds(good: Callable[[], bool]) -> bool:
    try:
        return good()
    except AdminRefused:
        return False


def main() -> int:
    """Exit code 0 when no call failed in the end and the books agree, 1 when not."""
    parser = argparse.ArgumentParser(prog="python -m drills.containers", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="a run folder of `ndxp attach` (.ndxp)")
    parser.add_argument("--engine", default="docker", help="the container engine's command (docker)")
    parser.add_argument("--project", default="ndxp", help="name of the compose project (ndxp)")
    parser.add_argument("--fault", action="append", choices=FAULTS, help="only this one; may be given again")
    given = parser.parse_args()
    session = Session(given.folder)
    project = Project(shlex.split(given.engine), given.project)
    books = Books(session)
    calls = [Calls(f"containers {number}") for number in range(_CLIENTS)]
    rows = []
    try:
        for name in given.fault or FAULTS:
            print(f"{name} ...", flush=True)
            rows.append(drill(name, project, session, books, calls))
    except (EngineFailed, NotResumed) as error:
        print(f"broken off: {error}", file=sys.stderr)
        return 1
    finally:
        Console(width=140, highlight=False).print(table(_COLUMNS, rows))
    return 0 if all(not any(row[5:8]) and not row[3] and row[8] == "ok" for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
