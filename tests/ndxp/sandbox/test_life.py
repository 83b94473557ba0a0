"""A sandbox that runs: what it leaves in its folder, and who may start another one there."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import httpx
import psutil
import pytest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families

from ndxp.metrics import shown
from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.sandbox import life
from ndxp.sandbox.state import Process, State
from ndxp.testing import RunningExchange
from tests.ndxp.cli.command import ndxp
from tests.support.fakes import contents, until
from tests.support.scrape import free_address


def test_a_folder_in_which_an_exchange_runs_takes_no_second_one(exchange: RunningExchange) -> None:
    with pytest.raises(life.StartFailed) as failed:
        life.start(exchange.state)
    assert str(failed.value).startswith(f"process {exchange.state.supervisor} runs an exchange in {exchange.folder}")
    assert State.read(exchange.folder) == exchange.state


def test_everything_in_the_run_folder_is_for_its_owner_only(exchange: RunningExchange) -> None:
    modes = {}
    for path in (exchange.folder, *exchange.folder.rglob("*")):
        with suppress(FileNotFoundError):  # the exchange takes files away meanwhile
            modes[path] = path.stat().st_mode
    assert [(path, oct(mode)) for path, mode in modes.items() if mode & 0o077] == []
    names = {path.name for path in exchange.folder.iterdir()}
    assert {"credentials.json", "token-key.pem", "ledger.db", "population.db", "run.json", "store.sock"} <= names


def test_secrets_are_in_the_credentials_file_and_nowhere_else(exchange: RunningExchange) -> None:
    with exchange.connect("VN/GOV/H26/one-stop") as connection:
        PopulationServiceStub(connection.channel).VerifyCitizen(
            VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979")
        )
    secrets = [secret.encode() for secret in json.loads(exchange.credentials.read_text(encoding="utf-8")).values()]
    key = (exchange.folder / "token-key.pem").read_bytes().splitlines()[1]
    places = {
        str(path.relative_to(exchange.folder)): content
        for path, content in contents(exchange.folder)
        if path.name not in ("credentials.json", "token-key.pem")
    }
    for process in exchange.state.members():
        places[f"command line of {process.pid}"] = " ".join(process.cmdline()).encode()
        places[f"environment of {process.pid}"] = str(process.environ()).encode()
    for words in (["status"], ["status", "--json"], ["doctor", "--json"], ["services", "--json"]):
        places[" ".join(words)] = ndxp(*words, folder=exchange.folder).out.encode()
    assert len(secrets) > 100
    assert {place for place, text in places.items() for secret in (*secrets, key) if secret in text} == set()


@pytest.mark.parametrize(("behind", "records"), [(1, True), (0, False)], ids=["registry", "journal"])
async def test_a_sandbox_is_not_ready_while_one_of_its_gateways_lacks_the_newest_registry_or_the_journal(
    exchange: RunningExchange, behind: int, records: bool
) -> None:
    address = free_address()
    late = Process("gateway-3", [], {"NDXP_METRICS_ADDRESS": address})
    state = replace(exchange.state, processes=[*exchange.state.processes, late])
    [control] = [process for process in state.processes if process.name == "control"]

    def page() -> Iterator[Metric]:
        samples = text_string_to_metric_families(httpx.get(f"http://{control.metrics}/metrics").text)
        [published] = [family.samples[0].value for family in samples if family.name == "ndxp_registry_version"]
        yield GaugeMetricFamily("ndxp_registry_version", "As of a gateway.", published - behind)
        yield GaugeMetricFamily("ndxp_journal_available", "As of a gateway.", records)

    assert not await asyncio.to_thread(life.ready, state)
    async with shown(address, page):
        assert not await asyncio.to_thread(life.ready, state)
        behind, records = 0, True
        await until(lambda: asyncio.to_thread(life.ready, state))


async def test_the_providers_that_gateways_leave_alone_are_known_and_a_gateway_that_is_away_is_passed_over(
    exchange: RunningExchange,
) -> None:
    address = free_address()
    seen = Process("gateway-3", [], {"NDXP_METRICS_ADDRESS": address})
    away = Process("gateway-4", [], {"NDXP_METRICS_ADDRESS": free_address()})
    state = replace(exchange.state, processes=[away, seen])

    def page() -> Iterator[Metric]:
        circuits = GaugeMetricFamily("ndxp_provider_circuit_open", "As of a gateway.", labels=("service",))
        circuits.add_metric(("VN/GOV/G01/population",), True)
        circuits.add_metric(("VN/GOV/G01/passports",), False)
        yield circuits

    async with shown(address, page):
        assert await asyncio.to_thread(life.open_circuits, state) == {"VN/GOV/G01/population": ["gateway-3"]}
    assert await asyncio.to_thread(life.open_circuits, state) == {}


def test_the_members_of_a_sandbox_are_all_its_processes_and_no_others(exchange: RunningExchange) -> None:
    supervisor = psutil.Process(exchange.state.supervisor)
    family = {supervisor.pid, *(child.pid for child in supervisor.children(recursive=True))}
    assert {process.pid for process in exchange.state.members()} == family
    assert len(family) == 1 + len(exchange.state.processes)


def test_a_state_read_from_the_folder_is_that_of_the_running_exchange(exchange: RunningExchange) -> None:
    assert State.running(Path(exchange.folder)) == exchange.state


NOBODY_COLLECTS = """
import subprocess, sys
started = subprocess.Popen(
    [sys.executable, "-c", "import time; print(flush=True); time.sleep(600)", "ndxp.sandbox"],
    stdout=subprocess.PIPE, start_new_session=True,
)
started.stdout.readline()
print(started.pid, flush=True)
sys.stdin.read()
"""
"""Starts what looks like a supervisor, and never asks how it ended."""


def test_a_process_that_has_ended_is_not_killed_when_nobody_collects_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[int] = []
    monkeypatch.setattr(psutil.Process, "kill", lambda process: killed.append(process.pid))
    monkeypatch.setattr(life, "_PATIENCE", 5.0)
    with subprocess.Popen(
        [sys.executable, "-P", "-c", NOBODY_COLLECTS], env={**os.environ, "NDXP_FOLDER": str(tmp_path)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as parent:  # fmt: skip
        assert parent.stdout
        left = psutil.Process(int(parent.stdout.readline()))
        assert life.stop_left(tmp_path)
        assert left.status() == psutil.STATUS_ZOMBIE
        parent.communicate(b"")
    assert killed == []
