"""A sandbox that runs: what it leaves in its folder, and who may start another one there."""

import json
from pathlib import Path

import psutil
import pytest

from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.sandbox import life
from ndxp.sandbox.state import State
from ndxp.testing import RunningExchange
from tests.ndxp.cli.command import ndxp


def test_a_folder_in_which_an_exchange_runs_takes_no_second_one(exchange: RunningExchange) -> None:
    with pytest.raises(life.StartFailed) as failed:
        life.start(exchange.state)
    assert str(failed.value).startswith(f"process {exchange.state.supervisor} runs an exchange in {exchange.folder}")
    assert State.read(exchange.folder) == exchange.state


def test_everything_in_the_run_folder_is_for_its_owner_only(exchange: RunningExchange) -> None:
    open_to_others = [
        (str(path.relative_to(exchange.folder)), oct(path.stat().st_mode & 0o777))
        for path in (exchange.folder, *exchange.folder.rglob("*"))
        if path.stat().st_mode & 0o077
    ]
    assert open_to_others == []
    names = {path.name for path in exchange.folder.iterdir()}
    assert {"credentials.json", "token-key.pem", "ledger.db", "population.db", "run.json", "store.sock"} <= names


def test_secrets_are_in_the_credentials_file_and_nowhere_else(exchange: RunningExchange) -> None:
    with exchange.connect("VN/GOV/H26/one-stop") as connection:
        PopulationServiceStub(connection.channel).VerifyCitizen(
            VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979")
        )
    secrets = list(json.loads(exchange.credentials.read_text()).values())
    key = (exchange.folder / "token-key.pem").read_text().splitlines()[1]
    places = {
        str(path.relative_to(exchange.folder)): path.read_bytes().decode(errors="replace")
        for path in exchange.folder.rglob("*")
        if path.is_file() and path.name not in ("credentials.json", "token-key.pem")
    }
    for process in exchange.state.members():
        places[f"command line of {process.pid}"] = " ".join(process.cmdline())
        places[f"environment of {process.pid}"] = str(process.environ())
    for words in (["status"], ["status", "--json"], ["doctor", "--json"], ["services", "--json"]):
        places[" ".join(words)] = ndxp(*words, folder=exchange.folder).out
    assert len(secrets) > 100
    assert {place for place, text in places.items() for secret in (*secrets, key) if secret in text} == set()


def test_the_members_of_a_sandbox_are_all_its_processes_and_no_others(exchange: RunningExchange) -> None:
    supervisor = psutil.Process(exchange.state.supervisor)
    family = {supervisor.pid, *(child.pid for child in supervisor.children(recursive=True))}
    assert {process.pid for process in exchange.state.members()} == family
    assert len(family) == 1 + len(exchange.state.processes)


def test_a_state_read_from_the_folder_is_that_of_the_running_exchange(exchange: RunningExchange) -> None:
    assert State.running(Path(exchange.folder)) == exchange.state
