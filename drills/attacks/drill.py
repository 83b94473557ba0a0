"""The drill: every kind of attack in turn while neighbours call, and the effect on the exchange and on them."""

import random
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Self

import psutil

from drills.attacks import (
    agency,
    certificates,
    floods,
    grants,
    http2,
    metadata,
    ndxp_door,
    paths,
    payloads,
    providers,
    rest,
    search,
    tokens,
    xroad,
)
from drills.attacks.attack import Attack
from drills.attacks.neighbours import BUSY, SELDOM, Answered, Neighbours, p99
from drills.attacks.target import Outcome, Target
from drills.sandbox import NotResumed

KINDS: Mapping[str, Callable[[Target], list[Attack]]] = {
    "tokens": tokens.attacks,
    "metadata": metadata.attacks,
    "paths": paths.attacks,
    "http2": http2.attacks,
    "floods": floods.attacks,
    "payloads": payloads.attacks,
    "agency": agency.attacks,
    "providers": providers.attacks,
    "grants": grants.attacks,
    "search": search.attacks,
    "rest": rest.attacks,
    "ndxp_door": ndxp_door.attacks,
    "certificates": certificates.attacks,
    "xroad": xroad.attacks,
}

RATIO = 2.0
"""The neighbours' p99 during an attack may be at most so many times their usual p99."""

GROWTH = 128
"""MB by which gateway and control together may grow during an attack.

It is a few messages of 32 MB.
"""

_GROWTH_OF = {"floods": 192}
"""Other limits for some kinds: a member's calls may take 60 MiB in each of two workers, and do."""

_SECURE = ("certificates",)
"""Kinds that need an exchange with TLS."""

_NEIGHBOURS = ("VN/GOV/H29/one-stop", "VN/GOV/H41/one-stop")
_BOUND = 60.0
"""Seconds within which every attack must end."""

_MB = 1024 * 1024


@dataclass(slots=True)
class Result:
    """The result of a kind of attack.

    ``refused`` is how many tries ended as expected; ``ratio`` is the neighbours' p99 divided by their p99 before, None
    after too few calls; ``growth`` is the largest growth of gateway and control, in MB. ``findings`` are sentences
    about everything that was not as expected.
    """

    kind: str
    tries: int = 0
    refused: int = 0
    let_in: int = 0
    hung: int = 0
    crashes: int = 0
    unrecorded: int = 0
    failed_neighbours: int = 0
    ratio: float | None = None
    growth: float = 0.0
    findings: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether everything was as expected."""
        return not self.findings and self.refused == self.tries


class Drill:
    """Attacks of the given kinds on a sandbox below ``folder``; the same ones for the same seed.

    With ``calls`` above 0, each kind goes on until the neighbours have made so many calls, which are compared with as
    many calls before it. A kind that looks harmful is repeated at most twice, because the machine may be busy.
    """

    def __init__(self, kinds: Sequence[str], seed: int, calls: int) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ndxp-attacks-"))
        self._kinds = kinds
        self._source = random.Random(seed)
        self._calls = calls

    def run(self) -> Generator[Result, None, None]:
        """The result of every kind as it ends. Raises StartFailed, PlanFailed and NotResumed."""
        for tls, kinds in groupby(self._kinds, _SECURE.__contains__):
            with closing(Target(self.folder / ("with-tls" if tls else "run"), tls=tls)) as target:
                tokens = {name: target.token(name) for name in _NEIGHBOURS}
                with Neighbours(target.state, tokens, BUSY if self._calls else SELDOM) as neighbours:
                    neighbours.wait(100, _BOUND)  # warm up
                    for kind in kinds:
                        yield self._kind(kind, target, neighbours)

    def clear(self) -> None:
        """Removes the drill's folder."""
        shutil.rmtree(self.folder)

    def _kind(self, kind: str, target: Target, neighbours: Neighbours) -> Result:
        result = Result(kind)
        for _ in range(3 if self._calls else 1):
            before = self._undisturbed(neighbours)
            began, running = time.monotonic(), target.processes()
            with _Memory(target.guarded()) as memory:
                self._attack(KINDS[kind](target), target, neighbours, result)
            during = [each for each in neighbours.answered if each.at >= began]
            result.growth = max(result.growth, memory.growth)
            self._after(result, target, running, during, _GROWTH_OF.get(kind, GROWTH))
            if self._calls:
                ratio = p99(during) / p99(before)
                result.ratio = min(ratio, result.ratio or ratio)
                if result.ratio <= RATIO:
                    return result
        if result.ratio is not None:
            result.findings.append(f"the neighbours' p99 grew to {result.ratio:.1f} times what it was, three times")
        return result

    def _undisturbed(self, neighbours: Neighbours) -> list[Answered]:
        already = len(neighbours.answered)
        neighbours.wait(self._calls, _BOUND)
        answered = neighbours.answered[already:]
        if len(answered) < self._calls:
            raise NotResumed(f"the neighbours have made {len(answered)} calls in {_BOUND:.0f} s without any attack")
        return answered

    def _attack(self, attacks: Sequence[Attack], target: Target, neighbours: Neighbours, result: Result) -> None:
        enough, deadline = len(neighbours.answered) + self._calls, time.monotonic() + _BOUND
        # Repeated refusals of one caller are not all recorded: the first one of each attack must be.
        claimed: dict[Attack, Outcome] = {}
        while True:
            for attack in attacks:
                result.tries += 1
                outcome = _bounded(attack, target, random.Random(self._source.random()))
                if outcome is None:
                    result.hung += 1
                    result.findings.append(f"{attack.name}: not over after {_BOUND:.0f} s")
                elif outcome.reply in attack.expected:
                    result.refused += 1
                    if attack.recorded:
                        claimed.setdefault(attack, outcome)
                else:
                    result.let_in += outcome.reply.startswith("OK")
                    result.findings.append(f"{attack.name}: {outcome.reply}; expected {' or '.join(attack.expected)}")
            if len(neighbours.answered) >= enough or time.monotonic() > deadline:
                break
        target.until_recorded()
        for attack, outcome in claimed.items():
            if not _in_ledger(target, outcome):
                result.unrecorded += 1
                result.findings.append(f"{attack.name}: no record of {outcome.transaction_id or 'it'} in the ledger")

    def _after(
        self, result: Result, target: Target, running: frozenset[tuple[int, float]], during: list[Answered], most: int
    ) -> None:
        if gone := running - target.processes():
            result.crashes += len(gone)
            result.findings.append(f"{len(gone)} processes of the exchange have ended or been started again")
        if traces := target.new_traces():
            result.findings.append(f"{traces} unexpected errors are in the logs")
        if failed := [each.code for each in during if each.code != "OK"]:
            result.failed_neighbours += len(failed)
            result.findings.append(f"{len(failed)} calls of neighbours failed, with {', '.join(sorted(set(failed)))}")
        if result.growth > most:
            result.findings.append(f"gateway and control grew by {result.growth:.0f} MB; {most} are allowed")


class _Memory:
    """The largest growth of the memory of some processes together, in MB."""

    def __init__(self, processes: Sequence[psutil.Process]) -> None:
        self._processes = processes
        self._before = self._most = self._used()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def growth(self) -> float:
        return (self._most - self._before) / _MB

    def _watch(self) -> None:
        while not self._ended.wait(0.05):
            self._most = max(self._most, self._used())

    def _used(self) -> int:
        used = 0
        for process in self._processes:
            try:
                used += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue  # other checks notice that it has ended
        return used


def _bounded(attack: Attack, target: Target, source: random.Random) -> Outcome | None:
    """The outcome of an attack; None when it does not end in time."""
    found: list[Outcome] = []
    raised: list[BaseException] = []

    def act() -> None:
        try:
            found.append(attack.act(target, source))
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    thread.join(_BOUND)
    if raised:
        raise raised[0]
    return found[0] if found else None


def _in_ledger(target: Target, outcome: Outcome) -> bool:
    if not outcome.transaction_id:
        return False
    found = target.session.get("/transactions", transaction_id=outcome.transaction_id)
    return any(record["reason"] in outcome.reply for record in found)
