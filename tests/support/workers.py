"""Gateway workers of a test's own, beside those of the session's exchange."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from ndxp.sandbox.ports import free_port
from ndxp.testing import RunningExchange
from tests.e2e.conftest import fresh_channel
from tests.support.fakes import until


@dataclass
class Worker:
    """A worker process; ``target`` is where it listens."""

    process: asyncio.subprocess.Process
    target: str

    def terminate(self) -> None:
        """SIGTERM, as a supervisor stops it."""
        self.process.send_signal(signal.SIGTERM)


@asynccontextmanager
async def worker(exchange: RunningExchange, name: str, target: str = "", **settings: str) -> AsyncIterator[Worker]:
    """A worker at a port of its own (or at ``target``) that is ready; ``settings`` are NDXP_* without the prefix."""
    plan = next(process for process in exchange.state.processes if process.name.startswith("gateway"))
    target = target or f"127.0.0.1:{free_port()}"
    given = {
        f"NDXP_{key.upper()}": value
        for key, value in {"gateway_address": target, "node": name, "metrics_address": "", **settings}.items()
    }
    path = exchange.folder / "logs" / f"{name}.log"
    path.touch(mode=0o600)
    with path.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *plan.command, env={**os.environ, **plan.environment, **given}, stderr=log
        )
    try:
        await until(lambda: process.returncode is not None or _serves(target))
        printed = (exchange.folder / "logs" / f"{name}.log").read_text(encoding="utf-8")
        assert process.returncode is None, printed[-2000:]
        yield Worker(process, target)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _serves(target: str) -> bool:
    async with fresh_channel(target) as channel:
        try:
            stub: Any = health_pb2_grpc.HealthStub(channel)
            answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=2)
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
