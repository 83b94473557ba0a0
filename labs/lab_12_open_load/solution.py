"""What a pupil does in lab 12."""

import json
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from ndxp import tree
from ndxp.labs import Workplace
from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub

_WHO = VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979")
_POPULATION = "VN/GOV/G01/population"
_LOOPS, _STALLS_AT, _LOOK_AGAIN = 400, 200, 0.2


def solve(place: Workplace) -> None:
    """Runs an average day, runs it again with a stall, meets the stall in a loop, and measures the limit."""
    place.answers["average"] = "22"
    open_run = _run(place, "day", "open", duration=6)
    place.answers["open"] = str(open_run["verdict"]["exit_code"])
    _run(place, "day", "stall", duration=10, meanwhile=lambda: _stall(place))
    place.fault("delay=2s", role="loop", provider=_POPULATION, nth=str(_STALLS_AT))
    place.settle()
    with place.connect("loop") as connection:
        population = PopulationServiceStub(connection.channel)
        for _ in range(_LOOPS):
            population.VerifyCitizen(_WHO)
    place.answers["loop"] = str(sum(bool(call.fault) for call in place.calls("loop")))
    limited = _run(place, "limited", "limited", duration=8, rate=60)
    place.answers["limit"] = str(limited["results"]["succeeded"] / 8)


def _run(
    place: Workplace,
    profile: str,
    report: str,
    *,
    duration: int,
    rate: int = 22,
    meanwhile: Callable[[], None] | None = None,
) -> Any:
    """Runs a profile, does something when its calls have begun, and gives its report."""
    file = place.folder / f"{report}.html"
    command = tree.command(
        "ndxp.cli", "load", "run", str(place.folder / f"{profile}.yaml"), "--duration", str(duration),
        "--rate", str(rate), "--report", str(file), "--folder", str(place.run_folder),
    )  # fmt: skip
    before, quiet = len(place.calls()), subprocess.DEVNULL
    with subprocess.Popen(command, env=tree.environment(), stdout=quiet, stderr=quiet) as running:  # noqa: S603
        if meanwhile is not None:
            while len(place.calls()) == before and running.poll() is None:
                time.sleep(_LOOK_AGAIN)
            meanwhile()
    return json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))


def _stall(place: Workplace) -> None:
    """The population database stands still for the calls of the open run."""
    soon = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
    place.fault("delay=3s", provider=_POPULATION, valid_until=soon)
