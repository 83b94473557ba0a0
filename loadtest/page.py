"""The report as one HTML page in the language in use, with its pictures inside, nothing to fetch; it can be printed."""

from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined, select_autoescape
from markupsafe import Markup

from loadtest import plots
from loadtest.checks import told
from loadtest.latency import Latency, shown
from loadtest.report import Report
from loadtest.results import Series
from loadtest.usage import OTHERS
from ndxp.language import _, spoken
from ndxp.plural import decimal

_PERCENTS = (50, 75, 90, 95, 99, 99.9)


def source() -> str:
    """The template of the page."""
    return (resources.files("loadtest") / "templates" / "report.html").read_text(encoding="utf-8")


def render(report: Report) -> str:
    """The page."""
    environment = Environment(
        autoescape=select_autoescape(default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    results = report.results
    methods = [series for name, series in results.series.items() if "/" in name]
    return environment.from_string(source()).render(
        _=_,
        language=spoken(),
        report=report,
        verdict=report.told,
        others=OTHERS,
        decimal=decimal,
        summary=report.summary,
        results=results,
        pictures={name: Markup(picture) for name, picture in plots.draw(report).items()},  # noqa: S704 - ours, from numbers
        series=[_row(name, series) for name, series in sorted(results.series.items())],
        percents=_PERCENTS,
        shown=shown,
        latencies=[
            (_("response time"), Latency.merge(one.response for one in methods)),
            (_("service time"), Latency.merge(one.service for one in methods)),
            (
                _("response time, all calls"),
                Latency.merge(text for one in methods for text in (one.response, one.failed)),
            ),
        ],
        tone={0: "good"}.get(report.verdict.exit_code, "bad"),
    )


def _row(name: str, series: Series) -> dict[str, Any]:
    latency = Latency.merge([series.response])
    succeeded = sum(series.statuses.values()) - series.failures
    return {
        "name": told(name),
        "planned": series.planned,
        "dropped": series.dropped,
        "failures": series.failures,
        "succeeded": succeeded / max(series.planned, 1),
        "p50": shown(latency.known(50)),
        "p99": shown(latency.known(99)),
        "statuses": sorted(series.statuses.items(), key=lambda item: -item[1]),
    }
