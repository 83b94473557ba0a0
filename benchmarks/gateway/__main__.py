"""Runs the gateway benchmark: ``python -m benchmarks.gateway [--rounds N] [--at-once N | --rate R] [--json FILE]``.

All sides answer the same call from the same agency, in one run, interleaved round by round. CPU is that of each side's
own processes from /proc (user and system, all threads), so that a noisy neighbour on the machine changes the time but
hardly the figure; only the ratios within one run count.
"""

import argparse
import asyncio
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias

import grpc
import msgspec

from benchmarks.gateway.plot import draw
from gateway.control.exchange_file import read_exchange
from gateway.core.registry import Quota
from gateway.settings import ControlSettings
from ndxp.client import Credentials, Tokens
from ndxp.population.v1 import population_pb2 as pb
from ndxp.population.v1 import population_pb2_grpc
from ndxp.sandbox import life, plan
from ndxp.sandbox.ports import free_port
from ndxp.sandbox.state import State

CLIENT = "VN/GOV/H26/one-stop"
_POPULATION = "ndxp.population.v1.PopulationService"
_TICKS = os.sysconf("SC_CLK_TCK")
REQUEST = pb.VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979-07-20")


@dataclass(slots=True)
class Side:
    """One way to the agency: its address and the processes whose CPU is its cost."""

    name: str
    target: str
    processes: dict[str, int]
    cpu: list[float] = field(default_factory=list)
    by_process: dict[str, list[float]] = field(default_factory=dict)
    rate: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and all its threads, in seconds, from /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@dataclass(frozen=True, slots=True)
class Load:
    """How calls are offered: so many in a round, ``at_once`` at a time or, when ``rate`` is not 0, so many a second."""

    calls: int
    at_once: int
    rate: float


async def offer(side: Side, token: str, load: Load) -> list[float]:
    """Makes the calls of a round over one connection; returns their seconds."""
    taken: list[float] = []
    async with grpc.aio.insecure_channel(side.target, options=(("grpc.use_local_subchannel_pool", 1),)) as channel:
        verify = population_pb2_grpc.PopulationServiceStub(channel).VerifyCitizen
        pairs = (("authorization", f"Bearer {token}"),)
        turns = iter(range(load.calls))

        async def call() -> None:
            began = time.perf_counter()
            await verify(REQUEST, metadata=pairs, timeout=10)
            taken.append(time.perf_counter() - began)

        async def caller() -> None:
            for _ in turns:
                await call()

        async with asyncio.TaskGroup() as group:
            if load.rate:
                began = time.perf_counter()
                for turn in turns:
                    await asyncio.sleep(max(0.0, began + turn / load.rate - time.perf_counter()))
                    group.create_task(call())
            else:
                for _ in range(load.at_once):
                    group.create_task(caller())
    return taken


Offer: TypeAlias = Callable[[Side, str, Load], Coroutine[Any, Any, list[float]]]
"""Makes the calls of a round and returns their seconds."""


def measure(side: Side, token: str, load: Load, make: Offer = offer) -> None:
    """One round of one side."""
    calls = load.calls
    before = {name: cpu_seconds(pid) for name, pid in side.processes.items()}
    began = time.perf_counter()
    side.latencies += asyncio.run(make(side, token, load))
    side.rate.append(calls / (time.perf_counter() - began))
    spent = {name: (cpu_seconds(pid) - before[name]) / calls * 1e6 for name, pid in side.processes.items()}
    for name, micros in spent.items():
        side.by_process.setdefault(name, []).append(micros)
    side.cpu.append(sum(spent.values()))


@contextmanager
def sides(folder: Path) -> Iterator[list[Side]]:
    """Starts the agency, the pass-through, the gateway with all its processes, Envoy and its authorizer."""
    with ExitStack() as stack:
        agency, passthrough, authorizer, envoy = (free_port() for _ in range(4))
        agency_pid = start_peer(stack, "agency", agency)
        state = start_gateway(stack, folder, agency)
        passthrough_pid = start_peer(stack, "passthrough", passthrough, f"127.0.0.1:{agency}")
        authorizer_pid = start_peer(stack, "authorizer", authorizer, f"{state.control_url}/.well-known/jwks.json")
        envoy_pid = start_envoy(
            stack, folder, Path(__file__).with_name("envoy.yaml"),
            {"LISTEN": envoy, "AGENCY": agency, "AUTHORIZER": authorizer},
        )  # fmt: skip
        worker, control, store = (
            pid_of(state, name) for name in ("gateway.dataplane", "gateway.control", "store.sock")
        )
        yield [
            Side("direct", f"127.0.0.1:{agency}", {"agency": agency_pid}),
            Side("bare pass-through", f"127.0.0.1:{passthrough}", {"pass-through": passthrough_pid}),
            Side("gateway", state.gateway, {"worker": worker}),
            Side(
                "gateway, journal and recorder", state.gateway, {"worker": worker, "store": store, "control": control}
            ),
            Side("Envoy + Python ext_authz", f"127.0.0.1:{envoy}", {"envoy": envoy_pid, "authorizer": authorizer_pid}),
        ]


def start_gateway(stack: ExitStack, folder: Path, agency: int) -> State:
    """Starts an exchange whose population database is the agency at this port."""
    planned = plan.make(folder, port=0)
    addresses = json.loads(planned.processes[0].environment["NDXP_ADDRESSES"])
    addresses["VN/GOV/G01/population"] = f"127.0.0.1:{agency}"
    for process in planned.processes:
        process.environment["NDXP_ADDRESSES"] = json.dumps(addresses)
    exchange_file = folder / "exchange.yaml"
    exchange_file.write_bytes(_only_population())
    kept = [process for process in planned.processes if process.name != "agencies"]
    for process in kept:
        process.environment["NDXP_EXCHANGE_FILE"] = str(exchange_file)
    state = life.start(replace(planned, processes=kept))
    stack.callback(life.stop, state)
    return state


def _only_population() -> bytes:
    """The default exchange with the service that this benchmark runs, and a quota that does not bind, in JSON."""
    exchange = read_exchange(ControlSettings())
    ours = {_POPULATION, "ndxp.exchange.v1.ExchangeService"}
    return msgspec.json.encode(
        msgspec.structs.replace(
            exchange,
            services=[service for service in exchange.services if service.contract in ours],
            quotas={"default": Quota(rate=1_000_000, burst=1_000_000)},
        )
    )


def start_peer(stack: ExitStack, what: str, port: int, argument: str = "") -> int:
    """Starts another party of the benchmark; returns its process number."""
    command = [sys.executable, "-m", "benchmarks.gateway.peers", what, f"127.0.0.1:{port}", argument]
    return _start(stack, command, port)


def start_envoy(stack: ExitStack, folder: Path, template: Path, values: dict[str, int]) -> int:
    """Starts Envoy by a template, whose @NAMES@ get values, and @FOLDER@ this folder; returns its process number."""
    text = template.read_text(encoding="utf-8").replace("@FOLDER@", str(folder))
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    config = folder / "envoy.yaml"
    config.write_text(text, encoding="utf-8")
    binary = shutil.which("envoy") or str(Path(sys.executable).with_name("envoy"))
    command = [binary, "-c", str(config), "--concurrency", "1", "--base-id", "77", "--log-level", "error"]
    return _start(stack, command, values["LISTEN"])


def _start(stack: ExitStack, command: Sequence[str], port: int) -> int:
    process = subprocess.Popen(command)  # noqa: S603

    def end() -> None:
        process.terminate()
        process.wait()

    stack.callback(end)
    _until(lambda: _listens(port) or process.poll() is not None)
    if process.poll() is not None:
        raise SystemExit(f"{command[0]} did not start")
    return process.pid


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _until(condition: Callable[[], bool], patience: float = 20) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("not ready in time")
        time.sleep(0.05)


def pid_of(state: State, part: str) -> int:
    """The process whose command line has this part; Envoy aside, each has only one."""
    children = [p for p in state.members() if p.pid != state.supervisor]
    return next(p.pid for p in children if any(part in word for word in p.cmdline()))


def run(measured: list[Side], token: str, load: Load, rounds: int, make: Offer = offer) -> None:
    """Warms all sides, then measures them in turn, each round from another one on."""
    for side in measured:
        measure(side, token, Load(300, load.at_once, 0.0), make)
        side.cpu, side.by_process, side.rate, side.latencies = [], {}, [], []
    for turn in range(rounds):
        for side in measured[turn % len(measured) :] + measured[: turn % len(measured)]:
            measure(side, token, load, make)


def report(measured: list[Side], against: str, module: str) -> dict[str, object]:
    """Medians over the rounds, and each side's CPU against that of one of them."""
    bare = median(next(side for side in measured if side.name == against).cpu)
    rows = {}
    for side in measured:
        ordered = sorted(side.latencies)
        rows[side.name] = {
            "cpu_us": round(median(side.cpu)),
            "cpu_ratio": round(median(side.cpu) / bare, 2),
            "by_process_us": {name: round(median(values)) for name, values in side.by_process.items()},
            "tx_per_second": round(median(side.rate)),
            "p50_ms": round(ordered[len(ordered) // 2] * 1e3, 2),
            "p99_ms": round(ordered[int(len(ordered) * 0.99)] * 1e3, 2),
        }
    machine = (
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, grpcio {grpc.__version__}"
    )
    return {"machine": machine, "command": " ".join([f"python -m {module}", *sys.argv[1:]]), "sides": rows}


def show(found: dict[str, object]) -> None:
    """Prints the table."""
    print(f"{'side':32}{'CPU us/tx':>10}{'ratio':>7}{'tx/s':>7}{'p50 ms':>8}{'p99 ms':>8}  by process")
    for name, row in found["sides"].items():  # type: ignore[attr-defined]
        parts = ", ".join(f"{process} {micros}" for process, micros in row["by_process_us"].items())
        print(
            f"{name:32}{row['cpu_us']:>10}{row['cpu_ratio']:>7}{row['tx_per_second']:>7}"
            f"{row['p50_ms']:>8}{row['p99_ms']:>8}  {parts}"
        )


def main() -> None:
    """Measures, prints the table, and writes the JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=1500)
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    load = Load(options.calls, options.at_once, options.rate)
    with tempfile.TemporaryDirectory(prefix="ndxp-bench-") as temporary, sides(Path(temporary)) as measured:
        folder = Path(temporary)
        state = State.running(folder)
        token = Tokens(state.control_url, Credentials.load(state.credentials, CLIENT)).blocking()
        run(measured, token, load, options.rounds)
        found = report(measured, "bare pass-through", "benchmarks.gateway")
    show(found)
    if options.plot:
        draw(found, options.plot)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
