"""An older copy of the ledger in the place of the newer one: the exchange says so, and the audit names the place."""

import json
import shutil
from pathlib import Path

import pytest

from ndxp.sandbox.state import State
from tests.ndxp.cli.command import ndxp
from tests.support.fakes import until_now

pytestmark = pytest.mark.long

LIST = ("call", "ndxp.exchange.v1.ExchangeService/ListMembers", "{}", "--as", "VN/GOV/H26/one-stop")


def test_an_exchange_whose_ledger_was_rolled_back_runs_for_inspection_and_takes_no_records(tmp_path: Path) -> None:
    folder, copy = tmp_path / "run", tmp_path / "copy"
    assert ndxp("up", "-d", "--port", 0, folder=folder).code == 0
    try:
        assert ndxp("down", folder=folder).code == 0
        shutil.copytree(folder, copy)
        assert ndxp("up", "-d", "--port", 0, folder=folder).code == 0
        assert ndxp(*LIST, folder=folder).code == 0
        until_now(lambda: ndxp("log", "verify", "--json", folder=folder).data["size"] >= 3)
        assert ndxp("down", folder=folder).code == 0
        (folder / "ledger-checkpoint").unlink()
        for path in copy.glob("ledger.db*"):
            shutil.copy(path, folder / path.name)
        started = ndxp("up", "-d", "--port", 0, folder=folder)
        assert started.code == 1
        assert "an older copy of the database is in its place" in started.complaint
        for command in ("status", "doctor"):
            said = ndxp(command, folder=folder)
            assert (said.code, "recorder refuses" in " ".join(said.out.split())) == (1, True), said
        verified = ndxp("log", "verify", "--json", folder=folder)
        assert verified.code == 1
        assert "was rolled back" in verified.data["findings"][0]["text"]
    finally:
        ndxp("down", folder=folder)
    state = State.read(folder)
    assert state is not None
    assert state.members() == []


def test_an_exchange_goes_on_from_a_backup_and_says_for_ever_what_was_lost(tmp_path: Path) -> None:
    folder, file, old = tmp_path / "run", tmp_path / "ledger.backup", tmp_path / "old.checkpoint"
    assert ndxp("up", "-d", "--port", 0, folder=folder).code == 0
    try:
        kept = ndxp(*LIST, "--json", folder=folder).data["transaction_id"]
        assert ndxp("log", "evidence", kept, "-o", tmp_path / "kept", folder=folder).code == 0
        made = ndxp("log", "backup", file, "--json", folder=folder)
        assert (made.code, made.data["signed"]) == (0, made.data["records"]), made.err
        assert ndxp("log", "verify", "--backup", file, folder=folder).code == 0
        assert "is running" in ndxp("log", "restore", file, folder=folder).complaint
        lost = ndxp(*LIST, "--json", folder=folder).data["transaction_id"]
        assert ndxp("log", "evidence", lost, "-o", tmp_path / "lost", folder=folder).code == 0
        old.write_text(ndxp("log", "checkpoint", folder=folder).out, encoding="utf-8")
        refused = ndxp("log", "accept-loss", "--yes", folder=folder)
        assert (refused.code, "nothing that was signed is missing" in refused.complaint) == (1, True)
        assert ndxp("down", folder=folder).code == 0

        assert "has " in ndxp("log", "restore", file, folder=folder).complaint  # the ledger is not empty
        for path in folder.glob("ledger.db*"):
            path.unlink()
        restored = ndxp("log", "restore", file, "--json", folder=folder)
        assert (restored.code, restored.data["records"]) == (0, made.data["records"]), restored.err
        assert "accept-loss" in ndxp("up", "-d", "--port", 0, folder=folder).complaint
        assert ndxp("log", "accept-loss", "--yes", folder=folder).code == 0
        until_now(lambda: ndxp("status", folder=folder).code == 0)
        again = ndxp(*LIST, "--json", folder=folder).data["transaction_id"]
        until_now(lambda: again in ndxp("log", "tail", folder=folder).out)

        verified = ndxp("log", "verify", "--json", folder=folder)
        assert (verified.code, verified.data["findings"]) == (0, [])
        [said] = verified.data["losses"]
        assert f"records {made.data['records'] + 1} to " in said
        consistent = ndxp("log", "consistency", old, folder=folder)
        assert (consistent.code, said in consistent.out) == (1, True)
        for name in ("kept", "lost"):  # evidence is good without the exchange's help
            assert ndxp("log", "check", tmp_path / name, folder=folder).code == 0
        changes = ndxp("log", "search", "--method", "AcceptLoss", "--json", folder=folder).data
        assert [change["status_code"] for change in changes] == [0]
        assert changes[0]["issue"].startswith(f"kept={made.data['records']} lost=")
        assert lost not in json.dumps(ndxp("log", "search", "--json", folder=folder).data)
    finally:
        ndxp("down", folder=folder)
