"""The demo: sends a sample of the reported year through an exchange, and compares the counts."""

import asyncio
import shutil
from pathlib import Path
from typing import Annotated, Any

import grpc
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from ndxp.admin import Session
from ndxp.cli.ledger.log import print_explanation
from ndxp.cli.replay import Count, Replay
from ndxp.cli.run import NDXP_A_DAY
from ndxp.language import _, spoken
from ndxp.options import Json, Tls
from ndxp.plural import decimal
from ndxp.samples import PERSONA, demos, samples
from ndxp.sandbox import life, plan
from ndxp.sandbox.state import FOLDER, NoSandbox, State
from ndxp.terminal import console, print_json, styled, table
from ndxp.wire import status
from ndxp.world import World

app = typer.Typer()
group = typer.Typer(no_args_is_help=False)
app.add_typer(group, name="demo", invoke_without_command=True)

DEMO_FOLDER = Path(".ndxp-demo")
_MARK = "demo"
REQUESTS = 5000
NOT_GRANTED = "VN/GOV/G27/lgsp"
"""Voice of Vietnam, a member without a grant for the population database."""
REFUSED = "get-citizen"
"""The sample call that it tries."""


@group.callback(invoke_without_command=True)
def demo(
    context: typer.Context,
    folder: Annotated[
        Path | None,
        typer.Option(
            help=f"Folder of the demo's own exchange, emptied first [{DEMO_FOLDER}]; of the target's [{FOLDER}]."
        ),
    ] = None,
    target: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="The gateway of a running exchange, instead of one of its own.")
    ] = "",
    requests: Annotated[int, typer.Option(min=10, max=1_000_000, help="Verification requests.")] = REQUESTS,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the exchange running afterwards.")] = False,
    tls: Tls = False,
    as_json: Json = False,
) -> None:
    """Sends a sample of the reported year through an exchange, and compares the counts.

    It starts an exchange of its own. With --target it uses a running one, of `ndxp up` or `ndxp attach`, and leaves it
    running; nobody else may call meanwhile. Exit code 0 only if what was sent, what was answered, what the agencies
    counted and what the ledger holds agree.

    `ndxp demo birth`, `death`, `land`, `exam` and `stays` tell a story instead: one matter on its way through the
    agencies.

    Examples: `ndxp demo`; `ndxp demo --requests 20000 --keep`; `ndxp demo --target localhost:50051`
    """
    if context.invoked_subcommand is not None:
        return
    if target:
        _on_running(target, folder or FOLDER, requests, as_json=as_json)
        return
    folder = folder or DEMO_FOLDER
    make_room(folder)
    if not as_json:
        console.print(
            styled(_("[bold]A simulated National Data Exchange Platform.[/] Every person in it is synthetic."))
        )
    planned = plan.make(folder, port=0, tls=tls)
    mark(folder)
    state = life.start(planned)
    try:
        if not as_json:
            ready = decimal(state.ready_seconds)
            console.print(
                _("The exchange was ready in {seconds} s: gateway {gateway}", seconds=ready, gateway=state.gateway)
            )
            console.print()
        counts, explanation = asyncio.run(_replay(Session(folder), requests, quiet=as_json))
    except (grpc.RpcError, ExceptionGroup) as error:
        life.stop(state)
        raise _broken_off(error, _("the logs are in {folder}/logs", folder=state.folder)) from error
    except BaseException:
        life.stop(state)
        raise
    if not keep:
        life.stop(state)
    _finish(counts, explanation, folder, keep=keep, as_json=as_json)


def _on_running(target: str, folder: Path, requests: int, *, as_json: bool) -> None:
    session = running_at(target, folder)
    try:
        counts, explanation = asyncio.run(_replay(session, requests, quiet=as_json))
    except (grpc.RpcError, ExceptionGroup) as error:
        raise _broken_off(error, _("see the logs of the exchange")) from error
    _finish(counts, explanation, folder, keep=True, as_json=as_json)


def running_at(target: str, folder: Path) -> Session:
    """The exchange that runs at an address. Raises NoSandbox when the folder does not know it."""
    state = State.read(folder)
    if state is None or _plain_host(state.gateway) != _plain_host(target):
        raise NoSandbox(
            _(
                "{folder} knows no exchange at {target}; for one in containers: docker compose exec -T control cat "
                "credentials.json | ndxp attach {target} --credentials -",
                folder=folder,
                target=target,
            )
        )
    return Session(folder)


def _plain_host(address: str) -> str:
    return address.replace("localhost:", "127.0.0.1:")


def _broken_off(error: "grpc.RpcError | ExceptionGroup[Exception]", where_to_look: str) -> life.StartFailed:
    first = error.exceptions[0] if isinstance(error, ExceptionGroup) else error
    why = status.decode(first).message if isinstance(first, grpc.RpcError) else str(first)
    return life.StartFailed(_("the demo broke off: {why}; {where_to_look}", why=why, where_to_look=where_to_look))


def _finish(counts: list[Count], explanation: dict[str, Any], folder: Path, *, keep: bool, as_json: bool) -> None:
    good = all(count.reconciles for count in counts) and bool(explanation)
    rate = counts[0].answered / counts[0].seconds
    if as_json:
        print_json(_plain(counts, rate, explanation, good))
    else:
        _show(counts, rate, explanation, folder, keep=keep)
    if not good:
        raise typer.Exit(1)


async def _replay(session: Session, requests: int, *, quiet: bool) -> tuple[list[Count], dict[str, Any]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=quiet) as progress:
        parts = demos()
        numbers = [requests, *(part.calls for part in parts[1:])]
        async with Replay(session, parts, lambda: progress.advance(task)) as replay:
            counts = []
            for part, calls in zip(parts, numbers, strict=True):
                task = progress.add_task(_(part.progress), total=calls)
                counts.append(await replay.run(part, calls))
            refused = await replay.refused(NOT_GRANTED, samples()[REFUSED])
            rows = await replay.reckon(counts)
            language = "en" if quiet else spoken()
            explanation = session.get(f"/transactions/{refused}/explanation", language=language) if refused else {}
            return rows, explanation


def mark(folder: Path) -> None:
    """Says that a folder is a demo's, which the next demo may empty."""
    (folder / _MARK).touch(mode=0o600)


def make_room(folder: Path) -> None:
    """Empties the folder of an earlier demo. Raises PlanFailed for a folder with anything else in it."""
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / _MARK).exists():
        raise plan.PlanFailed(
            _("{folder} is not empty and not a demo's; name another folder with --folder", folder=folder)
        )
    state = State.read(folder)
    if state is not None:
        life.stop(state)
    shutil.rmtree(folder)


def _show(counts: list[Count], rate: float, explanation: dict[str, Any], folder: Path, *, keep: bool) -> None:
    rows = []
    for count in counts:
        mark = Text("✔", style="green") if count.reconciles else Text("✗", style="red")
        failures = ", ".join(f"{number} {name}" for name, number in count.failures.items())
        nested = count.what.startswith(" ")
        yes, no = ("", "") if nested else (f"{count.yes:,}", f"{count.no:,}")
        what = f"{'  ' * nested}{_(count.what.strip())}"
        rows.append((mark, what, *(f"{n:,}" for n in (count.sent, count.answered)), yes, no,
                     f"{count.agency:,}", f"{count.ledger:,}", failures))  # fmt: skip
    console.print()
    columns = ("", "what", "sent#", "answered#", "matched#", "differing#", "agency#", "ledger#", "")
    console.print(table(columns, rows))
    expected = counts[0].expected_yes
    console.print()
    console.print(
        _(
            "Of the reported 1,014,473,517 requests 59.6 % matched: here {expected} of {sent} had to, "
            "and {matched} did. A name without diacritics is no difference.",
            expected=f"{expected:,}",
            sent=f"{counts[0].sent:,}",
            matched=f"{counts[0].yes:,}",
        )
    )
    console.print(
        styled(
            _(
                "[bold]{} transactions a second[/] through the gateway, all recorded: {} times the 1.9 million a day "
                "of the real exchange in 2022."
            ),
            f"{rate:,.0f}",
            f"{rate * 86400 / NDXP_A_DAY:,.0f}",
        )
    )
    console.print(_("A glimpse, not a load test: one client process, on the same machine."), style="dim")
    console.print()
    if explanation:
        print_explanation(explanation)
    else:
        console.print(_("✗ The call without a grant was not refused."), style="red")
    asked_about = World().persona(PERSONA).citizen
    again = "" if keep else _("`ndxp up -d --port 0 --folder {folder}`, then ", folder=folder)
    console.print(
        styled(
            _("\n[bold]Who asked about {}[/] (synthetic)? {}`ndxp log subject {} --folder {}`"),
            asked_about.full_name,
            again,
            asked_about.number,
            folder,
        ),
        soft_wrap=True,
    )
    where = f" --folder {folder}" if keep else ""
    tries = [f"ndxp log tail{where}", f"ndxp grants{where}", "ndxp call --help", "ndxp people"]
    first = "" if keep else _("`ndxp up -d`, then ")
    console.print(styled(_("[bold]What to try next:[/] {}{}"), first, ", ".join(f"`{command}`" for command in tries)))


def _plain(counts: list[Count], rate: float, explanation: dict[str, Any], good: bool) -> dict[str, Any]:
    rows = [
        {"what": c.what.strip(), "sent": c.sent, "answered": c.answered, "matched": c.yes, "differing": c.no,
         "expected_matched": c.expected_yes, "agency": c.agency, "ledger": c.ledger, "failures": c.failures,
         "reconciles": c.reconciles}
        for c in counts
    ]  # fmt: skip
    return {"reconciles": good, "counts": rows, "transactions_per_second": round(rate, 1), "refused": explanation}
