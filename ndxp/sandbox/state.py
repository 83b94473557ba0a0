"""The state of an exchange in its run folder: its addresses and processes, and whether it runs.

Usually it is a sandbox; an exchange in containers or on servers is attached.
"""

import json
import os
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias
from urllib.parse import unquote, urlsplit

import psutil

from ndxp.address import Address
from ndxp.client import TLS_FOLDER, Credentials, Tokens
from ndxp.language import _
from ndxp.whole_file import whole_file
from ndxp.wire.tls import FRONT, certificates_of_class, pinned, trust

FOLDER = Path(".ndxp")
"""Default run folder."""

SUPERVISOR = "ndxp.sandbox"
"""The module that keeps the processes of a sandbox running."""

Durability: TypeAlias = Literal["everysec", "always"]
"""How often the store's data is synced to disk."""

_FILE = "run.json"
_CONNECT = 3.0
_ENDED = frozenset("ZX")
_MODULES = frozenset({SUPERVISOR, "gateway.control", "gateway.dataplane", "gateway.rest", "services", "ndxp.agency"})


class NoSandbox(Exception):
    """There is no running exchange in the folder; the text says what to do."""


CLOCK_FILE = "clock"
"""The file of a simulated clock in a run folder."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process to run: its name, its command line and its additional environment variables."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def metrics(self) -> str:
        """``host:port`` of its metrics; empty when it shows none."""
        return self.environment.get("NDXP_METRICS_ADDRESS", "")


@dataclass(frozen=True, slots=True)
class State:
    """A sandbox. ``supervisor`` is the process that started the others, 0 before the start.

    ``attached`` says that it is an exchange elsewhere instead: it has no processes here, and is not stopped from here.
    ``started`` is when the supervisor was, as ``start_of`` says it, so that another process with the same number is
    not taken for it; ``ready_seconds`` is how long it took to be ready, 0 before. ``tls`` says whether all of it talks
    TLS, with the certificates in ``tls_folder``. ``socket_folder`` is one for the store's socket alone, among temporary
    files, where the run folder's path is too long; empty otherwise. ``beside`` names the processes with agencies of
    others, with the subsystems of each. ``clock`` is the pace of the nation's clock. ``rest_url`` is where the doors
    for HTTP are; empty where it is not known. ``reached`` is where programs of other machines reach the gateway; empty
    when only this machine does. A folder that has joined a class may have no ``gateway``.
    """

    folder: str
    gateway: str
    control_url: str
    processes: list[Process]
    supervisor: int = 0
    started: str = ""
    ready_seconds: float = 0.0
    durability: Durability = "everysec"
    attached: bool = False
    tls: bool = False
    socket_folder: str = ""
    beside: dict[str, list[str]] = field(default_factory=dict)
    clock: str = "real"
    rest_url: str = ""
    reached: str = ""

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """The state in a run folder, or None when it is missing or unreadable."""
        try:
            data = json.loads((folder / _FILE).read_text(encoding="utf-8"))
            return cls(**{**data, "processes": [Process(**process) for process in data["processes"]]})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    @classmethod
    def running(cls, folder: Path) -> Self:
        """The state of a running sandbox; raises NoSandbox."""
        state = cls.read(folder)
        if state is None and processes_of(folder):
            raise NoSandbox(
                _("the run folder {folder} was removed while its exchange runs; `ndxp down` stops it", folder=folder)
            )
        if state is None:
            raise NoSandbox(
                _(
                    "no exchange in {folder}; start one with `ndxp up -d`, or name its folder with --folder",
                    folder=folder,
                )
            )
        if not state.alive() and state.attached:
            raise NoSandbox(
                _(
                    "the exchange that {folder} is attached to does not answer at {gateway}",
                    folder=folder,
                    gateway=state.gateway,
                )
            )
        if not state.alive():
            raise NoSandbox(
                _("the exchange in {folder} is not running any more; start it with `ndxp up -d`", folder=folder)
            )
        return state

    def write(self) -> None:
        """Writes the state into the run folder (mode 0600)."""
        self._keep(_FILE, asdict(self))

    def write_targets(self) -> None:
        """Writes into the run folder where Prometheus finds each process's metrics, in its format file_sd.

        The instance is the process's name, because the port may change at the next start.
        """
        self._keep(
            "prometheus.json",
            [
                {"targets": [each.metrics], "labels": {"process": each.name.partition("-")[0], "instance": each.name}}
                for each in self.processes
                if each.metrics
            ],
        )

    def _keep(self, name: str, content: object) -> None:
        with whole_file(Path(self.folder) / name) as file:
            file.write(json.dumps(content, indent=1).encode())

    @property
    def clock_file(self) -> Path | None:
        """The file of a simulated clock; None when the time is the real one."""
        return None if self.clock == "real" else Path(self.folder) / CLOCK_FILE

    def alive(self) -> bool:
        """Whether the supervisor runs; for an attached exchange, whether its gateway takes connections.

        Without a gateway the control process must take them.
        """
        if self.attached:
            return listens(self.gateway or urlsplit(self.control_url).netloc)
        return bool(self.started) and start_of(self.supervisor) == self.started

    def members(self) -> list[psutil.Process]:
        """The living processes of this sandbox, with the supervisor; also when the supervisor was killed.

        They are in the supervisor's process group and name this run folder in their environment, or the store's
        socket in their title.
        """
        return [] if self.attached else [process for process in psutil.process_iter() if self._mine(process)]

    def _mine(self, process: psutil.Process) -> bool:
        try:
            return os.getpgid(process.pid) == self.supervisor and (
                process.environ().get("NDXP_FOLDER") == self.folder
                or any(self._socket in part for part in process.cmdline())
            )
        except (psutil.Error, OSError):
            return False

    @property
    def _socket(self) -> str:
        return unquote(self.processes[0].environment["NDXP_REDIS_URL"].removeprefix("unix://"))

    def discard_socket(self) -> None:
        """Removes the folder of the store's socket, if one was made."""
        if self.socket_folder:
            Path(self._socket).unlink(missing_ok=True)
            with suppress(OSError):
                Path(self.socket_folder).rmdir()

    @property
    def tls_folder(self) -> Path:
        """The folder of the certificates."""
        return Path(self.folder) / TLS_FOLDER

    def asking(self, url: str = "") -> dict[str, Any]:
        """Arguments for httpx to call the control process, or ``url``: trusted certificates, and the proxy.

        For an attached exchange these are the certificates that this machine trusts, and for its doors those of the
        gateway's authority if there is one; without TLS none, because reading them takes time. A proxy is used only for
        https with public authorities, because it could read the secret. A folder that has joined a class trusts what it
        was told to trust then. Raises OSError.
        """
        if self.tls:
            return {"verify": trust((self.tls_folder / "ca.pem").read_bytes()), "trust_env": False}
        public = (url or self.control_url).startswith("https:")
        if public and not url and (of_class := certificates_of_class(self.tls_folder)):
            return {"verify": pinned(of_class), "trust_env": False}
        if public and url and url == self.rest_url and (front := self.tls_folder / FRONT).exists():
            return {"verify": trust(front.read_bytes()), "trust_env": False}
        return {"verify": public, "trust_env": public}

    @property
    def credentials(self) -> Path:
        """The credentials file."""
        return Path(self.folder) / "credentials.json"

    def tokens(self, client: str) -> Tokens:
        """Tokens of a subsystem. Raises TokenRefused when it has no credentials here, NoSandbox without a gateway."""
        if not self.gateway:
            raise NoSandbox(
                _(
                    "only the teacher's machine reaches the gateway of this class: call in the browser, at "
                    "{url}/class/join, or ask your teacher to start the exchange with --tls and --address",
                    url=self.control_url.partition("/class/")[0],
                )
            )
        return Tokens(self.control_url, Credentials.load(self.credentials, client))


def start_of(pid: int) -> str:
    """When a process was started: the boot, and clock ticks since then; empty when there is no such process.

    It does not depend on the wall clock (proc_pid_stat(5), field 22).
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return ""
    state, ticks = fields[0], fields[19]
    return "" if state in _ENDED else f"{boot}/{ticks}"


def processes_of(folder: Path) -> list[psutil.Process]:
    """The living processes of an exchange in a run folder, the supervisor first, even if the folder is gone.

    They are the process groups in which one of our modules runs with this folder in its environment. The store itself
    is found by the group only, because its title overwrites its environment.
    """
    name, groups = str(folder.resolve()), set[int]()
    for process in psutil.process_iter():
        try:
            ours = not _MODULES.isdisjoint(process.cmdline()) and process.environ().get("NDXP_FOLDER") == name
            if ours and os.getsid(process.pid) == os.getpgid(process.pid):  # the supervisor is started as a leader
                groups.add(os.getpgid(process.pid))
        except (psutil.Error, OSError):
            continue
    found = [process for process in psutil.process_iter() if _group(process.pid) in groups]
    return sorted(found, key=lambda process: process.pid not in groups)


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except OSError:
        return 0


def listens(address: str) -> bool:
    """Whether somebody takes connections at ``host:port``."""
    try:
        at = Address.parse(address)
        socket.create_connection((at.host, at.port), timeout=_CONNECT).close()
    except (OSError, ValueError):
        return False
    return True
