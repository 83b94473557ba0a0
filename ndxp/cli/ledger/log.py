"""Commands on the ledger: log tail, log show, log search, explain."""

import re
import time
from datetime import datetime
from math import isnan
from typing import Annotated, Any, Literal

import typer
from rich.text import Text

from ndxp.admin import Session, path_part
from ndxp.cli.filters import must_be_known, must_lead_somewhere
from ndxp.cli.ledger.attempts import print_attempts
from ndxp.errors import Code, code_name
from ndxp.language import _, spoken
from ndxp.ledger.attempts import attempts_of
from ndxp.options import DEFAULT_FOLDER, Folder, Json
from ndxp.steps import shown
from ndxp.terminal import clock, complain, console, print_json, remark, table, visible

app = typer.Typer()
log_app = typer.Typer(help="Reads the ledger of transactions.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(log_app, name="log")

_TIMES = ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"]
_TRACE = re.compile("[0-9a-f]{32}")
_WIDE = 140
"""Columns that a transaction takes in one line."""

_INDENT = " " * 14

Transaction = Annotated[str, typer.Argument(metavar="TX", help="Transaction id (x-ndxp-transaction-id of the answer).")]


@log_app.command()
def tail(
    folder: Folder = DEFAULT_FOLDER,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, max=1000, help="How many transactions.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Also show new ones until Ctrl-C.")] = False,
    as_json: Json = False,
) -> None:
    """Shows the latest transactions, each compared with the ledger's tree.

    With --follow and --json each transaction is an object on a line of its own.

    Examples: `ndxp log tail -n 5`; `ndxp log tail -f`
    """
    session = Session(folder)
    found = list(reversed(session.get("/transactions", limit=lines, proof=True)))
    if as_json and not follow:
        print_json(found)
        return
    show_more = _print_json_lines if as_json else _print
    show_more(found)
    while follow:
        after = found[-1]["seq"] if found else 0
        new = session.get("/transactions", after=after, limit=1000, proof=True)
        if new:
            found = new
            show_more(new)
        else:
            time.sleep(0.3)


@log_app.command()
def show(transaction: Transaction, folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Shows every field of a transaction's records; "proof" is what the ledger's tree says about each.

    signed: it is what was signed; recorded: it is in the tree, but no checkpoint covers it yet; changed or unproven:
    somebody has changed the row or the tree.
    """
    found = Session(folder).get(f"/transactions/{path_part(transaction)}")
    if as_json:
        print_json(found)
        return
    names = [name for name in found[0] if name != "transaction_id"]
    rows = [(name, *(_field(name, record[name]) for record in found)) for name in names]
    phases = {"request": _("request"), "outcome": _("outcome")}
    console.print(table((transaction, *(phases.get(record["phase"], record["phase"]) for record in found)), rows))


@log_app.command()
def search(
    folder: Folder = DEFAULT_FOLDER,
    client: Annotated[str | None, typer.Option(help="The subsystem that called.")] = None,
    member: Annotated[str | None, typer.Option(help="The member that called, with any of its subsystems.")] = None,
    service: Annotated[str | None, typer.Option(help="Whose service.")] = None,
    method: Annotated[str | None, typer.Option(help="Method, in full or its last part.")] = None,
    status: Annotated[str | None, typer.Option(help="Status, such as OK or PERMISSION_DENIED.")] = None,
    reason: Annotated[str | None, typer.Option(help="Reason, such as ACCESS_DENIED.")] = None,
    origin: Annotated[Literal["gateway", "provider"] | None, typer.Option(help="Who gave the status.")] = None,
    message_id: Annotated[str | None, typer.Option(help="The caller's x-ndxp-message-id.")] = None,
    user_id: Annotated[str | None, typer.Option(help="The caller's x-ndxp-user-id.")] = None,
    purpose: Annotated[str | None, typer.Option(help="The caller's x-ndxp-purpose.")] = None,
    fault: Annotated[str | None, typer.Option(help="A fault, set on purpose, that the call met: its id.")] = None,
    trace: Annotated[str | None, typer.Option(help="W3C trace id, 32 hex digits.")] = None,
    since: Annotated[datetime | None, typer.Option(formats=_TIMES, help="From this local time on.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=_TIMES, help="Before this local time.")] = None,
    minutes: Annotated[float | None, typer.Option(min=0, max=1e7, help="Of the last minutes.")] = None,
    before: Annotated[
        int | None, typer.Option(min=1, max=2**62 - 1, help="Before this record of the ledger: the next page.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 50,
    as_json: Json = False,
) -> None:
    """Searches the ledger, the latest first.

    Each record found is compared with the ledger's tree. The search uses the database's indexes; `ndxp log verify`
    checks that these are complete.

    A full page ends with the options for the next page; new records do not disturb it.

    Examples: `ndxp log search --reason ACCESS_DENIED`; `ndxp log search --member VN/GOV/H26 --minutes 5`;
    `ndxp log search --member VN/GOV/H26 --since "2026-11-20 07:00" --until "2026-11-20 08:00"`
    """
    code = _code(status)
    if trace is not None and not _TRACE.fullmatch(trace):
        complain(_("--trace {trace!r}: a trace id has 32 hex digits", trace=trace[:50]))
        raise typer.Exit(2)
    if minutes is not None and since is not None:
        complain(_("--minutes and --since both say from when on: give one of them"))
        raise typer.Exit(2)
    if minutes is not None and not isnan(minutes):
        since = datetime.fromtimestamp(time.time() - 60 * minutes)
    session = Session(folder)
    found = session.get(
        "/transactions",
        client=client,
        member=member,
        service=service,
        method=method,
        status_code=code,
        reason=reason,
        origin=origin,
        message_id=message_id,
        user_id=user_id,
        purpose=purpose,
        fault=fault,
        trace=trace,
        since=since and _micros(since),
        until=until and _micros(until),
        before=before,
        limit=limit,
        proof=True,
    )
    if not found:
        must_lead_somewhere(
            session, client=client, member=member, service=service, method=method, reason=reason, purpose=purpose
        )
    if as_json:
        print_json(found)
    elif found:
        _print(found)
        if len(found) == limit:
            fixed = ""
            if minutes is not None:
                fixed = _("--since '{begin}' in place of --minutes, and ", begin=f"{since:%Y-%m-%d %H:%M:%S}")
            console.print(_("More: {fixed}--before {seq}", fixed=fixed, seq=found[-1]["seq"]))
    else:
        console.print(_("Nothing found."))
        remark(_("The search used the database's indexes: `ndxp log verify` checks that they are complete."))


@app.command()
def explain(transaction: Transaction, folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Explains a transaction.

    The steps it took, what each decided and why, and where the time went. When the caller sent the call more than once,
    all attempts are listed, with what each of them waited for.
    """
    session = Session(folder)
    language = "en" if as_json else spoken()
    found = session.get(f"/transactions/{path_part(transaction)}/explanation", language=language)
    attempts = attempts_of(session, transaction)
    if as_json:
        print_json({**found, "attempts": attempts})
    else:
        print_explanation(found)
        print_attempts(attempts, transaction)


def print_explanation(found: dict[str, Any]) -> None:
    """Prints an explanation as the admin API gives it in the language in use."""
    console.print(visible(found["verdict"]), style="bold")
    wrong = Text("✗", style="red")
    marks = {"passed": Text("✔", style="green"), "refused": wrong, "failed": wrong, "unknown": Text("?")}
    said = {
        "passed": _("passed"), "refused": _("refused"), "failed": _("failed"), "not reached": _("not reached"),
        "unknown": _("unknown"),
    }  # fmt: skip
    rows = [
        (
            marks.get(step["decision"], "·"),
            shown(step["name"], _),
            said.get(step["decision"], step["decision"]),
            step["why"],
            _millis(step["micros"]),
        )
        for step in found["steps"]
    ]
    console.print(table(("", "step", "decision", "why", "ms#"), rows))
    if found["remedy"]:
        console.print(_("What to do: {remedy}", remedy=visible(found["remedy"])), style="yellow")


def wrong_with(record: dict[str, Any]) -> str:
    """What is wrong with a record, by what the ledger's tree says about it; empty when nothing is."""
    wrong = {"changed": _("✗ CHANGED in the database"), "unproven": _("✗ UNPROVEN: the tree was changed")}
    return wrong.get(record["proof"], "")


def _print_json_lines(found: list[dict[str, Any]]) -> None:
    for record in found:
        print_json(record, indent=None)


def _print(found: list[dict[str, Any]]) -> None:
    """One line for each transaction; on a narrow terminal two lines, and more for what is unusual."""
    narrow = console.is_terminal and console.width < _WIDE
    for record in found:
        status = record["reason"] or code_name(record["status_code"])
        when = f"{clock(record['request_in_ts'])}  {status:22}  "
        when += f"{_millis(record['response_out_ts'] - record['request_in_ts']):>8} ms  "
        who, what = f"{record['client'] or '-':27}  ", f"{record['method'].rpartition('/')[2]:20}  "
        fault, wrong = record.get("fault", ""), wrong_with(record)
        notes = [note for note in (_("fault {fault}", fault=fault) if fault else "", wrong) if note]
        if narrow:
            lines = [when + what.strip(), _INDENT + who + record["transaction_id"], *(_INDENT + note for note in notes)]
        else:
            lines = ["  ".join((when + who + what + record["transaction_id"], *notes))]
        style = "" if record["status_code"] == 0 and not wrong else "red"
        for line in lines:
            console.print(visible(line), style=style, soft_wrap=True)


def _micros(local: datetime) -> int:
    """A local time in µs since 1970, and 0 for earlier ones; Python cannot convert the first and last years."""
    return int(min(max(local, datetime(1970, 1, 2)), datetime(9998, 1, 1)).timestamp() * 1e6)


def _millis(micros: int | None) -> str:
    return "" if micros is None else f"{micros / 1000:.2f}"


def _field(name: str, value: Any) -> str:
    if name.endswith("_ts") and value:
        return f"{value} ({clock(value)})"
    return str(value)


def _code(status: str | None) -> int | None:
    if status is None:
        return None
    numbers = {str(int(code)) for code in Code}
    if status not in numbers:
        must_be_known("status", status.upper(), [code.name for code in Code])
    return int(status) if status in numbers else int(Code[status.upper()])
