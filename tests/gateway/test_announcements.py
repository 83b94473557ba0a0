"""A change of the registry is heard at once, by everybody who listens, also after the store was away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.announcements import Announcements
from gateway.core.registry import Member, Registry
from gateway.registry_store import RegistryStore
from gateway.store import connect
from ndxp.process import end
from tests.support.stores import Valkey

FOR_EVER = 1e6


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[Announcements]:
    announcements = Announcements(url)
    duty = asyncio.create_task(announcements.run())
    yield announcements
    await end([duty])


def with_member(name: str) -> Registry:
    return Registry("VN", members=[Member(f"VN/COM/{name}", name)])


async def test_every_listener_hears_of_a_change(valkey: Valkey) -> None:
    async with listening(valkey.url) as one, listening(valkey.url) as other, connect(valkey.url) as store:
        for each in (one, other):
            await each.wait(FOR_EVER)  # the subscription is the first thing that is heard
        await RegistryStore(store).change(lambda _: with_member("a"))
        for each in (one, other):
            await each.wait(FOR_EVER)


async def test_without_a_change_the_wait_ends_by_itself(valkey: Valkey) -> None:
    async with listening(valkey.url) as announcements:
        await announcements.wait(FOR_EVER)
        await announcements.wait(0.01)


async def test_announcements_are_heard_again_when_the_store_is_back(valkey: Valkey) -> None:
    async with listening(valkey.url) as announcements, connect(valkey.url) as store:
        await announcements.wait(FOR_EVER)
        await store.client_kill_filter(_type="pubsub")
        await announcements.wait(FOR_EVER)  # subscribed again
        await store.publish("ndxp:registry:changed", b"")
        await announcements.wait(FOR_EVER)
