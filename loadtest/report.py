"""The report of a run, as JSON and as one HTML page with the same data."""

from pathlib import Path

import msgspec

from loadtest.attribution import Attribution
from loadtest.capacity import Capacity
from loadtest.checks import Check
from loadtest.faults import Met
from loadtest.latency import Latency
from loadtest.origin import Origin
from loadtest.outages import Outage
from loadtest.profiles import Profile
from loadtest.reconciliation import Reconciliation
from loadtest.results import Results
from loadtest.slo import error_share
from loadtest.usage import Usages
from loadtest.verdict import Verdict, decide, decide_search, disturbed
from ndxp.language import _

SYNTHETIC = "Every person in it is synthetic."


class Source(msgspec.Struct, kw_only=True):
    """The profile that was run, with the sources of its figures."""

    name: str
    title: str
    sources: list[str]

    @classmethod
    def of(cls, profile: Profile, rate: float | None = None) -> "Source":
        """What a report keeps of a profile; ``rate`` is the rate of the run if it was not the profile's."""
        title = profile.title if rate is None else f"{profile.title}; here {rate:,.4g} a second"
        return cls(name=profile.name, title=title, sources=profile.sources)

    @property
    def told(self) -> str:
        """The title in the language in use."""
        title, _between, rate = self.title.partition("; here ")
        told = "; ".join(map(_, title.split("; ")))
        return told + (_("; here {rate} a second", rate=rate.removesuffix(" a second")) if rate else "")


class Summary(msgspec.Struct, kw_only=True):
    """The figures of a run; rates are calls a second, latencies are response times in ms, shares are between 0 and 1.

    ``seconds`` is for how long calls were due; rates refer to it. Latencies are those of successful calls, None when
    there were none.
    """

    seconds: float
    planned_rate: float
    achieved_rate: float
    p50_ms: float | None
    p90_ms: float | None
    p99_ms: float | None
    p999_ms: float | None
    max_ms: float | None
    service_p99_ms: float | None
    error_share: float
    dropped_share: float
    cpu_micros: float
    """CPU per transaction of all processes of the exchange, without the generator; nested calls count."""


class Report(msgspec.Struct, kw_only=True):
    """Everything about a run. In a capacity search ``results`` and the figures from them are those of the best step.

    ``faults`` are those that calls have met although nothing was wrong; in a search, from its first step on.
    """

    kind: str
    synthetic: str
    verdict: Verdict
    summary: Summary
    profile: Source
    origin: Origin
    slo: list[Check]
    validity: list[Check]
    reconciliation: Reconciliation
    attribution: Attribution
    outages: list[Outage]
    changes: list[str]
    results: Results
    usages: Usages
    capacity: Capacity | None = None
    faults: list[Met] = []

    @property
    def told(self) -> Verdict:
        """The verdict in the language in use."""
        verdict = decide(self.reconciliation, self.validity, self.slo)
        if self.capacity:
            verdict = decide_search(self.capacity, verdict)
        return disturbed(verdict, self.faults)


def summarise(results: Results, cpu_micros: float = 0.0) -> Summary:
    """The figures of a run."""
    methods = [series for name, series in results.series.items() if "/" in name]
    response = Latency.merge(series.response for series in methods)
    service = Latency.merge(series.service for series in methods)
    seconds = results.duration or 1.0  # 0 in a run that was stopped before it began
    return Summary(
        seconds=seconds,
        planned_rate=results.planned / seconds,
        achieved_rate=results.succeeded / seconds,
        p50_ms=response.known(50),
        p90_ms=response.known(90),
        p99_ms=response.known(99),
        p999_ms=response.known(99.9),
        max_ms=response.known(100),
        service_p99_ms=service.known(99),
        error_share=error_share(methods),
        dropped_share=results.dropped / max(results.planned, 1),
        cpu_micros=cpu_micros,
    )


def encode(report: Report) -> bytes:
    """The report as JSON."""
    return msgspec.json.format(msgspec.json.encode(report))


def read(path: Path) -> Report:
    """Reads a report; raises OSError or msgspec.DecodeError."""
    return msgspec.json.decode(path.read_bytes(), type=Report)
