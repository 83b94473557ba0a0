"""Settings of the exchange's processes, read once from the environment (``NDXP_*``)."""

import os
import re
import socket
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import Field, field_validator

from gateway.core.endpoints import CONTRACT as REST
from ndxp.address import Address, listening
from ndxp.database_url import read_url
from ndxp.process import ProcessSettings
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
    """What a power cut may cost: with ``everysec`` about the last second (the store needs appendonly yes, and a sync of
    its file every second), with ``always`` nothing (appendfsync always)."""
    addresses: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it
    """Where subsystems listen instead of what exchange.yaml says: identifier to ``host:port``."""
    adapter_address: str = "127.0.0.1:50061"
    """Where the adapter of REST services (``ndxp.rest.v1``) listens, ``host:port``: in the process of the doors."""

    tls_folder: Path | None = None
    """Certificates: ``ca.pem``, and a file with key and certificate for each name that this process goes by. Without it
    everything is plaintext."""

    @field_validator("addresses")
    @classmethod
    def _each_an_address(cls, addresses: dict[str, str]) -> dict[str, str]:
        for address in addresses.values():
            Address.parse(address)
        return addresses

    @field_validator("adapter_address")
    @classmethod
    def _adapter_listens_at(cls, address: str) -> str:
        return listening(address)

    def model_post_init(self, _: object) -> None:
        """The adapter stands among the addresses under the name of its contract."""
        self.addresses.setdefault(REST, self.adapter_address)

    @property
    def name(self) -> str:
        """The name of this process in records."""
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
    """Bytes of a call's metadata, as HTTP/2 counts them: names, values and 32 bytes for each. With what the gateway
    adds, it must fit into the 8 KiB that gRPC servers take. A header list of more than 16 KiB is not read at all."""
    max_stream_messages: int = Field(default=1_000_000, ge=1)
    """Messages of a stream, in each direction."""
    max_stream_bytes: int = Field(default=1024 * MIB, ge=1024)
    """Bytes of all messages of a stream, in each direction."""
    max_connections: int = Field(default=10_000, ge=1)
    """Connections at once to one worker; more are closed at once."""
    handshake_timeout: float = Field(default=5.0, gt=0)
    """Seconds within which a new connection must begin to speak HTTP/2."""
    max_idle: float = Field(default=300.0, gt=0)
    """Seconds after which a connection without calls is closed."""
    max_connection_age: float = Field(default=3600.0, gt=0)
    """Seconds after which a connection takes no new calls, give or take a tenth; its client then opens another one,
    which may reach another worker."""
    max_streams_per_connection: int = Field(default=1000, ge=1)
    """Calls at once on one connection."""
    faults_by_caller: bool = False
    """Whether callers may ask for faults in their own calls (``x-ndxp-fault``); ``ndxp up`` allows it, on
    loopback or behind mutual TLS."""
    open_reflection: bool = False
    """Whether reflection answers callers without a token; ``ndxp up`` opens it, on loopback or behind mutual
    TLS."""
    max_member_bytes: int = Field(default=48 * MIB, ge=MIB)
    """Bytes of requests and answers that one member's calls may hold in a worker while they cannot be passed on; above
    it new calls are refused as OVERLOADED, and above a quarter more those under way too."""
    max_calls: int = Field(default=5000, ge=1)
    """Calls at once in one worker; more are refused as OVERLOADED."""
    max_queueing: float = Field(default=0.2, gt=0)
    """Seconds that calls of a method may wait in a lasting queue; above it fewer are let in at once, and others are
    refused as OVERLOADED."""
    max_recorded_refusals: float = Field(default=20.0, gt=0)
    """Refusals of one caller for one reason, before it is let in, that each worker records in a second (25 times as
    many in a burst); further ones are refused too, and only counted."""
    journal_patience: float = Field(default=5.0, gt=0)
    """Seconds that a call waits for the journal to take its record."""
    notice: float = Field(default=0.0, ge=0)
    """Seconds at SIGTERM between reporting NOT_SERVING and taking no new calls, so that a load balancer can notice."""
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
    """File that a separate recorder touches every second while it records or stands by; empty for none."""

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
    """More folders of agencies, which are in the exchange whatever its file says; ``ndxp up --with`` sets it."""
    handed_out: dict[str, Path] = {}  # noqa: RUF012
    """Files for agencies on other machines, each with the secrets of its own subsystems only: identifier to file, the
    same file for those of one process. ``admin`` is the operator's file, a copy of all credentials."""
    record: bool = True
    """Whether this process records too; one of several recorders writes, the others stand by."""
    token_life: int = Field(default=3600, ge=10, le=86400)
    """Seconds for which an access token is good."""
    allow_plaintext: bool = False
    """Whether the HTTP API may listen for other machines without TLS, although secrets can then be read on the network:
    only for use behind a proxy with TLS."""
    control_names: list[str] = []  # noqa: RUF012
    """Public names of the HTTP API, such as that of a proxy in front of it. Without TLS it answers under IP addresses,
    names without a dot, and names that nobody can register; under other names only when they are listed here."""

    @field_validator("control_address", "exchange_address")
    @classmethod
    def _listens_at(cls, address: str) -> str:
        return listening(address)

    @property
    def names(self) -> list[str]:
        """The names under which the HTTP API answers, besides those that nobody can register."""
        return [Address.parse(self.control_address, listening=True).host, *self.control_names]


class RestSettings(StoreSettings):
    """The doors for HTTP."""

    rest_address: str = "127.0.0.1:8081"
    """Where they listen, ``host:port``."""
    gateway: str = "127.0.0.1:50051"
    """The gateway, to which every call goes."""
    control_url: str = "http://127.0.0.1:8080"
    """The control process, which gives tokens."""
    agencies_folder: Path = Path(__file__).parents[1] / "services"
    """The agencies whose messages of NDXP are taken, a folder each; those with ``ndxp_messages.yaml`` have some."""
    agencies_beside: list[Path] = []  # noqa: RUF012
    """More folders of agencies; one with the name of one of ours takes its place."""
    connections: int = Field(default=2, ge=1)
    """Connections to the gateway, which calls use in turn."""
    max_message_bytes: int = Field(default=16 * MIB, ge=1024)
    """Largest body of a request that is translated, and largest message of an answer."""
    body_patience: float = Field(default=30.0, gt=0)
    """Seconds for the whole body of a request that is translated."""
    max_body_bytes: int = Field(default=128 * MIB, ge=1024)
    """Largest body of a request to a REST service, and of its answer; it is passed on in pieces, never kept whole."""
    drain: float = Field(default=15.0, ge=0)
    """Seconds that calls under way get to finish at SIGTERM."""
    allow_plaintext: bool = False
    """Whether the doors may listen for other machines without TLS, although tokens can then be read on the network:
    only for use behind a proxy with TLS."""
    rest_names: list[str] = []  # noqa: RUF012
    """Public names of the doors, such as that of a proxy in front of them; see NDXP_CONTROL_NAMES."""
    cors_origins: list[str] = []  # noqa: RUF012
    """Web pages whose scripts may call through the doors, as origins such as https://app.example; none by default."""

    @field_validator("rest_address")
    @classmethod
    def _listens_at(cls, address: str) -> str:
        return listening(address)

    @field_validator("cors_origins")
    @classmethod
    def _each_an_origin(cls, origins: list[str]) -> list[str]:
        for origin in origins:
            if not re.fullmatch(r"https?://[^/\s*?#]+", origin):
                raise ValueError(f"{origin[:100]!r} is no origin such as https://app.example")
        return origins

    @property
    def names(self) -> list[str]:
        """The names under which the doors answer, besides those that nobody can register."""
        return [Address.parse(self.rest_address, listening=True).host, *self.rest_names]
