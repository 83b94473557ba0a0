"""Commands that check an agency: check agency, check verify."""

import importlib.util
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ndxp.admin import Session
from ndxp.cli.ledger.proof import KeyOption, file_errors, public_keys
from ndxp.clock import real_now
from ndxp.contract import Contract
from ndxp.language import _
from ndxp.options import DEFAULT_FOLDER, Folder, Json
from ndxp.plural import count
from ndxp.reflection import look_up
from ndxp.terminal import complain, console, print_json, progress, remark, styled, table
from ndxp.whole_file import whole_file

if TYPE_CHECKING:
    from ndxp.check.registered import Registered  # with the synthetic nation, which takes time to import
    from ndxp.check.result import Result

app = typer.Typer()
check_app = typer.Typer(
    help="Checks an agency: what every agency must do, whatever it is about.", no_args_is_help=True,
    rich_markup_mode=None,
)  # fmt: skip
app.add_typer(check_app, name="check")

FAILED = 99
"""Exit code when a check failed."""

_PACKAGES = ("hypothesis", "msgspec")


@check_app.command()
def agency(
    provider: Annotated[str, typer.Argument(metavar="ADDRESS|SUBSYSTEM", help="A provider of the exchange.")],
    examples: Annotated[
        Path | None,
        typer.Option(help='Valid requests, a line each: {"method": "a.v1.Service/Method", "request": {...}}.'),
    ] = None,
    known: Annotated[Path | None, typer.Option(help="Failures that are known: lines of CHECK-ID  # why.")] = None,
    changes: Annotated[
        bool | None,
        typer.Option("--changes/--no-changes", help="Call methods that change something. On an attached exchange: no."),
    ] = None,
    tries: Annotated[int, typer.Option(min=1, max=10_000, help="Wrong requests of each method.")] = 50,
    seed: Annotated[int, typer.Option(help="Seed of the wrong requests.")] = 0,
    no_time_limits: Annotated[
        bool, typer.Option("--no-time-limits", help="Wait as long as it takes, for an agency in a debugger.")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="File for the report as JSON, signed by the exchange.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="File for the report as a page.")] = None,
    junit: Annotated[Path | None, typer.Option("--junit", help="File for the report as JUnit's XML.")] = None,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Checks a provider of the running exchange, with all contracts that it offers.

    The check calls the agency itself, in the gateway's place, with valid and with wrong requests. It makes real
    changes in the agency's database unless --no-changes is given. Valid requests come from --examples, from
    examples.jsonl in the folder of an agency that `ndxp up --with` runs, or from the sample calls of NDXP; a method
    without any gets the checks that need none.

    Exit code 0 when nothing failed but what is known, 99 when a check failed, 2 when a file cannot be used.

    Examples: `ndxp check agency VN/GOV/G13/land`; `ndxp check agency 127.0.0.1:50070 --examples mine.jsonl
    --junit check.xml --report check.json`
    """
    if missing := [name for name in _PACKAGES if importlib.util.find_spec(name) is None]:
        names = ", ".join(missing)
        complain(
            _("to check an agency, {packages} must be installed: pip install 'ndxp[gateway,check]'", packages=names)
        )
        raise typer.Exit(1)
    from ndxp.check.examples import ExamplesRefused
    from ndxp.check.known import KnownRefused, judged, read_known, unknown
    from ndxp.check.provider import PATIENCE, WITHOUT_LIMIT
    from ndxp.check.registered import Registered

    session = Session(folder)
    registered = Registered.find(session, provider)
    options = {
        "changes": not session.state.attached if changes is None else changes, "tries": tries, "seed": seed,
        "patience": WITHOUT_LIMIT if no_time_limits else PATIENCE,
    }  # fmt: skip
    try:
        excused = read_known(_content(known)) if known else {}
    except KnownRefused as error:
        complain(f"{known}: {error}")
        raise typer.Exit(2) from None
    try:
        found = _checked(registered, examples, options)
    except ExamplesRefused as error:
        complain(f"{examples or 'examples'}: {error}")
        raise typer.Exit(2) from None
    results = judged(found, excused)
    at = datetime.fromtimestamp(real_now() / 1e6, UTC).isoformat(timespec="seconds")
    kept = bool(report or html or as_json)
    told = _reported(session, registered, results, at=at, tries=tries, seed=seed, sign=kept)
    _write(told, report, html, junit)
    print_json(told) if as_json else _print(told)
    for name in unknown(results, excused):
        remark(_("{file} names {check}, which is no check of this agency", file=known, check=name))
    if told["counts"]["failed"]:
        raise typer.Exit(FAILED)


@check_app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A report that `ndxp check agency --report` wrote.")],
    key: KeyOption = "",
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Verifies that a report is as the exchange has signed it, without an exchange. Exit code 1 when it is not.

    Example: `ndxp check verify check.json --key ledger-keys`
    """
    from ndxp.check.report import ReportRefused
    from ndxp.check.report import verify as verify_report

    keys = public_keys(key, folder)
    try:
        told, stated = verify_report(_content(file), keys)
    except ReportRefused as error:
        if as_json:
            print_json({"good": False, "why": str(error)})
        else:
            console.print(f"✗ {file}: {error}", style="red", soft_wrap=True)
        raise typer.Exit(1) from None
    if as_json:
        print_json({"good": True, "signed_by": stated.origin, "signed_at": stated.at, "counts": told["counts"]})
    else:
        line = _(
            "✔ {exchange} has signed this report about {provider} at {time}.",
            exchange=stated.origin,
            provider=told["provider"],
            time=stated.at,
        )
        console.print(line, style="green", soft_wrap=True)


def _checked(registered: "Registered", examples: Path | None, options: Mapping[str, Any]) -> "list[Result]":
    """Checks all contracts of a provider. Ends the command when the exchange does not know one, or nothing answers."""
    from ndxp.check.examples import first_of, from_lines
    from ndxp.check.suite import AgencyAway, check

    given = [from_lines(_content(examples))] if examples else []
    sources = first_of([*given, *registered.sources()])
    contracts = [registered.provider(_contract(registered, name), sources, **options) for name in registered.contracts]
    results, places = list["Result"](), sum(1 + len(contract.methods) for contract in contracts) + 1
    try:
        with progress(_("Checking {provider}", provider=registered.subsystem)) as show:
            for result in check(contracts):
                results.append(result)
                show(len({each.where for each in results}), places)
    except AgencyAway as error:
        complain(str(error))
        raise typer.Exit(1) from None
    return results


def _contract(registered: "Registered", name: str) -> Contract:
    """A contract as the gateway knows it. Ends the command when it does not."""
    session = registered.session
    contract = look_up(session.state.gateway, session.tokens(registered.subsystem), name)
    if contract is None:
        complain(_("the gateway does not know the contract {contract}; `ndxp services` says why", contract=name))
        raise typer.Exit(1)
    return contract


def _reported(
    session: Session, registered: "Registered", results: "Sequence[Result]", *, at: str, tries: int, seed: int,
    sign: bool,
) -> dict[str, Any]:  # fmt: skip
    """The report, signed by the exchange where ``sign`` says so."""
    from ndxp.check.report import digest, report, signed

    told = report(results, provider=registered.subsystem, address=registered.address, at=at, seed=seed, tries=tries)
    if not sign:
        return told
    return signed(told, session.send("POST", "/ledger/conformance", body={"sha256": digest(told)})["note"])


def _write(told: Mapping[str, Any], report: Path | None, html: Path | None, junit: Path | None) -> None:
    from ndxp.check.html import page
    from ndxp.check.junit import junit as xml

    text = f"{json.dumps(told, ensure_ascii=False, indent=1)}\n".encode()
    for path, content in ((report, text), (html, page(told)), (junit, xml(told))):
        if path is not None:
            with file_errors(path), whole_file(path) as file:
                file.write(content)


def _print(told: Mapping[str, Any]) -> None:
    counts = dict[str, Counter[str]]()
    for result in told["results"]:
        counts.setdefault(result["id"].partition(":")[0], Counter())[result["status"]] += 1
    kinds = list(told["counts"])
    rows = [(rule, *(each[kind] or "" for kind in kinds)) for rule, each in counts.items()]
    console.print(table(("check", *(f"{kind}#" for kind in kinds)), rows))
    told_of = {
        "sent": _("sent"), "came": _("came"), "right": _("right"), "why": _("why"), "guide": _("guide"),
    }  # fmt: skip
    for kind, style in (("failed", "red"), ("known failure", "yellow")):
        for result in told["results"]:
            if result["status"] == kind:
                console.print(styled(f"\n[{style}]{{}}[/] {{}}", _(kind), result["id"]), soft_wrap=True)
                for name, head in told_of.items():
                    said = _(result[name]) if name in ("right", "why") else result[name]
                    console.print(styled("  {}: {}", head, said), soft_wrap=True)
    _print_notes(told)
    failed = told["counts"]["failed"]
    verdict = _("{checks} failed", checks=count(failed, "check")) if failed else _("No check failed")
    style = "red" if failed else "green"
    console.print(f"\n{told['provider']}: {verdict}.", style=style, soft_wrap=True)


def _print_notes(told: Mapping[str, Any]) -> None:
    """Why checks were skipped or failures are known, and which known failures pass now: each reason once."""
    notes = Counter((result["status"], result["note"]) for result in told["results"] if result["note"])
    if notes:
        console.print("")
    for (status, note), times in notes.items():
        console.print(f"{_(status)} ({times}): {_(note)}", soft_wrap=True)


def _content(path: Path) -> bytes:
    with file_errors(path):
        return path.read_bytes()
