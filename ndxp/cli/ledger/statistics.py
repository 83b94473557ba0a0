"""The command stats: who called whom, how often, how well and how fast."""

import time
from typing import Annotated, Any, Literal

import typer

from ndxp.admin import Session
from ndxp.cli.filters import must_lead_somewhere
from ndxp.language import _
from ndxp.options import DEFAULT_FOLDER, Folder, Json
from ndxp.terminal import Terminal, console, print_json, remark, table

app = typer.Typer()

_DAY = 86_400
_NUMBER_COLUMNS = "calls#", "OK#", "failed#", "refused#", "p50 ms#", "p99#", "max#", "kB#"
_WIDE = 120
"""The width of a table that is not printed to a terminal."""


@app.command()
def stats(
    folder: Folder = DEFAULT_FOLDER,
    minutes: Annotated[int | None, typer.Option(min=1, help="Of the last minutes.")] = None,
    days: Annotated[int, typer.Option(min=1, help="Of the last days (UTC), including today.")] = 1,
    member: Annotated[str | None, typer.Option(help="A member or subsystem that called.")] = None,
    service: Annotated[str | None, typer.Option(help="Whose service.")] = None,
    by: Annotated[
        Literal["service", "member", "pair", "minute", "day"],
        typer.Option(help="What a line is for: pair is a member at a service; minute and day are pairs in each."),
    ] = "service",
    as_json: Json = False,
) -> None:
    """Shows statistics by member and service, and below each line why calls failed or were refused.

    Calls that were answered, that failed at the provider, and that the exchange refused; durations at the gateway in
    ms; bytes of messages. They were counted during recording: `ndxp log verify` counts them again from the records.

    Examples: `ndxp stats`; `ndxp stats --minutes 10 --by minute`; `ndxp stats --member VN/GOV/H26 --days 7`
    """
    period = "minute" if minutes is not None or by == "minute" else "day"
    now = int(time.time())
    since = now - 60 * minutes if minutes is not None else now // _DAY * _DAY - (days - 1) * _DAY
    grouped = {"service": "service", "member": "client", "pair": "pair"}.get(by, "period")
    session = Session(folder)
    found = session.get(
        "/statistics", period=period, since=str(max(0, since)), member=member, service=service, by=grouped
    )
    if not found:
        must_lead_somewhere(session, member=member, service=service)
    if as_json:
        print_json([{**line, "checked": False} for line in found])
    elif found:
        _print(found, period)
        remark(_("Counted during recording and not checked here: `ndxp log verify` counts them again."))
    else:
        console.print(_("No calls in that time."))


def _print(found: list[dict[str, Any]], period: str) -> None:
    keys = [name for name in ("start", "client", "service") if name in found[0]]
    rows: list[tuple[Any, ...]] = []
    for line in sorted(found, key=lambda line: [line[key] for key in keys]):
        took = line["duration_us"]
        rows.append(
            (
                *(_when(line[key], period) if key == "start" else line[key] or "-" for key in keys),
                line["count"],
                line["answered"],
                line["failed"],
                line["refused"],
                *(f"{took[name] / 1000:.1f}" for name in ("p50", "p99", "max")),
                round((line["request_bytes"] + line["response_bytes"]) / 1000),
            )
        )
        for reason, count in sorted(line["reasons"].items()):
            rows.append((*[""] * (len(keys) - 1), f"  {reason}", count, *[""] * (len(_NUMBER_COLUMNS) - 1)))
    heads = {"start": _("when"), "client": _("member"), "service": _("service")}
    # Through a pipe each row is one line, however long.
    out = console if console.is_terminal else Terminal(width=max(console.width, _WIDE))
    out.print(table((*(heads[key] for key in keys), *_NUMBER_COLUMNS), rows))


def _when(start: int, period: str) -> str:
    form = "%H:%M" if period == "minute" else "%Y-%m-%d"
    return time.strftime(form, time.localtime(start) if period == "minute" else time.gmtime(start))
