"""The report of a run: everything that was found, as JSON and, from the same, as one HTML page."""

from pathlib import Path

import msgspec

from loadtest.attribution import Attribution
from loadtest.capacity import Capacity
from loadtest.checks import Check
from loadtest.latency import Latency
from loadtest.origin import Origin
from loadtest.outages import Outage
from loadtest.profiles import Profile
from loadtest.reconciliation import Reconciliation
from loadtest.results import Results
from loadtest.slo import error_share
from loadtest.usage import Usages
from loadtest.verdict import Verdict

SYNTHETIC = "Every person in it is synthetic."


class Source(msgspec.Struct, kw_only=True):
    """The profile that was run, with the sources of its figures."""

    name: str
    title: str
    sources: list[str]

    @classmethod
    def of(cls, profile: Profile, rate: float | None = None) -> "Source":
        """What a report keeps of a profile; ``rate`` is the one it was run at instead of its own."""
        title = profile.title if rate is None else f"{profile.title}; here {rate:,.4g} a second"
        return cls(name=profile.name, title=title, sources=profile.sources)


class Summary(msgspec.Struct, kw_only=True):
    """The figures of a run; rates are calls a second, latencies response times in ms, shares parts of one.

    ``seconds`` is for how long calls were due; the rates are over these. Latencies are of calls that succeeded, None
    when none did.
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
    """CPU per transaction of all processes of the exchange, generator and others left out; nested calls count."""


class Report(msgspec.Struct, kw_only=True):
    """All that was found. In a capacity search ``results`` and what follows from them are the best step's."""

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


def summarise(results: Results, cpu_micros: float = 0.0) -> Summary:
    """The figures of a run."""
    methods = [series for name, series in results.series.items() if "/" in name]
    response = Latency.merge(series.response for series in methods)
    service = Latency.merge(series.service for series in methods)
    seconds = results.duration or 1.0  # nothing was due in a run that was stopped before it began
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
