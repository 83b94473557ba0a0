"""Hears when the registry has changed, so that a change is followed at once and not at the next look."""

import asyncio
import contextlib

from redis.exceptions import RedisError

from gateway.registry_store import CHANGED
from gateway.store import subscriber
from ndxp.process import until_pulse

_AGAIN = 1.0
"""Seconds until the store is asked again after it was away."""


class Announcements:
    """The announcements of changes. None is heard while the store is away, so its user looks from time to time too."""

    def __init__(self, redis_url: str) -> None:
        self._store = subscriber(redis_url)
        self._heard = asyncio.Event()

    async def run(self) -> None:
        """Listens until cancelled."""
        try:
            while True:
                with contextlib.suppress(RedisError):
                    async with self._store.pubsub() as channel:
                        await channel.subscribe(CHANGED)
                        async for _ in channel.listen():
                            self._heard.set()
                await asyncio.sleep(_AGAIN)
        finally:
            await self._store.aclose()

    async def wait(self, every: float) -> None:
        """Returns at the next announcement, or at the next multiple of so many seconds (see ``ndxp.process.pulse``)."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(until_pulse(every)):
                await self._heard.wait()
        self._heard.clear()
