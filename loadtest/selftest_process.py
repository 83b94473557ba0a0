"""The process of a self-test: a real worker and a server in another process. ``loadtest.selftest`` starts it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import cycle
from typing import Any

import msgspec
import uvloop

from loadtest import calls, tally
from loadtest.arrivals import Curve
from loadtest.collector import Collector
from loadtest.consumers import Consumers, Headers
from loadtest.histograms import Latencies
from loadtest.line import Order
from loadtest.mix import Call
from loadtest.profiles import Profile
from loadtest.results import Results
from loadtest.selftest import Beside, Ceiling, Freeze
from loadtest.users import Caller
from loadtest.worker import Worker
from ndxp.client import OPTIONS
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.rpc import Lanes
from ndxp.wire.tls import Tls, connect_aio

_SECONDS = 3.0
_AT_ONCE = 32
_RATE, _DURATION = 100.0, 6.0
_FREEZE_AT, _FREEZE_FOR = 2.0, 2.0
_PACE, _NAIVE_CALLS, _BESIDE = 0.01, 300, 200
"""The number of calls of the closed loop. It takes at least three seconds, so it meets the freeze, and p99 leaves out
its three longest calls, however slow the machine is."""

_PROFILE = Profile(
    name="self-test",
    title="Verifications by one caller",
    sources=[],
    arrivals="constant",
    duration=_DURATION,
    rate=_RATE,
    mix={"verify-matched": Call(weight=1, members=["nobody/nothing"])},
    deadline=10,
    max_in_flight=1000,
    channels=4,
)
_CLIENT = "VN/GOV/H26/one-stop"


class _Anybody(Consumers):
    """One caller, for a server that needs no token."""

    def __init__(self) -> None:
        self._headers: Headers = (("authorization", f"Bearer {'x' * 300}"),)

    def select(self, groups: Iterable[str]) -> list[str]:
        return [_CLIENT]

    async def open(self, clients: Iterable[str]) -> None:
        """No tokens."""

    def close(self) -> None:
        """No tokens."""

    def certificates(self) -> dict[str, Tls]:
        return {}

    def headers(self, client: str) -> Headers:
        return self._headers


@contextmanager
def _server() -> Iterator[tuple[int, str]]:
    """A running null server: its process and its address."""
    command = [sys.executable, "-P", "-m", "loadtest.selftest_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:  # noqa: S603
        try:
            port = next(iter(process.stdout or ()))
            yield process.pid, f"127.0.0.1:{port.strip()}"
        finally:
            process.kill()


async def _ceiling() -> Ceiling:
    """Several callers, each of which calls again as soon as it is answered."""
    done, failed = 0, 0
    with _server() as (_, address):
        async with _lanes(address, _PROFILE.channels) as lanes:
            caller = Caller(lanes, _Anybody(), deadline=_PROFILE.deadline, name="ceiling")
            coming = cycle(calls.ring(_PROFILE, {"verify-matched": [_CLIENT]}, seed=1, slot=0))
            began, cpu = time.monotonic(), time.process_time()

            async def work() -> None:
                nonlocal done, failed
                while time.monotonic() < began + _SECONDS:
                    failed += (await caller.wait(next(coming))).failed
                    done += 1

            async with asyncio.TaskGroup() as callers:
                for _ in range(_AT_ONCE):
                    callers.create_task(work())
            seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    return Ceiling(
        calls=done,
        failed=failed,
        calls_per_second=round(done / seconds, 1),
        cpu_us_per_call=round(cpu / done * 1e6, 1),
    )


async def _freeze() -> Freeze:
    """The open schedule and a closed loop side by side, on a server that is stopped for a while."""
    naive = Latencies()
    with _server() as (pid, address):
        collector = Collector(["self"])
        worker: Worker

        def send(message: str, data: Any) -> None:
            match message:
                case "ndxp_claim":
                    worker.take(0, 1, "freeze")
                case "ndxp_ready":
                    worker.begin(0.0)
                    beside.create_task(_stop_for_a_while(pid))
                    beside.create_task(_ask_one_by_one(address, naive))
                case "ndxp_report":
                    collector.add("self", tally.unpack(data))

        order = Order(
            profile=_PROFILE,
            curve=Curve.constant(_RATE, _DURATION),
            compress=1,
            seed=1,
            gateway=address,
            transactions=None,
        )
        worker = Worker(order, _Anybody(), send, lambda *_: None, lambda _: None)
        async with asyncio.TaskGroup() as beside:
            await worker.run_slot()
            await worker.close()
        collector.finish()
    found = Results(profile="self-test", seed=1, started=0, ended=0, gateway=address)
    collector.write_into(found)
    corrected = Latencies.decode(found.series["PopulationService/VerifyCitizen"].response)
    return Freeze(
        calls=corrected.count,
        corrected_p99_ms=corrected.percentile(99),
        naive_calls=naive.count,
        naive_p99_ms=naive.percentile(99),
        naive_max_ms=naive.highest,
    )


async def _stop_for_a_while(pid: int) -> None:
    await asyncio.sleep(_FREEZE_AT)
    os.kill(pid, signal.SIGSTOP)
    await asyncio.sleep(_FREEZE_FOR)
    os.kill(pid, signal.SIGCONT)


async def _ask_one_by_one(address: str, latencies: Latencies) -> None:
    """A closed loop: the next call waits for the answer, and the delay is not counted."""
    async with _lanes(address, 1) as lanes:
        caller = Caller(lanes, _Anybody(), deadline=_PROFILE.deadline, name="naive")
        coming = cycle(calls.ring(_PROFILE, {"verify-matched": [_CLIENT]}, seed=2, slot=0))
        for _ in range(_NAIVE_CALLS):
            began = time.monotonic()
            await caller.wait(next(coming))
            latencies.record(round((time.monotonic() - began) * 1e6))
            await asyncio.sleep(max(0.0, began + _PACE - time.monotonic()))


async def _beside() -> Beside:
    """Calls by the generator and by a stub, in turn and with pauses, on a connection each."""
    generated, stubs = Latencies(), Latencies()
    with _server() as (_, address):
        async with _lanes(address, 1) as lanes, connect_aio(address, None, OPTIONS) as channel:
            stub: Any = PopulationServiceStub(channel)
            caller = Caller(lanes, _Anybody(), deadline=_PROFILE.deadline, name="beside")
            ring = calls.ring(_PROFILE, {"verify-matched": [_CLIENT]}, seed=3, slot=0)
            for prepared in ring[:_BESIDE]:
                await asyncio.sleep(_PACE)
                began = time.monotonic()
                await caller.wait(prepared)
                generated.record(round((time.monotonic() - began) * 1e6))
                await asyncio.sleep(_PACE)
                began = time.monotonic()
                await stub.VerifyCitizen(
                    prepared.requests[0], timeout=_PROFILE.deadline, metadata=_Anybody().headers(_CLIENT)
                )
                stubs.record(round((time.monotonic() - began) * 1e6))
    return Beside(
        calls=generated.count,
        p50_ms=generated.percentile(50),
        p99_ms=generated.percentile(99),
        stubs_p50_ms=stubs.percentile(50),
        stubs_p99_ms=stubs.percentile(99),
    )


@asynccontextmanager
async def _lanes(address: str, count: int) -> AsyncIterator[Lanes]:
    lanes = Lanes(address, count)
    await lanes.open()
    try:
        yield lanes
    finally:
        lanes.close()


if __name__ == "__main__":
    tests: dict[str, Callable[[], Coroutine[Any, Any, msgspec.Struct]]] = {
        "ceiling": _ceiling,
        "freeze": _freeze,
        "beside": _beside,
    }
    print(msgspec.json.encode(uvloop.run(tests[sys.argv[1]]())).decode())  # noqa: T201
