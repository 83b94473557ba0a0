"""The locustfile as a Locust user runs it, against a real exchange."""

import csv
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import msgspec
import psutil
import pytest

from loadtest import results
from loadtest.results import Second
from ndxp.sandbox.ports import free_port
from ndxp.testing import RunningExchange
from tests.loadtest.conftest import LOCUSTFILE, Locust
from tests.support.fakes import PATIENCE, until_now


@pytest.mark.parametrize(
    "distribution",
    [pytest.param([], id="one"), pytest.param(["-u", "3"], id="slots", marks=pytest.mark.long),
     pytest.param(["--processes", "2"], id="processes", marks=pytest.mark.long)],
)  # fmt: skip
def test_a_run_sends_what_is_planned_and_writes_everything_down(
    locust: Locust, exchange: RunningExchange, distribution: list[str]
) -> None:
    ended = locust(
        "--profile", "ndxp-average", "--rate", "60", "-t", "2", "--folder", str(exchange.folder), *distribution
    )
    assert ended.code == 0, ended.errors
    found = ended.results
    assert (found.planned, found.sent, found.succeeded, found.dropped, found.aborted) == (120, 120, 120, 0, "")
    assert found.duration == 2
    assert len(found.generators) == (2 if "--processes" in distribution else 1)
    lines = [line for file in found.transactions for line in Path(file).read_text(encoding="utf-8").splitlines()]
    assert len({line.split()[0] for line in lines}) == 120
    assert {line.split()[1] for line in lines} == {"OK"}
    seconds = [msgspec.json.decode(line, type=Second) for line in ended.progress]
    assert [second.at for second in seconds] == [second.at for second in found.seconds]
    assert sum(second.finished for second in seconds) == 120
    assert sum(sum(one.statuses.values()) for one in found.series.values()) == 120


@pytest.mark.long
def test_the_tables_have_every_call_although_the_workers_last_report_comes_too_late(
    locust: Locust, exchange: RunningExchange, tmp_path: Path
) -> None:
    """Locust gives its workers half a second for it when it leaves; here none of its reports comes at all."""
    silent = tmp_path / "silent.py"
    silent.write_text("import locust.runners as r\nr.WorkerRunner._send_stats = lambda self: None\n", encoding="utf-8")
    ended = locust(
        "-f", f"{LOCUSTFILE},{silent}", "--csv", str(tmp_path / "table"), "--profile", "ndxp-average", "--rate", "40",
        "-t", "2", "--folder", str(exchange.folder), "--processes", "2",
    )  # fmt: skip
    assert ended.code == 0, ended.errors
    [*_, last] = csv.DictReader((tmp_path / "table_stats.csv").read_text(encoding="utf-8").splitlines())
    assert (last["Name"], last["Request Count"]) == ("Aggregated", str(ended.results.sent))


OWN = """
from locust import User, constant, task

class Own(User):
    wait_time = constant(0.1)

    @task
    def look(self):
        self.environment.events.request.fire(
            request_type="own", name="look", response_time=1, response_length=0, exception=None, context={}
        )
"""


@pytest.mark.long
@pytest.mark.parametrize("distribution", [[], ["--processes", "2"]], ids=["one", "processes"])
def test_other_users_beside_ours_leave_us_our_slots_and_the_time(
    locust: Locust, exchange: RunningExchange, tmp_path: Path, distribution: list[str]
) -> None:
    own = tmp_path / "own_user.py"
    own.write_text(OWN, encoding="utf-8")
    ended = locust(
        "-f", f"{LOCUSTFILE},{own}", "-u", "4", "-t", "2s", "--rate", "30", "--folder", str(exchange.folder),
        "--csv", str(tmp_path / "table"), *distribution,
    )  # fmt: skip
    assert ended.code == 0, ended.errors
    found = ended.results
    assert (found.planned, found.succeeded, found.duration, found.aborted) == (60, 60, 2, "")
    names = {row["Name"] for row in csv.DictReader((tmp_path / "table_stats.csv").open(encoding="utf-8"))}
    assert {"look", "PopulationService/VerifyCitizen"} <= names


def test_users_of_whom_none_is_a_slot_are_refused(locust: Locust, exchange: RunningExchange, tmp_path: Path) -> None:
    own = tmp_path / "own_user.py"
    own.write_text(OWN, encoding="utf-8")
    ended = locust("-f", f"{LOCUSTFILE},{own}", "-u", "1", "-t", "3s", "--folder", str(exchange.folder))
    assert ended.code == 2
    complaint = "load test: none of 1 users is a slot of the schedule beside the other User classes: raise -u"
    assert complaint in ended.errors.splitlines()


def test_another_test_with_our_file_beside_it_runs_as_locust_has_it(locust: Locust, tmp_path: Path) -> None:
    own = tmp_path / "own_user.py"
    own.write_text(OWN, encoding="utf-8")
    ended = locust("-f", f"{LOCUSTFILE},{own}", "-u", "1", "-t", "1s", "--folder", str(tmp_path / "none"), "Own")
    assert ended.code == 0, ended.errors
    assert not (ended.folder / "results.json").exists()


@pytest.mark.long
def test_a_worker_whose_heartbeats_are_late_goes_on(locust: Locust, exchange: RunningExchange, tmp_path: Path) -> None:
    """Locust gives a worker the time of three heartbeats; here they are half a second apart, and none comes at all."""
    late = tmp_path / "late.py"
    late.write_text(
        "import locust.runners as r\nr.HEARTBEAT_INTERVAL = 0.5\nr.WorkerRunner.heartbeat = lambda self: None\n",
        encoding="utf-8",
    )
    ended = locust(
        "-f", f"{LOCUSTFILE},{late}", "--profile", "ndxp-average", "--rate", "40", "-t", "4",
        "--folder", str(exchange.folder), "--processes", "2",
    )  # fmt: skip
    found = ended.results
    assert (found.planned, found.sent, found.aborted, found.missing) == (160, 160, "", 0)


@pytest.mark.long
def test_calls_over_http_are_counted_and_recorded_like_others(locust: Locust, exchange: RunningExchange) -> None:
    ended = locust("--profile", "ndxp-average", "--http", "--rate", "30", "-t", "3", "--folder", str(exchange.folder))
    assert ended.code == 0, ended.errors
    found = ended.results
    assert (found.profile, found.gateway) == ("ndxp-average-http", exchange.rest_url)
    assert found.planned == found.sent == found.succeeded == 90
    assert not {series for series in found.series if series.endswith(("/BatchVerifyCitizens", "/WatchChanges"))}
    [file] = found.transactions
    answered = {line.split()[0] for line in Path(file).read_text(encoding="utf-8").splitlines()}
    assert len(answered) == 90
    known: dict[str, str | int] = {"purpose": "load test", "limit": 1000}
    until_now(
        lambda: answered <= {r["transaction_id"] for r in exchange.admin.get("transactions", params=known).json()}
    )


def test_where_the_doors_are_unknown_a_run_over_http_is_refused(
    locust: Locust, exchange: RunningExchange, tmp_path: Path
) -> None:
    replace(exchange.state, folder=str(tmp_path), attached=True, rest_url="").write()
    ended = locust("--profile", "ndxp-average", "--http", "--folder", str(tmp_path))
    assert ended.code == 2
    assert "ndxp attach --rest URL" in ended.errors


@pytest.mark.long
def test_a_slow_run_stops_early_and_says_why(locust: Locust, exchange: RunningExchange, tmp_path: Path) -> None:
    profile = tmp_path / "impossible.yaml"
    profile.write_text(
        "{title: No time, sources: [nobody], arrivals: constant, duration: 60, rate: 20, deadline: 0.0001,"
        " max_in_flight: 100, channels: 2,"
        " mix: {get-citizen: {weight: 1, members: [provinces/one-stop]}}}",
        encoding="utf-8",
    )
    slo = tmp_path / "slo.yaml"
    slo.write_text("abort: {seconds: 2, error_share: 0.5}", encoding="utf-8")
    ended = locust("--profile", str(profile), "--slo", str(slo), "--folder", str(exchange.folder))
    assert ended.code == 1, ended.errors  # as Locust ends when calls failed
    found = ended.results
    assert found.aborted == "100.0% of the answers failed in the last 2 s, more than 50.0%"
    statuses = found.series["PopulationService/GetCitizen"].statuses
    assert {status.partition(":")[0] for status in statuses} == {"DEADLINE_EXCEEDED"}  # the gateway may be the first
    assert sum(statuses.values()) == found.sent
    assert (found.succeeded, len(found.seconds) < 30) == (0, True)
    assert 2 <= found.duration < 30


@pytest.mark.long
def test_a_slot_that_cannot_be_prepared_is_not_waited_for(
    locust: Locust, exchange: RunningExchange, tmp_path: Path
) -> None:
    profile = tmp_path / "huge.yaml"
    profile.write_text(
        "{title: Huge, sources: [nobody], arrivals: constant, duration: 1, rate: 1, deadline: 1, max_in_flight: 1,"
        " channels: 1, mix: {get-citizen: {weight: 1.0e+308, members: [provinces/one-stop]},"
        " list-household: {weight: 1.0e+308, members: [provinces/one-stop]}}}",
        encoding="utf-8",
    )
    unchecked = tmp_path / "unchecked.py"
    unchecked.write_text("import loadtest.profiles\n\nloadtest.profiles._HEAVIEST = float('inf')\n", encoding="utf-8")
    ended = locust("-f", f"{LOCUSTFILE},{unchecked}", "--profile", str(profile), "--folder", str(exchange.folder))
    assert ended.code == 2
    assert "load test: ValueError: cannot convert float NaN to integer" in ended.errors


def test_the_web_page_says_why_a_run_cannot_begin(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-P", "-m", "locust", "-f", str(LOCUSTFILE), "--web-host", "127.0.0.1"]
    transport = httpx.HTTPTransport(retries=8)  # 0.5, 1, 2, 4... seconds while it starts
    with (
        subprocess.Popen([*command, "--web-port", str(port)], cwd=tmp_path, stderr=subprocess.DEVNULL) as started,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=transport, timeout=60) as page,
    ):
        try:
            page.post("/swarm", data={"user_count": "1", "spawn_rate": "1", "profile": "nope"}).raise_for_status()
            complaint = "load test: there is no profile 'nope'"
            assert until_now(lambda: any(complaint in line for line in page.get("/logs").json()["master"]))
        finally:
            started.terminate()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--profile", "nope"], "there is no profile 'nope'"),
        (["--profile", "capacity"], "capacity has no rate of its own: give one with --rate"),
        (["--folder", "/nowhere"], "no exchange in /nowhere; start one with `ndxp up -d`"),
        (["--folder", "/nowhere", "--processes", "2"], "no exchange in /nowhere; start one with `ndxp up -d`"),
        (["--rate", "-3"], "-3 is not a number from 0 on"),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_code_2(locust: Locust, arguments: list[str], complaint: str) -> None:
    ended = locust("-t", "3", *arguments)
    assert ended.code == 2
    assert complaint in ended.errors.strip().splitlines()[-1]
    assert "Starting Locust" not in ended.errors  # and with it no process that would have to be told to end


@pytest.mark.long
def test_a_process_that_calls_and_dies_is_a_generator_gone_missing(exchange: RunningExchange, tmp_path: Path) -> None:
    results_file, progress = tmp_path / "results.json", tmp_path / "progress.jsonl"
    command = [
        sys.executable, "-P", "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--only-summary", "--profile",
        "ndxp-average", "--folder", str(exchange.folder), "--results", str(results_file), "--progress", str(progress),
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as started:
        until_now(lambda: progress.exists() and progress.read_text(encoding="utf-8"))
        [caller] = psutil.Process(started.pid).children()
        caller.kill()
        started.wait(PATIENCE)
    found = results.read(results_file)
    assert (found.missing, found.aborted.endswith("went missing")) == (1, True)
