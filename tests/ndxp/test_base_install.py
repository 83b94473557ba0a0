"""What a plain ``pip install ndxp`` has to start without: the packages of the extras."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
START = "import sys; sys.modules.update(dict.fromkeys(sys.argv[2].split())); __import__(sys.argv[1])"


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=;, ]", requirement)[0].lower() for requirement in requirements}


def of_extras() -> set[str]:
    """The modules that only extras bring; pytest is there where the plugin is loaded."""
    extras = {name for each in PROJECT["optional-dependencies"].values() for name in names(each)}
    ours = extras - names(PROJECT["dependencies"]) - {"ndxp", "pytest"}
    known = packages_distributions().items()
    return {module for module, owners in known if {owner.lower() for owner in owners} <= ours}


@pytest.mark.parametrize("module", ["ndxp.cli.__main__", "ndxp.client", "ndxp.testing.plugin", "ndxp.scaffold.agency"])
def test_it_can_be_imported_without_the_packages_of_any_extra(module: str) -> None:
    blocked = of_extras()
    assert {"msgspec", "yaml", "redis", "locust", "grpc_tools"} <= blocked
    ran = subprocess.run(
        [sys.executable, "-c", START, module, " ".join(sorted(blocked))],
        capture_output=True, encoding="utf-8", check=False, timeout=60,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
