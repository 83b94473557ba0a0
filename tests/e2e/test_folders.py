"""Run folders of every name, and what happens to an exchange whose folder is removed."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from ndxp.sandbox.state import State, processes_of, start_of
from tests.ndxp.cli.command import environment, ndxp, ndxp_process
from tests.support.fakes import until_now

STRANGE = "a #?{name}{}%2F[/b]'ư"
LONG = "/".join(["ngôi nhà của những người bạn"] * 4)


@contextmanager
def running(folder: Path, **variables: str) -> Iterator[State]:
    """An exchange in a folder."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    started = ndxp_process("up", "-d", "--port", "0", folder=folder, **variables)
    try:
        assert started.code == 0, started.err
        state = State.read(folder)
        assert state is not None
        yield state
    finally:
        ndxp("down", folder=folder)
        assert processes_of(folder) == []


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files whose path is short, as it is on users' machines: a socket has to fit in."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.parametrize("name", [STRANGE, LONG], ids=["signs", "long"])
def test_an_exchange_runs_in_a_folder_of_any_name(tmp_path: Path, temporary: Path, name: str) -> None:
    folder = tmp_path / "home" / name
    with running(folder, TMPDIR=str(temporary)) as state:
        for words in (("status",), ("members",), ("log", "tail"), ("doctor",), ("services",)):
            ran = ndxp(*words, folder=folder)
            assert ran.code == 0, ran
        assert ndxp("log", "verify", folder=folder).code == 0
        assert [str(path) for path in temporary.iterdir()] == ([state.socket_folder] if state.socket_folder else [])
        assert state.socket_folder or name != LONG
    assert list(temporary.iterdir()) == []
    assert {path.name for path in folder.iterdir()} >= {"ledger.db", "population.db", "credentials.json"}
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    assert [path.name for path in (tmp_path / "home").iterdir()] == [Path(name).parts[0]]


@pytest.mark.parametrize("place", ["file", "file/run", "/proc/run"])
def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    ran = ndxp("up", "-d", "--port", "0", "--folder", tmp_path / place, folder=tmp_path / "unused")
    assert ran.code == 1
    assert "cannot make the folder" in ran.complaint


def test_what_a_killed_supervisor_of_a_removed_folder_left_is_seen_and_stopped(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with running(folder) as state:
        os.kill(state.supervisor, signal.SIGKILL)
        until_now(lambda: not start_of(state.supervisor))
        shutil.rmtree(folder, ignore_errors=True)
        seen = ndxp("status", folder=folder)
        assert seen.code == 1
        assert "was removed while its exchange runs; `ndxp down` stops it" in seen.complaint
        assert "runs an exchange in" in ndxp("up", "-d", "--port", "0", folder=folder).complaint
        assert ndxp("down", "--json", folder=folder).data == {"stopped": True}


@pytest.mark.parametrize(("end", "code"), [("down", 0), ("kill", 1), ("remove", 1)])
def test_an_exchange_in_the_foreground_says_how_it_ended_and_leaves_nothing(
    tmp_path: Path, end: str, code: int
) -> None:
    folder = tmp_path / "run"
    command = [sys.executable, "-P", "-m", "ndxp.cli", "up", "--port", "0"]
    with subprocess.Popen(
        command, env=environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8"
    ) as foreground:
        state = until_now(lambda: (state := State.read(folder)) is not None and state.ready_seconds > 0 and state)
        assert state
        if end == "down":
            assert ndxp("down", folder=folder).code == 0
        elif end == "kill":
            os.kill(state.supervisor, signal.SIGKILL)
        else:
            shutil.rmtree(folder, ignore_errors=True)
        _, said = foreground.communicate()
    assert foreground.returncode == code
    assert bool(said) == bool(code)
    assert processes_of(folder) == []
    assert ndxp("down", "--json", folder=folder).data == {"stopped": False}
