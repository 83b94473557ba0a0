"""Runs the overload benchmark: ``python -m benchmarks.overload [--seconds N] [--json FILE]``.

One gateway worker, with shedding and without, in one run: first what it can serve, by a closed loop; then calls that
are sent when they are due, at three quarters of that and at twice. Latencies are of the calls that were let in: as
their callers saw them, from when they were due; and at the gateway, from the ledger, which the senders' own slowness
does not touch. The first four seconds of each offer do not count. All share the machine, so only ratios within one run
count.
"""

import argparse
import asyncio
import json
import math
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, astuple, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.gateway.__main__ import cpu_seconds
from ndxp.admin import Session
from ndxp.errors import Code
from ndxp.population.v1 import population_pb2 as pb
from ndxp.rpc import Answer, Lanes
from ndxp.sandbox import life, plan

CLIENTS = "VN/GOV/H26/one-stop", "VN/GOV/H22/one-stop", "VN/GOV/H14/one-stop", "VN/GOV/H03/one-stop"
"""One for each step, so that the ledger can tell them apart."""

_AT_ONCE, _SENDERS, _CONNECTIONS, _OFF = 24, 2, 4, 1000
_SETTLING = 4.0
_DEADLINE = 20.0
_METHOD = "/ndxp.population.v1.PopulationService/VerifyCitizen"
_REQUEST = pb.VerifyCitizenRequest(
    citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979-07-20"
).SerializeToString()


@dataclass(frozen=True, slots=True)
class Step:
    """What was offered and served, in calls a second; latencies in ms; the worker's CPU in µs for each call offered."""

    shedding: bool
    offered: float
    served: float
    p50: float
    p99: float
    gateway_p50: float
    gateway_p99: float
    cpu: float


async def send(target: str, token: str, rate: float, seconds: float) -> tuple[list[float], list[float]]:
    """Seconds of the served and of the refused; a rate of 0 is a closed loop of ``_AT_ONCE`` callers."""
    served: list[float] = []
    refused: list[float] = []
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    under_way, idle = 0, asyncio.Event()
    lanes = Lanes(target, _CONNECTIONS)
    await lanes.open()

    def call(due: float) -> None:
        nonlocal under_way
        under_way += 1
        lanes.ask("", _METHOD, (_REQUEST,), (("authorization", f"Bearer {token}"),), _DEADLINE, partial(ended, due))

    def ended(due: float, answer: Answer) -> None:
        nonlocal under_way
        under_way -= 1
        (served if answer.code is Code.OK else refused).append(loop.time() - due)
        if not rate and loop.time() < end:
            loop.call_soon(call, loop.time())
        elif not under_way:
            idle.set()

    due = loop.time()
    if not rate:
        for _ in range(_AT_ONCE):
            call(due)
    while rate and (due := due + random.expovariate(rate)) < end:
        await asyncio.sleep(max(0.0, math.ceil((due - loop.time()) * 1000) / 1000))  # uvloop's timers: whole ms
        call(due)
    idle.clear()
    if under_way:
        await asyncio.wait_for(idle.wait(), _DEADLINE + seconds)
    lanes.close()
    return served, refused


def step(session: Session, worker: int, client: str, rate: float, seconds: float, *, shedding: bool) -> Step:
    """One step, from processes of its own."""
    session.send("PUT", "/quotas", body={"consumer": client, "rate": 1e6, "burst": 1_000_000, "in_flight": 100_000})
    target, token = session.state.gateway, session.tokens(client).blocking()
    senders = _SENDERS if rate else 1
    words = [sys.executable, "-m", "benchmarks.overload", "--send", target, token, str(rate / senders), str(seconds)]
    before = cpu_seconds(worker)
    running = [subprocess.Popen(words, stdout=subprocess.PIPE) for _ in range(senders)]  # noqa: S603
    found = [json.loads(process.communicate()[0]) for process in running]
    served = sorted(latency for each in found for latency in each[0])
    calls = sum(len(latencies) for each in found for latencies in each)
    spent = cpu_seconds(worker) - before
    at_gateway = _of_ledger(session, client, len(served))
    return Step(
        shedding, calls / seconds, len(served) / seconds, _at(served, 0.5), _at(served, 0.99),
        at_gateway["p50"] / 1e3, at_gateway["p99"] / 1e3, spent / calls * 1e6,
    )  # fmt: skip


def _of_ledger(session: Session, client: str, answered: int) -> Any:
    """The durations that the ledger has of a client's calls, when it has them all."""
    while True:
        lines = session.get("/statistics", period="day", since="0", member=client, by="client")
        if lines and lines[0]["answered"] >= answered:
            return lines[0]["duration_us"]
        time.sleep(0.1)


def _at(ordered: list[float], share: float) -> float:
    return ordered[int(len(ordered) * share)] * 1e3 if ordered else float("nan")


def measure(folder: Path, seconds: float, max_queueing: str, rates: list[float]) -> list[Step]:
    """All steps of a gateway with this ``NDXP_MAX_QUEUEING``; without rates, the closed loop and then its multiples."""
    planned = plan.make(folder, port=0)
    for process in planned.processes:
        process.environment["NDXP_MAX_QUEUEING"] = max_queueing
    state = life.start(planned)
    try:
        session = Session(folder)
        worker = next(p.pid for p in state.members() if "gateway.dataplane" in p.cmdline())
        shedding = float(max_queueing) < _OFF
        step(session, worker, CLIENTS[3], 0, 1.5, shedding=shedding)
        steps = []
        if not rates:
            steps.append(step(session, worker, CLIENTS[2], 0, seconds, shedding=shedding))
            rates += [0.75 * steps[0].served, 2 * steps[0].served]
        for client, rate in zip(CLIENTS, rates, strict=False):
            step(session, worker, CLIENTS[3], rate, _SETTLING, shedding=shedding)
            steps.append(step(session, worker, client, rate, seconds, shedding=shedding))
        return steps
    finally:
        life.stop(state)


def main() -> None:
    """Measures and prints the table."""
    if sys.argv[1:2] == ["--send"]:
        target, token, rate, long = sys.argv[2:]
        print(json.dumps(uvloop.run(send(target, token, float(rate), float(long)))))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--max-queueing", default="0.05")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    rates: list[float] = []
    steps = []
    for max_queueing in (given.max_queueing, str(_OFF)):
        with tempfile.TemporaryDirectory(prefix="ndxp-overload-") as folder:
            steps += measure(Path(folder), given.seconds, max_queueing, rates)
    head = ("shedding", "offered/s", "served/s", "p50 ms", "p99 ms", "gateway p50", "gateway p99", "CPU us")
    print("".join(f"{name:>12}" for name in head))
    for each in steps:
        on, *figures = astuple(each)
        print(f"{'on' if on else 'off':>12}" + "".join(f"{figure:>12.1f}" for figure in figures))
    if given.json:
        given.json.write_text(json.dumps([asdict(each) for each in steps], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
