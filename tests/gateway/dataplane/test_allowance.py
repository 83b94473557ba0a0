"""Workers who draw from the buckets of a real store: what all together let in."""

import asyncio
import random
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.buckets import Buckets
from gateway.core.quota import SETTLED, Allowance, Bucket, depth
from gateway.core.registry import Quota
from gateway.dataplane.allowance import Allowances
from gateway.store import Store
from ndxp.errors import Reason, Refusal
from tests.support.fakes import until
from tests.support.stores import Valkey

NOON = 1_700_049_600
"""Seconds since 1970, at noon UTC."""

CLIENT = "VN/GOV/H26/one-stop"


@dataclass
class Fleet:
    """Workers of one consumer, on a clock of their own; a question is answered at once."""

    store: Store
    name: str
    quota: Quota
    count: int
    let_in: list[float] = field(default_factory=list)
    asked: int = 0

    def __post_init__(self) -> None:
        self._buckets = [Buckets(self.store, f"w{number}") for number in range(self.count)]
        self._allowances = [Allowance(self.quota, 0) for _ in range(self.count)]

    async def call(self, worker: int, at: float) -> None:
        """One call at a worker, over at once."""
        allowance = self._allowances[worker]
        allowance.enter(self.name, self.quota)
        try:
            while not allowance.take(self.name, self.quota, at):
                allowance.waiting = 1
                await self._ask(worker, at)
                allowance.waiting = 0
            self.let_in.append(at)
            if allowance.short(at):
                await self._ask(worker, at)
        except Refusal:
            allowance.waiting = 0
        finally:
            allowance.leave()

    async def sweep(self, at: float) -> None:
        """What workers do every now and then."""
        for worker, allowance in enumerate(self._allowances):
            if allowance.due(at):
                await self._ask(worker, at)

    async def _ask(self, worker: int, at: float) -> None:
        self.asked += 1
        ask = self._allowances[worker].ask(at)
        [answer] = await self._buckets[worker].draw([(self.name, self.quota, ask)], round((NOON + at) * 1e6))
        self._allowances[worker].learn(ask, answer, at, random.uniform(0.025, 0.05))

    async def run(self, arrivals: list[tuple[float, int]]) -> None:
        """Offers calls, (when, to which worker), in their order."""
        swept = 0.0
        for at, worker in sorted(arrivals):
            while swept + SETTLED < at:
                swept += SETTLED
                await self.sweep(swept)
            await self.call(worker, at)

    def most_in(self, seconds: float) -> int:
        """The most calls let in within any so many seconds."""
        most = first = 0
        for last, at in enumerate(self.let_in):
            while self.let_in[first] < at - seconds:
                first += 1
            most = max(most, last - first + 1)
        return most


def spread(rate: float, seconds: float, shares: list[float], seed: int) -> list[tuple[float, int]]:
    """Arrivals by chance at so many a second, to workers by their shares."""
    chance, at, arrivals = random.Random(seed), 0.0, []
    while (at := at + chance.expovariate(rate)) < seconds:
        arrivals.append((at, chance.choices(range(len(shares)), shares)[0]))
    return arrivals


ONE, EVEN, UNEVEN = [1.0, 0, 0, 0], [1.0] * 4, [8.0, 4, 2, 1]


@pytest.mark.parametrize("shares", [ONE, EVEN, UNEVEN], ids=["one worker", "evenly", "unevenly"])
@pytest.mark.parametrize(
    ("quota", "seconds"),
    [
        (Quota(rate=300, burst=1), 6),
        (Quota(rate=100, burst=100), 10),
        (Quota(rate=10, burst=5), 40),
        (Quota(rate=1, burst=1), 300),
        (Quota(rate=0.2, burst=1), 1000),
    ],
    ids=lambda given: f"{given.rate:g}/s" if isinstance(given, Quota) else "",
)
async def test_four_workers_let_in_what_a_single_bucket_would(
    store: Store, quota: Quota, seconds: int, shares: list[float]
) -> None:
    fleet, arrivals = Fleet(store, CLIENT, quota, 4), spread(3 * quota.rate, seconds, shares, seed=1)
    await fleet.run(arrivals)
    single = Bucket(quota.rate, depth(quota), 0)
    assert len(fleet.let_in) >= 0.95 * sum(single.take(at) for at, _ in arrivals)
    assert len(fleet.let_in) <= quota.rate * seconds + depth(quota) + 1e-6


async def test_who_asks_less_than_it_may_is_never_refused(store: Store) -> None:
    fleet = Fleet(store, CLIENT, Quota(rate=100, burst=50), 4)
    arrivals = spread(70, 20, EVEN, seed=2)
    await fleet.run(arrivals)
    assert len(fleet.let_in) == len(arrivals)


async def test_the_store_is_asked_far_less_often_than_there_are_calls(store: Store) -> None:
    fleet = Fleet(store, CLIENT, Quota(), 4)
    arrivals = spread(1000, 4, EVEN, seed=3)
    await fleet.run(arrivals)
    assert len(fleet.let_in) == len(arrivals)
    assert fleet.asked < len(arrivals) / 10


async def test_a_demand_that_moves_to_another_worker_finds_the_whole_rate_there(store: Store) -> None:
    fleet = Fleet(store, CLIENT, Quota(rate=100, burst=50), 2)
    await fleet.run([*spread(300, 5, [1, 0], seed=4), *((5 + at, 1) for at, _ in spread(300, 5, [1.0], seed=5))])
    after = sum(at >= 5 for at in fleet.let_in)
    assert after >= 0.95 * 500


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rate=st.sampled_from([0.5, 3.0, 20.0, 90.0]),
    burst=st.integers(1, 200),
    workers=st.integers(1, 5),
    spells=st.lists(st.tuples(st.floats(0, 3), st.integers(1, 60), st.integers(0, 4)), max_size=12),
    name=st.uuids(),
)
async def test_in_no_time_is_more_let_in_than_rate_and_burst_allow(
    store: Store, rate: float, burst: int, workers: int, spells: list[tuple[float, int, int]], name: object
) -> None:
    quota, at, arrivals = Quota(rate=rate, burst=burst), 0.0, []
    for pause, calls, worker in spells:
        at += pause
        arrivals += [(at + number * 0.002, (worker + number // 20) % workers) for number in range(calls)]
        at += calls * 0.002
    fleet = Fleet(store, str(name), quota, workers)
    await fleet.run(arrivals)
    for seconds in (0.01, 0.3, 1, 4, at):
        assert fleet.most_in(seconds) <= depth(quota) + rate * seconds + 1e-3
    assert all(earlier <= later for earlier, later in pairwise(fleet.let_in))


async def test_a_call_waits_for_the_store_once_and_the_next_ones_do_not(store: Store) -> None:
    allowances, quota = Allowances(store, "a"), Quota(rate=1000, burst=1000)
    asking = asyncio.create_task(allowances.run())
    first = allowances.enter(CLIENT, quota)
    assert first is not None
    await first
    assert allowances.enter(CLIENT, quota) is None
    allowances.leave(CLIENT)
    allowances.leave(CLIENT)
    asking.cancel()


async def test_a_caller_who_leaves_while_it_waits_takes_no_token_with_it(store: Store) -> None:
    allowances, quota = Allowances(store, "a"), Quota(rate=0.001, burst=1)
    waits = allowances.enter(CLIENT, quota)
    assert waits is not None
    gone = asyncio.ensure_future(waits)
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    allowances.leave(CLIENT)
    asking = asyncio.create_task(allowances.run())
    second = allowances.enter(CLIENT, quota)
    assert second is not None
    await second
    asking.cancel()


async def test_while_the_store_is_away_waiting_calls_are_refused(store: Store, valkey: Valkey) -> None:
    valkey.kill()
    allowances, quota = Allowances(store, "a"), Quota()
    asking = asyncio.create_task(allowances.run())
    waits = allowances.enter(CLIENT, quota)
    assert waits is not None
    with pytest.raises(Refusal) as refused:
        await waits
    assert refused.value.reason is Reason.JOURNAL_UNAVAILABLE
    allowances.leave(CLIENT)
    valkey.start()

    async def let_in() -> bool:
        try:
            if (again := allowances.enter(CLIENT, quota)) is not None:
                await again
        except Refusal:
            return False
        return True

    await until(let_in)
    asking.cancel()
