"""The pictures of a report: SVG for use inside a page, without date, identity or anything to fetch."""

import io
import re
from collections.abc import Sequence
from itertools import accumulate, groupby
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

from loadtest.attribution import Attribution, role
from loadtest.capacity import Capacity, Step
from loadtest.faults import Met
from loadtest.latency import Latency
from loadtest.report import Report
from loadtest.results import Results
from loadtest.usage import OTHERS, Usages
from ndxp.language import _
from ndxp.plural import decimal

_INK, _GRID = "#333b45", "#e3e7ec"
_BLUE, _GREEN, _RED, _AMBER, _GREY = "#2563a8", "#2f8f5b", "#c0392b", "#d98a1f", "#a7b0bb"
_ROLES = {
    "generator": "#8e6bbf", "gateway": _BLUE, "journal (store)": _AMBER, "recorder and control": "#3aa0a0",
    "agencies": _GREEN, "supervisor": "#6b7280", OTHERS: "#d5dae0",
}  # fmt: skip
_SEGMENTS = ("#8e6bbf", "#c9b3e6", "#7fb0e0", _GREEN, _BLUE, _AMBER)
_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans", "font.size": 8.5, "svg.hashsalt": "ndxp", "svg.fonttype": "path",
    "axes.edgecolor": _GREY, "axes.labelcolor": _INK, "text.color": _INK, "xtick.color": _INK, "ytick.color": _INK,
    "axes.grid": True, "grid.color": _GRID, "axes.axisbelow": True, "axes.spines.top": False,
    "axes.spines.right": False, "legend.frameon": False,
}  # fmt: skip
_NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))
_WIDTH = 8.6


def draw(report: Report) -> dict[str, str]:
    """All pictures of a report, by name; empty where there is nothing to show."""
    results = report.results
    faults = report.faults if report.kind == "run" else []  # in a search their seconds are not those of one run
    with mpl.rc_context(_STYLE):
        return {
            "rate": _rate(results, faults),
            "percentiles": _percentiles(results),
            "latency": _latency_over_time(results, faults),
            "heat": _heat(results),
            "cpu": _cpu(results, report.usages),
            "way": _way(report.attribution) if report.attribution.segments else "",
            "capacity": _capacity(report.capacity) if report.capacity else "",
        }


def _rate(results: Results, faults: Sequence[Met]) -> str:
    """Target against achieved rate over time, with failures and drops, and the time of faults."""
    last = max((second.at for second in results.seconds if second.planned), default=0)
    seconds = [second for second in results.seconds if second.at <= last]
    at = [second.at for second in seconds]
    figure, axes = _figure(2.4)
    axes.plot(at, [s.planned for s in seconds], color=_GREY, linewidth=3, label=_("target"))
    axes.plot(at, [s.finished for s in seconds], color=_BLUE, linewidth=1.3, label=_("finished"))
    for name, color, label in (("failed", _RED, _("failed")), ("dropped", _AMBER, _("dropped"))):
        values = [getattr(s, name) for s in seconds]
        if any(values):
            axes.plot(at, values, color=color, linewidth=1.3, label=label)
    axes.set_ylim(bottom=0)
    _shade(axes, faults)
    return _over_time(figure, axes, _("calls a second"), legend=True)


def _latency_over_time(results: Results, faults: Sequence[Met]) -> str:
    """p50 and p99 of the response time of every second, and the time of faults."""
    figure, axes = _figure(2.2)
    p99 = [(second.at, second.p99_ms) for second in results.seconds if second.p99_ms is not None]
    p50 = [(second.at, second.p50_ms) for second in results.seconds if second.p50_ms is not None]
    for points, color, label in ((p99, _RED, "p99"), (p50, _BLUE, "p50")):
        axes.plot([at for at, _ in points], [ms for _, ms in points], color=color, linewidth=1.3, label=label)
    if p99:
        _make_log(axes)
    _shade(axes, faults)
    return _over_time(figure, axes, _("response, ms (log)"), legend=True)


def _heat(results: Results) -> str:
    """How many responses took how long, second by second."""
    figure, axes = _figure(2.6)
    buckets = sorted({bucket for second in results.seconds for bucket in second.heat})
    if buckets:
        rows = range(buckets[0], buckets[-1] + 1)
        grid = [[second.heat.get(bucket, 0) or float("nan") for second in results.seconds] for bucket in rows]
        most = max(max(second.heat.values(), default=1) for second in results.seconds)
        edges = [second.at for second in results.seconds] + [results.seconds[-1].at + 1]
        mesh = axes.pcolormesh(
            edges, [*rows, rows[-1] + 1], grid, cmap="YlGnBu", norm=LogNorm(1, max(most, 2)), edgecolors="none"
        )
        axes.set_yticks([*rows, rows[-1] + 1], ["0", *(decimal(2**bucket, ",") for bucket in rows)][: len(rows) + 1])
        if buckets[0]:
            axes.set_yticks(
                [*rows, rows[-1] + 1], [decimal(2 ** (bucket - 1), ",") for bucket in (*rows, rows[-1] + 1)]
            )
        bar = figure.colorbar(mesh, ax=axes, pad=0.015, fraction=0.04, format=FuncFormatter(_plain))
        bar.ax.minorticks_off()
        bar.set_label(_("responses"))
        bar.outline.set_visible(False)
    axes.grid(visible=False)
    return _over_time(figure, axes, _("response, ms"))


def _percentiles(results: Results) -> str:
    """The percentile spectrum of response and service time, as HDR plots draw it."""
    methods = [series for name, series in results.series.items() if "/" in name]
    figure, axes = _figure(2.8)
    longest = 0.0
    for label, color, encoded in (
        (_("response, from when it was due"), _RED, [one.response for one in methods]),
        (_("service, from when it was sent"), _BLUE, [one.service for one in methods]),
    ):
        points = [(1 / max(1 - percent / 100, 1e-9), ms) for percent, ms in Latency.merge(encoded).spectrum()]
        if points:
            axes.plot(*zip(*points, strict=True), color=color, linewidth=1.5, label=label)
            longest = max(longest, points[-1][0])
    if longest:
        axes.set_xscale("log")
        _make_log(axes)
        nines = [tick for tick in (1, 2, 10, 100, 1000, 10_000, 100_000, 1_000_000) if tick <= longest]
        axes.set_xticks(nines, [f"{decimal(100 - 100 / tick, '.6g')} %" for tick in nines])
        axes.xaxis.minorticks_off()
        axes.legend(loc="upper left")
    axes.set_xlabel(_("of the calls take no longer than"))
    axes.set_ylabel(_("ms (log)"))
    return _svg(figure)


def _cpu(results: Results, usages: Usages) -> str:
    """Cores in use over time, by role."""
    chosen = usages.within(results.started, results.ended)
    roles: dict[str, list[float]] = {name: [] for name in _ROLES}
    for name, usage in usages.processes.items():
        values = [usage.cpu[index] for index in chosen]
        known = roles.setdefault(role(name), [])
        roles[role(name)] = [a + b for a, b in zip(known, values, strict=True)] if known else values
    drawn = {name: values for name, values in roles.items() if any(values)}
    figure, axes = _figure(2.6)
    at = [usages.at[index] - results.started for index in chosen]
    if drawn:
        colors = [_ROLES.get(name, _GREY) for name in drawn]
        axes.stackplot(at, list(drawn.values()), labels=list(map(_, drawn)), colors=colors)
        axes.axhline(usages.cores, color=_RED, linewidth=1, linestyle="--")
        axes.annotate(
            _("all {cores} cores", cores=usages.cores),
            (at[0], usages.cores),
            (5, 3),
            textcoords="offset points",
            color=_RED,
            fontsize=7.5,
        )
        axes.set_ylim(0, usages.cores * 1.12)
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), reverse=True)
    return _over_time(figure, axes, _("cores"))


def _way(attribution: Attribution) -> str:
    """The mean response time of a unary call, cut into the parts of its way."""
    figure, axes = _figure(1.15)
    left = 0.0
    for segment, color in zip(attribution.segments, _SEGMENTS, strict=False):
        label = f"{segment.told} {segment.share:.0%}"
        axes.barh([0], [segment.mean_ms], left=left, color=color, label=label, height=0.7)
        left += segment.mean_ms
    axes.set_yticks([])
    axes.set_ylim(-0.5, 0.5)
    axes.set_xlim(0, left or 1)
    axes.set_xlabel(_("ms, mean"))
    axes.spines["left"].set_visible(False)
    figure.legend(loc="outside upper left", ncols=3, fontsize=8)
    return _svg(figure)


def _capacity(found: Capacity) -> str:
    """p99 and achieved rate at every rate of the search; numbers are the steps, in the order of the search.

    The lines never fall: they are the highest p99 and the highest achieved rate up to each rate offered.
    """
    figure = _blank(3.0)
    left, right = figure.subplots(1, 2)
    numbered = sorted(enumerate(found.steps, 1), key=lambda step: (step[1].rate, step[0]))
    answered = [(number, s, s.p99_ms) for number, s in numbered if s.p99_ms is not None]
    draw_steps(left, [(number, s, max(p99, 0.1)) for number, s, p99 in answered], _("p99 response, ms (log)"))
    draw_steps(right, [(number, s, s.achieved) for number, s in numbered], _("achieved, tx/s"))
    for axes in (left, right):
        if found.rate:
            axes.axvline(found.rate, color=_BLUE, linewidth=1, linestyle="--", label=found.figure)
        axes.set_xlabel(_("offered, tx/s; the numbers are the steps"))
        axes.margins(x=0.08, y=0.16)
    highest = max((step.rate for step in found.steps), default=0.0)
    right.plot([0, highest], [0, highest], color=_GRID, linewidth=3, zorder=0)
    if answered:
        _make_log(left)
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper left", ncols=4)
    return _svg(figure)


def draw_steps(axes: Axes, points: Sequence[tuple[int, Step, float]], label: str) -> None:
    """Steps as points with their numbers, and the line of the highest value up to each rate; ordered by rate."""
    axes.set_ylabel(label)
    highest = list(accumulate((value for _, _, value in points), max))
    axes.step([step.rate for _, step, _ in points], highest, where="post", color=_GREY, linewidth=1)
    for passed, color, name in ((True, _GREEN, _("held")), (False, _RED, _("missed"))):
        chosen = [(step.rate, value) for _, step, value in points if step.passed is passed]
        if chosen:
            rates, values = zip(*chosen, strict=True)
            axes.scatter(rates, values, color=color, s=24, label=name, zorder=3)
    for place, (_at, attempts) in enumerate(groupby(points, lambda point: (point[1].rate, point[1].passed))):
        named = list(attempts)
        above = place % 2 == 0  # so that labels of near points do not overlap
        value = (max if above else min)(value for _, _, value in named)
        axes.annotate(
            ", ".join(str(number) for number, _, _ in named), (named[0][1].rate, value), (0, 5 if above else -5),
            textcoords="offset points", ha="center", va="bottom" if above else "top", fontsize=7.5,
        )  # fmt: skip


def _blank(height: float) -> Figure:
    return Figure(figsize=(_WIDTH, height), layout="constrained")


def _figure(height: float) -> tuple[Figure, Axes]:
    figure = _blank(height)
    axes = figure.subplots()
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(_plain))
    return figure, axes


def _over_time(figure: Figure, axes: Axes, label: str, *, legend: bool = False) -> str:
    axes.set_xlabel(_("second of the run"))
    axes.set_ylabel(label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.margins(x=0)
    if legend:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return _svg(figure)


def _shade(axes: Axes, faults: Sequence[Met]) -> None:
    """The time in which calls met faults that were set on purpose."""
    for number, met in enumerate(faults):
        label = "" if number else _("faults set")
        axes.axvspan(met.first, met.last + 1, color=_AMBER, alpha=0.15, linewidth=0, label=label)


def _make_log(axes: Axes) -> None:
    """A logarithmic axis of ms with plain numbers at 1, 2, 5, 10, 20, ..."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(_plain))
    axes.yaxis.minorticks_off()


def _plain(value: float, _position: Any) -> str:
    return decimal(value, ",.6g")


def _svg(figure: Figure) -> str:
    """The figure as an element for a page: without prolog and foreign namespaces."""
    written = io.StringIO()
    figure.savefig(written, format="svg", metadata=_NO_METADATA)
    text = written.getvalue()
    return re.sub(r'\sxmlns(:xlink)?="[^"]*"', "", text[text.index("<svg") :])
