"""Comparison of two reports: figures side by side, their ratio, which is better, and differences of the runs."""

import msgspec

from loadtest.report import Report
from ndxp.language import _

_HIGHER_IS_BETTER = frozenset({"achieved rate", "capacity"})
WORDS = (
    "capacity", "achieved rate", "p50 response", "p90 response", "p99 response", "p99.9 response", "longest response",
    "p99 service", "errors", "dropped", "CPU per transaction", "kind", "profile", "seed", "planned rate",
)  # fmt: skip
"""The figures, and what may be different, where these are no names."""

_SAME = 0.02
"""Below this relative difference two figures count as the same: short runs do not repeat more exactly."""


class Row(msgspec.Struct, kw_only=True):
    """One figure of both reports. ``ratio`` is B over A, None if A is 0; ``better`` is "A", "B" or "same".

    A latency is None when no call succeeded; then neither is better.
    """

    what: str
    unit: str
    a: float | None
    b: float | None
    ratio: float | None
    better: str


class Comparison(msgspec.Struct, kw_only=True):
    """Both reports side by side; ``warnings`` say why the figures may not be comparable."""

    rows: list[Row]
    warnings: list[str]


def compare(a: Report, b: Report) -> Comparison:
    """Compares two reports."""
    rows = [_row(what, unit, x, y) for (what, unit, x), (*_same, y) in zip(_figures(a), _figures(b), strict=True)]
    if a.capacity and b.capacity:
        rows.insert(0, _row("capacity", "tx/s", a.capacity.rate, b.capacity.rate))
    return Comparison(rows=rows, warnings=_warnings(a, b))


def _figures(report: Report) -> list[tuple[str, str, float | None]]:
    found = report.summary
    return [
        ("achieved rate", "/s", found.achieved_rate),
        ("p50 response", "ms", found.p50_ms),
        ("p90 response", "ms", found.p90_ms),
        ("p99 response", "ms", found.p99_ms),
        ("p99.9 response", "ms", found.p999_ms),
        ("longest response", "ms", found.max_ms),
        ("p99 service", "ms", found.service_p99_ms),
        ("errors", "%", 100 * found.error_share),
        ("dropped", "%", 100 * found.dropped_share),
        ("CPU per transaction", "µs", found.cpu_micros),
    ]


def _row(what: str, unit: str, a: float | None, b: float | None) -> Row:
    if a is None or b is None:
        return Row(what=what, unit=unit, a=a, b=b, ratio=None, better="same")
    if abs(a - b) <= _SAME * max(abs(a), abs(b)):
        better = "same"
    else:
        better = "A" if (a > b) == (what in _HIGHER_IS_BETTER) else "B"
    return Row(what=what, unit=unit, a=a, b=b, ratio=b / a if a else None, better=better)


def _warnings(a: Report, b: Report) -> list[str]:
    found = []
    for name, report in (("A", a), ("B", b)):
        if report.verdict.exit_code in (97, 98):
            verdict = report.verdict
            found.append(_("{report} is {word}: {why}", report=name, word=verdict.word, why=verdict.why))
        found += [_("{report} is not a clean run: {fault}", report=name, fault=met.sentence) for met in report.faults]
    pairs: list[tuple[str, object, object]] = [
        ("kind", a.kind, b.kind),
        ("profile", a.profile.name, b.profile.name),
        ("seed", a.results.seed, b.results.seed),
        *((f"machine, {key}", a.origin.machine.get(key), b.origin.machine.get(key)) for key in _keys(a, b)),
        *(
            (f"version of {key}", a.origin.versions.get(key), b.origin.versions.get(key))
            for key in sorted({*a.origin.versions, *b.origin.versions})
        ),
    ]
    if a.kind == b.kind == "run":
        rates = f"{a.summary.planned_rate:.3g}/s", f"{b.summary.planned_rate:.3g}/s"
        pairs.append(("planned rate", *rates))
    return found + [_("{what} differs: {a} and {b}", what=_(what), a=x, b=y) for what, x, y in pairs if x != y]


def _keys(a: Report, b: Report) -> list[str]:
    return sorted({*a.origin.machine, *b.origin.machine})
