"""The quota drill: ``python -m drills.quota [--seconds N] [--rate N] [--workers N] [--json FILE]``.

Three consumers make three times the calls that they may, over several connections to four gateway workers; a fourth
makes its normal calls. Each of the three must get its rate, whichever workers its calls reach. The latency of the
fourth is shown, alone and together with them. Calls are sent when they are due, however late the answers are.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import grpc
from rich.console import Console

from ndxp.admin import Session
from ndxp.errors import Reason
from ndxp.population.v1 import population_pb2 as pb
from ndxp.population.v1 import population_pb2_grpc
from ndxp.sandbox import life, plan
from ndxp.terminal import table
from ndxp.wire import status

LIMITED = "VN/GOV/H26/one-stop", "VN/GOV/H22/one-stop", "VN/GOV/H14/one-stop"
FOURTH = "VN/GOV/H03/one-stop"
TIMES = 3
"""The limited consumers make so many times their rate."""

TOLERANCE = 0.05

_COLUMNS = "consumer", "quota/s#", "off#", "offered/s#", "answered/s#", "p50 ms#", "p99 ms#"
_CONNECTIONS = 8
_WARM = 2.0
_REQUEST = pb.VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979-07-20")


@dataclass(slots=True)
class Consumer:
    """A consumer with its rate, the durations of its answered calls in seconds, and the reasons of the others."""

    name: str
    rate: float
    token: str
    verify: list[Any] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    async def call(self) -> None:
        """One call, over any of the connections."""
        began = time.perf_counter()
        try:
            identity = (("authorization", f"Bearer {self.token}"),)
            await random.choice(self.verify)(_REQUEST, metadata=identity, timeout=20)
        except grpc.aio.AioRpcError as error:
            self.refused.append(status.decode(error).reason or error.code().name)
        else:
            self.answered.append(time.perf_counter() - began)

    async def offer(self, seconds: float) -> None:
        """Sends calls for ``seconds``, at random times with the rate, and waits for their ends."""
        loop = asyncio.get_running_loop()
        due, end = loop.time(), loop.time() + seconds
        async with asyncio.TaskGroup() as calls:
            while (due := due + random.expovariate(self.rate)) < end:
                await asyncio.sleep(due - loop.time())
                calls.create_task(self.call())


@dataclass(frozen=True, slots=True)
class Outcome:
    """The offered and answered calls a second of a consumer; latencies of answered calls in ms.

    ``other`` are calls that failed for other reasons than the quota, by reason.
    """

    consumer: str
    quota: float
    offered: float
    answered: float
    refused: float
    other: dict[str, int]
    p50: float
    p99: float

    @property
    def off(self) -> float:
        """The difference between its answered rate and its quota, as a share of the quota."""
        return self.answered / self.quota - 1


def outcome(consumer: Consumer, quota: float, seconds: float) -> Outcome:
    """Counts a consumer's calls."""
    ordered = sorted(consumer.answered) or [float("nan")]
    other = dict(Counter(consumer.refused))
    exceeded = other.pop(Reason.QUOTA_EXCEEDED, 0)
    return Outcome(
        consumer.name, quota, (len(consumer.answered) + len(consumer.refused)) / seconds,
        len(consumer.answered) / seconds, exceeded / seconds, other,
        ordered[len(ordered) // 2] * 1e3, ordered[int(len(ordered) * 0.99)] * 1e3,
    )  # fmt: skip


async def offered(session: Session, rates: dict[str, float], seconds: float) -> tuple[list[Consumer], float]:
    """Offers all rates at once: first for a while that is not counted, until all bursts are used up, then counted.

    Also returns the seconds until the last answer, because quotas go on while a busy machine is late.
    """
    async with AsyncExitStack() as stack:
        consumers = []
        for name, rate in rates.items():
            consumer = Consumer(name, rate, session.tokens(name).blocking())
            for _ in range(_CONNECTIONS):
                options = (("grpc.use_local_subchannel_pool", 1),)
                channel = await stack.enter_async_context(grpc.aio.insecure_channel(session.state.gateway, options))
                consumer.verify.append(population_pb2_grpc.PopulationServiceStub(channel).VerifyCitizen)
            consumers.append(consumer)
        for length in (_WARM, seconds):
            began = time.monotonic()
            for consumer in consumers:
                consumer.answered, consumer.refused = [], []
            async with asyncio.TaskGroup() as offers:
                for consumer in consumers:
                    offers.create_task(consumer.offer(length))
        return consumers, max(seconds, time.monotonic() - began)


def drill(folder: Path, *, workers: int, rate: float, seconds: float) -> tuple[Outcome, list[Outcome]]:
    """Runs an exchange in a folder: first the fourth alone, then all; the fourth is the last of the results."""
    state = life.start(plan.make(folder, workers=workers, port=0))
    try:
        session = Session(folder)
        quotas = dict.fromkeys(LIMITED, rate)
        for name in LIMITED:
            session.send("PUT", "/quotas", body={"consumer": name, "rate": rate, "burst": max(1, round(rate))})
        quotas[FOURTH] = session.get("/quotas", consumer=FOURTH)[0]["rate"]
        [alone], first = asyncio.run(offered(session, {FOURTH: rate}, seconds / 2))
        rates = {**dict.fromkeys(LIMITED, TIMES * rate), FOURTH: rate}
        together, second = asyncio.run(offered(session, rates, seconds))
    finally:
        life.stop(state)
    return (
        outcome(alone, quotas[FOURTH], first),
        [outcome(consumer, quotas[consumer.name], second) for consumer in together],
    )


def main() -> int:
    """Runs the drill; exit code 1 when a consumer did not get its rate within 5 %, or a call failed in another way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rate", type=float, default=30)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ndxp-quota-") as folder:
        alone, together = drill(Path(folder), workers=options.workers, rate=options.rate, seconds=options.seconds)
    Console(width=100, highlight=False).print(table(_COLUMNS, [_row(each) for each in together]))
    sys.stdout.write(
        f"{FOURTH} alone: p50 {alone.p50:.1f} ms, p99 {alone.p99:.1f} ms; together: p99 {together[-1].p99:.1f} ms\n"
    )
    if options.json:
        figures = {"alone": asdict(alone), "together": [asdict(each) for each in together]}
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    off = [each for each in together[:-1] if abs(each.off) > TOLERANCE]
    return 1 if off or together[-1].refused or any(each.other for each in together) else 0


def _row(each: Outcome) -> tuple[object, ...]:
    off = "" if each.consumer == FOURTH else f"{each.off:+.1%}"
    measured = (f"{value:.1f}" for value in (each.offered, each.answered, each.p50, each.p99))
    return each.consumer, f"{each.quota:g}", off, *measured


if __name__ == "__main__":
    sys.exit(main())
