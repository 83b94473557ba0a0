"""The site: an exchange in a folder of its own whose ledger is on a small disk of its own, and what runs there."""

import os
import shutil
import signal
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import httpx
import psutil
import redis
from grpc_health.v1 import health_pb2, health_pb2_grpc

from drills.sandbox import WORKERS, Sandbox
from ndxp.cli.session import AdminRefused
from ndxp.client import OPTIONS
from ndxp.sandbox import life, plan

_DISK = 128 * 1024 * 1024


class Site(Sandbox):
    """A running exchange. ``disk`` is the ledger's, None when this user may not mount one."""

    def __init__(self, folder: Path) -> None:
        planned = plan.make(folder, workers=WORKERS, port=0)
        self.disk = _mount(folder / "disk")
        if self.disk is not None:
            ledger = {"NDXP_LEDGER_URL": f"sqlite:///{self.disk / 'ledger.db'}"}
            processes = [replace(each, environment={**each.environment, **ledger}) for each in planned.processes]
            planned = replace(planned, processes=processes)
        try:
            super().__init__(planned)
        except BaseException:
            self._unmount()
            raise

    def close(self) -> None:
        """Stops everything; the ledger stays in the folder."""
        super().close()
        if self.disk is not None:
            shutil.copytree(self.disk, self.folder / "ledger")
        self._unmount()

    def store(self) -> Any:
        """A client of the store; to be closed."""
        return redis.Redis.from_url(self._planned.processes[0].environment["NDXP_REDIS_URL"], socket_timeout=5)

    def kill_everything(self) -> None:
        """SIGKILL to all processes at once, their supervisor among them."""
        members = self.state.members()
        os.killpg(self.state.supervisor, signal.SIGKILL)
        psutil.wait_procs(members)

    def start_again(self) -> None:
        """Starts what was killed with its supervisor, as the init system of a server does."""
        self.state = life.start(self._planned)

    def until_serving(self) -> None:
        """Returns when every process runs, control is ready and the gateway takes calls; raises NotResumed."""
        self._until(self._missing)

    def _unmount(self) -> None:
        if self.disk is not None:
            _run("umount", str(self.disk))

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


def _mount(place: Path) -> Path | None:
    place.mkdir(mode=0o700)
    return place if _run("mount", "-t", "tmpfs", "-o", f"size={_DISK},mode=0700", "ndxp-drill", str(place)) else None


def _run(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603
    except OSError:
        return False
