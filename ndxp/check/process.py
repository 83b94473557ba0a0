"""The process of an agency on this machine: it is stopped, and looked at meanwhile."""

import time
from collections.abc import Callable
from functools import partial
from signal import SIGTERM
from typing import Any

import grpc
import psutil
from grpc_health.v1 import health_pb2, health_pb2_grpc

from ndxp.sandbox.state import State
from ndxp.wire.tls import GATEWAY, Tls, connect

_PATIENCE = 15.0
"""Seconds that an agency has to end."""

_AGAIN = 30.0
"""Seconds until it must serve again."""

_STEP = 0.1


def stop_of(state: State, subsystem: str, address: str) -> Callable[[], str] | None:
    """What stops a subsystem's process and says what went wrong; None unless it has one for itself in a sandbox."""
    names = [name for name, subsystems in state.beside.items() if subsystem in subsystems]
    commands = [process.command for process in state.processes if process.name in names]
    if state.attached or not commands:
        return None
    tls = Tls.load(state.tls_folder, GATEWAY) if state.tls else None
    return partial(_stop, state, commands[0], address, tls)


def _stop(state: State, command: list[str], address: str, tls: Tls | None) -> str:
    process = next((each for each in state.members() if each.cmdline() == command), None)
    if process is None:
        return "the process was not found; is it running?"
    with connect(address, tls) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        watch = stub.Watch(health_pb2.HealthCheckRequest(), timeout=_PATIENCE)
        try:
            next(watch)
            process.send_signal(SIGTERM)
            told = any(response.status == health_pb2.HealthCheckResponse.NOT_SERVING for response in watch)
        except grpc.RpcError as error:
            return f"the watch of its health ended with {error.code().name} and without NOT_SERVING"
        finally:
            watch.cancel()
    if not told:
        return "the watch of its health ended without NOT_SERVING"
    try:
        process.wait(_PATIENCE)
    except psutil.TimeoutExpired:
        return f"the process still runs {_PATIENCE:g} seconds later"
    return "" if _serves_again(address, tls) else f"it does not serve again within {_AGAIN:g} seconds"


def _serves_again(address: str, tls: Tls | None) -> bool:
    """Whether the process that the sandbox starts in its place serves."""
    end = time.monotonic() + _AGAIN
    while time.monotonic() < end:
        with connect(address, tls) as channel:
            stub: Any = health_pb2_grpc.HealthStub(channel)
            try:
                stub.Check(health_pb2.HealthCheckRequest(), timeout=1)
                return True
            except grpc.RpcError:
                time.sleep(_STEP)
    return False
