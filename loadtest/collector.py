"""Combines the reports of all generators: seconds and series; and decides when the load must stop early."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from loadtest.histograms import Latencies
from loadtest.results import Results, Second, Series
from loadtest.tally import Calls, Report, Tick

_WINDOW = 5
"""The default number of seconds for a profile's ``abort``."""


class _Series:
    def __init__(self) -> None:
        self.planned = self.dropped = self.failures = 0
        self.statuses: Counter[str] = Counter()
        self.response, self.service, self.failed = Latencies(), Latencies(), Latencies()

    def add(self, calls: Calls) -> None:
        self.planned += calls.planned
        self.dropped += calls.dropped
        self.statuses.update(calls.statuses)
        self.failures += calls.failures
        for latencies, found in (
            (self.response, calls.response),
            (self.service, calls.service),
            (self.failed, calls.failed),
        ):
            for microseconds in found:
                latencies.record(microseconds)

    def result(self) -> Series:
        return Series(
            planned=self.planned,
            dropped=self.dropped,
            statuses=dict(self.statuses),
            failures=self.failures,
            response=self.response.encode(),
            service=self.service.encode(),
            failed=self.failed.encode(),
        )


class Collector:
    """Adds up the reports of the expected generators. Series without a slash are stages."""

    def __init__(self, generators: Iterable[str]) -> None:
        self._through = dict.fromkeys(generators, 0)
        self._ticks: dict[int, dict[str, list[Tick]]] = {}
        self._series: dict[str, _Series] = {}
        self.seconds: list[Second] = []
        """The seconds for which all generators have reported, in order."""

    def add(self, generator: str, report: Report) -> list[Second]:
        """Takes a report; returns the seconds that are now complete."""
        for at, tick in report.ticks.items():
            if at < len(self.seconds):
                _amend(self.seconds[at], tick)
            else:
                self._ticks.setdefault(at, {}).setdefault(generator, []).append(tick)
            for name, calls in tick.series.items():
                self._series.setdefault(name, _Series()).add(calls)
        self._through[generator] = report.through
        return self._complete(min(self._through.values()))

    def leave(self, generator: str) -> None:
        """Notes that a generator will not report any more; the others go on."""
        self._through.pop(generator, None)

    def finish(self) -> list[Second]:
        """Completes the remaining seconds when no more reports will come."""
        return self._complete(max(self._ticks, default=-1) + 1)

    def write_into(self, results: Results) -> None:
        """Sets the counts, series and seconds of a run's results."""
        results.seconds = self.seconds
        results.planned = sum(second.planned for second in self.seconds)
        results.sent = sum(second.sent for second in self.seconds)
        results.dropped = sum(second.dropped for second in self.seconds)
        results.succeeded = sum(second.finished - second.failed for second in self.seconds)
        results.series = {name: self._series[name].result() for name in sorted(self._series)}

    def _complete(self, until: int) -> list[Second]:
        new = [_second(at, self._ticks.pop(at, {})) for at in range(len(self.seconds), until)]
        self.seconds += new
        return new


def abort_reason(seconds: list[Second], abort: Mapping[str, Any]) -> str:
    """Why a profile's ``abort`` stops the load now; empty when it does not."""
    window = int(abort.get("seconds", _WINDOW))
    last = seconds[-window:]
    if len(last) < window:
        return ""
    finished, planned = sum(second.finished for second in last), sum(second.planned for second in last)
    shares = {
        "error_share": sum(second.failed for second in last) / finished if finished else 0.0,
        "dropped_share": sum(second.dropped for second in last) / planned if planned else 0.0,
    }
    for name, share in shares.items():
        if name in abort and share > abort[name]:
            what = "of the answers failed" if name == "error_share" else "of what was due was dropped"
            return f"{share:.1%} {what} in the last {window} s, more than {abort[name]:.1%}"
    return ""


def _amend(second: Second, tick: Tick) -> None:
    """Adds calls that a late generator sent or dropped for a second that it had already reported."""
    second.planned += tick.planned
    second.sent += tick.sent
    second.dropped += tick.dropped


def _second(at: int, by_generator: Mapping[str, list[Tick]]) -> Second:
    """One second of all generators; in flight is the sum of their highest values."""
    ticks = list(chain.from_iterable(by_generator.values()))
    calls = [found for tick in ticks for name, found in tick.series.items() if "/" in name]
    latencies = sorted(chain.from_iterable(one.response for one in calls))
    failed = list(chain.from_iterable(one.failed for one in calls))
    return Second(
        at=at,
        planned=sum(tick.planned for tick in ticks),
        sent=sum(tick.sent for tick in ticks),
        finished=len(latencies) + len(failed),
        failed=len(failed),
        dropped=sum(tick.dropped for tick in ticks),
        in_flight=sum(max(tick.in_flight for tick in own) for own in by_generator.values()),
        p50_ms=_rank(latencies, 50),
        p99_ms=_rank(latencies, 99),
        heat=dict(sorted(Counter((latency // 1000).bit_length() for latency in (*latencies, *failed)).items())),
    )


def _rank(latencies: list[int], percent: int) -> float | None:
    """The percentile of sorted latencies, in milliseconds; None without any."""
    return latencies[max(0, -(-len(latencies) * percent // 100) - 1)] / 1000 if latencies else None
