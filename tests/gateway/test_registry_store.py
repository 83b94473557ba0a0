"""Exchange files, one after the other, in the registry of the store."""

import asyncio

import msgspec
import pytest

from gateway.core.registry import Member, Quota, Registry
from gateway.registry_store import FILE, REGISTRY, RegistryStore, StateLost
from gateway.store import Store

OLD, NEW = (Registry("VN", members=[Member("VN/COM/1", name)]) for name in ("old", "new"))


async def test_a_first_file_is_the_registry_and_a_second_changes_it(store: Store) -> None:
    registry = RegistryStore(store)
    assert await registry.take(OLD)
    assert (await registry.load()).snapshot.registry == OLD
    assert (await registry.is_new(OLD), await registry.is_new(NEW)) == (False, True)
    assert await registry.take(NEW)
    assert (await registry.load()).snapshot.registry == NEW


async def test_a_registry_that_did_not_keep_its_file_stays_and_later_files_change_it(store: Store) -> None:
    registry = RegistryStore(store)
    await registry.take(OLD)
    await store.delete(FILE)  # as versions before it left it
    assert not await registry.take(NEW)
    assert (await registry.load()).snapshot.registry == OLD
    later = msgspec.structs.replace(NEW, quotas={"default": Quota(rate=1)})
    assert await registry.take(later)
    assert (await registry.load()).snapshot.registry == msgspec.structs.replace(later, members=OLD.members)


async def test_an_answer_that_comes_after_a_later_one_is_no_loss(store: Store) -> None:
    registry = RegistryStore(store)
    await registry.change(lambda r: r)

    async def ask() -> None:
        await registry.load()

    async def change() -> None:
        await registry.change(lambda r: r)

    async with asyncio.TaskGroup() as group:
        for work in (ask, change) * 40:
            group.create_task(work())
    assert await registry.version() == 41


async def test_what_was_read_is_read_again_when_somebody_has_changed_it(store: Store) -> None:
    mine, another = RegistryStore(store), RegistryStore(store)
    await mine.take(OLD)
    read = await mine.load()
    assert await mine.load() is read
    await another.publish_key({"kid": "k", "kty": "OKP"})
    assert [*(await mine.load()).token_keys] == ["k"]
    await store.delete(REGISTRY)
    with pytest.raises(StateLost):
        await mine.load()
