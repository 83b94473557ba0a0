"""A sandbox whose processes are killed: the supervisor starts them again, and nothing that was recorded is lost."""

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import redis
import yaml

from gateway.settings import ControlSettings
from ndxp.admin import Session
from ndxp.sandbox.state import State
from tests.ndxp.cli.command import Ran, ndxp, ndxp_process
from tests.support.agencies import PARTS
from tests.support.fakes import until_now

pytestmark = pytest.mark.long

VERIFY = "ndxp.population.v1.PopulationService/VerifyCitizen"
LIST = "ndxp.population.v1.PopulationService/ListHousehold"
CLAIM = '{"citizenNumber": "074079255028", "fullName": "Nguyễn Ngọc Tuấn", "birthDate": "1979-07-20"}'
JSON = {"Content-Type": "application/json"}
WITHOUT_GRANT = "VN/GOV/G27/lgsp"
UNREACHABLE = {"PROVIDER_UNREACHABLE", "CIRCUIT_OPEN"}

Run = Callable[..., Ran]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The run folder of these tests."""
    folder = tmp_path_factory.mktemp("sandbox") / "run"
    yield folder
    ndxp("down", folder=folder)


@pytest.fixture
def run(folder: Path) -> Run:
    """Runs a command for the exchange in the folder, which runs."""
    return starter(folder)


def starter(folder: Path) -> Run:
    """What runs a command for the exchange in the folder; the exchange is started if it does not run."""

    def run(*words: object) -> Ran:
        # A supervisor that a test kills is nobody's child here: it would stay behind as a zombie.
        return (ndxp_process if words[0] == "up" else ndxp)(*words, folder=folder)

    if (state := State.read(folder)) is None or not state.alive():
        started = run("up", "-d", "--port", 0)
        assert started.code == 0, started.err
    return run


def process(folder: Path, name: str) -> psutil.Process | None:
    """The process that runs under a name."""
    state = State.running(folder)
    plan = next(process for process in state.processes if process.name == name)
    for member in state.members():
        try:
            title = member.cmdline()
        except psutil.NoSuchProcess:
            continue
        if title == plan.command or (name == "store" and "valkey" in " ".join(title)):
            return member
    return None


def lives(process: psutil.Process) -> bool:
    """Whether a process has not ended; its parent may not have asked yet how it has."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def held(pid: int) -> Iterator[None]:
    """A process that does nothing for a while."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def answered(run: Run) -> dict[str, Any]:
    """A call that has to be answered sooner or later."""
    ran = until_now(lambda: (ran := run("call", VERIFY, CLAIM, "--json")).code == 0 and ran)
    assert ran
    answer: dict[str, Any] = ran.data
    return answer


def recorded(run: Run, transaction: str) -> list[dict[str, Any]]:
    """The records of a transaction, when the recorder has its ledger again, its store, or the lease of a dead one."""
    ran = until_now(lambda: (ran := run("log", "show", transaction, "--json")).code == 0 and ran)
    assert ran
    records: list[dict[str, Any]] = ran.data
    return records


def down(run: Run) -> set[str]:
    """The providers whose services do not serve, as far as the gateway has noticed."""
    return {service["provider"] for service in run("status", "--json").data["services"] if not service["serving"]}


@pytest.mark.parametrize("name", ["gateway", "agencies", "control", "store"])
def test_a_killed_process_is_started_again_and_loses_no_transaction(run: Run, folder: Path, name: str) -> None:
    before = answered(run)["transaction_id"]
    victim = process(folder, name)
    assert victim is not None
    victim.kill()
    until_now(lambda: (again := process(folder, name)) is not None and again.pid != victim.pid)
    after = answered(run)
    assert after["answers"] == [{"matched": True}]
    for transaction in (before, after["transaction_id"]):
        assert [record["phase"] for record in recorded(run, transaction)] == ["outcome"]


def test_killed_doors_are_started_again_and_calls_go_on(run: Run, folder: Path) -> None:
    state = State.running(folder)
    headers = {"Authorization": f"Bearer {state.tokens('VN/GOV/H26/one-stop').blocking()}"}

    def through_the_door() -> httpx.Response | None:
        try:
            answer = httpx.post(f"{state.rest_url}/{VERIFY}", content=CLAIM.encode(), headers=headers | JSON)
        except httpx.TransportError:  # it is being started
            return None
        return answer if answer.status_code == 200 else None

    assert through_the_door() is not None
    victim = process(folder, "rest")
    assert victim is not None
    with held(state.supervisor):
        victim.kill()
        until_now(lambda: victim.status() == psutil.STATUS_ZOMBIE)
        assert through_the_door() is None
        assert answered(run)["answers"] == [{"matched": True}]  # gRPC does not need the doors
        found = run("doctor", "--json")
        assert found.code == 1
        assert [check["check"] for check in found.data if not check["ok"]] == ["doors"]
        ran = run("status", "--json")
        assert ran.code == 1
        assert "the doors for HTTP at" in ran.data["trouble"]
    again = until_now(through_the_door)
    assert again is not None
    assert again.json() == {"matched": True}
    assert [r["phase"] for r in recorded(run, again.headers["x-ndxp-transaction-id"])] == ["outcome"]


def test_a_call_to_a_dead_agency_is_refused_with_reason_and_remedy_and_recorded(run: Run, folder: Path) -> None:
    victim = process(folder, "agencies")
    assert victim is not None
    with held(State.running(folder).supervisor):
        victim.kill()
        ran = run("call", VERIFY, CLAIM, "--json")
        assert ran.code == 64 + 14
        assert ran.data["error"]["reason"] in UNREACHABLE
        assert ran.data["error"]["origin"] == "gateway"
        assert ran.data["error"]["remedy"]
        (record,) = run("log", "show", ran.data["transaction_id"], "--json").data
        assert record["reason"] == ran.data["error"]["reason"]
        assert run("explain", ran.data["transaction_id"], "--json").data["remedy"] == ran.data["error"]["remedy"]
        until_now(lambda: down(run) == {subsystem for part in PARTS.values() for subsystem in part.subsystems})
        assert run("status").code == 1
    answered(run)


def test_commands_say_so_in_one_line_while_control_is_away(run: Run, folder: Path) -> None:
    victim = process(folder, "control")
    assert victim is not None
    with held(State.running(folder).supervisor):
        victim.kill()
        until_now(lambda: victim.status() == psutil.STATUS_ZOMBIE)
        ran = run("status")
        assert ran.code == 1
        assert "not ready" in ran.out
        assert "the control process at" in " ".join(ran.out.split())
        for words in (("members",), ("log", "tail")):
            ran = run(*words)
            assert ran.code == 1
            assert "the control process at" in ran.complaint
            assert "logs/control.log" in ran.complaint
        refused = run("call", VERIFY, CLAIM)
        assert refused.code == 1
        assert "no answer from" in refused.complaint
    answered(run)


def test_status_and_doctor_find_nothing_wrong_when_everything_runs(run: Run) -> None:
    told = until_now(lambda: (ran := run("status")).code == 0 and ran)
    assert told
    assert told.out.startswith("ready: ")
    until_now(lambda: run("status", "--json").data["ready"])
    checkup = run("doctor", "--json")
    assert checkup.code == 0
    assert all(check["ok"] for check in checkup.data)


@dataclass(frozen=True, slots=True)
class Restart:
    """A restart: what was there before it, and how the exchange was stopped."""

    transaction: str
    grant: str
    members: list[psutil.Process]
    left: list[int]
    """Those of the members that were running when ``down`` had ended."""
    downs: list[Any]
    """What ``down`` said, and said again."""


ABSENT = {"provider": "VN/COM/9900000009/ekyc", "contract": "sample.v1.Absent", "address": "127.0.0.1:9"}


@pytest.fixture(scope="module")
def restart(folder: Path) -> Restart:
    """The exchange is stopped and started again, with a service of somebody else that is down."""
    run = starter(folder)
    transaction = answered(run)["transaction_id"]
    words = (WITHOUT_GRANT, "VN/GOV/G01/population", "ndxp.population.v1.PopulationService", "ListHousehold")
    grant = run("grants", "add", *words, "--json").data["id"]
    Session(folder).send("PUT", "/services", body=ABSENT)
    members = State.running(folder).members()
    first = run("down", "--json").data
    left = [member.pid for member in members if lives(member)]
    second = run("down", "--json").data
    stale = State.read(folder)
    assert stale is not None
    assert not stale.alive()
    assert run("up", "-d", "--port", 0).code == 0
    return Restart(transaction, grant, members, left, [first, second])


def test_down_stops_everything_and_a_second_down_finds_nothing(restart: Restart) -> None:
    assert restart.members
    assert restart.left == []
    assert restart.downs == [{"stopped": True}, {"stopped": False}]


def test_what_the_ledger_holds_and_what_was_granted_survive_a_restart(restart: Restart, run: Run) -> None:
    assert run("log", "show", restart.transaction).code == 0
    assert restart.grant in [known["id"] for known in run("grants", "--json").data]
    assert run("call", LIST, '{"citizenNumber": "074079255028"}', "--as", WITHOUT_GRANT).code == 0


def test_a_service_of_somebody_else_that_is_down_keeps_nothing_from_starting(
    restart: Restart, run: Run, folder: Path
) -> None:
    shown = run("status", "--json").data
    assert [service["contract"] for service in shown["services"] if not service["serving"]] == [ABSENT["contract"]]
    assert (shown["ready"], shown["trouble"]) == (False, "")
    answered(run)
    Session(folder).send("DELETE", "/services", query={k: ABSENT[k] for k in ("provider", "contract")})


def test_a_changed_exchange_file_changes_what_it_says_and_lets_nobody_in_again(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    member = WITHOUT_GRANT.rpartition("/")[0]
    words = (WITHOUT_GRANT, "VN/GOV/G01/population", "ndxp.population.v1.PopulationService", "GetCitizen")
    for change in (("member", "disable", member), ("grants", "remove", "population-tax"), ("grants", "add", *words)):
        assert run(*change).code == 0
    assert run("down").code == 0
    changed = yaml.safe_load(ControlSettings().exchange_file.read_text(encoding="utf-8"))
    changed["quotas"]["VN/GOV/H26/one-stop"] = {"rate": 77}
    config = tmp_path / "mine.yaml"
    config.write_text(yaml.safe_dump(changed), encoding="utf-8")
    assert run("up", "-d", "--port", 0, "--config", config).code == 0
    disabled = {member["id"] for member in run("members", "--json").data if member["disabled"]}
    assert disabled == {member}
    assert "population-tax" not in [known["id"] for known in run("grants", "--json").data]
    assert [q["rate"] for q in run("quota", "VN/GOV/H26/one-stop", "--json").data] == [77]
    taken = run("log", "search", "--method", "ndxp.control.v1.Admin/TakeExchangeFile", "--json").data
    assert [record["status_code"] for record in taken if record["phase"] == "outcome"] == [0]
    changed["members"] = [known for known in changed["members"] if known["id"] != member]
    assert run("down").code == 0
    config.write_text(yaml.safe_dump(changed), encoding="utf-8")
    refused = run("up", "-d", "--port", 0, "--config", config)
    assert (refused.code, "does not go with what was changed at run time" in refused.complaint) == (1, True)
    assert run("up", "-d", "--port", 0).code == 0
    assert run("member", "enable", member).code == 0


def test_an_emptied_store_is_reported_and_the_registry_is_restored(run: Run, folder: Path) -> None:
    answered(run)
    member = "VN/COM/late"
    assert run("member", "add", member, "app", "--group", "companies").code == 0
    assert run("grants", "remove", "population-tax").code in (0, 1)  # an earlier test may have
    secret = json.loads((folder / "credentials.json").read_text(encoding="utf-8"))[f"{member}/app"]
    with redis.Redis.from_url(State.running(folder).processes[0].environment["NDXP_REDIS_URL"]) as store:
        store.flushall()
    until_now(lambda: run("status", "--json").code == 0)
    answered(run)
    assert member in [known["id"] for known in run("members", "--json").data]
    assert "population-tax" not in [known["id"] for known in run("grants", "--json").data]
    assert json.loads((folder / "credentials.json").read_text(encoding="utf-8"))[f"{member}/app"] == secret
    assert run("token", f"{member}/app").code == 0
    found = {check["check"]: check["found"] for check in run("doctor", "--json").data}
    assert [line[:38] for line in found["losses"]] == ["the store had lost the registry at 202"]
    told = run("log", "search", "--method", "ndxp.control.v1.Admin/RebuildRegistry", "--json").data
    assert [record["status_code"] for record in told if record["phase"] == "outcome"] == [0]
    assert run("log", "verify").code == 0


def test_a_store_that_is_empty_at_the_start_gets_the_registry_back(run: Run, folder: Path) -> None:
    member = "VN/COM/later"
    assert run("member", "add", member, "app").code == 0
    assert run("down").code == 0
    shutil.rmtree(folder / "store")
    assert run("up", "-d", "--port", 0).code == 0
    assert member in [known["id"] for known in run("members", "--json").data]
    answered(run)


def test_what_a_killed_supervisor_left_behind_is_cleaned_up_by_the_next_start(run: Run, folder: Path) -> None:
    transaction = answered(run)["transaction_id"]
    state = State.running(folder)
    left = [member for member in state.members() if member.pid != state.supervisor]
    os.kill(state.supervisor, signal.SIGKILL)
    until_now(lambda: not state.alive())
    assert [member.pid for member in left if not member.is_running()] == []
    started = run("up", "-d", "--port", 0)
    assert started.code == 0, started.err
    assert "Cleaned up after an exchange that was killed" in started.out
    assert [member.pid for member in left if lives(member)] == []
    answered(run)
    assert run("log", "show", transaction).code == 0


def test_what_a_killed_supervisor_left_behind_is_stopped_by_down(run: Run, folder: Path) -> None:
    state = State.running(folder)
    left = state.members()
    os.kill(state.supervisor, signal.SIGKILL)
    until_now(lambda: not state.alive())
    assert run("down", "--json").data == {"stopped": True}
    assert [member.pid for member in left if lives(member)] == []
