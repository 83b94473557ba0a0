"""A user's own project, in a folder of its own: many tests at once on one exchange, with pytest-xdist and unittest."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ndxp.sandbox.state import processes_of
from tests.support.fakes import until_now

pytestmark = pytest.mark.long

ENVIRONMENT = {"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "/usr/bin:/bin"}
PATIENCE = 240.0
"""Seconds within which an exchange is up, on a machine that is busy."""

COMMON = '''
import grpc
from ndxp.errors import Code
from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.wire.status import decode

REQUEST = VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979")
FAULTS = [
    ("code=UNAVAILABLE", "UNAVAILABLE"), ("code=ABORTED", "ABORTED"), ("code=NOT_FOUND", "NOT_FOUND"),
    ("code=INTERNAL", "INTERNAL"), ("code=DATA_LOSS", "DATA_LOSS"), ("code=OUT_OF_RANGE", "OUT_OF_RANGE"),
    ("code=ALREADY_EXISTS", "ALREADY_EXISTS"), ("code=FAILED_PRECONDITION", "FAILED_PRECONDITION"),
    ("code=UNAVAILABLE, reason=MAINTENANCE, retry_after=2s", "UNAVAILABLE"), ("lose", "UNAVAILABLE"),
    ("refuse=QUOTA_EXCEEDED", "RESOURCE_EXHAUSTED"), ("refuse=TOKEN_EXPIRED", "UNAUTHENTICATED"),
    ("refuse=MEMBER_DISABLED", "PERMISSION_DENIED"), ("refuse=PROVIDER_UNREACHABLE", "UNAVAILABLE"),
    ("refuse=JOURNAL_UNAVAILABLE", "UNAVAILABLE"), ("refuse=OVERLOADED", "UNAVAILABLE"),
    ("delay=200ms", "OK"), ("duplicate", "OK"), ("slow=5000", "OK"), ("delay=50ms, code=ABORTED", "ABORTED"),
]
assert len(FAULTS) == 20


def code_of(population):
    try:
        population.VerifyCitizen(REQUEST)
    except grpc.RpcError as error:
        return decode(error).code.name
    return "OK"


def meets_its_own_fault_only(sandbox, effects, code):
    """The second call of four meets the fault; the others, and nobody else's, do not."""
    with sandbox.connect(retries=False) as connected:
        population = PopulationServiceStub(connected.channel)
        assert code_of(population) == "OK"
        with sandbox.fault(effects, method="VerifyCitizen", nth="2") as fault:
            assert [code_of(population) for _ in range(3)] == ["OK", code, "OK"]
            name = fault.id
    calls = sandbox.calls()
    assert [call.fault for call in calls] == ["", "", name, ""]
    assert calls.codes == ["OK", "OK", code, "OK"]
'''
WITH_PYTEST = """
import pytest
from common import FAULTS, meets_its_own_fault_only


@pytest.mark.parametrize(("effects", "code"), FAULTS)
def test_a_fault(sandbox, effects, code):
    meets_its_own_fault_only(sandbox, effects, code)
"""
WITH_UNITTEST = '''
import unittest
from common import FAULTS, meets_its_own_fault_only
from ndxp.testing import SandboxCase


def case(effects, code):
    return lambda self: meets_its_own_fault_only(self.sandbox, effects, code)


class Faults(SandboxCase):
    """Twenty tests, each with a fault of its own."""


for number, (effects, code) in enumerate(FAULTS):
    setattr(Faults, f"test_fault_{number}", case(effects, code))

if __name__ == "__main__":
    unittest.main()
'''
CRASH = """
import os
import pytest


@pytest.mark.parametrize("number", range(6))
def test_six(exchange, sandbox, number):
    assert sandbox.calls().codes == []
    print(exchange.folder, file=open("folders", "a"))
    if number == 2:
        os._exit(1)
"""
CLOCK = """
import pytest
from ndxp.residence.v1 import residence_pb2 as pb
from ndxp.residence.v1.residence_pb2_grpc import ResidenceServiceStub


@pytest.mark.ndxp_alone
def test_alone(sandbox):
    who = sandbox.person("adult in H26")
    filed = pb.RegisterResidenceRequest(
        request_id="r-1", dossier_code="d-1", kind=pb.RESIDENCE_KIND_TEMPORARY, citizen_number=who.number,
        full_name=who.full_name, birth_date=who.birth_date.isoformat(),
        address=pb.Address(province="001", ward="Phường 1", detail="Số 1"),
    )
    with sandbox.connect() as connected:
        residence = ResidenceServiceStub(connected.channel)
        filing = residence.RegisterResidence(filed).filing
        assert filing.state == pb.FILING_STATE_RECEIVED
        before = sandbox.clock.now()
        after = sandbox.clock.advance("10 working days")
        assert after > before
        decided = residence.GetFiling(pb.GetFilingRequest(code=filing.code)).filing
    assert decided.state == pb.FILING_STATE_DONE, decided


@pytest.mark.parametrize("number", range(4))
def test_together(sandbox, number):
    before = sandbox.clock.now()
    assert sandbox.calls().codes == []
    with pytest.raises(ValueError, match="ndxp_alone"):
        sandbox.clock.advance("2d")
    assert sandbox.clock.now() == before
"""


WAITING = """
import threading


def test_waits(exchange):
    with open("folders", "w") as file:
        file.write(f"{exchange.folder}")
    threading.Event().wait()
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A folder with what the tests of a user share; what an exchange leaves after a run that failed is removed."""
    (tmp_path / "common.py").write_text(COMMON, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n", encoding="utf-8")
    yield tmp_path
    for folder in folders(tmp_path):
        shutil.rmtree(folder, ignore_errors=True)


def run(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=project, env=ENVIRONMENT, capture_output=True, encoding="utf-8",
        check=False,
    )  # fmt: skip


def tell(line: str) -> None:
    """Shows how long a run took, with ``pytest -rP``."""
    sys.stdout.write(f"{line}\n")


def left_behind(project: Path) -> list[str]:
    """The processes of the project's exchanges that still run."""
    return [str(process) for folder in folders(project) for process in processes_of(folder)]


def folders(project: Path) -> set[Path]:
    """The run folders that the project's tests have noted."""
    noted = project / "folders"
    return set(map(Path, noted.read_text(encoding="utf-8").splitlines())) if noted.exists() else set()


@pytest.mark.parametrize("workers", [0, 4])
def test_twenty_tests_with_twenty_faults_do_not_disturb_one_another(project: Path, workers: int) -> None:
    (project / "test_faults.py").write_text(WITH_PYTEST, encoding="utf-8")
    ran = run(project, "pytest", "-q", "-n", str(workers), "test_faults.py")
    assert "20 passed" in ran.stdout, ran.stdout + ran.stderr
    tell(ran.stdout.splitlines()[-1])


def test_twenty_tests_of_unittest_do_the_same(project: Path) -> None:
    (project / "test_faults.py").write_text(WITH_UNITTEST, encoding="utf-8")
    ran = run(project, "unittest", "-q", "test_faults")
    assert re.search(r"Ran 20 tests.*\n\nOK", ran.stderr), ran.stdout + ran.stderr
    tell(ran.stderr.splitlines()[-3])


def test_the_exchange_that_workers_share_goes_on_when_one_of_them_crashes_and_ends_with_the_run(project: Path) -> None:
    (project / "test_crash.py").write_text(CRASH, encoding="utf-8")
    ran = run(project, "pytest", "-q", "-n", "2", "test_crash.py")
    assert "5 passed" in ran.stdout, ran.stdout + ran.stderr
    assert "1 failed" in ran.stdout, ran.stdout + ran.stderr
    assert len(folders(project)) == 1
    assert left_behind(project) == []


@pytest.mark.parametrize("workers", [0, 2])
def test_the_exchange_ends_when_the_user_interrupts_the_run(project: Path, workers: int) -> None:
    (project / "test_waiting.py").write_text(WAITING, encoding="utf-8")
    words = [sys.executable, "-m", "pytest", "-q", "-n", str(workers), "test_waiting.py"]
    with subprocess.Popen(
        words, cwd=project, env=ENVIRONMENT, stdout=subprocess.DEVNULL, start_new_session=True
    ) as running:  # fmt: skip
        try:
            until_now(lambda: left_behind(project), patience=PATIENCE)
        finally:
            os.killpg(running.pid, signal.SIGINT)
    assert running.returncode == pytest.ExitCode.INTERRUPTED
    assert left_behind(project) == []


def test_the_clock_is_moved_by_tests_that_are_alone(project: Path) -> None:
    (project / "pytest.ini").write_text("[pytest]\nndxp_clock = manual\n", encoding="utf-8")
    (project / "test_clock.py").write_text(CLOCK, encoding="utf-8")
    ran = run(project, "pytest", "-q", "-n", "2", "test_clock.py")
    assert "5 passed" in ran.stdout, ran.stdout + ran.stderr
