"""Neighbours: normal members that call during the attacks, in a process of their own, with the duration of each call.

``python -m drills.attacks.neighbours`` reads the gateway's address, tokens and certificates from its input. It prints a
line for every call: when it began on the monotonic clock, how long it took (both in seconds), its status, and whether
it ended with OK, or with a reason and a transaction.
"""

import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import grpc

from ndxp.client import OPTIONS
from ndxp.population.v1 import population_pb2, population_pb2_grpc
from ndxp.sandbox.state import State
from ndxp.wire import metadata, status
from ndxp.wire.tls import Tls, connect
from ndxp.world import World

_PEOPLE, _DEADLINE = 200, 20.0

BUSY, SELDOM = 0.004, 0.05
"""Seconds between two calls: where durations are compared, and where it is only seen whether calls fail."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A neighbour's call: when it began (monotonic clock), its duration, both in seconds, and its status.

    It is ``explained`` when it ended with OK, or with a reason and a transaction.
    """

    at: float
    took: float
    code: str
    explained: bool


class Neighbours:
    """They call during a ``with`` statement, with ``pause`` seconds between two calls. ``answered`` grows."""

    def __init__(self, exchange: State, tokens: Mapping[str, str], pause: float = BUSY) -> None:
        self.answered: list[Answered] = []
        folder = str(exchange.tls_folder) if exchange.tls else ""
        given = {"gateway": exchange.gateway, "tls": folder, "tokens": dict(tokens), "pause": pause}
        self._given = json.dumps(given)
        self._process: subprocess.Popen[str]
        self._reader = threading.Thread(target=self._read)

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "drills.attacks.neighbours"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")  # noqa: S603
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        self._process.stdin.write(self._given + "\n")
        self._process.stdin.flush()
        self._reader.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait()
        self._reader.join()

    def wait(self, calls: int, seconds: float) -> None:
        """Returns after ``calls`` more calls, or after ``seconds``."""
        enough, deadline = len(self.answered) + calls, time.monotonic() + seconds
        while len(self.answered) < enough and time.monotonic() < deadline:
            time.sleep(0.05)

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        for line in self._process.stdout:
            at, took, code, explained = line.split()
            self.answered.append(Answered(float(at), float(took), code, explained == str(True)))


def p99(answered: Sequence[Answered]) -> float:
    """The 99th percentile of the durations, in seconds; 0 without any."""
    return percentile(answered, 0.99)


def percentile(answered: Sequence[Answered], share: float) -> float:
    """The duration that a share of the calls did not exceed, in seconds; 0 without calls."""
    durations = sorted(each.took for each in answered)
    return durations[min(len(durations) - 1, int(share * len(durations)))] if durations else 0.0


def main() -> None:
    """Calls until the process is terminated."""
    given = json.loads(sys.stdin.readline())
    people = [
        population_pb2.VerifyCitizenRequest(
            citizen_number=who.number, full_name=who.full_name, birth_date=who.birth_date.isoformat()
        )
        for who in World().sample(_PEOPLE, 1, alive=True)
    ]
    for name, token in given["tokens"].items():
        tls = Tls.load(Path(given["tls"]), name) if given["tls"] else None
        threading.Thread(target=_call, args=(given["gateway"], tls, token, people, given["pause"])).start()


def _call(gateway: str, tls: Tls | None, token: str, people: list[Any], pause: float) -> None:
    identity = ((metadata.AUTHORIZATION, f"Bearer {token}"),)
    with connect(gateway, tls, OPTIONS) as channel:
        verify: Any = population_pb2_grpc.PopulationServiceStub(channel).VerifyCitizen
        while True:
            began, code, explained = time.monotonic(), "OK", True
            try:
                verify(random.choice(people), metadata=identity, timeout=_DEADLINE)
            except grpc.RpcError as error:
                failure = status.decode(error)
                code, explained = failure.code.name, bool(failure.reason and failure.transaction_id)
            sys.stdout.write(f"{began} {time.monotonic() - began} {code} {explained}\n")
            sys.stdout.flush()
            time.sleep(pause)


if __name__ == "__main__":
    main()
