"""Runs the identity benchmark: ``python -m benchmarks.identity [--rounds N] [--calls N]``.

What tokens and TLS cost the gateway: the same unary call in plaintext with one token, in plaintext with a token that
the gateway has not seen before, and over TLS 1.3 at both sides of the gateway, in one run, interleaved round by round.
CPU is that of the gateway's worker from /proc; only the ratios within one run count.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from statistics import median

from benchmarks.gateway.__main__ import CLIENT, cpu_seconds
from gateway.control.issuer import TokenIssuer
from gateway.registry_store import RegistryStore
from gateway.store import connect
from ndxp.client import Credentials, Tokens
from ndxp.population.v1 import population_pb2 as pb
from ndxp.population.v1 import population_pb2_grpc
from ndxp.sandbox import life, plan
from ndxp.sandbox.state import State
from ndxp.wire.tls import connect_aio

_REQUEST = pb.VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979-07-20")
_AT_ONCE, _WARM = 16, 300


@dataclass(slots=True)
class Side:
    """One way of saying who one is: the exchange it is said to, and the token of every next call."""

    name: str
    state: State
    worker: int
    credentials: Credentials
    tokens: Iterator[str]
    cpu: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)


async def offer(side: Side, calls: int) -> None:
    """Makes so many calls, _AT_ONCE at a time, over one connection."""
    tls = side.credentials.tls if side.state.tls else None
    async with connect_aio(side.state.gateway, tls, (("grpc.use_local_subchannel_pool", 1),)) as channel:
        verify = population_pb2_grpc.PopulationServiceStub(channel).VerifyCitizen
        turns = iter(range(calls))

        async def caller() -> None:
            for _ in turns:
                await verify(_REQUEST, metadata=(("authorization", f"Bearer {next(side.tokens)}"),), timeout=10)

        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(caller())


def measure(side: Side, calls: int) -> None:
    """One round of one side."""
    before, began = cpu_seconds(side.worker), time.perf_counter()
    asyncio.run(offer(side, calls))
    side.rate.append(calls / (time.perf_counter() - began))
    side.cpu.append((cpu_seconds(side.worker) - before) / calls * 1e6)


def sides(folder: Path, stack: ExitStack, calls: int) -> list[Side]:
    """Starts one exchange in plaintext and one with TLS; ``calls`` tokens are made for the calls with new ones."""
    found = []
    for tls in (False, True):
        state = life.start(plan.make(folder / f"tls-{tls}", port=0, tls=tls))
        stack.callback(life.stop, state)
        (worker,) = [p.pid for p in state.members() if "gateway.dataplane" in p.cmdline()]
        credentials = Credentials.load(state.credentials, CLIENT)
        token = Tokens(state.control_url, credentials).blocking()
        side = Side("TLS, one token" if tls else "one token", state, worker, credentials, repeat(token))
        found.append(side)
        if not tls:
            store = RegistryStore(connect("redis://not-asked"))
            issuer = TokenIssuer(Path(state.folder) / "token-key.pem", store, life=3600)
            new = iter([issuer.issue(CLIENT, 0) for _ in range(calls)])
            found.append(Side("a new token every call", state, worker, credentials, new))
    return found


def main() -> None:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=800)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ndxp-bench-") as folder, ExitStack() as stack:
        measured = sides(Path(folder), stack, given.rounds * given.calls + _WARM)
        for side in measured:
            measure(side, _WARM)
            side.cpu, side.rate = [], []
        for turn in range(given.rounds):
            for side in measured[turn % len(measured) :] + measured[: turn % len(measured)]:
                measure(side, given.calls)
    print(f"{'side':28}{'CPU us/tx of the worker':>26}{'ratio':>7}{'tx/s':>7}")
    for side in measured:
        micros = median(side.cpu)
        print(f"{side.name:28}{micros:>26.0f}{micros / median(measured[0].cpu):>7.2f}{median(side.rate):>7.0f}")


if __name__ == "__main__":
    main()
