"""The target: a sandbox, and normal ways of calling its parts, which attacks modify."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import grpc
import httpx
import psutil

from drills.sandbox import WORKERS, Sandbox
from ndxp.client import OPTIONS
from ndxp.population.v1 import population_pb2
from ndxp.sandbox import plan
from ndxp.wire import metadata, status
from ndxp.world import World

CLIENT = "VN/GOV/H26/one-stop"
"""The member that attacks, or whose identity an attack uses."""

OTHER = "VN/GOV/H29/one-stop"
POPULATION = "VN/GOV/G01/population"
SERVICE = "ndxp.population.v1.PopulationService"
VERIFY, GET = f"{SERVICE}/VerifyCitizen", f"{SERVICE}/GetCitizen"

_TRACE = re.compile(r"^Traceback .*\n((?: .*\n)*)(\S.*)", re.MULTILINE)
_OWN_FILE = re.compile(r'^  File "(?!src/python/grpcio)', re.MULTILINE)
_DEADLINE = 10.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """The reply to an attack: status and reason, "HTTP 401", "closed"; and its transaction, if the reply names one."""

    reply: str
    transaction_id: str = ""


class Target(Sandbox):
    """A sandbox in an empty folder; ``gateways`` are the names of its workers."""

    def __init__(self, folder: Path, *, workers: int = WORKERS, tls: bool = False, own_session: bool = True) -> None:
        super().__init__(plan.make(folder, workers=workers, port=0, tls=tls), own_session=own_session)
        names = [process.name for process in self._planned.processes]
        self.gateways = [name for name in names if name.startswith("gateway")]
        self._secrets: dict[str, str] = json.loads(self.state.credentials.read_text(encoding="utf-8"))
        self._tokens: dict[str, str] = {}
        self._traces = self._count_traces()

    def token(self, client: str = CLIENT) -> str:
        """A valid access token."""
        if client not in self._tokens:
            self._tokens[client] = self.session.tokens(client).blocking()
        return self._tokens[client]

    def identity(self, client: str = CLIENT) -> metadata.Pair:
        """The metadata of a normal caller."""
        return metadata.AUTHORIZATION, f"Bearer {self.token(client)}"

    def secret(self, name: str) -> str:
        """The secret of a subsystem, or the operator's ("admin")."""
        return self._secrets[name]

    def address(self, subsystem: str) -> str:
        """The address of a subsystem of the sandbox itself."""
        addresses: dict[str, str] = json.loads(self._planned.processes[1].environment["NDXP_ADDRESSES"])
        return addresses[subsystem]

    def http(self, secret: str | None = None) -> httpx.Client:
        """A client of control; the caller closes it."""
        headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
        return httpx.Client(base_url=self.state.control_url, headers=headers, timeout=20, verify=False)  # noqa: S501

    @cached_property
    def operator(self) -> httpx.Client:
        """A client of control with the operator's secret, over one connection."""
        return self.http(self.secret("admin"))

    def processes(self) -> frozenset[tuple[int, float]]:
        """Number and start time of every running process."""
        return frozenset((process.pid, process.create_time()) for process in self.state.members())

    def guarded(self) -> list[psutil.Process]:
        """The processes whose memory is watched: gateway workers and control."""
        return [self.process(name) for name in ("control", *self.gateways)]

    def new_traces(self) -> int:
        """Tracebacks in the logs since the last call: unexpected errors."""
        before, self._traces = self._traces, self._count_traces()
        return self._traces - before

    def _count_traces(self) -> int:
        logs = (self.folder / "logs").glob("*.log")
        found = [trace for log in logs for trace in _TRACE.findall(log.read_text(errors="replace", encoding="utf-8"))]
        return sum(1 for places, error in found if not _caller_left(places, error))


def _caller_left(places: str, error: str) -> bool:
    """Whether gRPC only says that it could not send an answer."""
    return "ExecuteBatchError" in error and not _OWN_FILE.search(places)


def call(
    address: str, method: str, payload: bytes, *pairs: metadata.Pair, options: Sequence[tuple[str, Any]] = OPTIONS
) -> Outcome:
    """A unary call over its own connection, with any bytes as its message."""
    with grpc.insecure_channel(address, options=options) as channel:
        return send(channel, method, payload, *pairs)


def send(channel: grpc.Channel, method: str, payload: bytes, *pairs: metadata.Pair) -> Outcome:
    """A unary call over a channel."""
    rpc: Any = channel.unary_unary(f"/{method}", _same, _same)
    try:
        _, done = rpc.with_call(payload, metadata=pairs, timeout=_DEADLINE)
    except grpc.RpcError as error:
        failure = status.decode(error)
        return Outcome(f"{failure.code.name} {failure.reason}".strip(), failure.transaction_id)
    found = {str(key): str(value) for key, value in done.trailing_metadata() or ()}
    return Outcome("OK", found.get(metadata.TRANSACTION_ID, ""))


@cache
def somebody() -> bytes:
    """A valid request for VerifyCitizen and GetCitizen."""
    (who,) = World().sample(1, 1, alive=True)
    request = population_pb2.VerifyCitizenRequest(
        citizen_number=who.number, full_name=who.full_name, birth_date=who.birth_date.isoformat()
    )
    return request.SerializeToString()


def _same(message: bytes) -> bytes:
    return message
