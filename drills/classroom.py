"""The class drill: ``python -m drills.classroom [--groups N] [--minutes N] [--pause N] [--workers N] [--json FILE]``.

Groups join a class by their codes at the console, within one pause, and do lab 2 and lab 8 at once, one half each, at
the speed of people: call, pause, check, now and then a hint, and the lab anew when it is done. Each group looks at the
ledger of another one, and must see nothing. Exit code 1 when a check was wrong, a group saw what is not its own, or the
99th percentile of calls or of the class's answers is above 200 ms. Calls that a fault of lab 8 delays are not counted,
nor is the time in which a lab begins anew.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Self, TypeVar

import grpc
from rich.console import Console

from drills.sandbox import PATIENCE, NotResumed
from ndxp.admin import AdminRefused, Session
from ndxp.classroom.classroom import Classroom
from ndxp.classroom.pupil import Joined
from ndxp.client import BlockingExchange
from ndxp.population.v1.population_pb2 import GetCitizenRequest, ListHouseholdRequest, VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.sandbox import console, life, plan
from ndxp.sandbox.state import State
from ndxp.terminal import table
from ndxp.tree import environment

LABS = ("2", "8")
LIMIT = 200.0
"""The highest 99th percentile, in ms."""

_WHO = {"citizen_number": "074079255028", "full_name": "Nguyễn Ngọc Tuấn", "birth_date": "1979-07-20"}
_TASKS = 4
_NARROW = {
    "provider": "VN/GOV/G01/population", "contract": "ndxp.population.v1.PopulationService", "methods": ["GetCitizen"],
    "purposes": ["press accreditation"], "fields": ["citizen.full_name"], "valid_until": "2030-12-31",
}  # fmt: skip

_Given = TypeVar("_Given")


@dataclass(slots=True)
class Seen:
    """What a group has seen: times of calls and, by kind, of the class's answers in ms, labs done, what was wrong."""

    calls: list[float] = field(default_factory=list)
    answers: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    labs: int = 0
    wrong: list[str] = field(default_factory=list)


class Pupil:
    """A group at its lab, in a run folder of its own."""

    def __init__(self, url: str, code: str, folder: Path, pause: float, ends: float) -> None:
        self._url, self._code, self._folder = url, code, folder
        self._pause, self._ends = pause, ends
        self.seen = Seen()
        self.neighbour = ""

    def work(self) -> Seen:
        """Does the lab again and again until the time is over, once at least."""
        time.sleep(random.uniform(0, self._pause))
        try:
            with self._answer("join", lambda: Joined.join(self._url, self._code, self._folder)) as joined:
                while True:
                    self._lab(joined)
                    if time.monotonic() > self._ends:
                        return self.seen
                    joined.reset()
        except Exception as error:  # it belongs to the verdict, and the other groups go on
            self.seen.wrong.append(f"{type(error).__name__}: {error}"[:300])
            return self.seen

    def _lab(self, joined: Joined) -> None:
        self._must_be(joined, 0)
        steps = self._lab_2 if joined.name.startswith("02") else self._lab_8
        steps(joined)
        self._must_be(joined, _TASKS)
        self._answer("explanation", joined.explanation)
        self._spy()
        self.seen.labs += 1

    def _lab_2(self, joined: Joined) -> None:
        mine = joined.membership.subsystems
        self._ask(mine["hospital"])
        self._ask(mine["hospital"], "treatment")
        self._must_be(joined, 1)
        self._ask(mine["province"])
        self._answer("hint", joined.hint)
        self._ask(mine["tax"], "tax refund")
        self._must_be(joined, 2)
        self._answer("answer", lambda: joined.answer("least", "hospital"))
        self._ask(mine["press"], "press accreditation")
        grant = {**_NARROW, "consumer": mine["press"]}
        self._answer("grant", lambda: self._session().send("POST", "/grants", body=grant))
        self._until(lambda: self._allowed(mine["press"]))
        self._ask(mine["press"], "press accreditation")

    def _lab_8(self, joined: Joined) -> None:
        me = joined.membership.subsystems["me"]
        with self._connected(me) as connection:
            grpc.channel_ready_future(connection.channel).result(timeout=PATIENCE)
            population = PopulationServiceStub(connection.channel)
            with suppress(grpc.RpcError):
                population.GetCitizen(GetCitizenRequest(**_WHO), timeout=0.5)
            self._rest()
            self._must_be(joined, 1)
            population.GetCitizen(GetCitizenRequest(**_WHO))
        self._rest()
        self._must_be(joined, 2)
        with self._connected(me, retries=True) as connection:
            population = PopulationServiceStub(connection.channel)
            population.VerifyCitizen(VerifyCitizenRequest(**_WHO))
            self._rest()
            self._timed(lambda: population.VerifyCitizen(VerifyCitizenRequest(**_WHO)))
            self._must_be(joined, 3)
            with suppress(grpc.RpcError):
                population.ListHousehold(ListHouseholdRequest())
        self._rest()

    def _ask(self, client: str, purpose: str = "") -> None:
        """A call that no fault delays, answered or refused."""
        pairs = [("x-ndxp-purpose", purpose)] if purpose else []
        with self._connected(client) as connection:
            population = PopulationServiceStub(connection.channel)

            def ask() -> None:
                with suppress(grpc.RpcError):
                    population.GetCitizen(GetCitizenRequest(**_WHO), metadata=pairs)

            grpc.channel_ready_future(connection.channel).result(timeout=PATIENCE)
            self._timed(ask)
        self._rest()

    def _connected(self, client: str, *, retries: bool = False) -> BlockingExchange:
        state = State.running(self._folder)
        tokens = state.tokens(client)
        self._answer("token", tokens.blocking)
        return BlockingExchange(state.gateway, tokens, retries=retries)

    def _session(self) -> Session:
        return Session(self._folder)

    def _allowed(self, client: str) -> bool:
        time.sleep(1)  # a grant holds within a second
        query = {"client": client, "method": "ndxp.population.v1.PopulationService/GetCitizen"}
        found: dict[str, Any] = self._session().get("/decisions", **query, purpose="press accreditation")
        return bool(found["allowed"])

    def _must_be(self, joined: Joined, done: int) -> None:
        """Asks for a check: so many of the tasks must be done."""
        found = sum(result.verdict.done for result in self._answer("check", joined.check))
        if found != done:
            self.seen.wrong.append(f"{joined.name}: {found} tasks are done, and not {done}")

    def _spy(self) -> None:
        """Looks at the ledger: at its own part, and at that of a neighbour."""
        own = self._answer("ledger", lambda: self._session().get("/transactions", limit=1000))
        mine = {record["client"] for record in own}
        if not own or self.neighbour in mine:
            self.seen.wrong.append("the ledger shows nothing, or calls of another group")
        with suppress(AdminRefused):
            if self._session().get("/transactions", client=self.neighbour):
                self.seen.wrong.append(f"the ledger shows the calls of {self.neighbour}")

    def _until(self, true: Callable[[], bool]) -> None:
        ends = time.monotonic() + PATIENCE
        while not true():
            if time.monotonic() > ends:
                raise NotResumed("a grant does not hold")

    def _rest(self) -> None:
        """A pause as people make it."""
        time.sleep(random.uniform(0.5, 1.5) * self._pause)

    def _timed(self, call: Callable[[], _Given]) -> _Given:
        return _within(self.seen.calls, call)

    def _answer(self, kind: str, ask: Callable[[], _Given]) -> _Given:
        return _within(self.seen.answers[kind], ask)


@dataclass(frozen=True, slots=True)
class Times:
    """How many there were of a kind, and their percentiles in ms."""

    count: int
    p50: float
    p99: float

    @classmethod
    def of(cls, times: Iterable[float]) -> Self:
        """Counts them."""
        ordered = sorted(times)
        return cls(len(ordered), _part(ordered, 0.5), _part(ordered, 0.99))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the class went: labs done, times of calls, of all answers of the class and of each kind, what was wrong."""

    groups: int
    seconds: float
    labs: int
    calls: Times
    answers: Times
    kinds: dict[str, Times]
    wrong: list[str]

    @property
    def passed(self) -> bool:
        """Whether all checks were right and the class was quick enough."""
        return not self.wrong and max(self.calls.p99, self.answers.p99) <= LIMIT


def hold(folder: Path, *, groups: int, seconds: float, pause: float) -> Outcome:
    """Holds a class on the exchange of a run folder, and ends it."""
    with tempfile.TemporaryDirectory(prefix="ndxp-class-") as pupils, _ItsConsole(folder) as url:
        with Classroom.start(folder, groups, LABS[0], "en") as room:
            try:
                names = sorted(room.kept.groups)
                room.begin(LABS[1], names[1::2])
                began = time.monotonic()
                workers = [
                    Pupil(url, room.group(name).code, Path(pupils) / name, pause, began + seconds) for name in names
                ]
                for worker, name in zip(workers, [*names[1:], names[0]], strict=True):
                    worker.neighbour = room.group(name).subsystems[-1]
                with ThreadPoolExecutor(groups) as threads:
                    seen = list(threads.map(Pupil.work, workers))
                took = time.monotonic() - began
            finally:
                room.end()
    kinds: defaultdict[str, list[float]] = defaultdict(list)
    for each in seen:
        for kind, times in each.answers.items():
            kinds[kind] += times
    return Outcome(
        groups,
        took,
        sum(each.labs for each in seen),
        Times.of(chain(*(each.calls for each in seen))),
        Times.of(chain(*kinds.values())),
        {kind: Times.of(times) for kind, times in kinds.items()},
        [line for each in seen for line in each.wrong],
    )


class _ItsConsole:
    """A console of the exchange in a run folder, in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> str:
        planned = plan.console_process(self._folder, 0)
        variables = {**os.environ, **environment(), **planned.environment}
        self._process = subprocess.Popen(planned.command, env=variables)  # noqa: S603 - as `ndxp console` starts it
        ends = time.monotonic() + PATIENCE
        while (found := console.Console.running(self._folder)) is None or found.pid != self._process.pid:
            if self._process.poll() is not None or time.monotonic() > ends:
                self.__exit__()
                raise NotResumed("the console does not start")
            time.sleep(0.05)
        return found.url

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


def _within(times: list[float], call: Callable[[], _Given]) -> _Given:
    began = time.perf_counter()
    try:
        return call()
    finally:
        times.append((time.perf_counter() - began) * 1e3)


def _part(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def main() -> int:
    """Runs the drill on an exchange of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--pause", type=float, default=30, help="seconds between two steps of a group")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ndxp-classroom-") as folder:
        state = life.start(plan.make(Path(folder), workers=options.workers, port=0))
        try:
            found = hold(Path(folder), groups=options.groups, seconds=options.minutes * 60, pause=options.pause)
        finally:
            life.stop(state)
    parts = {"calls": found.calls, "the class's answers": found.answers}
    parts |= {f"  {kind}": times for kind, times in found.kinds.items()}
    rows = [(what, times.count, f"{times.p50:.1f}", f"{times.p99:.1f}") for what, times in parts.items()]
    Console(width=100, highlight=False).print(table(("", "count#", "p50 ms#", "p99 ms#"), rows))
    sys.stdout.write(f"{found.groups} groups did {found.labs} labs in {found.seconds:.0f} s\n")
    for line in found.wrong:
        sys.stdout.write(f"wrong: {line}\n")
    if options.json:
        options.json.write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")
    return 0 if found.passed else 1


if __name__ == "__main__":
    sys.exit(main())
