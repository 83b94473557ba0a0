"""Agencies of others beside those of an exchange: they run, a line says why they do not, and they come back."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ndxp.errors import Code
from ndxp.sandbox import life, plan
from ndxp.sandbox.ports import HOST
from ndxp.sandbox.state import State
from ndxp.scaffold.agency import write
from tests.ndxp.agency.test_folder import change
from tests.ndxp.cli.command import Ran, environment
from tests.ndxp.cli.conftest import Ndxp, ndxp_alone
from tests.support.fakes import until_now

__all__ = ["ndxp_alone"]

pytestmark = pytest.mark.long

MEMBER, CITIZEN, OWNER = "VN/GOV/H26/one-stop", "074079255028", "VN/GOV/G16"
STRIP = "    text = text.strip()\n"
BREAKS = f"{STRIP}    if text == 'break':\n        raise KeyError(text)\n"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three agencies: museum runs, and fails in some calls; the rules of water cannot be read; forest is as written."""
    above = tmp_path_factory.mktemp("mine")
    for name in ("museum", "water", "forest"):
        write(name, above / name, OWNER)
    change(above / "museum/museum/rules.py", STRIP, BREAKS)
    change(above / "water/water/rules.py", "LONGEST_TEXT = 200", "LONGEST_TEXT = int('x')")
    return sorted(above.iterdir())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, folders: list[Path]) -> Iterator[State]:
    """An exchange with the three beside it, which starts while somebody else has the port of forest."""
    planned = plan.make(tmp_path_factory.mktemp("exchange"), port=0, beside=folders)
    addresses = json.loads(planned.processes[0].environment["NDXP_ADDRESSES"])
    with socket.create_server((HOST, int(addresses[f"{OWNER}/forest"].rpartition(":")[2]))):
        state = life.start(planned)
        yield state
    life.stop(state)


@pytest.fixture
def ndxp(ndxp_alone: Ndxp, running: State, monkeypatch: pytest.MonkeyPatch) -> Ndxp:
    """Runs a command for that exchange."""
    for name, value in environment(running.folder).items():
        monkeypatch.setenv(name, value)
    return ndxp_alone


def register(ndxp: Ndxp, text: str = "as agreed") -> Ran:
    """Calls the agency beside, when it can be reached."""
    request = {"requestId": text, "citizenNumber": CITIZEN, "text": text}

    def called() -> Ran | None:
        ran = ndxp("call", "museum.v1.MuseumService/RegisterEntry", json.dumps(request), "--as", MEMBER)
        return None if "PROVIDER_UNREACHABLE" in ran.err else ran

    ran = until_now(called)
    assert ran is not None
    return ran


def museum(ndxp: Ndxp) -> int:
    """The number of the process of museum, 0 while it does not run."""
    processes = ndxp("status", "--json").data["processes"]
    return next((process["pid"] for process in processes if process["name"] == "agencies-museum"), 0)


def test_an_agency_beside_is_called_and_explained(ndxp: Ndxp) -> None:
    assert register(ndxp).data["entry"]["text"] == "as agreed"
    [transaction] = until_now(lambda: ndxp("log", "tail", "-n", "1", "--json").data)
    explained = ndxp("explain", transaction["transaction_id"]).out
    assert f"grant museum-one-stop of {OWNER}/museum" in explained
    assert "RegisterEntry" in ndxp("services").out


def test_a_line_says_of_each_agency_that_does_not_run_why_and_the_rest_serves(ndxp: Ndxp, running: State) -> None:
    failures = life.failures(running)
    assert failures.keys() == {f"{OWNER}/water", f"{OWNER}/forest"}
    assert failures[f"{OWNER}/water"].startswith("water does not run: ValueError: invalid literal for int()")
    assert failures[f"{OWNER}/water"].endswith("(water/rules.py, line 8)")
    assert failures[f"{OWNER}/forest"].startswith("forest does not run: cannot listen on")
    status = ndxp("status", "--json").data
    down = {service["contract"] for service in status["services"] if not service["serving"]}
    assert down >= {"water.v1.WaterService", "forest.v1.ForestService"}
    assert not down & {"museum.v1.MuseumService", "ndxp.population.v1.PopulationService"}
    assert all(line in status["trouble"] for line in failures.values())


def test_an_exception_in_a_call_is_an_internal_error_and_the_next_call_is_answered(ndxp: Ndxp, running: State) -> None:
    failed = register(ndxp, "break")
    assert failed.code == 64 + Code.INTERNAL
    assert "the agency failed; its log tells more of" in failed.err
    assert "KeyError" in (Path(running.folder) / "logs" / "agencies-museum.log").read_text(encoding="utf-8")
    assert register(ndxp).code == 0


def test_an_agency_that_dies_is_started_again(ndxp: Ndxp) -> None:
    before = until_now(lambda: museum(ndxp))
    os.kill(before, signal.SIGKILL)
    until_now(lambda: museum(ndxp) not in (0, before))
    until_now(lambda: register(ndxp).code == 0)


def test_editing_a_part_while_its_agency_runs_harms_nothing(ndxp: Ndxp, folders: list[Path]) -> None:
    (folders[0] / "forest" / "exchange.yaml").write_text("titel", encoding="utf-8")
    assert ndxp("status", "--json").data["services"]
    assert register(ndxp).code == 0


def test_what_cannot_be_planned_is_one_line(tmp_path: Path, folders: list[Path], ndxp_alone: Ndxp) -> None:
    def up(*words: object) -> str:
        return ndxp_alone("up", "-d", "--port", "0", "--folder", tmp_path / "run", *words).complaint

    empty = tmp_path / "empty"
    empty.mkdir()
    assert f"there is no agency in {empty}" in up("--with", empty)
    assert "the exchange has an agency museum already; rename one" in up("--with", folders[1], "--with", folders[1])
    (tmp_path / "broken" / "lake").mkdir(parents=True)
    (tmp_path / "broken" / "lake" / "exchange.yaml").write_text("title: Lake\n", encoding="utf-8")
    assert "lake/exchange.yaml: Object missing required field `about`" in up("--with", tmp_path / "broken")


def test_an_agency_as_the_template_has_it_passes_the_check_of_agencies_and_stops_gracefully(ndxp: Ndxp) -> None:
    before = until_now(lambda: museum(ndxp))
    ran = ndxp("check", "agency", f"{OWNER}/museum", "--tries", "5", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.data["counts"]["failed"] == 0
    passed = {result["id"] for result in ran.data["results"] if result["status"] == "passed"}
    store = "museum.v1.MuseumService/RegisterEntry"
    assert {f"mutations/again:{store}", f"subjects/named:{store}", f"stop/graceful:{OWNER}/museum"} <= passed
    assert museum(ndxp) not in (0, before)
