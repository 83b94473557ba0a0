"""A birth and a death on a whole exchange: what the stories tell, the dossier, and who asked about whom."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ndxp.sandbox import life
from ndxp.sandbox.state import State
from ndxp.testing import RunningExchange
from tests.ndxp.cli.command import Ran, ndxp

PROVIDERS = {"VN/GOV/G15/civil-status", "VN/GOV/G01/residence", "VN/GOV/G24/health-insurance"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("story") / "run"
    yield folder
    if (state := State.read(folder)) is not None:
        life.stop(state)


@pytest.fixture(scope="module")
def birth(folder: Path) -> Ran:
    """The story of a birth, after which its exchange runs on."""
    return ndxp("demo", "birth", "--keep", "--json", "--folder", folder, folder=folder)


def test_a_birth_is_done_within_four_working_days_by_every_agency_of_the_chain(birth: Ran) -> None:
    assert birth.code == 0, birth.err
    dossier = birth.data["dossier"]
    assert (dossier["state"], birth.data["working_days_before"]) == ("DOSSIER_STATE_DONE", 21)
    assert birth.data["working_days"] <= birth.data["due_working_days"] == 4
    assert {step["subsystem"] for step in dossier["steps"]} >= PROVIDERS
    assert all(step["transactionId"] for step in dossier["steps"])


def test_the_dossier_shows_the_way_by_either_code_with_transactions_that_the_ledger_has(
    birth: Ran, folder: Path
) -> None:
    told = birth.data["dossier"]
    for code in (told["code"], told["oneStopCode"]):
        shown = ndxp("dossier", code, "--json", "--folder", folder, folder=folder)
        assert shown.code == 0, shown.err
        assert shown.data["dossier"] == told
    recorded = {record["transaction_id"] for record in shown.data["transactions"]}
    assert len(recorded) == birth.data["transactions"]
    steps = [step["transactionId"] for step in told["steps"]]
    assert set(steps) <= recorded
    text = ndxp("dossier", told["oneStopCode"], "--folder", folder, folder=folder)
    assert all(transaction in text.out for transaction in steps)


def test_everybody_who_asked_about_the_child_is_in_the_ledger(birth: Ran, folder: Path) -> None:
    steps = birth.data["dossier"]["steps"]
    child = next(
        step["result"] for step in steps if step["procedure"] == "PROCEDURE_BIRTH_REGISTRATION" and step["result"]
    )
    asked = ndxp("log", "subject", child, "--limit", 1000, "--json", "--folder", folder, folder=folder)
    methods = {record["method"].rpartition("/")[2] for record in asked.data}
    assert methods >= {"RegisterBirth", "GetAnswers", "GetFiling", "IssueChildCard", "GetCitizen"}


def test_an_unknown_dossier_is_one_line(birth: Ran, folder: Path) -> None:
    shown = ndxp("dossier", "G22.99-230703-nothing", "--folder", folder, folder=folder)
    assert (shown.code, birth.code) == (1, 0)
    assert "no dossier has the code" in shown.err
    assert len(shown.err.splitlines()) == 1


def test_a_wrong_province_is_refused_with_the_list_of_all(birth: Ran, folder: Path) -> None:
    assert birth.code == 0
    method = "ndxp.one_stop.v1.OneStopService/GetPunctuality"
    for words in ((), ("--provider", "VN/GOV/H99/one-stop")):
        refused = ndxp("call", method, *words, "--json", "--folder", folder, folder=folder)
        assert refused.data["error"]["reason"] == "UNKNOWN_PROVIDER"
        assert all(f"VN/GOV/H{number:02}/one-stop" in refused.data["error"]["message"] for number in range(1, 64))
    right = ndxp("call", method, "--provider", "VN/GOV/H25/one-stop", "--json", "--folder", folder, folder=folder)
    assert right.code == 0, right.err


@pytest.mark.long
def test_a_death_is_done_within_ten_working_days_on_an_exchange_that_runs(birth: Ran, folder: Path) -> None:
    assert birth.code == 0
    state = State.running(folder)
    death = ndxp("demo", "death", "--target", state.gateway, "--json", "--folder", folder, folder=folder)
    assert death.code == 0, death.err
    assert death.data["dossier"]["state"] == "DOSSIER_STATE_DONE"
    assert death.data["working_days"] <= death.data["due_working_days"] == 10
    results = {step["procedure"] for step in death.data["dossier"]["steps"] if step["result"]}
    assert len(results) == 4


def test_an_exchange_that_runs_by_real_time_is_no_place_for_a_story(exchange: RunningExchange) -> None:
    words = ("demo", "birth", "--target", exchange.gateway, "--folder", exchange.folder)
    told = ndxp(*words, folder=exchange.folder)
    assert told.code == 1
    assert "ndxp up --clock manual" in told.err
