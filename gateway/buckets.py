"""The quota buckets in the store, from which all workers of all gateways take the calls that a consumer may make."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.core.quota import LEASE, Answer, Ask, depth
from gateway.core.registry import Quota
from gateway.store import Store

_KEY = "ndxp:quota:"
_DAY = 86_400

Question = tuple[str, Quota, Ask]
"""A consumer, its quota, and what a worker asks for."""


@dataclass(frozen=True, slots=True)
class Use:
    """How many calls a consumer could make at once now (leases of workers included), and how many it made today."""

    left: int
    today: int


class Buckets:
    """The buckets. ``worker`` names this process; no other process has this name or had it before."""

    def __init__(self, store: Store, worker: str) -> None:
        self._store = store
        self._script: Any = store.register_script(Path(__file__).with_name("buckets.lua").read_text(encoding="utf-8"))
        self._worker = worker

    async def draw(self, questions: Sequence[Question], now: int = 0) -> list[Answer]:
        """Asks for several consumers in one step. ``now`` is in µs since 1970; 0 means the store's clock.

        Raises ``redis.RedisError`` when the store does not answer.
        """
        words: list[Any] = [self._worker, LEASE, now]
        for _, quota, ask in questions:
            words += (quota.rate, depth(quota), quota.daily, ask.spent, ask.back, ask.need, ask.ahead)
        numbers = await self._script(keys=[_KEY + client for client, _, _ in questions], args=words)
        of_each = zip(*[iter(numbers)] * 4, strict=True)
        return [Answer(needed, ahead, wait / 1e6, bool(daily)) for needed, ahead, wait, daily in of_each]


async def use(store: Store, quotas: Sequence[tuple[str, Quota]]) -> list[Use | None]:
    """What these consumers have used; None for one that has not called for days. Raises ``redis.RedisError``."""
    async with store.pipeline(transaction=False) as pipe:
        pipe.time()
        for client, _ in quotas:
            pipe.hgetall(_KEY + client)
        (seconds, micros), *stored = await pipe.execute()
    return [
        _use(bucket, quota, seconds + micros / 1e6) if bucket else None
        for bucket, (_, quota) in zip(stored, quotas, strict=True)
    ]


def _use(bucket: dict[bytes, bytes], quota: Quota, now: float) -> Use:
    leases = [value.split(b":") for name, value in bucket.items() if name.startswith(b"held:")]
    held = sum(int(count) for count, expires in leases if int(expires) > now * 1e6)
    refilled = float(bucket[b"tokens"]) + max(0.0, now - int(bucket[b"since"]) / 1e6) * quota.rate
    day, today = bucket[b"today"].split(b":")
    left = int(min(depth(quota), refilled + held))
    return Use(left, int(today) if int(day) == now // _DAY else 0)
