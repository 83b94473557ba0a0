"""The calls that an agency has answered, counted for Prometheus by method and status."""

from collections.abc import Iterable
from time import perf_counter

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from ndxp.errors import Code
from ndxp.metrics import Histogram


class Traffic:
    """Calls of the methods of one subsystem; calls of unknown methods are not counted."""

    def __init__(self, subsystem: str) -> None:
        self.subsystem = subsystem
        self.calls: dict[tuple[str, Code], int] = {}
        self.durations: dict[str, Histogram] = {}

    def count(self, method: str, began: float | None, code: Code) -> None:
        """Counts a call that has ended; ``began`` is on ``perf_counter``, None for a stream, which has no duration."""
        self.calls[method, code] = self.calls.get((method, code), 0) + 1
        if began is not None:
            durations = self.durations.get(method)
            if durations is None:
                durations = self.durations[method] = Histogram()
            durations.observe(perf_counter() - began)


def collect(*traffics: Traffic) -> Iterable[Metric]:
    """The calls of all subsystems of a process."""
    calls = CounterMetricFamily(
        "ndxp_agency_calls", "Calls that an agency has ended.", labels=("service", "method", "code")
    )
    durations = HistogramMetricFamily(
        "ndxp_agency_duration_seconds", "Unary calls in an agency, from request to answer.",
        labels=("service", "method"),
    )  # fmt: skip
    for traffic in traffics:
        for (method, code), count in traffic.calls.items():
            calls.add_metric((traffic.subsystem, method, code.name), count)
        for method, histogram in traffic.durations.items():
            histogram.add_to(durations, (traffic.subsystem, method))
    return calls, durations
