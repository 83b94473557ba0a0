"""The interop drill with what this environment has: gRPC's core, and connections that end while calls go on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.drill

HERE = Path(__file__).parents[2]


def test_calls_of_others_hold_under_load_and_across_ends_of_connections(short_path: Path) -> None:
    results = short_path / "results.json"
    ran = subprocess.run(
        [sys.executable, "-m", "drills.interop", "--groups", "grpcio", "endings", "--json", str(results)], cwd=HERE,
        env={**os.environ, "TMPDIR": str(short_path)}, capture_output=True, encoding="utf-8", check=False, timeout=600,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    shown = json.loads(results.read_text(encoding="utf-8"))
    assert len(shown) == 22
    assert not any(each["error"] or each["skipped"] for each in shown)
    assert not list(short_path.glob("ndxp-interop-*"))
