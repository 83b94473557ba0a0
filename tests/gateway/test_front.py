"""The front's certificate: what is in its folder, and when it is made anew."""

import ssl
from pathlib import Path

import pytest

from gateway import front


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "front").mkdir()
    front.make(tmp_path / "authority", tmp_path / "front", ["localhost"])
    return tmp_path / "front"


def test_key_and_certificate_belong_together_and_are_for_their_owner_only(folder: Path) -> None:
    assert {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()} == {
        "tls.key": 0o600,
        "tls.crt": 0o600,
        "ca.crt": 0o600,
    }
    ssl.create_default_context().load_cert_chain(folder / "tls.crt", folder / "tls.key")
    assert "PRIVATE KEY" not in (folder / "tls.crt").read_text(encoding="utf-8")


def test_a_good_certificate_is_kept_and_another_host_wants_another(folder: Path) -> None:
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    front.make(folder.parent / "authority", folder, ["localhost"])
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    front.make(folder.parent / "authority", folder, ["exchange.example"])
    changed = {file.name for file in folder.iterdir() if file.read_bytes() != before[file.name]}
    assert changed == {"tls.key", "tls.crt"}
