"""An older copy of the ledger in the place of the newer one: the exchange says so, and the audit names the place."""

import shutil
from pathlib import Path

from ndxp.sandbox.state import State
from tests.fakes import until_now
from tests.ndxp.cli.command import ndxp

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
        verified = ndxp("log", "verify", "--json", folder=folder)
        assert verified.code == 1
        assert "was rolled back" in verified.data["findings"][0]["text"]
    finally:
        ndxp("down", folder=folder)
    state = State.read(folder)
    assert state is not None
    assert state.members() == []
