"""The supervisor, with small processes in the places of the exchange's."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from ndxp.sandbox.__main__ import sync
from tests.support.fakes import until_now

SCRIPT = """
import os, pathlib, signal, sys
name, folder = sys.argv[1], pathlib.Path(sys.argv[2])
def stop(*_):
    with (folder / "stopped").open("a") as file:
        file.write(name + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print(name, "says", os.environ["GREETING"], flush=True)
(folder / f"{name}.new").write_text(str(os.getpid()))
(folder / f"{name}.new").replace(folder / f"{name}.pid")
while True:
    signal.pause()
"""
NAMES = ("store", "control", "rest", "agencies", "gateway-1", "gateway-2")


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A supervisor whose five processes all run."""
    processes = [
        {"name": name, "command": [sys.executable, "-c", SCRIPT, name, str(tmp_path)],
         "environment": {"GREETING": "good morning"}}
        for name in NAMES
    ]  # fmt: skip
    (tmp_path / "run.json").write_text(
        json.dumps({"processes": processes, "durability": "everysec", "socket_folder": ""}), encoding="utf-8"
    )
    with (tmp_path / "errors").open("wb") as errors:
        running = subprocess.Popen(
            [sys.executable, "-P", "-m", "ndxp.sandbox", str(tmp_path)], stderr=errors, start_new_session=True
        )
    try:
        until_now(lambda: all((tmp_path / f"{name}.pid").exists() for name in NAMES))
        yield running
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()


@pytest.fixture
def pid(tmp_path: Path) -> Callable[[str], int]:
    """The number of the process that runs under a name."""
    return lambda name: int((tmp_path / f"{name}.pid").read_text(encoding="utf-8"))


def test_a_process_that_is_killed_is_started_again(
    supervisor: "subprocess.Popen[bytes]", tmp_path: Path, pid: Callable[[str], int]
) -> None:
    before = pid("agencies")
    os.kill(before, signal.SIGKILL)
    until_now(lambda: pid("agencies") != before)
    assert psutil.pid_exists(pid("agencies"))
    assert "agencies ended with -9; starting it again" in (tmp_path / "errors").read_text(encoding="utf-8")
    assert supervisor.poll() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_the_gateways_first_and_the_store_last(
    supervisor: "subprocess.Popen[bytes]", tmp_path: Path, number: signal.Signals
) -> None:
    supervisor.send_signal(number)
    assert supervisor.wait(20) == 0
    stopped = (tmp_path / "stopped").read_text(encoding="utf-8").split()
    assert sorted(stopped[:2]) == ["gateway-1", "gateway-2"]
    assert stopped[2:] == ["rest", "agencies", "control", "store"]


def test_everything_stops_when_the_run_folder_is_removed(
    supervisor: "subprocess.Popen[bytes]", tmp_path: Path, pid: Callable[[str], int]
) -> None:
    processes = [psutil.Process(pid(name)) for name in NAMES]
    shutil.rmtree(tmp_path)
    assert supervisor.wait(20) == 0
    assert [process for process in processes if process.is_running()] == []


@pytest.mark.usefixtures("supervisor")
def test_every_process_has_its_settings_and_a_private_log_of_its_own(tmp_path: Path) -> None:
    logs = {path.name: path for path in (tmp_path / "logs").iterdir()}
    assert set(logs) == {f"{name}.log" for name in NAMES}
    assert logs["store.log"].read_text(encoding="utf-8") == "store says good morning\n"
    assert {path.stat().st_mode & 0o777 for path in logs.values()} == {0o600}
    assert (tmp_path / "logs").stat().st_mode & 0o777 == 0o700


def test_what_the_store_has_appended_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = tmp_path / "appendonlydir"
    files.mkdir()
    for name in ("appendonly.aof.1.base.rdb", "appendonly.aof.1.incr.aof", "appendonly.aof.manifest"):
        (files / name).touch()
    synced: list[str] = []
    monkeypatch.setattr(os, "fdatasync", lambda number: synced.append(str(Path(f"/proc/self/fd/{number}").readlink())))
    sync(tmp_path)
    assert synced == [str(files / "appendonly.aof.1.incr.aof")]
