"""A new agency as its author meets it, with the wheel and in a copy of this tree (``make test-scaffold``)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.e2e.test_wheel import succeeds
from tests.ndxp.agency.test_folder import change
from tests.snippets import clone
from tests.support.wheels import Environment, build

__all__ = ["clone"]

CITIZEN, MEMBER = "074079255028", "VN/GOV/H26/one-stop"
ENTRY = json.dumps({"requestId": "1", "citizenNumber": CITIZEN, "text": "a bronze drum"})
REGISTER = "museum.v1.MuseumService/RegisterEntry"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    wheel = build(tmp_path_factory.mktemp("wheel"))
    return Environment.with_wheel(wheel, tmp_path_factory.mktemp("environment") / "venv")


def test_a_new_agency_passes_its_own_tests_and_runs_beside_an_exchange_of_the_wheel(
    environment: Environment, tmp_path: Path
) -> None:
    succeeds(environment.run(tmp_path, "ndxp", "new", "agency", "museum", "--folder", "mine"))
    folder = tmp_path / "mine"
    assert "6 passed" in succeeds(environment.run(folder, "pytest", "-q"))
    succeeds(environment.run(tmp_path, "ndxp", "up", "-d", "--port", "0", "--with", "mine"))
    try:
        call = succeeds(environment.run(tmp_path, "ndxp", "call", REGISTER, ENTRY, "--as", MEMBER))
        assert json.loads(call)["entry"]["text"] == "a bronze drum"
        status = json.loads(succeeds(environment.run(tmp_path, "ndxp", "status", "--json")))
        assert "agencies-museum" in [process["name"] for process in status["processes"]]
        assert ("museum.v1.MuseumService", True) in [(each["contract"], each["serving"]) for each in status["services"]]
        assert "RegisterEntry" in succeeds(environment.run(tmp_path, "ndxp", "services"))
    finally:
        succeeds(environment.run(tmp_path, "ndxp", "down"))


def test_an_agency_that_cannot_run_fails_its_tests_with_one_line(environment: Environment, tmp_path: Path) -> None:
    def tested() -> list[str]:
        ran = environment.run(tmp_path, "pytest", "-q", "-o", "ndxp_with=", "--ndxp-with", ".", "-k", "registered")
        return [line for line in (ran.stdout + ran.stderr).splitlines() if "museum" in line]

    succeeds(environment.run(tmp_path, "ndxp", "new", "agency", "museum", "--folder", "."))
    change(tmp_path / "museum/exchange.yaml", "[RegisterEntry, GetEntry]", "[RegisterEntry, GetEntries]")
    assert (
        "museum does not run: exchange.yaml grants GetEntries, which museum.v1.MuseumService does not have" in tested()
    )
    change(tmp_path / "protos/museum/v1/museum.proto", "string text = 2;", "string text 2;")
    assert tested() == ["ERROR: protos/museum/v1/museum.proto:23:15: Missing field number."]


def test_a_new_agency_passes_mypy_as_strict_as_here(environment: Environment, tmp_path: Path) -> None:
    succeeds(environment.run(tmp_path, "ndxp", "new", "agency", "museum", "--folder", "mine"))
    ran = subprocess.run([sys.executable, "-m", "mypy", "."], cwd=tmp_path / "mine", capture_output=True, check=False)
    assert ran.returncode == 0, ran.stdout.decode()


class Copy:
    """A copy of this tree under version control; what runs in it is the copy's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("NDXP_")},
            "PYTHONPATH": str(folder),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }

    def run(self, *words: str) -> str:
        ran = subprocess.run(
            words, cwd=self.folder, env=self._environment, capture_output=True, encoding="utf-8", check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def python(self, *words: str) -> str:
        return self.run(sys.executable, "-P", "-m", *words)

    def make(self, goal: str) -> str:
        """Makes a goal with the environment of these tests, which is not set up again."""
        made = Path(sys.prefix)
        return self.run("make", goal, f"VENV={made}", *(f"-o{made / ready}" for ready in ("ready", "ready-dev")))


@pytest.fixture(scope="module")
def copy(clone: Path) -> Copy:
    copy = Copy(clone)
    copy.run("git", "init", "-q")
    copy.run("git", "add", "-A")
    copy.run("git", "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "-q", "-m", "before")
    copy.python("ndxp.cli", "new", "agency", "museum", "--member", "VN/GOV/G16")
    copy.make("generate")
    return copy


def test_in_a_copy_of_this_tree_it_changes_only_what_is_generated(copy: Copy) -> None:
    copy.run("git", "add", "-A")
    changed = copy.run("git", "diff", "--cached", "--name-status").split("\n")[:-1]
    assert sorted(line.partition("\t")[2] for line in changed if line.startswith("M")) == [
        ".env.example", "Dockerfile", "README.md", "README.vi.md", "deploy/kubernetes/ndxp/values.yaml",
        "deploy/prometheus/prometheus.yml", "docker-compose.yml", "docs/guides/operate.md",
    ]  # fmt: skip
    copy.python("ruff", "check", ".")
    copy.python("ruff", "format", "--check", ".")
    copy.run("lint-imports")
    copy.run("buf", "lint")
    copy.make("drift")


def test_in_a_copy_of_this_tree_compose_values_prometheus_and_readme_know_it(copy: Copy) -> None:
    def read(name: str) -> str:
        return (copy.folder / name).read_text(encoding="utf-8")

    assert "museum" in yaml.safe_load(read("docker-compose.yml"))["services"]
    values = yaml.safe_load(read("deploy/kubernetes/ndxp/values.yaml"))
    assert values["agencies"]["museum"]["subsystem"] == "VN/GOV/G16/museum"
    assert "museum" in str(yaml.safe_load(read("deploy/prometheus/prometheus.yml")))
    assert "[`ndxp.museum.v1`](protos/ndxp/museum/v1/museum.proto)" in read("README.md")


def test_in_a_copy_of_this_tree_its_sample_calls_are_in_the_catalogue(copy: Copy) -> None:
    tested = copy.python("pytest", "-q", "-p", "no:cacheprovider", "tests/ndxp/samples", "-k", "register-museum-entry")
    assert "1 passed" in tested


def test_in_a_copy_of_this_tree_it_is_hosted_granted_called_and_explained(copy: Copy, tmp_path: Path) -> None:
    folder = ("--folder", str(tmp_path / "run"))
    copy.python("ndxp.cli", "up", "-d", "--port", "0", *folder)
    try:
        entry = copy.python("ndxp.cli", "call", f"ndxp.{REGISTER}", ENTRY, "--as", MEMBER, *folder)
        assert json.loads(entry)["entry"]["text"] == "a bronze drum"
        assert "museum-one-stop" in copy.python("ndxp.cli", "grants", "--consumer", MEMBER, *folder)
        [transaction] = json.loads(copy.python("ndxp.cli", "log", "tail", "-n", "1", "--json", *folder))
        explained = copy.python("ndxp.cli", "explain", transaction["transaction_id"], *folder)
        assert "grant museum-one-stop of VN/GOV/G16/museum" in explained
    finally:
        copy.python("ndxp.cli", "down", *folder)


def test_in_a_copy_of_this_tree_its_tests_and_those_that_look_at_all_agencies_pass(copy: Copy) -> None:
    services = (f"tests/services/test_{name}.py" for name in ("museum", "objects", "hosting"))
    generated = ("tests/test_deploy.py", "tests/test_kubernetes.py", "tests/test_docs.py")
    elsewhere = ("tests/protos", "tests/gateway/control/test_exchange_file.py", "tests/ndxp/sandbox/test_plan.py")
    copy.python("pytest", "-q", "-p", "no:cacheprovider", *services, *generated, *elsewhere)
