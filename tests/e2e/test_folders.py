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


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files whose path is short, as it is on users' machines: a socket has to fit in."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


@contextmanager
def foreground(folder: Path, temporary: Path) -> Iterator[tuple["subprocess.Popen[str]", State]]:
    """The command that runs an exchange in a folder, and waits, and its exchange, which is ready."""
    command = [sys.executable, "-P", "-m", "ndxp.cli", "up", "--port", "0"]
    own = environment(folder) | {"TMPDIR": str(temporary)}
    folder.parent.mkdir(parents=True)
    with subprocess.Popen(
        command, env=own, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        try:
            state = until_now(lambda: (state := State.read(folder)) is not None and state.ready_seconds > 0 and state)
            assert state
            yield process, state
        finally:
            ndxp("down", folder=folder)


@pytest.mark.parametrize(
    ("name", "end", "code"), [(STRANGE, "down", 0), (LONG, "kill", 1), ("run", "remove", 1)],
    ids=["signs-down", "long-kill", "remove"],
)  # fmt: skip
def test_an_exchange_in_the_foreground_runs_in_a_folder_of_any_name_says_how_it_ended_and_leaves_nothing(
    tmp_path: Path, temporary: Path, name: str, end: str, code: int
) -> None:
    folder = tmp_path / "home" / name
    with foreground(folder, temporary) as (process, state):
        for words in (("status",), ("members",), ("log", "tail"), ("doctor",), ("services",)):
            ran = ndxp(*words, folder=folder)
            assert ran.code == 0, ran
        assert ndxp("log", "verify", folder=folder).code == 0
        assert [str(path) for path in temporary.iterdir()] == ([state.socket_folder] if state.socket_folder else [])
        assert state.socket_folder or name != LONG
        assert {path.name for path in folder.iterdir()} >= {"ledger.db", "population.db", "credentials.json"}
        assert [path.name for path in (tmp_path / "home").iterdir()] == [Path(name).parts[0]]
        if end == "down":
            assert ndxp("down", folder=folder).code == 0
        elif end == "kill":
            os.kill(state.supervisor, signal.SIGKILL)
        else:
            shutil.rmtree(folder, ignore_errors=True)
        _, said = process.communicate()
        assert process.returncode == code
        assert bool(said) == bool(code)
        assert processes_of(folder) == []
        assert ndxp("down", "--json", folder=folder).data == {"stopped": False}
    assert list(temporary.iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


@pytest.mark.parametrize("place", ["file", "file/run", "/proc/run"])
def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    ran = ndxp("up", "-d", "--port", "0", "--folder", tmp_path / place, folder=tmp_path / "unused")
    assert ran.code == 1
    assert "cannot make the folder" in ran.complaint


def test_what_a_killed_supervisor_of_a_removed_folder_left_is_seen_and_stopped(tmp_path: Path) -> None:
    folder = tmp_path / STRANGE
    folder.parent.mkdir()
    started = ndxp_process("up", "-d", "--port", "0", folder=folder)
    try:
        assert started.code == 0, started.err
        state = State.read(folder)
        assert state is not None
        os.kill(state.supervisor, signal.SIGKILL)
        until_now(lambda: not start_of(state.supervisor))
        shutil.rmtree(folder, ignore_errors=True)
        seen = ndxp("status", folder=folder)
        assert seen.code == 1
        assert "was removed while its exchange runs; `ndxp down` stops it" in seen.complaint
        assert "runs an exchange in" in ndxp("up", "-d", "--port", "0", folder=folder).complaint
        assert ndxp("down", "--json", folder=folder).data == {"stopped": True}
    finally:
        ndxp("down", folder=folder)
        assert processes_of(folder) == []
