"""The consumers' allowances in this worker, and its requests to the buckets that all workers share."""

import asyncio
import contextlib
import logging
import random
import secrets
import time
from collections.abc import Sequence

import redis

from gateway.buckets import Buckets
from gateway.core.quota import NO_ANSWER, SETTLED, Allowance, Answer
from gateway.core.registry import Quota
from gateway.store import Store
from ndxp.errors import Refusal
from ndxp.exhausted import exhausted

_PAUSE = 0.025, 0.05
"""Range of seconds before a worker asks again for a consumer with an empty bucket; random, so that no worker is always
the last."""

_PATIENCE = 1.0
_LARGEST = 200

_log = logging.getLogger(__name__)


class Allowances:
    """Lets calls in, decided by this worker or by the store."""

    def __init__(self, store: Store, node: str) -> None:
        self._buckets = Buckets(store, f"{node}-{secrets.token_hex(4)}")
        self._of: dict[str, Allowance] = {}
        self._wanted: list[str] = []
        self._leases: set[str] = set()
        self._call = asyncio.Event()
        self._answered = asyncio.Event()

    def enter(self, client: str, quota: Quota) -> asyncio.Future[None] | None:
        """Lets a call in; ``leave`` ends it, whether or not it got a token.

        Gives something to wait for when the store must be asked first. Raises Refusal (QUOTA_EXCEEDED), here or there.
        """
        allowance = self._of.get(client)
        if allowance is None:
            allowance = self._of[client] = Allowance(quota, time.monotonic())
        allowance.enter(client, quota)
        return self._take(client, quota, allowance)

    def leave(self, client: str) -> None:
        """The call is over."""
        self._of[client].leave()

    async def run(self) -> None:
        """Asks the store whenever a call wants it to; to be cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SETTLED if self._leases else None):
                    await self._call.wait()
            self._call.clear()
            now = time.monotonic()
            self._wanted += [name for name in self._leases if not self._of[name].asking and self._of[name].due(now)]
            wanted, self._wanted = self._wanted, []
            for first in range(0, len(wanted), _LARGEST):
                await self._ask(wanted[first : first + _LARGEST])

    def _take(self, client: str, quota: Quota, allowance: Allowance) -> asyncio.Future[None] | None:
        now = time.monotonic()
        try:
            if not allowance.take(client, quota, now):
                return asyncio.ensure_future(self._wait(client, quota, allowance))
        except Refusal:
            allowance.leave()
            raise
        if not allowance.asking and allowance.short(now):
            self._want(client, allowance)
        return None

    def _want(self, client: str, allowance: Allowance) -> None:
        allowance.asking = True
        self._wanted.append(client)
        self._call.set()

    async def _wait(self, client: str, quota: Quota, allowance: Allowance) -> None:
        """Waits for the store's answer, once or until there is one."""
        allowance.waiting += 1
        try:
            while not allowance.take(client, quota, time.monotonic()):
                if not allowance.asking:
                    self._want(client, allowance)
                await self._answered.wait()
        finally:
            allowance.waiting -= 1

    async def _ask(self, clients: Sequence[str]) -> None:
        """Sends one request for some consumers, and gives them the answer, or that there was none."""
        allowances = [self._of[client] for client in clients]
        now = time.monotonic()
        asks = [allowance.ask(now) for allowance in allowances]
        quotas = [allowance.quota for allowance in allowances]
        try:
            async with asyncio.timeout(_PATIENCE):
                answers: Sequence[Answer] = await self._buckets.draw(list(zip(clients, quotas, asks, strict=True)))
        except (redis.RedisError, TimeoutError) as error:
            _log.warning(
                "the store does not answer about quotas: %s", exhausted(error) or error or type(error).__name__
            )
            answers = [NO_ANSWER] * len(clients)
        now, pause = time.monotonic(), random.uniform(*_PAUSE)
        for client, allowance, ask, answer in zip(clients, allowances, asks, answers, strict=True):
            allowance.asking = False
            allowance.learn(ask, answer, now, pause)
            (self._leases.discard if allowance.settled else self._leases.add)(client)
        self._answered.set()
        self._answered = asyncio.Event()
