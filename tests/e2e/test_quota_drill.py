"""The quota drill in its short form: four workers let in what the quotas say, and no other consumer's calls suffer."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from drills.quota import FOURTH, LIMITED, TIMES, TOLERANCE

pytestmark = pytest.mark.drill

HERE = Path(__file__).parents[2]


def test_four_workers_give_each_of_three_greedy_consumers_its_rate_and_a_fourth_all_it_asks(
    short_path: Path, record_property: Callable[[str, object], None]
) -> None:
    figures = short_path / "figures.json"
    ran = subprocess.run(
        [sys.executable, "-m", "drills.quota", "--workers", "4", "--json", str(figures)], cwd=HERE,
        env={**os.environ, "TMPDIR": str(short_path)}, capture_output=True, encoding="utf-8", check=False, timeout=300,
    )  # fmt: skip
    assert figures.exists(), ran.stderr
    measured = json.loads(figures.read_text(encoding="utf-8"))
    shown = {each["consumer"]: each for each in measured["together"]}
    assert set(shown) == {*LIMITED, FOURTH}, ran.stderr
    for name in LIMITED:
        each = shown[name]
        assert each["offered"] > (TIMES - 1) * each["quota"], "the generator was starved: nothing can be said"
        assert abs(each["answered"] / each["quota"] - 1) <= TOLERANCE
    record_property("the fourth's p99 in ms, alone and together", (measured["alone"]["p99"], shown[FOURTH]["p99"]))
    assert shown[FOURTH]["refused"] == 0
    assert [each["other"] for each in shown.values()] == [{}] * 4
    assert ran.returncode == 0
