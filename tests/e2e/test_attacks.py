"""The attack drills in their short form: every attack once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from drills.attacks.drill import KINDS

pytestmark = pytest.mark.drill

HERE = Path(__file__).parents[2]
SLOW = "certificates"
"""Takes an exchange of its own."""


@pytest.mark.parametrize("kinds", [[kind for kind in KINDS if kind != SLOW], [SLOW]], ids=["plain", "tls"])
def test_no_attack_gets_in_or_harms_others(short_path: Path, kinds: list[str]) -> None:
    figures = short_path / "figures.json"
    words = map(str, ("--short", "--seed", 5, "--json", figures, "--kinds", *kinds))
    ran = subprocess.run(
        [sys.executable, "-m", "drills.attacks", *words], cwd=HERE, env={**os.environ, "TMPDIR": str(short_path)},
        capture_output=True, encoding="utf-8", check=False, timeout=900,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    shown = {each["kind"]: each for each in json.loads(figures.read_text(encoding="utf-8"))["kinds"]}
    assert set(shown) == set(kinds)
    assert all(each["tries"] == each["refused"] > 0 for each in shown.values())
    assert not list(short_path.glob("ndxp-attacks-*"))
