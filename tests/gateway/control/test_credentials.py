"""Credentials: made once, and handed out one by one."""

import json
from pathlib import Path

import pytest

from gateway.control.credentials import ADMIN, Credentials
from gateway.registry_store import RegistryStore
from gateway.store import Store
from ndxp.subject import SUBJECTS

ONE, OTHER = "VN/GOV/G01/population", "VN/GOV/G01/passports"


@pytest.fixture
def handed_out(tmp_path: Path) -> Path:
    return tmp_path / "population.json"


@pytest.fixture
def credentials(tmp_path: Path, store: Store, handed_out: Path) -> Credentials:
    return Credentials(tmp_path / "credentials.json", RegistryStore(store), {ONE: handed_out})


async def test_an_agency_is_handed_its_own_secret_and_the_key_of_subjects(
    credentials: Credentials, handed_out: Path
) -> None:
    issued = await credentials.issue([ADMIN, SUBJECTS, ONE, OTHER])
    assert json.loads(handed_out.read_text()) == {name: issued[name] for name in (ONE, SUBJECTS)}
    assert handed_out.stat().st_mode & 0o077 == 0


async def test_what_was_handed_out_and_lost_is_handed_out_again(credentials: Credentials, handed_out: Path) -> None:
    await credentials.issue([ADMIN, SUBJECTS, ONE])
    before = handed_out.read_text()
    handed_out.unlink()
    assert await credentials.issue([ADMIN, SUBJECTS, ONE]) == {}
    assert handed_out.read_text() == before
