"""The exchange of a run: who shares it, who waits, and that a failed start is told to all."""

import fcntl
import threading
from pathlib import Path

import pytest

from ndxp.locked_file import locked
from ndxp.sandbox.life import StartFailed
from ndxp.sandbox.plan import PlanFailed
from ndxp.testing.run import Run, stop, turn


def test_a_start_that_fails_is_told_to_all_who_share_the_exchange(tmp_path: Path) -> None:
    with pytest.raises(PlanFailed, match="no agency in"):
        Run(beside=[tmp_path], shared=tmp_path).exchange()
    with pytest.raises(StartFailed, match="no agency in"):
        Run(shared=tmp_path).exchange()
    stop(tmp_path)  # nothing runs there


def test_tests_run_together_unless_one_must_be_alone(tmp_path: Path) -> None:
    order = list[str]()
    begun = threading.Event()

    def alone() -> None:
        begun.set()
        with turn(tmp_path, alone=True):
            order.append("alone")

    with turn(tmp_path, alone=False):
        with turn(tmp_path, alone=False):
            order.append("together")
        waiting = threading.Thread(target=alone)
        waiting.start()
        begun.wait()
        order.append("still here")
    waiting.join()
    assert order == ["together", "still here", "alone"]


def test_who_waits_to_be_alone_comes_before_who_asks_later(tmp_path: Path) -> None:
    order = list[str]()

    def take(alone: bool, name: str) -> None:
        with turn(tmp_path, alone=alone):
            order.append(name)

    with locked(tmp_path / "turn.lock", shared=True):  # a test that runs
        first = threading.Thread(target=take, args=(True, "alone"))
        first.start()
        # From here on nobody passes the turnstile: the one who waits holds it.
        while not _held(tmp_path / "turnstile.lock"):
            pass
        second = threading.Thread(target=take, args=(False, "later"))
        second.start()
    first.join()
    second.join()
    assert order == ["alone", "later"]


def _held(path: Path) -> bool:

    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
