"""The crash drills in their short form: one round of each fault."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from drills.crash.faults import FAULTS

pytestmark = pytest.mark.drill

HERE = Path(__file__).parents[2]


def test_no_fault_costs_an_answered_transaction(short_path: Path) -> None:
    figures = short_path / "figures.json"
    words = map(str, ("--rounds", len(FAULTS), "--seed", 4, "--json", figures))
    ran = subprocess.run(
        [sys.executable, "-m", "drills.crash", *words], cwd=HERE, env={**os.environ, "TMPDIR": str(short_path)},
        capture_output=True, encoding="utf-8", check=False, timeout=600,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    shown = json.loads(figures.read_text(encoding="utf-8"))
    assert {each["fault"] for each in shown["rounds"]} == set(FAULTS) - set(shown["skipped"])
    assert all(each["answered"] > 0 for each in shown["rounds"])
    assert not list(short_path.glob("ndxp-drills-*"))
