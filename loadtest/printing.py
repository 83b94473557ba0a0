"""Prints a report in the terminal."""

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from loadtest.checks import Check
from loadtest.compare import Comparison
from loadtest.latency import shown
from loadtest.profiles import Profile
from loadtest.report import Report, Summary
from loadtest.slo import NO_SUCCESS
from ndxp.terminal import table, visible

_LAST_OUTAGES = 8
_STEPS = ("", "step#", "offered#", "achieved#", "p50 ms#", "p99 ms#", "errors#", "dropped#", "missed")


def print_report(console: Console, report: Report) -> None:
    """Prints the verdict and everything on which it is based."""
    summary = report.summary
    color = "green" if report.verdict.exit_code == 0 else "red"
    console.print(f"[bold {color}]{report.verdict.word}[/]  {_text(f'{report.profile.name}: {report.profile.title}')}")
    if report.capacity:
        console.print(f"[bold]Capacity: {_text(report.capacity.sentence)}[/]", soft_wrap=True)
        rows = [
            ("✔" if s.passed else "✗", number, f"{s.rate:,.4g}", f"{s.achieved:,.1f}", shown(s.p50_ms), shown(s.p99_ms),
             f"{s.error_share:.2%}", f"{s.dropped_share:.2%}", s.why)
            for number, s in enumerate(report.capacity.steps, 1)
        ]  # fmt: skip
        console.print(table(_STEPS, rows))
    console.print(
        f"\n{summary.achieved_rate:,.1f} of {summary.planned_rate:,.1f} calls a second succeeded; "
        f"{_response(summary)}; errors {summary.error_share:.3%}, dropped {report.results.dropped:,}",
        soft_wrap=True,
    )
    for title, checks in (("Objectives", report.slo), ("Validity", report.validity)):
        if checks:
            console.print(f"\n[bold]{title}[/]")
            console.print(_checks(checks))
    mark = "[green]✔[/]" if report.reconciliation.holds else "[red]✗[/]"
    console.print(f"\n[bold]Reconciliation[/]\n{mark} {_text(report.reconciliation.sentence)}", soft_wrap=True)
    for kind, ids in report.reconciliation.examples.items():
        console.print(f"  {kind}, for example: {_text(', '.join(ids))}", soft_wrap=True)
    console.print(f"\n[bold]Who limits[/]\n{_text(report.attribution.sentence)}", soft_wrap=True)
    happened = [
        *(met.sentence for met in report.faults),
        *report.changes,
        *(outage.sentence for outage in report.outages),
    ]
    if happened:
        console.print("\n[bold]What happened during the run[/]")
        for sentence in happened[:_LAST_OUTAGES]:
            console.print(f"  {_text(sentence)}", soft_wrap=True)
        if len(happened) > _LAST_OUTAGES:
            console.print(f"  and {len(happened) - _LAST_OUTAGES} more; the report has them all")
    console.print(f"\n[bold {color}]{report.verdict.word}[/]: {_text(report.verdict.why)}", soft_wrap=True)


def print_profiles(console: Console, profiles: Iterable[Profile]) -> None:
    """Prints the profiles with their sources."""
    for profile in profiles:
        rate = f"{profile.mean_rate:,.4g}/s" if profile.mean_rate is not None else "its rate is given"
        title = _text(profile.title)
        console.print(f"[bold]{profile.name}[/]  {title}; {rate}, {profile.duration:,.0f} s", soft_wrap=True)
        for source in profile.sources:
            console.print(f"  [dim]{_text(source)}[/]", soft_wrap=True)


def print_comparison(console: Console, found: Comparison) -> None:
    """Prints both side by side, and a warning for each difference between the runs."""
    rows = [
        (row.what, _figure(row.a), _figure(row.b), row.unit, f"{row.ratio:.2f}" if row.ratio is not None else "",
         "" if row.better == "same" else f"{row.better} is better")
        for row in found.rows
    ]  # fmt: skip
    console.print(table(("", "A#", "B#", "", "B/A#", ""), rows))
    for warning in found.warnings:
        console.print(f"[yellow]Not alike:[/] {_text(warning)}", soft_wrap=True)


def _response(summary: Summary) -> str:
    if summary.p50_ms is None:
        return NO_SUCCESS
    return f"response p50 {shown(summary.p50_ms)}, p99 {shown(summary.p99_ms)}, longest {shown(summary.max_ms)} ms"


def _text(text: str) -> str:
    """Foreign text (of a profile, a provider, a report) unchanged: brackets in it are not markup."""
    return escape(visible(text))


def _checks(checks: Iterable[Check]) -> Table:
    rows = [
        (Text("✔", style="green") if check.passed else Text("✗", style="red"), check.what, check.measured_text,
         check.bound_text, "" if check.passed else check.why)
        for check in checks
    ]  # fmt: skip
    return table(("", "what", "measured#", "bound#", ""), rows)


def _figure(value: float | None) -> str:
    """A figure with four digits, or all digits of a larger whole number; a dash for None."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"
