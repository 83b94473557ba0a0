"""Who called whom: in the last seconds, from sums by minute that only grow, or in one minute of the past."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self, TypeAlias

MINUTE = 60
"""Seconds; the ledger's shortest sums are those of a minute."""

Line: TypeAlias = dict[str, Any]
"""A line of ``/statistics``."""
Pair: TypeAlias = tuple[str, str]
"""The subsystem that called, and the provider."""


@dataclass(slots=True)
class Calls:
    """How many calls ended, how many of them failed at the provider or were refused by the exchange, and why."""

    count: int = 0
    failed: int = 0
    refused: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def bad(self) -> int:
        """Those that were not answered with OK."""
        return self.failed + self.refused

    @classmethod
    def of(cls, line: Line) -> Self:
        """What a line of statistics counts."""
        return cls(line["count"], line["failed"], line["refused"], Counter(line["reasons"]))

    def since(self, before: "Calls") -> "Calls":
        """What came after an earlier count; everything, if that was of another ledger."""
        if before.count > self.count:
            return self
        reasons = self.reasons - before.reasons
        return Calls(self.count - before.count, self.failed - before.failed, self.refused - before.refused, reasons)

    def add(self, other: "Calls") -> None:
        """Adds other calls to these."""
        self.count += other.count
        self.failed += other.failed
        self.refused += other.refused
        self.reasons.update(other.reasons)


@dataclass(frozen=True, slots=True)
class Flow:
    """The calls of a pair: a second, and those of them that were not answered with OK; all of the minute; p99 in ms."""

    client: str
    service: str
    rate: float
    bad: float
    minute: Calls
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Minute:
    """The calls of a minute, which begins at ``start`` in seconds since 1970."""

    start: int
    calls: Calls
    p50_ms: float
    p99_ms: float

    @classmethod
    def of(cls, line: Line) -> Self:
        """What a line of statistics says of a minute."""
        durations = line["duration_us"]
        return cls(line["start"], Calls.of(line), durations["p50"] / 1000, durations["p99"] / 1000)


@dataclass(frozen=True, slots=True)
class _Step:
    """What was counted between two questions, in seconds since 1970."""

    begin: float
    end: float
    calls: dict[Pair, Calls]
    first: bool


class Window:
    """The calls of the last minute, counted between questions; the first question's are those of up to two minutes."""

    def __init__(self) -> None:
        self._steps: deque[_Step] = deque()
        self._sums: dict[tuple[int, str, str], Calls] = {}
        self._p99: dict[Pair, float] = {}

    def add(self, at: float, since: float, lines: Iterable[Line]) -> None:
        """Takes the sums by minute, client and service, of all minutes from ``since`` on, as they are at a time."""
        if not self._steps or at - self._steps[-1].end > MINUTE:
            self._steps.clear()
            self._sums.clear()
        first = not self._steps
        begin, sums, grown = since if first else self._steps[-1].end, {}, dict[Pair, Calls]()
        for line in lines:
            key, pair = (line["start"], line["client"], line["service"]), (line["client"], line["service"])
            sums[key] = Calls.of(line)
            self._p99[pair] = line["duration_us"]["p99"] / 1000
            if (new := sums[key].since(self._sums.get(key, Calls()))).count:
                grown.setdefault(pair, Calls()).add(new)
        self._sums = {key: calls for key, calls in self._sums.items() if key[0] >= since - 2 * MINUTE} | sums
        self._steps.append(_Step(begin, at, grown, first))
        while len(self._steps) > 1 and self._steps[1].begin <= at - MINUTE:
            self._steps.popleft()
        self._p99 = {pair: p99 for pair, p99 in self._p99.items() if any(pair in step.calls for step in self._steps)}

    def calls(self, seconds: float) -> tuple[float, dict[Pair, Calls]]:
        """The calls of the last seconds by pair, and for how long they were counted, which may be a little longer.

        It is shorter for less than a minute after the first question, whose answer is about a longer time.
        """
        found: dict[Pair, Calls] = {}
        lasted = 0.0
        steps = list(self._steps)
        if seconds < MINUTE and len(steps) > 1 and steps[0].first:
            del steps[0]
        for step in reversed(steps):
            lasted = self._steps[-1].end - step.begin
            for pair, calls in step.calls.items():
                found.setdefault(pair, Calls()).add(calls)
            if lasted >= seconds:
                break
        return lasted, found

    def flows(self, seconds: float) -> list[Flow]:
        """All pairs of the last minute with their rates in the last seconds."""
        lasted, recent = self.calls(seconds)
        return [
            flow(pair, recent.get(pair, Calls()), lasted, self._p99[pair], calls)
            for pair, calls in self.calls(MINUTE)[1].items()
        ]


def flow(pair: Pair, calls: Calls, seconds: float, p99_ms: float, minute: Calls) -> Flow:
    """The flow of a pair whose calls were counted for some seconds."""
    seconds = seconds or 1.0
    return Flow(*pair, calls.count / seconds, calls.bad / seconds, minute, p99_ms)
