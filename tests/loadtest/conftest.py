"""What tests of the generator start: Locust, in a process of its own."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from loadtest import results
from loadtest.results import Results
from ndxp.sandbox.ports import free_port

LOCUSTFILE = Path(results.__file__).with_name("locustfile.py")


@dataclass(frozen=True, slots=True)
class Ended:
    """How Locust ended, and what it left behind."""

    code: int
    errors: str
    folder: Path

    @property
    def results(self) -> Results:
        file = self.folder / "results.json"
        assert file.exists(), self.errors
        return results.read(file)

    @property
    def progress(self) -> list[str]:
        return (self.folder / "progress.jsonl").read_text(encoding="utf-8").splitlines()


Locust = Callable[..., Ended]


@pytest.fixture
def locust(tmp_path: Path) -> Locust:
    """Runs the locustfile headless with more arguments, to its end."""

    def run(*arguments: str) -> Ended:
        files = ["--results", str(tmp_path / "results.json"), "--progress", str(tmp_path / "progress.jsonl")]
        command = [sys.executable, "-P", "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--only-summary"]
        if "--processes" in arguments:  # Locust's own port is one for all runs on a machine
            command += ["--master-port", port := str(free_port()), "--master-bind-port", port]
        ended = subprocess.run([*command, *files, *arguments], capture_output=True, encoding="utf-8", timeout=90)
        return Ended(ended.returncode, ended.stderr, tmp_path)

    return run
