"""Backups by command: made of a running exchange, proven without it."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ndxp.sandbox.state import State
from ndxp.testing import RunningExchange
from tests.ndxp.cli.command import environment, ndxp
from tests.support.fakes import until_now


@pytest.fixture
def keys(exchange: RunningExchange, tmp_path: Path) -> Path:
    """The public keys of the exchange, somewhere else."""
    path = tmp_path / "kept-keys"
    path.write_text(ndxp("log", "keys", folder=exchange.folder).out, encoding="utf-8")
    return path


def test_a_backup_of_a_running_exchange_is_proven_without_it(
    exchange: RunningExchange, keys: Path, tmp_path: Path
) -> None:
    file = tmp_path / "ledger.backup"
    made = ndxp("log", "backup", file, folder=exchange.folder)
    assert (made.code, "verified" in made.out) == (0, True), made.err
    verified = ndxp("log", "verify", "--backup", file, "--key", keys, "--json", folder=tmp_path / "nowhere")
    assert (verified.code, verified.data["good"]) == (0, True)
    assert f"{verified.data['size']} records are in" in made.out
    again = ndxp("log", "backup", file, folder=exchange.folder)
    assert (again.code, "overwrites nothing" in again.complaint) == (1, True)
    vietnamese = ndxp("log", "backup", tmp_path / "other.backup", folder=exchange.folder, NDXP_LANG="vi")
    assert f"bản ghi trong {tmp_path / 'other.backup'}" in vietnamese.out
    assert vietnamese.out.rstrip().endswith("đã xác minh.")


@pytest.mark.long
def test_a_backup_is_restored_into_a_new_run_folder_with_nothing_but_a_public_key(
    exchange: RunningExchange, keys: Path, tmp_path: Path
) -> None:
    file, new = tmp_path / "ledger.backup", tmp_path / "new"
    made = ndxp("log", "backup", file, "--json", folder=exchange.folder)
    without = ndxp("log", "restore", file, folder=new)
    assert (without.code, "--key" in without.complaint) == (1, True)
    restored = ndxp("log", "restore", file, "--key", keys, "--json", folder=new)
    assert (restored.code, restored.data["records"]) == (0, made.data["records"]), restored.err
    assert (new / "ledger-keys").read_text(encoding="utf-8") == keys.read_text(encoding="utf-8")
    assert (new / "ledger.db").stat().st_mode & 0o077 == 0


def test_what_is_no_backup_is_a_line(exchange: RunningExchange, keys: Path, tmp_path: Path) -> None:
    for path, why in ((keys, "is no backup"), (tmp_path / "missing", "there is no file")):
        for words in (("verify", "--backup", path, "--key", keys), ("restore", path, "--into", tmp_path / "l.db")):
            ran = ndxp("log", *words, folder=exchange.folder if words[0] == "verify" else tmp_path / "new")
            assert (ran.code, why in ran.complaint or "--key" in ran.complaint) == (1, True)


def test_the_ledger_of_an_attached_exchange_is_backed_up_where_it_is(tmp_path: Path) -> None:
    State(str(tmp_path), "localhost:1", "http://localhost:1", [], attached=True).write()
    for command in ("backup", "restore"):
        ran = ndxp("log", command, tmp_path / "ledger.backup", folder=tmp_path)
        assert (ran.code, "gateway.ledger.backup" in ran.complaint) == (1, True)


def test_a_backup_that_is_stopped_leaves_nothing_behind(exchange: RunningExchange, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    command = [sys.executable, "-P", "-m", "ndxp.cli", "log", "backup", str(folder / "ledger.backup")]
    with subprocess.Popen(
        command, env=environment(exchange.folder), stderr=subprocess.PIPE, encoding="utf-8"
    ) as running:
        until_now(lambda: list(folder.iterdir()))
        running.send_signal(signal.SIGTERM)
        _, said = running.communicate(timeout=60)
    assert said == ""
    assert running.returncode in (0, 130)
    assert [path.name for path in folder.iterdir()] in ([], ["ledger.backup"])  # it may have been quicker
