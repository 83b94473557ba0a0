"""Short runs against a whole exchange: what is found is complete, whatever happens to its processes meanwhile."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from loadtest import report
from loadtest.report import Report
from ndxp.testing import RunningExchange
from tests.ndxp.cli.command import environment, ndxp
from tests.support.fakes import until_now

JUDGED = {0, 98, 99}
"""Exit codes of a run that reconciled; how fast this machine is today is no matter of tests."""


@pytest.mark.long
def test_a_run_reconciles_and_leaves_its_report(exchange: RunningExchange, tmp_path: Path) -> None:
    page = tmp_path / "run.html"
    ran = ndxp(
        "load", "run", "ndxp-average", "--rate", 40, "--duration", 5, "--report", page, "--json",
        folder=exchange.folder,
    )  # fmt: skip
    assert ran.code in JUDGED, ran.err
    found = msgspec.json.decode(ran.out, type=Report)
    books = found.reconciliation
    assert (books.lost, books.duplicate, books.orphan, books.differing, books.incomplete) == (0, 0, 0, 0, "")
    assert books.answered == found.results.sent == 200
    assert books.accesses == books.recorded
    assert {"gateway-1", "gateway-2", "control", "agencies", "store", "generator"} <= found.usages.processes.keys()
    assert all(segment.mean_ms >= 0 for segment in found.attribution.segments)
    assert [segment.name for segment in found.attribution.segments][-1] == "journal, commit of the outcome"
    assert sum(segment.share for segment in found.attribution.segments) == pytest.approx(1, abs=0.05)
    assert found.origin.command.startswith("ndxp load run ndxp-average --rate 40 --duration 5")
    assert report.read(page.with_suffix(".json")) == found
    assert found.verdict.word in page.read_text(encoding="utf-8")


def test_what_keeps_the_generator_from_beginning_is_said_in_its_own_words(
    exchange: RunningExchange, tmp_path: Path
) -> None:
    profile = tmp_path / "mine.yaml"
    average = Path(report.__file__).with_name("profiles") / "ndxp-average.yaml"
    profile.write_text(
        average.read_text(encoding="utf-8").replace("provinces/hospital", "provinces/no-such"), encoding="utf-8"
    )
    ran = ndxp("load", "run", profile, folder=exchange.folder)
    assert ran.code == 1
    assert ran.complaint.startswith("no member of this exchange is in provinces/no-such")


@pytest.mark.long
def test_a_run_whose_every_call_is_refused_does_not_pass(exchange: RunningExchange, tmp_path: Path) -> None:
    profile = tmp_path / "denied.yaml"
    profile.write_text(
        "{title: Refused, sources: [nobody], arrivals: constant, duration: 2, rate: 10, deadline: 5, channels: 2,"
        " max_in_flight: 100, mix: {get-citizen: {weight: 1, members: [companies/ekyc]}},"
        " slo: {overall: {p99_ms: 500}}}",
        encoding="utf-8",
    )
    ran = ndxp("load", "run", profile, "--json", folder=exchange.folder)
    assert ran.code in {98, 99}, ran.err
    found = msgspec.json.decode(ran.out, type=Report)
    missed = {check.what: check.finding for check in found.slo if not check.passed}
    assert missed.keys() == {"errors, all calls", "succeeded of planned, all calls", "p99 response, all calls"}
    assert missed["p99 response, all calls"] == "p99 response, all calls: no successful answer"
    assert {second.p99_ms for second in found.results.seconds} == {None}
    assert sum(second.failed for second in found.results.seconds) == 20


@pytest.mark.long
def test_a_run_reconciles_although_the_recorder_was_killed(exchange: RunningExchange, tmp_path: Path) -> None:
    found = run_while(exchange, tmp_path, lambda: kill(exchange, "control"))
    assert any("the process control ended" in change for change in found.changes)


@pytest.mark.long
def test_a_killed_agency_is_named_with_the_reason(exchange: RunningExchange, tmp_path: Path) -> None:
    found = run_while(exchange, tmp_path, lambda: kill(exchange, "agencies"))
    assert any("the process agencies ended" in change for change in found.changes)
    statuses = {(outage.service, outage.status) for outage in found.outages}
    assert ("population", "UNAVAILABLE:PROVIDER_UNREACHABLE") in statuses


@pytest.mark.long
@pytest.mark.parametrize("words", [["run", "ndxp-average", "--rate", "40"], ["capacity", "--start", "40"]])
def test_ctrl_c_gives_the_report_so_far(exchange: RunningExchange, tmp_path: Path, words: list[str]) -> None:
    before = sent(exchange)
    command = [sys.executable, "-P", "-m", "ndxp.cli", "load", *words, "--report", str(tmp_path / "run.html")]
    with subprocess.Popen(
        [*command, "--duration", "60"], env=environment(exchange.folder), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, encoding="utf-8", start_new_session=True,
    ) as running:  # fmt: skip
        until_now(lambda: sent(exchange) >= before + 40)
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does
        shown, error = running.communicate(timeout=120)
    assert running.returncode in {98, 99}, error
    found = report.read(tmp_path / "run.json")
    assert 40 <= found.results.sent < 2400
    assert (found.results.aborted, found.reconciliation.holds) == ("stopped by hand", True)
    assert found.verdict.word in shown


def run_while(exchange: RunningExchange, folder: Path, happening: Callable[[], None]) -> Report:
    """Runs a profile, lets something happen when it is under way, and gives the report of a run that reconciled."""
    before = sent(exchange)
    command = [
        sys.executable, "-P", "-m", "ndxp.cli", "load", "run", "ndxp-average", "--rate", "40", "--duration", "5",
        "--report", str(folder / "run.html"), "--json",
    ]  # fmt: skip
    with subprocess.Popen(
        command, env=environment(exchange.folder), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8"
    ) as running:
        until_now(lambda: sent(exchange) >= before + 40)
        happening()
        _, error = running.communicate(timeout=120)
    assert running.returncode in JUDGED, error
    return report.read(folder / "run.json")


def sent(exchange: RunningExchange) -> int:
    totals: dict[str, Any] = exchange.admin.get("/totals").json()
    return int(totals["last"])


def kill(exchange: RunningExchange, name: str) -> None:
    command = next(process.command for process in exchange.state.processes if process.name == name)
    for process in exchange.state.members():
        if process.cmdline() == command:
            process.kill()
