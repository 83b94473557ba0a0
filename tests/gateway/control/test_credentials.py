"""Credentials: made once, and handed out one by one."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.control.credentials import Credentials
from gateway.core.registry import Member, RegistryError
from gateway.registry_store import RegistryStore
from gateway.store import Store
from ndxp.subject import SUBJECTS

ONE, OTHER = "VN/GOV/G01/population", "VN/GOV/G01/passports"


@pytest.fixture
def handed_out(tmp_path: Path) -> Path:
    return tmp_path / "population.json"


@pytest.fixture
def credentials(tmp_path: Path, store: Store, handed_out: Path) -> Credentials:
    files = {ONE: handed_out, "admin": tmp_path / "operator.json"}
    return Credentials(tmp_path / "credentials.json", RegistryStore(store), handed_out=files)


def mode_and_content(file: Path) -> tuple[int, object]:
    return file.stat().st_mode & 0o777, json.loads(file.read_text(encoding="utf-8"))


async def test_an_agency_is_handed_its_own_secret_and_the_key_of_subjects(
    credentials: Credentials, handed_out: Path
) -> None:
    issued = await credentials.issue([SUBJECTS, ONE, OTHER])
    assert mode_and_content(handed_out) == (0o600, {name: issued[name] for name in (ONE, SUBJECTS)})


async def test_a_process_of_several_subsystems_is_handed_the_secret_of_each_in_one_file(
    store: Store, handed_out: Path, tmp_path: Path
) -> None:
    files = {ONE: handed_out, OTHER: handed_out}
    credentials = Credentials(tmp_path / "credentials.json", RegistryStore(store), handed_out=files)
    issued = await credentials.issue([SUBJECTS, ONE, OTHER, "VN/GOV/G12/tax"])
    assert mode_and_content(handed_out) == (0o600, {name: issued[name] for name in (ONE, OTHER, SUBJECTS)})


async def test_the_operator_is_handed_all_credentials_those_that_were_changed_too(
    credentials: Credentials, tmp_path: Path
) -> None:
    issued = await credentials.issue(["admin", SUBJECTS, ONE, OTHER])
    assert mode_and_content(tmp_path / "operator.json") == (0o600, issued)
    changed = await credentials.rotate([OTHER])
    assert mode_and_content(tmp_path / "operator.json") == (0o600, {**issued, **changed})


async def test_what_was_handed_out_and_lost_is_handed_out_again(credentials: Credentials, handed_out: Path) -> None:
    await credentials.issue([SUBJECTS, ONE])
    before = mode_and_content(handed_out)
    handed_out.rename(f"{handed_out}.lost")  # noqa: ASYNC240 - in a folder of its own, in memory
    assert await credentials.issue([SUBJECTS, ONE]) == {}
    assert mode_and_content(handed_out) == before


async def test_the_credentials_of_what_is_no_more_end_for_good(
    credentials: Credentials, store: Store, tmp_path: Path
) -> None:
    former = await credentials.issue([SUBJECTS, ONE, OTHER])
    assert await credentials.known() == {ONE, OTHER}
    await credentials.withdraw([ONE, SUBJECTS])
    assert (
        await credentials.known(),
        ONE in json.loads((tmp_path / "credentials.json").read_text(encoding="utf-8")),
    ) == (
        {OTHER},
        False,
    )
    assert await credentials.generation(ONE, former[ONE]) is None
    again = await credentials.issue([ONE])
    assert again[ONE] != former[ONE]
    assert await credentials.generation(ONE, former[ONE]) is None
    assert await credentials.generation(ONE, again[ONE]) == 1
    assert await credentials.generation(OTHER, former[OTHER]) == 0
    assert (await RegistryStore(store).standing(ONE))[1] == 1, "what was got before is of another generation"


async def test_subsystems_come_and_go_with_their_credentials_in_one_change(
    credentials: Credentials, store: Store
) -> None:
    registry, member = RegistryStore(store), Member("VN/GOV/G01", "Ministry", subsystems=["population"])
    _, first = await credentials.change(lambda r: replace(r, members=[member]), come=[ONE])
    before = await registry.version()
    moved = replace(member, subsystems=["residence"])
    _, second = await credentials.change(lambda r: replace(r, members=[moved]), come=["VN/GOV/G01/residence"], go=[ONE])
    assert await registry.version() == before + 1
    assert await credentials.known() == {"VN/GOV/G01/residence"}
    assert await credentials.generation("VN/GOV/G01/residence", second["VN/GOV/G01/residence"]) == 0
    _, again = await credentials.change(lambda r: replace(r, members=[member]), come=[ONE], go=second)
    assert await credentials.generation(ONE, first[ONE]) is None
    assert await credentials.generation(ONE, again[ONE]) == 1, "what was got before is of another generation"


async def test_a_change_that_is_refused_leaves_no_credentials(credentials: Credentials) -> None:
    nonsense = Member("nonsense", "Nobody", subsystems=["x"])
    with pytest.raises(RegistryError):
        await credentials.change(lambda r: replace(r, members=[nonsense]), come=["nonsense/x"])
    assert await credentials.known() == set()
