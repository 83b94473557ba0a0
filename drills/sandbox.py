"""The sandbox of a drill: an exchange in a folder of its own, seen as an operator sees it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import httpx
import psutil
from grpc_health.v1 import health_pb2, health_pb2_grpc

from ndxp.admin import AdminRefused, Session
from ndxp.client import OPTIONS
from ndxp.sandbox import life
from ndxp.sandbox.state import State

WORKERS = 2
PATIENCE = 60.0
"""Seconds within which everything must serve again."""


class NotResumed(Exception):
    """The exchange does not serve again by itself; the text says what is missing."""


class Sandbox:
    """A running exchange. Raises StartFailed when it does not start."""

    def __init__(self, planned: State, *, own_session: bool = True) -> None:
        self._planned = planned
        self.folder = Path(planned.folder)
        self.state = life.start(planned, own_session=own_session)
        self.session = Session(self.folder)

    def close(self) -> None:
        """Stops everything; the ledger stays in the folder."""
        life.stop(self.state)

    def process(self, name: str) -> psutil.Process:
        """The running process with a name of the plan; raises NotResumed when there is none."""
        wanted = next(process for process in self._planned.processes if process.name == name)
        for member in self.state.members():
            try:
                title = member.cmdline()
                node = member.environ().get("NDXP_NODE", name)
            except psutil.Error:
                continue
            if (title == wanted.command and node == name) or (name == "store" and "valkey-server" in title[0]):
                return member
        raise NotResumed(f"no process {name} runs")

    def until_recorded(self) -> None:
        """Returns when the ledger has everything that is in the journal; raises NotResumed."""
        self.until(lambda: "" if self.caught_up() else "the recorder has not caught up")

    def caught_up(self) -> bool:
        """Whether the ledger has everything that is in the journal."""
        try:
            return bool(self.session.get("/totals", after=2**61)["caught_up"])
        except AdminRefused:
            return False

    def until_known(self) -> None:
        """Returns when every gateway knows all changes; raises NotResumed."""
        self.until(lambda: "" if life.same_registry(self.state) else "a gateway does not know the newest registry")

    def until_serving(self) -> None:
        """Returns when every process runs, control is ready and the gateway takes calls; raises NotResumed."""
        self.until(self._missing)

    def until(self, missing: Callable[[], str]) -> None:
        """Returns when ``missing`` returns an empty text; raises NotResumed."""
        deadline = time.monotonic() + PATIENCE
        while complaint := missing():
            if time.monotonic() > deadline:
                raise NotResumed(f"after {PATIENCE:.0f} s: {complaint}")
            time.sleep(0.1)

    def _missing(self) -> str:
        running = len(self.state.members()) - 1
        if running != len(self._planned.processes):
            return f"{running} of {len(self._planned.processes)} processes run"
        try:
            ready = httpx.get(f"{self.state.control_url}/readyz", timeout=5, verify=False)  # noqa: S501 - plain HTTP
            if ready.is_error:
                return f"control is not ready: {ready.text}"
            with grpc.insecure_channel(self.state.gateway, options=OPTIONS) as channel:
                return _down(channel, [service["contract"] for service in self.session.get("/services")])
        except (httpx.HTTPError, AdminRefused, grpc.RpcError) as error:
            return f"{type(error).__name__}: {error}"


def _down(channel: grpc.Channel, contracts: list[str]) -> str:
    health: Any = health_pb2_grpc.HealthStub(channel)
    for name in ("", *contracts):
        answer = health.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
        if answer.status != health_pb2.HealthCheckResponse.SERVING:
            return f"the gateway says NOT_SERVING of {name or 'itself'}"
    return ""
