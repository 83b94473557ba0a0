"""What is known of an exchange from its run folder: where it listens, which processes it is, whether it lives.

Usually it is a sandbox; an exchange that runs elsewhere, in containers or on servers, is attached.
"""

import json
import os
import socket
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias

import psutil

from ndxp.address import Address
from ndxp.client import TLS_FOLDER
from ndxp.tls import trust

FOLDER = Path(".ndxp")
"""Default run folder."""

Durability: TypeAlias = Literal["everysec", "always"]
"""How often what the store has written goes to disk."""

_FILE = "run.json"
_CONNECT = 3.0


class NoSandbox(Exception):
    """There is no running exchange in the folder; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process to run: its name, its command line and what it needs in the environment besides ours."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def metrics(self) -> str:
        """``host:port`` where it shows its metrics; empty for nowhere."""
        return self.environment.get("NDXP_METRICS_ADDRESS", "")


@dataclass(frozen=True, slots=True)
class State:
    """A sandbox. ``supervisor`` is the process that started the others, 0 before the start.

    ``attached`` says that it is an exchange elsewhere instead: it has no processes here, and is not stopped from here.
    ``started_at`` is the supervisor's start in seconds since 1970, so that another process with the same number is
    not taken for it; ``ready_seconds`` is how long it took to be ready, 0 before. ``tls`` says whether all of it talks
    TLS, with the certificates in ``tls_folder``.
    """

    folder: str
    gateway: str
    control_url: str
    processes: list[Process]
    supervisor: int = 0
    started_at: float = 0.0
    ready_seconds: float = 0.0
    durability: Durability = "everysec"
    attached: bool = False
    tls: bool = False

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """The state in a run folder, or None when there is none that can be read."""
        try:
            data = json.loads((folder / _FILE).read_text())
            return cls(**{**data, "processes": [Process(**process) for process in data["processes"]]})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    @classmethod
    def running(cls, folder: Path) -> Self:
        """The state of a running sandbox; raises NoSandbox."""
        state = cls.read(folder)
        if state is None:
            raise NoSandbox(f"no exchange in {folder}; start one with `ndxp up -d`, or name its folder with --folder")
        if not state.alive() and state.attached:
            raise NoSandbox(f"the exchange that {folder} is attached to does not answer at {state.gateway}")
        if not state.alive():
            raise NoSandbox(f"the exchange in {folder} is not running any more; start it with `ndxp up -d`")
        return state

    def write(self) -> None:
        """Keeps the state in the run folder (mode 0600)."""
        self._keep(_FILE, asdict(self))

    def write_targets(self) -> None:
        """Says in the run folder where Prometheus finds each process's metrics, in its own format (file_sd).

        The instance is the process's name: the port may be another one after the next start.
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
        path = Path(self.folder) / name
        beside = path.with_suffix(".new")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(content, file, indent=1)
        beside.replace(path)

    def alive(self) -> bool:
        """Whether the supervisor runs; of an attached exchange, whether its gateway takes connections."""
        if self.attached:
            return _listens(self.gateway)
        try:
            process = psutil.Process(self.supervisor)
            return abs(process.create_time() - self.started_at) < 1 and process.status() != psutil.STATUS_ZOMBIE
        except (psutil.NoSuchProcess, ValueError):
            return False

    def members(self) -> list[psutil.Process]:
        """The living processes of this sandbox, the supervisor among them, even when it was killed itself.

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
        return self.processes[0].environment["NDXP_REDIS_URL"].removeprefix("unix://")

    @property
    def tls_folder(self) -> Path:
        """Where the certificates are."""
        return Path(self.folder) / TLS_FOLDER

    def asking(self) -> dict[str, Any]:
        """What httpx needs to ask the control process: whom it trusts, and whether through a proxy. Raises OSError.

        Of an attached exchange, whoever this machine trusts; without TLS nothing, which takes no time to read. A proxy
        of the environment would read the secret: it is for https of public authorities.
        """
        if self.tls:
            return {"verify": trust((self.tls_folder / "ca.pem").read_bytes()), "trust_env": False}
        public = self.control_url.startswith("https:")
        return {"verify": public, "trust_env": public}

    @property
    def credentials(self) -> Path:
        """The credentials file."""
        return Path(self.folder) / "credentials.json"


def _listens(address: str) -> bool:
    try:
        at = Address.parse(address)
        socket.create_connection((at.host, at.port), timeout=_CONNECT).close()
    except (OSError, ValueError):
        return False
    return True
