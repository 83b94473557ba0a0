"""The life-event drill in its short form: ten events end as they must, while three processes are killed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.drill

HERE = Path(__file__).parents[2]


def test_no_life_event_is_lost_or_done_twice_when_processes_are_killed(short_path: Path) -> None:
    figures = short_path / "figures.json"
    words = map(str, ("--events", 10, "--kills", 3, "--seed", 5, "--json", figures))
    ran = subprocess.run(
        [sys.executable, "-m", "drills.life_events", *words], cwd=HERE, env={**os.environ, "TMPDIR": str(short_path)},
        capture_output=True, encoding="utf-8", check=False, timeout=1200,
    )  # fmt: skip
    assert figures.exists(), ran.stdout + ran.stderr
    measured = json.loads(figures.read_text(encoding="utf-8"))
    assert measured["problems"] == []
    assert sum(measured["killed"].values()) == 3
    assert sum(measured["ends"].values()) == 10
    assert measured["tree"] == "ok"
    assert ran.returncode == 0, ran.stdout
