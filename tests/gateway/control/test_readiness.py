"""Readiness tells the truth: it is false when journal or ledger cannot take a record."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.control import readiness
from gateway.control.keeper import Keeper
from gateway.control.readiness import Readiness
from gateway.core.registry import Registry
from gateway.ledger.recorder import Recorder
from gateway.ledger.signer import Signer
from gateway.ledger.tables import open_ledger
from gateway.ledger.writer import Writer
from gateway.registry_store import RegistryStore
from gateway.settings import StoreSettings
from gateway.store import STREAM, Store
from tests.support.stores import Valkey


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
async def ready(store: Store, engine: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Readiness:
    """Tries anew at every question."""
    monkeypatch.setattr(readiness, "_GOOD_FOR", -1.0)
    registry = RegistryStore(store)
    await registry.take(Registry(instance="VN"))
    return Readiness(store, keeper(registry, tmp_path), Writer(engine, Signer(tmp_path, "test")), None, StoreSettings())


def keeper(registry: RegistryStore, folder: Path) -> Keeper:
    """Has copied nothing yet."""

    async def tell(_: str) -> None:
        return

    return Keeper(folder / "registry.json", registry, b"s" * 32, tell)


def kill(valkey: Valkey, store: Store) -> None:
    valkey.kill()


async def forbid_writing(valkey: Valkey, store: Store) -> None:
    await store.config_set("min-replicas-to-write", 1)


async def test_it_is_ready_when_everything_takes_records(ready: Readiness) -> None:
    assert await ready.waits_for() == []


@pytest.mark.parametrize(
    "hurt", [kill, lambda valkey, _: valkey.freeze(), forbid_writing], ids=["killed", "frozen", "refusing"]
)
async def test_it_is_not_ready_without_a_journal(
    valkey: Valkey, store: Store, ready: Readiness, hurt: Callable[[Valkey, Store], object]
) -> None:
    assert await ready.waits_for() == []
    if (doing := hurt(valkey, store)) is not None:
        await doing  # type: ignore[misc]
    [waits] = await ready.waits_for()
    assert waits.startswith("journal (the store takes no record")
    valkey.thaw()


async def test_a_full_store_is_reported_with_the_remedy(store: Store, ready: Readiness) -> None:
    await store.config_set("maxmemory", "1")
    [waits] = await ready.waits_for()
    assert waits.startswith("journal (the store takes no record: the store has used all its memory: raise maxmemory")


async def test_a_full_disk_of_the_ledger_is_reported_with_the_remedy(
    store: Store, engine: sa.Engine, tmp_path: Path
) -> None:
    class Full(Writer):
        def probe(self) -> None:
            with engine.execution_options(write=True).begin() as connection:
                connection.exec_driver_sql("PRAGMA max_page_count = 1")
                connection.exec_driver_sql("CREATE TABLE large AS SELECT zeroblob(1000000)")

    registry = RegistryStore(store)
    await registry.put_salt_key(b"s" * 32)
    await registry.take(Registry(instance="VN"))
    keeping = keeper(registry, tmp_path)
    await keeping.look()
    ready = Readiness(store, keeping, Full(engine, Signer(tmp_path, "test")), None, StoreSettings())
    [waits] = await ready.waits_for()
    assert waits.startswith("ledger (the database takes no record: the database's file cannot grow: its disk is full")


async def test_it_is_not_ready_when_the_store_does_not_keep_what_it_takes(store: Store, ready: Readiness) -> None:
    await store.config_set("appendonly", "no")
    [waits] = await ready.waits_for()
    assert waits.startswith("journal (the store has appendonly no, NDXP_DURABILITY=everysec needs appendonly yes")


async def test_it_is_not_ready_while_the_store_lacks_what_it_held(
    store: Store, engine: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "_GOOD_FOR", -1.0)
    registry = RegistryStore(store)
    await registry.put_salt_key(b"s" * 32)
    await registry.take(Registry(instance="VN"))
    keeping = keeper(registry, tmp_path)
    await keeping.look()
    ready = Readiness(store, keeping, Writer(engine, Signer(tmp_path, "test")), None, StoreSettings())
    assert await ready.waits_for() == []
    await store.flushall()
    assert await ready.waits_for() == ["registry (the store has lost the registry; it is put back from its copy)"]
    await keeping.look()
    assert await ready.waits_for() == []


async def test_it_is_not_ready_when_too_much_waits_for_the_recorder(
    store: Store, ready: Readiness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready._settings, "max_backlog", 1)
    for _ in range(2):
        await store.xadd(STREAM, {"0": b"x"})
    [waits] = await ready.waits_for()
    assert waits.startswith("recorder (2 entries of the journal wait")


async def test_it_is_not_ready_without_a_ledger(ready: Readiness, engine: sa.Engine) -> None:
    with engine.execution_options(write=True).begin():
        [waits] = await ready.waits_for()
        assert waits.startswith("ledger (the database takes no record")
    assert await ready.waits_for() == []


async def test_it_is_not_ready_when_the_recorder_does_not_record(
    store: Store, ready: Readiness, engine: sa.Engine, tmp_path: Path
) -> None:
    recorder = Recorder(store, Writer(engine, Signer(tmp_path, "test")), "test")
    behind = Readiness(
        store,
        keeper(RegistryStore(store), tmp_path),
        Writer(engine, Signer(tmp_path, "test")),
        recorder,
        StoreSettings(),
    )
    assert await behind.waits_for() == ["recorder (it is starting)"]


async def test_a_second_question_at_once_costs_nothing(
    valkey: Valkey, ready: Readiness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "_GOOD_FOR", 600.0)
    assert await ready.waits_for() == []
    valkey.kill()
    assert await ready.waits_for() == []
