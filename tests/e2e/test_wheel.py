"""What ``pip install`` of the wheel gives: one name, and all that a checkout does, beside whatever a user has."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support.wheels import NAMES, OWN, Environment, build, own

pytestmark = pytest.mark.long

REQUEST = '{"citizenNumber": "074079255028", "fullName": "NGUYEN NGOC TUAN", "birthDate": "1979"}'
VERIFY, ONE_STOP = "ndxp.population.v1.PopulationService/VerifyCitizen", "VN/GOV/H26/one-stop"
THEIR_TEST = """
import gateway, loadtest, services
import ndxp

def test_their_packages_are_theirs_beside_a_whole_exchange(exchange):
    assert {gateway.WHOSE, loadtest.WHOSE, services.WHOSE} == {"the user"}
    assert exchange.admin.get("members").is_success

def test_a_sandbox_has_faults_calls_and_stubs(sandbox):
    path = "/ndxp.population.v1.PopulationService/VerifyCitizen"
    with sandbox.agency({"VerifyCitizen": {"matched": True}}, contract="PopulationService"):
        assert sandbox.http.post(path, json={}).json() == {"matched": True}
        with sandbox.fault("refuse=OVERLOADED"):
            assert sandbox.http.post(path, json={}).status_code == 503
    assert sandbox.calls().codes == ["OK", "UNAVAILABLE"]
"""
THEIR_LOCUSTFILE = """
import gateway, services
from locust import User, task

assert {gateway.WHOSE, services.WHOSE} == {"the user"}
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    wheel = build(tmp_path_factory.mktemp("wheel"))
    return Environment.with_wheel(wheel, tmp_path_factory.mktemp("environment") / "venv")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's project, with packages that are named like ours."""
    folder = tmp_path_factory.mktemp("project")
    for name in NAMES:
        own(folder, name)
    return folder


@pytest.fixture(scope="module")
def running(environment: Environment, project: Path) -> Iterator[Path]:
    """The project, with an exchange that runs in it."""
    succeeds(environment.run(project, "ndxp", "up", "-d", "--port", "0"))
    yield project
    succeeds(environment.run(project, "ndxp", "down"))


def succeeds(ran: CompletedProcess[str]) -> str:
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_the_wheel_installs_one_name_and_leaves_a_users_packages_alone(environment: Environment) -> None:
    [record] = environment.packages.glob("ndxp-*.dist-info/RECORD")
    installed = {line.partition("/")[0] for line in record.read_text(encoding="utf-8").splitlines()}
    assert {name for name in installed if not name.endswith(".dist-info")} == {"..", "ndxp"}  # .. is bin/ndxp
    assert {(environment.packages / name / "__init__.py").read_text(encoding="utf-8") for name in NAMES} == {OWN}


def test_an_exchange_of_the_wheel_serves_and_records_a_call(environment: Environment, running: Path) -> None:
    answer = json.loads(succeeds(environment.run(running, "ndxp", "call", VERIFY, REQUEST, "--as", ONE_STOP)))
    assert answer["matched"] is True
    assert VERIFY.rpartition("/")[2] in succeeds(environment.run(running, "ndxp", "log", "tail", "-n", "5"))
    assert json.loads(succeeds(environment.run(running, "ndxp", "doctor", "--json")))


def test_the_ledger_of_the_wheel_can_be_backed_up(environment: Environment, running: Path) -> None:
    succeeds(environment.run(running, "ndxp", "log", "backup", "ledger.backup"))
    succeeds(environment.run(running, "ndxp", "log", "verify", "--backup", "ledger.backup"))


def test_a_lab_of_the_wheel_is_started_and_solved(environment: Environment, running: Path) -> None:
    succeeds(environment.run(running, "ndxp", "lab", "start", "1", "--lang", "vi"))
    succeeds(environment.run(running, "ndxp", "lab", "solution", "--run"))
    succeeds(environment.run(running, "ndxp", "lab", "check"))


def test_a_load_profile_of_the_wheel_is_run_and_judged(environment: Environment, running: Path) -> None:
    words = ("ndxp-average", "--rate", "5", "--duration", "3", "--report", "report.html", "--json")
    ran = environment.run(running, "ndxp", "load", "run", *words)
    assert json.loads(ran.stdout)["reconciliation"], ran.stderr
    assert (running / "report.html").is_file()


def test_plain_locust_runs_the_locustfile_of_the_wheel_beside_a_users(environment: Environment, running: Path) -> None:
    (running / "own_users.py").write_text(THEIR_LOCUSTFILE, encoding="utf-8")
    ours = succeeds(environment.run(running, "ndxp", "load", "locustfile")).strip()
    words = ("--headless", "--only-summary", "--rate", "5", "--duration", "3", "--results", "results.json")
    succeeds(environment.run(running, "locust", "-f", f"{ours},own_users.py", *words))
    assert json.loads((running / "results.json").read_text(encoding="utf-8"))["profile"] == "ndxp-average"


def test_the_fixture_gives_an_exchange_to_a_project_whose_packages_are_named_like_ours(
    environment: Environment, project: Path
) -> None:
    (project / "test_theirs.py").write_text(THEIR_TEST, encoding="utf-8")
    ran = environment.run(project, "pytest", "-q", "-o", "pythonpath=.", "-p", "no:cacheprovider", "test_theirs.py")
    assert "2 passed" in succeeds(ran)


def test_the_contracts_are_in_the_wheel(environment: Environment, project: Path) -> None:
    folder = Path(succeeds(environment.run(project, "ndxp", "protos")).strip())
    assert folder.is_relative_to(environment.packages)
    (project / "made").mkdir()
    words = ("-I", str(folder), "--python_out=made", "ndxp/population/v1/population.proto")
    succeeds(environment.run(project, "protoc", *words))
    assert list((project / "made").rglob("population_pb2.py"))
    shutil.rmtree(project / "made")
