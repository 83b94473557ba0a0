"""Commands that start, stop and inspect the exchange: up, down, status."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from ndxp.admin import AdminRefused, Session
from ndxp.cli.fault import print_faults
from ndxp.cli.services import together
from ndxp.clock import Clock, rate_of
from ndxp.language import _
from ndxp.options import DEFAULT_FOLDER, Address, Folder, Json, Tls
from ndxp.plural import count, decimal
from ndxp.sandbox import doors, life, plan
from ndxp.sandbox.console import Console
from ndxp.sandbox.processes import processes_now
from ndxp.sandbox.serving import not_learnt, services_of
from ndxp.sandbox.state import Durability, NoSandbox, State
from ndxp.terminal import complain, console, print_json, styled, table, visible

app = typer.Typer()

NDXP_A_DAY = 1_900_000
"""Transactions a day on the real exchange in the first half of 2022 (350 million in 181 days)."""


@app.command()
def up(
    folder: Folder = DEFAULT_FOLDER,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return when it is ready.")] = False,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Gateway processes that share the port.")] = 1,
    port: Annotated[int | None, typer.Option(help="The gateway's port; 0 for free ports everywhere.")] = None,
    config: Annotated[Path | None, typer.Option(help="Members, services and grants instead of the default.")] = None,
    durability: Annotated[
        Durability, typer.Option(help="How often the journal goes to disk: what a power cut may cost.")
    ] = "everysec",
    tls: Tls = False,
    beside: Annotated[
        list[Path] | None, typer.Option("--with", help="Folder with your own agencies; may be repeated.")
    ] = None,
    clock: Annotated[
        str,
        typer.Option(
            envvar="NDXP_CLOCK",
            help="The nation's clock: real, manual (`ndxp clock advance`), or x60 for 60 times as fast.",
        ),
    ] = "real",
    console_too: Annotated[
        bool, typer.Option("--console", help="Also run the console: pages that show the exchange in a browser.")
    ] = False,
    address: Address = "",
    as_json: Json = False,
) -> None:
    """Starts an exchange: store, control, gateway, agencies.

    The file of --config may be short, one member is enough: what the exchange itself needs is added. An agency of
    yours (`ndxp new agency`) is a process of its own; if it cannot run, a line says why, and the rest runs.

    With --address the console runs too, always with TLS, and browsers of other machines reach it; with --tls their
    programs reach the gateway too.

    Examples: `ndxp up -d`; `ndxp up --workers 2 --port 0`; `ndxp up --tls`; `ndxp up --config my-exchange.yaml`;
    `ndxp up -d --with ./museum`; `ndxp up -d --address 192.168.1.20`
    """
    state = State.read(folder)
    if state is not None and state.attached:
        raise plan.PlanFailed(
            _(
                "{folder} is attached to the exchange at {gateway}; name another with --folder",
                folder=folder,
                gateway=state.gateway,
            )
        )
    if state is not None and state.alive():
        _refuse_another_clock(state, clock)
        _refuse_another_address(folder, address)
        _announce(state, as_json, _("already running"))
        return
    if state is not None:
        killed = bool(state.members())
        life.stop(state)
        if killed:
            console.print(_("Cleaned up after an exchange that was killed in {folder}.", folder=folder), style="yellow")
    planned = plan.make(
        folder,
        workers=workers,
        port=port,
        exchange_file=config,
        durability=durability,
        tls=tls,
        beside=beside or (),
        clock=clock,
        console=console_too,
        address=address,
    )
    state = life.start(planned)
    _announce(state, as_json, _("ready in {seconds} s", seconds=decimal(state.ready_seconds)))
    for failure in dict.fromkeys(life.failures(state).values()):
        complain(failure)
    if detach:
        return
    try:
        while state.alive():
            time.sleep(0.2)
        if State.read(folder) is None or state.members():
            raise life.StartFailed(
                _("the exchange in {folder} ended: its supervisor, or the folder, is gone", folder=state.folder)
            )
        console.print(_("The exchange was stopped."))
    except KeyboardInterrupt:
        console.print(_("Stopping: calls in flight may finish."))
    finally:
        life.stop(state)


@app.command()
def down(folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Stops the exchange.

    Calls in flight may finish; the ledger stays in the run folder.
    """
    state = State.read(folder)
    if state is not None and state.attached:
        raise NoSandbox(
            _(
                "{folder} is attached to the exchange at {gateway}; stop that where it runs",
                folder=folder,
                gateway=state.gateway,
            )
        )
    if state is None:
        stopped = life.stop_left(folder)
    else:
        stopped = bool(state.members())
        life.stop(state)
    if as_json:
        print_json({"stopped": stopped})
    else:
        console.print(
            _("Stopped the exchange in {folder}.", folder=folder)
            if stopped
            else _("No exchange is running in {folder}.", folder=folder)
        )


@app.command()
def status(folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Shows whether the exchange is ready.

    It lists processes and their memory, services and totals, faults that are set on purpose, and providers that
    gateways leave alone because they could not be reached. Exit code 1 when the exchange is not running or not ready.
    """
    session = Session(folder)
    state = session.state
    processes = processes_now(state)
    try:
        services = services_of(session)
        totals = session.get("/totals")
        faults = [fault for fault in session.get("/faults") if fault["on"]]
        late = [] if totals["caught_up"] else [_("the recorder has not caught up with the journal")]
        down = {service["provider"] for service in services if not service["serving"]}
        broken = [why for subsystem, why in life.failures(state).items() if subsystem in down]
        found = [*session.waits_for(), *late, *dict.fromkeys(broken)]
    except AdminRefused as refused:
        services, totals, faults, found = [], {"totals": [], "caught_up": False}, [], [str(refused)]
    trouble = "; ".join([*found, *doors.waiting(state)])
    ready = not trouble and all(service["serving"] for service in services)
    circuits = life.open_circuits(state)
    rss_mb = round(sum(process["rss_mb"] for process in processes), 1)
    shown = {
        "ready": ready,
        "trouble": trouble,
        "gateway": state.gateway,
        "control": state.control_url,
        "rest_url": state.rest_url,
        "console_url": console_url(folder),
        "folder": state.folder,
        "ready_seconds": state.ready_seconds,
        "durability": state.durability,
        "clock": state.clock,
        "tls": state.tls,
        "rss_mb": rss_mb,
        "processes": processes,
        "services": services,
        "open_circuits": circuits,
        "transactions": sum(total["count"] for total in totals["totals"]),
        "recorder_caught_up": totals["caught_up"],
        "faults": faults,
    }
    if as_json:
        print_json(shown)
    else:
        mark = _("[green]ready[/]") if ready else _("[red]not ready[/]")
        console.print(
            styled(
                f"{mark}: {_('gateway {}, control {}, HTTP {}')}",
                state.gateway,
                state.control_url,
                state.rest_url or "-",
            )
        )
        transactions = count(shown["transactions"], "transaction", grouped=True)
        console.print(
            _("attached, {transactions}", transactions=transactions)
            if state.attached
            else _(
                "started in {ready_seconds} s, {rss_mb} MB, {transactions}, durability {durability}",
                ready_seconds=decimal(state.ready_seconds),
                rss_mb=decimal(rss_mb),
                transactions=transactions,
                durability=state.durability,
            )
        )
        if state.clock_file is not None:
            time_now = Clock(state.clock_file).moment()
            console.print(
                _("the nation's clock ({clock}): {time_now:%A %Y-%m-%d %H:%M}", clock=state.clock, time_now=time_now)
            )
        if trouble:
            console.print(trouble, style="red")
        _print_on(faults)
        if processes:
            console.print()
            rows = [tuple(process.values()) for process in processes]
            console.print(table(("process", "pid#", "MB#", "metrics"), rows))
        entries = together(services, "serving")
        rows = [(_("up") if s["serving"] else _("DOWN"), providers, s["contract"]) for s, providers in entries]
        console.print()
        console.print(table(("", "provider", "service"), rows))
        for service in services:
            if service["trouble"]:
                console.print(visible(not_learnt(service)), style="red", soft_wrap=True)
        _print_open(circuits)
    if not ready:
        raise typer.Exit(1)


def _print_on(faults: list[dict[str, Any]]) -> None:
    """Prints the faults that are on, if there are any, and how to remove them."""
    if faults:
        console.print(_("\n{faults} on, set on purpose:", faults=count(len(faults), "fault", are=True)), style="yellow")
        print_faults(faults)
        console.print(_("Remove one: `ndxp fault remove ID`; all: `ndxp fault clear`"))


def _print_open(circuits: dict[str, list[str]]) -> None:
    """Prints the providers that gateways leave alone."""
    for provider, gateways in circuits.items():
        console.print(
            _("{provider} is left alone by {gateways}, because it could not be reached: callers "
"get CIRCUIT_OPEN, and every 2 s one call tries it", provider=provider, gateways=', '.join(gateways)),
            style="red", soft_wrap=True,
        )  # fmt: skip


def _refuse_another_clock(state: State, clock: str) -> None:
    """An exchange that runs keeps its clock; ``real``, the default, asks for none in particular."""
    if clock not in ("real", state.clock):
        rate_of(clock)
        raise plan.PlanFailed(
            _(
                "the exchange in {folder} is running already, and its clock is `{clock}`; for "
                "another clock, `ndxp down` first",
                folder=state.folder,
                clock=state.clock,
            )
        )


def _refuse_another_address(folder: Path, address: str) -> None:
    """Raises PlanFailed when other machines should reach an exchange that runs, and do not."""
    running = Console.running(folder)
    if address and (running is None or running.host != plan.host_of(address)):
        raise plan.PlanFailed(
            _(
                "the exchange in {folder} runs already, and not for browsers at {address}: `ndxp down`, then start it "
                "again with --address",
                folder=folder,
                address=address,
            )
        )


def _announce(state: State, as_json: bool, what: str) -> None:
    if as_json:
        print_json(
            {"gateway": state.gateway, "control": state.control_url, "rest_url": state.rest_url, "folder": state.folder,
             "console_url": console_url(Path(state.folder)), "credentials": str(state.credentials),
             "ready_seconds": state.ready_seconds}
        )  # fmt: skip
        return
    console.print(styled(_("[bold green]The exchange is {}.[/] Every person in it is synthetic."), what))
    console.print(_("  gateway  {gateway}  (gRPC)", gateway=state.gateway))
    console.print(_("  control  {control_url}  (tokens, admin API, /openapi.json)", control_url=state.control_url))
    console.print(_("  HTTP     {rest_url}  (JSON: POST /package.Service/Method)", rest_url=state.rest_url))
    console.print(_("  folder   {folder}  (credentials, ledger, logs)", folder=state.folder))
    if url := console_url(Path(state.folder)):
        console.print(_("  console  {url}  (works once; `ndxp console` opens it)", url=url), soft_wrap=True)
    console.print(_("Next: `ndxp people`, `ndxp call --help`, `ndxp log tail`, `ndxp down`"))


def console_url(folder: Path) -> str:
    """The URL that lets a browser into the console once; empty when no console runs."""
    found = Console.running(folder)
    return found.url_with_ticket(folder) if found is not None else ""
