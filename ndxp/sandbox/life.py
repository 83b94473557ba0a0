"""Starts and stops a sandbox, and knows when it is ready.

Ready means: every part answers, one real call succeeded, every gateway and the doors have the current registry, and
every gateway takes calls.
"""

import os
import re
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import httpx
import psutil
from grpc_health.v1 import health_pb2, health_pb2_grpc

from ndxp.client import BlockingExchange, TokenRefused
from ndxp.exchange.v1 import exchange_pb2, exchange_pb2_grpc
from ndxp.language import _
from ndxp.sandbox.console import MODULE as CONSOLE
from ndxp.sandbox.console import Console
from ndxp.sandbox.plan import BESIDE, own_subsystems
from ndxp.sandbox.state import SUPERVISOR, Process, State, processes_of, start_of
from ndxp.tree import command, environment

OPERATIONS = "VN/GOV/G22/operations"
"""The subsystem as which the sandbox makes its own call."""

_PATIENCE = 60.0
_LOOK_AGAIN = 0.05
_LOGS_IN_UTF_8 = {"PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8"}
_FOR_GOOD = "recorder refuses"
_OPEN_CIRCUIT = re.compile(r'^ndxp_provider_circuit_open\{service="([^"]+)"\} 1\.0$', re.MULTILINE)


class StartFailed(Exception):
    """The sandbox did not become ready; the text has the last lines of the log that says why."""


class NotReady(StartFailed):
    """The sandbox runs but records nothing, because its ledger is not what was signed; it stays for inspection."""


def start(state: State, *, own_session: bool = True) -> State:
    """Starts the planned processes and waits until the exchange is ready.

    ``own_session`` is whether it gets a session of its own; Linux shares processors between sessions first.

    Raises StartFailed, after stopping everything, or when another supervisor runs in the folder; NotReady without
    stopping anything.
    """
    began = time.monotonic()
    folder = Path(state.folder)
    if occupants := processes_of(folder):
        raise StartFailed(
            _(
                "process {pid} runs an exchange in {folder} already; `ndxp down` stops it, and only it",
                pid=occupants[0].pid,
                folder=folder,
            )
        )
    state.write()
    state.write_targets()
    logs = folder / "logs"
    logs.mkdir(mode=0o700, exist_ok=True)
    for previous in logs.glob("*.log"):
        previous.replace(previous.with_suffix(".old"))
    own_log = logs / "supervisor.log"
    own_log.touch(mode=0o600)
    if state.socket_folder:
        _make_own(Path(state.socket_folder))
    with own_log.open("wb") as log:
        supervisor = subprocess.Popen(  # noqa: S603
            command(SUPERVISOR, state.folder),
            env={**environment(), "NDXP_FOLDER": state.folder, "MALLOC_ARENA_MAX": "2", **_LOGS_IN_UTF_8},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=own_session,
            process_group=None if own_session else 0,
        )
    state = replace(state, supervisor=supervisor.pid, started=start_of(supervisor.pid))
    state.write()
    try:
        _wait(lambda: ready(state), lambda: _failure(state, supervisor))
    except NotReady:
        raise
    except BaseException:
        stop(state)
        raise
    state = replace(state, ready_seconds=round(time.monotonic() - began, 2))
    state.write()
    return state


def _make_own(folder: Path) -> None:
    """Makes a private folder; one that an earlier start of the same plan has left is used again."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o077:
        raise StartFailed(
            _(
                "{folder} is another user's, or open to others; remove it, or set TMPDIR to another folder",
                folder=folder,
            )
        )


def stop(state: State) -> None:
    """Stops all processes of a sandbox in order, also those that a killed supervisor has left."""
    _end(state.members(), [state.supervisor] if state.alive() else [])
    state.discard_socket()


def stop_left(folder: Path) -> bool:
    """Stops the exchange in a folder whose run.json is missing or unreadable; returns whether there was one."""
    left = processes_of(folder)
    _end(left, [process.pid for process in left if _is_supervisor(process)])
    return bool(left)


def _is_supervisor(process: psutil.Process) -> bool:
    with suppress(psutil.Error):  # it may have ended meanwhile
        return SUPERVISOR in process.cmdline()
    return False


def ready(state: State) -> bool:
    """Whether a sandbox works completely, through each of its gateways; raises NotReady when it never will."""
    try:
        with _http() as http:
            if http.get(f"{state.rest_url}/readyz").status_code != httpx.codes.OK:
                return False
            answer = http.get(f"{state.control_url}/readyz")
        if answer.status_code != httpx.codes.OK:
            for reason in answer.json()["waits_for"]:
                if reason.startswith(_FOR_GOOD):
                    raise NotReady(
                        _(
                            "the exchange runs and is not ready: {reason}; "
                            "`ndxp log verify` tells more, `ndxp down` stops it",
                            reason=reason,
                        )
                    )
            return False
        with BlockingExchange(state.gateway, state.tokens(OPERATIONS), deadline=2, retries=False) as exchange:
            directory = exchange_pb2_grpc.ExchangeServiceStub(exchange.channel)
            services = directory.ListServices(exchange_pb2.ListServicesRequest(page_size=500)).services
            ended = _ended(Path(state.folder))
            beside = {each for name, subsystems in state.beside.items() if name not in ended for each in subsystems}
            hosted = {*own_subsystems(state.beside), *beside}
            # Agencies of others may be down; calls to them are refused meanwhile.
            own = [service for service in services if service.provider in hosted]
            if not (all(service.methods for service in own) and same_registry(state) and _all_record(state)):
                return False
            if _processes(state, (CONSOLE,)) and Console.running(Path(state.folder)) is None:
                return False
            # Many subsystems may offer one contract, and each question goes through the gateway.
            return all(_serves(exchange.channel, contract) for contract in {service.contract for service in own})
    except (httpx.HTTPError, TokenRefused, grpc.RpcError):
        return False
    except (ValueError, KeyError):  # a foreign process answers at one of its ports
        return False


def same_registry(state: State) -> bool:
    """Whether gateways and doors have the registry that control has published last, contracts included.

    Then they know every change that was answered before.
    """
    try:
        versions = _shown(state, ("control", "gateway", "rest"), "ndxp_registry_version")
    except httpx.HTTPError:
        return False
    return len(set(versions)) == 1 and "" not in versions


def known_everywhere(state: State) -> Callable[[], bool]:
    """A question for later: whether gateways and doors know every change of the registry that was made until now.

    Unlike ``same_registry`` it comes true also while others go on changing the registry.
    """
    wanted = max(map(float, _shown(state, ("control",), "ndxp_registry_version")))

    def known() -> bool:
        shown = _shown(state, ("gateway", "rest"), "ndxp_registry_version")
        return all(version and float(version) >= wanted for version in shown)

    return known


def _end(processes: Sequence[psutil.Process], supervisors: Iterable[int]) -> None:
    """Ends processes; a supervisor among them stops the others in order."""
    signalled = list(supervisors) or [process.pid for process in processes]
    for number in signalled:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGTERM)
    deadline = time.monotonic() + _PATIENCE
    while (alive := [process for process in processes if _lives(process)]) and time.monotonic() < deadline:
        psutil.wait_procs(alive, timeout=_LOOK_AGAIN)
    for process in alive:
        process.kill()


def _lives(process: psutil.Process) -> bool:
    """Whether a process has not ended; one that waits for its parent to ask how it ended has ended.

    In a container the first process may ask late, or never.
    """
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _wait(done: Callable[[], bool], failure: Callable[[], str]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not done():
        if reason := failure():
            raise StartFailed(reason)
        if time.monotonic() > deadline:
            raise StartFailed(
                _(
                    "the exchange was not ready within {patience:.0f} s; see the logs in its run folder",
                    patience=_PATIENCE,
                )
            )
        time.sleep(_LOOK_AGAIN)


def _serves(channel: grpc.Channel, contract: str) -> bool:
    health: Any = health_pb2_grpc.HealthStub(channel)
    answer = health.Check(health_pb2.HealthCheckRequest(service=contract), timeout=2)
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def _all_record(state: State) -> bool:
    """Whether each gateway may write to the journal; without it, it takes no calls."""
    return set(_shown(state, ("gateway",), "ndxp_journal_available")) == {"1.0"}


def open_circuits(state: State) -> dict[str, list[str]]:
    """The providers that gateways leave alone, because they could not be reached, and which gateways do.

    A gateway that does not answer is not among them.
    """
    circuits: dict[str, list[str]] = {}
    with _http() as http:
        for gateway in _processes(state, ("gateway",)):
            with suppress(httpx.HTTPError):
                for provider in _OPEN_CIRCUIT.findall(_metrics(http, gateway)):
                    circuits.setdefault(provider, []).append(gateway.name)
    return circuits


def _shown(state: State, kinds: Sequence[str], name: str) -> list[str]:
    """A metric as each process of these kinds shows it, empty if it shows none. Raises httpx.HTTPError."""
    shown = []
    with _http() as http:
        for process in _processes(state, kinds):
            lines = _metrics(http, process).splitlines()
            shown.append(next((line for line in lines if line.startswith(f"{name} ")), "").partition(" ")[2])
    return shown


def _processes(state: State, kinds: Sequence[str]) -> list[Process]:
    return [process for process in state.processes if process.name.partition("-")[0] in kinds]


def _metrics(http: httpx.Client, process: Process) -> str:
    return http.get(f"http://{process.metrics}/metrics").text


def _http() -> httpx.Client:
    # Without verify=False, httpx first reads all certificates, which loopback does not need.
    return httpx.Client(timeout=2, verify=False, trust_env=False)  # noqa: S501


def failures(state: State) -> dict[str, str]:
    """Why agencies of others ended by themselves, one line for each subsystem; the rest of the exchange runs."""
    ended = state.beside.keys() & _ended(Path(state.folder))
    return {subsystem: _why(state, name) for name in ended for subsystem in state.beside[name]}


def _why(state: State, process: str) -> str:
    """The last line that an agency of others has written about why it does not run."""
    agency, log = process.removeprefix(BESIDE), Path(state.folder) / "logs" / f"{process}.log"
    lines = [line.partition(": ")[2] for line in _lines(log) if line.startswith(f"{agency}: ")]
    why = lines[-1] if lines else _("it ended, see {log}", log=log)
    return _("{agency} does not run: {why}", agency=agency, why=why)


def _failure(state: State, supervisor: "subprocess.Popen[bytes]") -> str:
    """Why the start fails for good: a process of ours ended by itself, and its last line says why."""
    folder = Path(state.folder)
    ended = [name for name in _ended(folder) if name not in state.beside]
    if not ended and supervisor.poll() is None:
        return ""
    name = ended[0] if ended else "supervisor"
    lines = _lines(folder / "logs" / f"{name}.log")
    return lines[-1] if lines else f"{name} ended"


def _ended(folder: Path) -> list[str]:
    """The processes that have ended by themselves since the start, in that order."""
    lines = _lines(folder / "logs" / "supervisor.log")
    return [line.partition(" ")[0] for line in lines if " ended with " in line]


def _lines(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if log.is_file() else []
