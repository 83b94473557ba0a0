"""Settings of the exchange's processes, read once from the environment (``NDXP_*``)."""

import os
import socket
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import Field, field_validator

from ndxp.address import Address
from ndxp.database_url import read_url
from ndxp.process import ProcessSettings, listening
from ndxp.sqlite import sqlite_url

MIB = 1024 * 1024

Durability: TypeAlias = Literal["everysec", "always"]


class StoreSettings(ProcessSettings):
    """What gateway and control share."""

    redis_url: str = "redis://127.0.0.1:6379/0"
    """The store: registry, keys, journal."""
    node: str = ""
    """Name of this process in records; empty for one made of host and process number."""
    max_backlog: int = Field(default=1_000_000, ge=1)
    """Journal entries that may wait for the recorder; above it calls are refused as OVERLOADED."""
    durability: Durability = "everysec"
    """What a power cut may cost: ``everysec`` about the last second (the store must have appendonly yes, and somebody
    must sync its file every second), ``always`` nothing (appendfsync always)."""
    addresses: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it
    """Where subsystems listen instead of what exchange.yaml says: identifier to ``host:port``."""

    tls_folder: Path | None = None
    """Certificates: ``ca.pem``, and a file with key and certificate for each name that this process goes by. Without it
    everything is plaintext."""

    @field_validator("addresses")
    @classmethod
    def _each_an_address(cls, addresses: dict[str, str]) -> dict[str, str]:
        for address in addresses.values():
            Address.parse(address)
        return addresses

    @property
    def name(self) -> str:
        """What this process is called in records, among the others."""
        return self.node or f"{socket.gethostname()}-{os.getpid()}"


class GatewaySettings(StoreSettings):
    """The data plane."""

    gateway_address: str = "127.0.0.1:50051"
    """Where it listens: ``host:port``, or ``unix:/PATH`` for a socket."""
    default_deadline: float = Field(default=30.0, gt=0)
    """Seconds for a call whose caller states no deadline."""
    max_deadline: float = Field(default=300.0, gt=0)
    """Seconds at most for a unary call."""
    max_stream_deadline: float = Field(default=3600.0, gt=0)
    """Seconds at most for a stream."""
    max_message_bytes: int = Field(default=16 * MIB, ge=1024)
    """Largest message."""
    max_metadata_bytes: int = Field(default=7 * 1024, ge=1024)
    """Metadata of a call, as HTTP/2 counts it: names, values and 32 bytes for each; with what the gateway adds it has
    to fit the 8 KiB that gRPC servers take. A header list of more than 16 KiB is not read at all."""
    max_stream_messages: int = Field(default=1_000_000, ge=1)
    """Messages of a stream, in each direction."""
    max_stream_bytes: int = Field(default=1024 * MIB, ge=1024)
    """Bytes of all messages of a stream, in each direction."""
    max_connections: int = Field(default=10_000, ge=1)
    """Connections at once to one worker; more are closed at once."""
    handshake_timeout: float = Field(default=5.0, gt=0)
    """Seconds within which a new connection has to speak HTTP/2."""
    max_idle: float = Field(default=300.0, gt=0)
    """Seconds after which a connection without calls is closed."""
    max_connection_age: float = Field(default=3600.0, gt=0)
    """Seconds after which a connection takes no new calls, more or less a tenth; its client makes another, which may
    come to another worker."""
    max_streams_per_connection: int = Field(default=1000, ge=1)
    """Calls at once on one connection."""
    open_reflection: bool = False
    """Whether reflection answers callers without a token; ``ndxp up`` opens it, on loopback."""
    max_member_bytes: int = Field(default=48 * MIB, ge=MIB)
    """Bytes of requests and answers that one member's calls may hold in a worker while they cannot be passed on; above
    it new calls are refused as OVERLOADED, and above a quarter more those under way too."""
    max_calls: int = Field(default=5000, ge=1)
    """Calls at once in one worker; more are refused as OVERLOADED."""
    max_queueing: float = Field(default=0.2, gt=0)
    """Seconds that calls of a method may queue for long; above it fewer are let in at once, the others are refused as
    OVERLOADED."""
    max_recorded_refusals: float = Field(default=20.0, gt=0)
    """Refusals of one caller for one reason, before it is let in, that each worker records in a second, and 25 times as
    many at once; what is more is refused all the same, and counted only."""
    journal_patience: float = Field(default=5.0, gt=0)
    """Seconds that a call waits for the journal to take its record."""
    notice: float = Field(default=0.0, ge=0)
    """Seconds at SIGTERM between saying NOT_SERVING and taking no new calls: what a load balancer needs to notice."""
    drain: float = Field(default=15.0, ge=0)
    """Seconds that calls in flight get to finish at SIGTERM."""

    @field_validator("gateway_address")
    @classmethod
    def _listens_at(cls, address: str) -> str:
        return address if address.startswith("unix:/") else listening(address)


class RecorderSettings(StoreSettings):
    """What writes and reads the ledger: the control process, and recorders of their own."""

    run_folder: Path = Path(".ndxp")
    """Keys, credentials and the ledger; mode 0700."""
    ledger_url: str = ""
    """The ledger, ``sqlite:///FILE`` or ``postgresql://USER:PASSWORD@HOST:PORT/NAME``; empty for ``ledger.db`` in the
    run folder."""
    ledger_name: str = Field(default="ndxp.example/VN", pattern=r"^[^\s+]+$")
    """The ledger's name in checkpoints and beside its keys."""
    ledger_keep_days: float = Field(default=0, ge=0)
    """Days for which rows are kept, 0.05 at least; their hashes stay in the tree for ever. 0 keeps the rows too."""

    heartbeat: Path | None = None
    """File that a recorder of its own touches every second while it records or stands by; none unless named."""

    @field_validator("ledger_url")
    @classmethod
    def _can_be_read(cls, url: str) -> str:
        if url:
            read_url(url)
        return url

    @field_validator("ledger_keep_days")
    @classmethod
    def _what_may_be_repeated_stays(cls, days: float) -> float:
        if 0 < days < 0.05:
            raise ValueError("the journal may repeat rows of the last hour: 0 keeps all, or at least 0.05 days")
        return days

    @property
    def ledger(self) -> str:
        """The ledger's URL."""
        return self.ledger_url or sqlite_url(self.run_folder / "ledger.db")


class ControlSettings(RecorderSettings):
    """The control process."""

    control_address: str = "127.0.0.1:8080"
    """Where the HTTP API listens, ``host:port``."""
    exchange_address: str = "127.0.0.1:50060"
    """Where the directory (``ndxp.exchange.v1``) listens, ``host:port``."""
    exchange_file: Path = Path(__file__).with_name("exchange.yaml")
    """Members, services, grants and quotas to start with."""
    agencies_folder: Path = Path(__file__).parents[1] / "services"
    """The agencies that an exchange file may name, a folder each with its own ``exchange.yaml``."""
    agencies_beside: list[Path] = []  # noqa: RUF012
    """More folders of agencies, which are in the exchange whatever its file says; ``ndxp up --with`` names them."""
    handed_out: dict[str, Path] = {}  # noqa: RUF012
    """Files for agencies that run elsewhere, each with its own secret only: identifier to file. ``admin`` is the
    operator's, a copy of all credentials."""
    record: bool = True
    """Whether this process records too; one of several recorders writes, the others stand by."""
    token_life: int = Field(default=3600, ge=10, le=86400)
    """Seconds for which an access token is good."""
    allow_plaintext: bool = False
    """Whether the HTTP API may listen beyond this machine without TLS, where secrets can be read on the way: only for
    a proxy in front of it that has TLS."""
    control_names: list[str] = []  # noqa: RUF012
    """Public names of the HTTP API, such as the one of a proxy in front of it. Without TLS of its own it answers to IP
    addresses, names without a dot, and names that nobody can register; to other names only when they are here."""

    @field_validator("control_address", "exchange_address")
    @classmethod
    def _listens_at(cls, address: str) -> str:
        return listening(address)

    @property
    def names(self) -> list[str]:
        """The names by which the HTTP API may be asked, beside those that nobody can register."""
        return [Address.parse(self.control_address, listening=True).host, *self.control_names]
