"""The registry's copy on the disk: made of every change, and put back when the store has lost what it held."""

import json
from pathlib import Path

import pytest

from gateway.control.keeper import Keeper
from gateway.core.registry import Member, Registry
from gateway.registry_store import (
    CONTRACTS,
    DOCUMENTS,
    FILE,
    GENERATIONS,
    REGISTRY,
    SALT_KEY,
    SECRETS,
    TOKEN_KEYS,
    VERSION,
    RegistryStore,
    StateLost,
)
from gateway.store import Store
from ndxp.population.v1 import population_pb2
from tests.support.descriptors import file_set

ONE, OTHER = "VN/GOV/G01/population", "VN/GOV/G01/passports"
MEMBERS = Registry("VN", members=[Member("VN/GOV/G01", "One", subsystems=["population", "passports"])])
SALT = b"s" * 32
PARTS = (REGISTRY, FILE, CONTRACTS, DOCUMENTS, SECRETS, GENERATIONS, TOKEN_KEYS, SALT_KEY)


class Kept:
    """A registry with something in each of its parts, and its keeper."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder = store, folder
        self.told: list[str] = []
        self.registry = RegistryStore(store)
        self.keeper = self.another(self.registry)

    def another(self, registry: RegistryStore) -> Keeper:
        """The keeper of a process that has just begun."""

        async def tell(lost: str) -> None:
            self.told.append(lost)

        return Keeper(self.folder / "registry.json", registry, SALT, tell)

    async def fill(self) -> None:
        await self.registry.put_salt_key(SALT)
        await self.registry.take(MEMBERS)
        await self.registry.put_contract("ndxp.population.v1.PopulationService", file_set(population_pb2.DESCRIPTOR))
        await self.registry.put_document(ONE, "clinic", b"{}")
        await self.registry.put_secrets({ONE: "1a" * 32, OTHER: "2b" * 32})
        await self.registry.put_secrets({ONE: "3c" * 32})
        await self.registry.publish_key({"kid": "k1", "kty": "OKP"})
        await self.registry.load()
        await self.keeper.look()


@pytest.fixture
async def kept(store: Store, tmp_path: Path) -> Kept:
    made = Kept(store, tmp_path)
    await made.fill()
    return made


async def test_the_copy_is_its_owners_alone_and_has_every_change(kept: Kept) -> None:
    file = kept.folder / "registry.json"
    assert file.stat().st_mode & 0o777 == 0o600
    before = json.loads(file.read_text(encoding="utf-8"))["version"]
    await kept.registry.put_secrets({OTHER: "4d" * 32})
    await kept.keeper.look()
    assert json.loads(file.read_text(encoding="utf-8"))["version"] == before + 1
    assert kept.told == []


async def test_an_emptied_store_gets_everything_back_as_a_later_version(kept: Kept) -> None:
    before = await kept.registry.contents()
    await kept.store.flushall()
    assert await kept.keeper.lost() == "the registry"
    await kept.keeper.look()
    after = await kept.registry.contents()
    assert (after.values, after.hashes) == (before.values, before.hashes)
    assert after.version > before.version
    assert (await kept.registry.load()).salt_key == SALT
    assert (kept.told, len(kept.keeper.rebuilt), await kept.keeper.lost()) == (["the registry"], 1, "")


@pytest.mark.parametrize("part", PARTS)
async def test_each_part_that_is_lost_is_named_and_put_back(kept: Kept, part: str) -> None:
    before = await kept.registry.contents()
    await kept.store.delete(part)
    lost = await kept.keeper.lost()
    assert lost
    assert "," not in lost
    await kept.keeper.look()
    after = await kept.registry.contents()
    assert (after.values, after.hashes, kept.told) == (before.values, before.hashes, [lost])
    assert after.version > before.version, "so that the gateways read it again"


async def test_one_secret_less_is_a_loss_unless_it_was_dropped(kept: Kept) -> None:
    await kept.registry.drop_secrets([OTHER])
    assert await kept.keeper.lost() == ""
    await kept.keeper.look()
    await kept.store.hdel(SECRETS, ONE)
    assert await kept.keeper.lost() == "hashes of secrets"


async def test_the_last_document_may_be_dropped(kept: Kept) -> None:
    await kept.registry.drop_documents(ONE, "clinic")
    assert await kept.keeper.lost() == ""
    await kept.keeper.look()
    assert await kept.registry.document(ONE, "clinic") is None


async def test_an_older_copy_of_the_store_is_a_loss(kept: Kept) -> None:
    await kept.store.set(VERSION, 2)
    assert await kept.keeper.lost() == "what was changed since version 2 of the registry"
    await kept.keeper.look()
    assert await kept.keeper.lost() == ""


async def test_nobody_changes_an_emptied_registry_and_readers_go_on_with_what_they_know(kept: Kept) -> None:
    reader = RegistryStore(kept.store)
    known = (await reader.load()).snapshot
    await kept.store.flushall()
    for question in (reader.load(), kept.registry.change(lambda r: r), kept.registry.standing(ONE)):
        with pytest.raises(StateLost, match="put back from its copy"):
            await question
    await kept.keeper.look()
    again = (await reader.load()).snapshot
    assert (again.registry, again.version > known.version) == (known.registry, True)
    assert await kept.registry.standing(ONE) == ("3c" * 32, 1)


async def test_a_process_that_begins_over_an_empty_store_puts_the_copy_back(kept: Kept) -> None:
    await kept.store.flushall()
    fresh = RegistryStore(kept.store)
    await kept.another(fresh).look()
    assert (await fresh.load()).snapshot.registry == MEMBERS


async def test_an_unreadable_copy_is_reported_and_replaced(kept: Kept, caplog: pytest.LogCaptureFixture) -> None:
    (kept.folder / "registry.json").write_text("{", encoding="utf-8")
    again = kept.another(kept.registry)
    await again.look()
    assert "cannot be read" in caplog.text
    copy = json.loads((kept.folder / "registry.json").read_text(encoding="utf-8"))
    assert copy["version"] == await kept.registry.version()


async def test_a_store_that_never_had_a_registry_has_lost_nothing(store: Store, tmp_path: Path) -> None:
    made = Kept(store, tmp_path)
    await made.keeper.look()
    assert (await made.keeper.lost(), made.told, (tmp_path / "registry.json").is_file()) == ("", [], False)
