"""``ndxp demo``: a whole exchange, a sample of the reported year, and a reckoning that must add up."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ndxp.admin import Session
from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.samples import PERSONA, health_insurance, passports, population
from ndxp.sandbox import life
from ndxp.sandbox.state import State
from ndxp.testing import RunningExchange
from ndxp.world import World
from tests.ndxp.cli.command import Ran, environment, ndxp, ndxp_process
from tests.support.fakes import until_now

REQUESTS = 200


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "run"


@pytest.fixture(scope="module")
def demo(folder: Path) -> Ran:
    """A demo that nobody disturbs."""
    return ndxp_process("demo", "--requests", REQUESTS, "--folder", folder, "--json", folder=folder)


@contextmanager
def under_way(folder: Path, running: Callable[[], State], *words: str) -> Iterator["subprocess.Popen[str]"]:
    """A demo that has begun to count, stopped (SIGSTOP) while its requests are not all answered yet.

    ``running`` waits for its exchange.
    """
    demo = subprocess.Popen(
        [sys.executable, "-P", "-m", "ndxp.cli", "demo", "--requests", "2000", "--json", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=environment(folder),
    )  # fmt: skip
    try:
        running()
        session = Session(folder)
        before = verified(session)
        until_now(lambda: verified(session) > before)
        demo.send_signal(signal.SIGSTOP)
        yield demo
    finally:
        demo.kill()
        demo.communicate()


def verified(session: Session) -> int:
    """How many citizens were verified through an exchange."""
    return sum(one["count"] for one in session.get("/totals")["totals"] if "VerifyCitizen" in one["method"])


def count(demo: Ran, what: str) -> dict[str, Any]:
    """A row of the reckoning."""
    (row,) = [row for row in demo.data["counts"] if row["what"].startswith(what)]
    found: dict[str, Any] = row
    return found


def test_the_demo_reconciles(demo: Ran) -> None:
    assert demo.code == 0, demo.err
    assert demo.data["reconciles"]
    assert [row["reconciles"] for row in demo.data["counts"]] == [True] * 5


def test_the_demo_s_verifications_are_split_as_reported(demo: Ran) -> None:
    row = count(demo, "VerifyCitizen")
    assert (row["matched"], row["differing"]) == tuple(population.DEMO.split(REQUESTS))
    assert row["sent"] == row["answered"] == row["agency"] == row["ledger"] == REQUESTS


def test_the_demo_s_check_ins_and_applications_are_counted_with_their_nested_calls(demo: Ran) -> None:
    for what, number in (
        ("CheckIn", health_insurance.DEMO.calls),
        ("nested, by the insurer", health_insurance.DEMO.calls),
        ("SubmitApplication", passports.DEMO.calls),
        ("nested, by Immigration", passports.DEMO.calls),
    ):
        row = count(demo, what)
        assert [row[book] for book in ("sent", "answered", "agency", "ledger")] == [number] * 4


def test_the_demo_explains_the_call_that_was_refused(demo: Ran) -> None:
    refused = demo.data["refused"]
    assert "ACCESS_DENIED" in refused["verdict"]
    assert {step["name"]: step["decision"] for step in refused["steps"]}["authorise"] == "refused"


@pytest.mark.long
def test_a_demo_fails_when_somebody_else_calls_meanwhile(exchange: RunningExchange) -> None:
    folder, target = exchange.folder, exchange.gateway
    with under_way(folder, lambda: exchange.state, "--target", target, "--folder", str(folder)) as demo:
        with exchange.connect("VN/GOV/H26/one-stop") as connection:
            request = {"citizen_number": "074079255028", "full_name": "Nguyễn Ngọc Tuấn", "birth_date": "1979"}
            assert PopulationServiceStub(connection.channel).VerifyCitizen(VerifyCitizenRequest(**request)).matched
        demo.send_signal(signal.SIGCONT)
        out, err = demo.communicate(timeout=60)
    told = Ran(demo.returncode, out, err)
    row = count(told, "VerifyCitizen")
    assert row["agency"] == row["ledger"] == row["sent"] + 1
    assert not row["reconciles"]
    assert not told.data["reconciles"]
    assert told.code == 1


def test_who_asked_about_a_persona_can_be_seen_after_the_demo(demo: Ran, folder: Path) -> None:
    try:
        assert ndxp("up", "-d", "--port", 0, folder=folder).code == 0
        asked = ndxp("log", "subject", World().persona(PERSONA).citizen.number, "--json", folder=folder).data
    finally:
        assert ndxp("down", folder=folder).code == 0
    found = {(record["client"].rpartition("/")[2], record["method"].rpartition("/")[2]) for record in asked}
    assert len(asked) == 5
    assert {("hospital", "CheckIn"), ("health-insurance", "GetCitizen"), ("passports", "GetCitizen")} < found
    assert {method for _, method in found} == {"VerifyCitizen", "CheckIn", "GetCitizen", "SubmitApplication"}


@pytest.mark.long
def test_a_demo_that_is_stopped_leaves_nothing_running(tmp_path: Path) -> None:
    folder = tmp_path / "run"

    def running() -> State:
        state = until_now(lambda: (state := State.read(folder)) is not None and state.ready_seconds > 0 and state)
        assert state
        return state

    try:
        with under_way(folder, running, "--folder", str(folder)) as demo:
            state = State.running(folder)
            demo.send_signal(signal.SIGTERM)
            demo.send_signal(signal.SIGCONT)
            demo.communicate(timeout=60)
            assert demo.returncode == 130
            assert state.members() == []
    finally:
        if (left := State.read(folder)) is not None:
            life.stop(left)


def test_a_folder_that_is_somebody_else_s_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    ran = ndxp("demo", "--folder", tmp_path, folder=tmp_path)
    assert ran.code == 1
    assert ran.complaint == f"{tmp_path} is not empty and not a demo's; name another folder with --folder"
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [
        ("thesis.txt", "years of work")
    ]
