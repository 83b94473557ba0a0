"""Prints a report in the terminal, in the language in use; its JSON is in English."""

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
from ndxp.language import _
from ndxp.plural import decimal
from ndxp.terminal import table, visible

_LAST_OUTAGES = 8
_STEPS = ("", "step#", "offered#", "achieved#", "p50 ms#", "p99 ms#", "errors#", "dropped#", "missed")


def print_report(console: Console, report: Report) -> None:
    """Prints the verdict and everything on which it is based."""
    summary = report.summary
    verdict = report.told
    color = "green" if verdict.exit_code == 0 else "red"
    console.print(f"[bold {color}]{verdict.word}[/]  {_text(f'{report.profile.name}: {report.profile.told}')}")
    if report.capacity:
        capacity = _("Capacity: {figure}", figure=_text(report.capacity.sentence))
        console.print(f"[bold]{capacity}[/]", soft_wrap=True)
        rows = [
            ("✔" if s.passed else "✗", number, decimal(s.rate, ",.4g"), decimal(s.achieved, ",.1f"), shown(s.p50_ms),
             shown(s.p99_ms), decimal(s.error_share, ".2%"), decimal(s.dropped_share, ".2%"), s.findings)
            for number, s in enumerate(report.capacity.steps, 1)
        ]  # fmt: skip
        console.print(table(_STEPS, rows))
    figures = _(
        "{achieved} of {planned} calls a second succeeded; {response}; errors {errors}, dropped {dropped}",
        achieved=decimal(summary.achieved_rate, ",.1f"),
        planned=decimal(summary.planned_rate, ",.1f"),
        response=_response(summary),
        errors=decimal(summary.error_share, ".3%"),
        dropped=decimal(report.results.dropped, ","),
    )
    console.print(f"\n{figures}", soft_wrap=True)
    for title, checks in ((_("Objectives"), report.slo), (_("Validity"), report.validity)):
        if checks:
            console.print(f"\n[bold]{title}[/]")
            console.print(_checks(checks))
    mark = "[green]✔[/]" if report.reconciliation.holds else "[red]✗[/]"
    console.print(f"\n[bold]{_('Reconciliation')}[/]\n{mark} {_text(report.reconciliation.sentence)}", soft_wrap=True)
    kinds = {
        "lost": _("lost"), "duplicate": _("duplicate"), "orphan": _("orphan"), "differing": _("differing"),
    }  # fmt: skip
    for kind, ids in report.reconciliation.examples.items():
        some = _("{kind}, for example: {ids}", kind=kinds.get(kind, kind), ids=_text(", ".join(ids)))
        console.print(f"  {some}", soft_wrap=True)
    console.print(f"\n[bold]{_('Who limits')}[/]\n{_text(report.attribution.told)}", soft_wrap=True)
    happened = [
        *(met.sentence for met in report.faults),
        *report.changes,
        *(outage.sentence for outage in report.outages),
    ]
    if happened:
        console.print(f"\n[bold]{_('What happened during the run')}[/]")
        for sentence in happened[:_LAST_OUTAGES]:
            console.print(f"  {_text(sentence)}", soft_wrap=True)
        if len(happened) > _LAST_OUTAGES:
            console.print("  " + _("and {number} more; the report has them all", number=len(happened) - _LAST_OUTAGES))
    console.print(f"\n[bold {color}]{verdict.word}[/]: {_text(verdict.why)}", soft_wrap=True)


def print_profiles(console: Console, profiles: Iterable[Profile]) -> None:
    """Prints the profiles with their sources."""
    for profile in profiles:
        rate = f"{decimal(profile.mean_rate, ',.4g')}/s" if profile.mean_rate is not None else _("its rate is given")
        title, seconds = _text(_(profile.title)), decimal(profile.duration, ",.0f")
        console.print(f"[bold]{profile.name}[/]  {title}; {rate}, {seconds} s", soft_wrap=True)
        for source in profile.sources:
            console.print(f"  [dim]{_text(source)}[/]", soft_wrap=True)


def print_comparison(console: Console, found: Comparison) -> None:
    """Prints both side by side, and a warning for each difference between the runs."""
    rows = [
        (_(row.what), _figure(row.a), _figure(row.b), row.unit,
         decimal(row.ratio, ".2f") if row.ratio is not None else "",
         "" if row.better == "same" else _("{report} is better", report=row.better))
        for row in found.rows
    ]  # fmt: skip
    console.print(table(("", "A#", "B#", "", "B/A#", ""), rows))
    for warning in found.warnings:
        console.print(f"[yellow]{_('Not alike:')}[/] {_text(warning)}", soft_wrap=True)


def _response(summary: Summary) -> str:
    if summary.p50_ms is None:
        return _(NO_SUCCESS)
    return _(
        "response p50 {p50}, p99 {p99}, longest {longest} ms",
        p50=shown(summary.p50_ms),
        p99=shown(summary.p99_ms),
        longest=shown(summary.max_ms),
    )


def _text(text: str) -> str:
    """Foreign text (of a profile, a provider, a report) unchanged: brackets in it are not markup."""
    return escape(visible(text))


def _checks(checks: Iterable[Check]) -> Table:
    rows = [
        (Text("✔", style="green") if check.passed else Text("✗", style="red"), check.name, check.measured_text,
         check.bound_text, "" if check.passed else _(check.why))
        for check in checks
    ]  # fmt: skip
    return table(("", "what", "measured#", "bound#", ""), rows)


def _figure(value: float | None) -> str:
    """A figure with four digits, or all digits of a larger whole number; a dash for None."""
    if value is None:
        return "–"
    return decimal(value, ",.0f") if value >= 1000 else decimal(value, ".4g")
