"""A transfer of land on a whole exchange: what the story tells, and which agencies are in its trace."""

from pathlib import Path

import pytest

from tests.ndxp.cli.command import ndxp


@pytest.mark.long
def test_a_parcel_is_sold_through_every_agency_of_the_chain_in_one_trace(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    told = ndxp("demo", "land", "--json", "--folder", folder, folder=folder)
    assert told.code == 0, told.err
    dossier = told.data["dossier"]
    assert (dossier["state"], dossier["note"]) == ("DOSSIER_STATE_DONE", "")
    steps = {step["what"]: step for step in dossier["steps"]}
    assert steps["wants a payment"]["result"].startswith("50000000 đồng for tax notice TB-")
    assert steps["registered the new owner"]["subsystem"] == "VN/GOV/G13/land"
    assert steps["registered the new owner"]["result"].startswith("ZZ ")
    assert all(step["transactionId"] for step in dossier["steps"])
    assert told.data["transactions"] > len(steps)
