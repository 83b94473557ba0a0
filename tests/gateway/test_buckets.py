"""The bucket that all workers share, in a real store."""

from gateway.buckets import Buckets, Use, use
from gateway.core.quota import Answer, Ask
from gateway.core.registry import Quota
from gateway.store import Store

NOON = 1_700_049_600
"""Seconds since 1970, at noon UTC."""

CLIENT = "VN/GOV/H26/one-stop"


async def drawn(
    buckets: Buckets, quota: Quota, at: float, *, spent: int = 0, back: int = 0, need: int = 0, ahead: int = 0
) -> tuple[int, int]:
    """What the bucket gives at a time in seconds after noon."""
    question = (CLIENT, quota, Ask(spent, back, need, ahead))
    [answer] = await buckets.draw([question], now=round((NOON + at) * 1e6))
    return answer.needed, answer.ahead


async def test_a_burst_is_there_at_first_and_then_what_the_rate_gives(store: Store) -> None:
    buckets, quota = Buckets(store, "a"), Quota(rate=10, burst=30)
    assert await drawn(buckets, quota, 0, need=50) == (30, 0)
    assert await drawn(buckets, quota, 0.55, need=50) == (5, 0)
    assert await drawn(buckets, quota, 3600, need=50) == (30, 0)


async def test_those_who_wait_come_before_those_who_ask_ahead(store: Store) -> None:
    assert await drawn(Buckets(store, "a"), Quota(rate=10, burst=30), 0, need=20, ahead=20) == (20, 10)


async def test_the_time_until_the_next_token_is_told(store: Store) -> None:
    buckets, quota = Buckets(store, "a"), Quota(rate=4, burst=1)
    [answer] = await buckets.draw([(CLIENT, quota, Ask(0, 0, 2, 0))], now=NOON * 1_000_000)
    assert answer == Answer(1, 0, 0.25)


async def test_what_is_on_lease_counts_as_there(store: Store) -> None:
    a, b, quota = Buckets(store, "a"), Buckets(store, "b"), Quota(rate=10, burst=30)
    assert await drawn(a, quota, 0, ahead=20) == (0, 20)
    assert await drawn(b, quota, 1, need=50) == (10, 0)


async def test_what_comes_back_can_be_had_by_others(store: Store) -> None:
    a, b, quota = Buckets(store, "a"), Buckets(store, "b"), Quota(rate=0.001, burst=30)
    await drawn(a, quota, 0, ahead=30)
    assert await drawn(b, quota, 0.1, need=50) == (0, 0)
    await drawn(a, quota, 0.2, spent=10, back=20)
    assert await drawn(b, quota, 0.3, need=50) == (20, 0)


async def test_a_dead_workers_lease_is_forgotten(store: Store) -> None:
    a, b, quota = Buckets(store, "a"), Buckets(store, "b"), Quota(rate=10, burst=30)
    await drawn(a, quota, 0, ahead=30)
    await drawn(b, quota, 1, need=1)
    await drawn(b, quota, 2.1, need=1)
    assert await drawn(b, quota, 10, need=50) == (30, 0)


async def test_a_day_has_its_own_limit_and_the_next_begins_at_midnight(store: Store) -> None:
    buckets, quota = Buckets(store, "a"), Quota(rate=1000, burst=1000, daily=100)
    assert await drawn(buckets, quota, 0, need=80) == (80, 0)
    [answer] = await buckets.draw([(CLIENT, quota, Ask(0, 0, 50, 0))], now=(NOON + 3600) * 1_000_000)
    assert answer == Answer(20, 0, 11 * 3600, daily=True)
    assert await drawn(buckets, quota, 12 * 3600, need=80) == (80, 0)


async def test_what_comes_back_is_the_days_again(store: Store) -> None:
    buckets, quota = Buckets(store, "a"), Quota(rate=1000, burst=1000, daily=100)
    await drawn(buckets, quota, 0, ahead=100)
    assert await drawn(buckets, quota, 1, back=30, need=50) == (30, 0)


async def test_several_consumers_are_answered_in_one_step(store: Store) -> None:
    quotas = [Quota(rate=1, burst=burst) for burst in (3, 5, 7)]
    questions = [(f"VN/COM/x/{quota.burst}", quota, Ask(0, 0, 6, 0)) for quota in quotas]
    assert [answer.needed for answer in await Buckets(store, "a").draw(questions)] == [3, 5, 6]


async def test_a_smaller_burst_counts_at_once(store: Store) -> None:
    buckets = Buckets(store, "a")
    await drawn(buckets, Quota(rate=1, burst=1000), 0, need=1)
    assert await drawn(buckets, Quota(rate=1, burst=2), 0.1, need=10) == (2, 0)


async def test_use_is_what_is_left_leases_and_all_and_the_calls_of_the_day(store: Store) -> None:
    quota = Quota(rate=0.001, burst=30)
    await Buckets(store, "a").draw([(CLIENT, quota, Ask(0, 0, 12, 8))])
    assert await use(store, [(CLIENT, quota), ("VN/COM/x/y", quota)]) == [Use(left=18, today=20), None]
