"""What a pupil does in lab 13."""

import json
import subprocess
import time
from contextlib import suppress

import grpc
import psutil

from ndxp import tree
from ndxp.labs import Workplace
from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.sandbox.processes import processes_now
from ndxp.sandbox.state import State
from ndxp.whole_file import whole_file
from ndxp.wire import metadata

_WHO = VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979")
_CALLS, _PATIENCE, _PAUSE = 60, 60.0, 0.05


def solve(place: Workplace) -> None:
    """Kills each of the three while calls run, and verifies the ledger."""
    for kind in ("gateway", "control", "store"):
        with whole_file(place.folder / f"{kind}.txt") as file:
            file.write("\n".join(_drill(place, kind)).encode())
        place.settle()
    place.records()
    command = tree.command("ndxp.cli", "log", "verify", "--json", "--folder", str(place.run_folder))
    ran = subprocess.run(command, capture_output=True, check=True, env=tree.environment())  # noqa: S603 - our own command
    with whole_file(place.folder / "verify.json") as file:
        file.write(json.dumps(json.loads(ran.stdout)).encode())


def _drill(place: Workplace, kind: str) -> list[str]:
    """Calls, kills a process of a kind, and calls until it is there again; gives the transactions of all answers."""
    with place.connect(retries=True) as connection:
        population = PopulationServiceStub(connection.channel)
        answered = _call(population, _CALLS)
        before = _running(place, kind)
        psutil.Process(min(before)).kill()
        deadline = time.monotonic() + _PATIENCE
        while not _running(place, kind) - before and time.monotonic() < deadline:
            answered += _call(population, 1)
        return answered + _call(population, _CALLS)


def _call(population: PopulationServiceStub, times: int) -> list[str]:
    """Calls until so many calls were answered; gives their transactions."""
    answered, deadline = list[str](), time.monotonic() + _PATIENCE
    while len(answered) < times and time.monotonic() < deadline:
        with suppress(grpc.RpcError):
            _, call = population.VerifyCitizen.with_call(_WHO)
            answered.append(str(dict(call.trailing_metadata())[metadata.TRANSACTION_ID]))
            continue
        time.sleep(_PAUSE)
    return answered


def _running(place: Workplace, kind: str) -> set[int]:
    """The numbers of the running processes of a kind."""
    running = processes_now(State.running(place.run_folder))
    return {int(each["pid"]) for each in running if str(each["name"]).partition("-")[0] == kind}
