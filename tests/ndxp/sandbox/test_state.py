"""What is known of a sandbox from its run folder."""

import json
import os
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from ndxp.sandbox.state import NoSandbox, Process, State, start_of


@pytest.fixture
def state(tmp_path: Path) -> State:
    """A sandbox whose supervisor is this very process."""
    store = Process("store", ["valkey-server"], {"NDXP_REDIS_URL": f"unix://{tmp_path}/store.sock"})
    started = start_of(os.getpid())
    return State(str(tmp_path), "127.0.0.1:1", "http://127.0.0.1:2", [store], os.getpid(), started, 1.5)


def test_a_written_state_is_read_back(state: State, tmp_path: Path) -> None:
    state.write()
    assert State.read(tmp_path) == state


def test_a_written_state_is_private(state: State, tmp_path: Path) -> None:
    state.write()
    assert [(path.name, path.stat().st_mode & 0o777) for path in tmp_path.iterdir()] == [("run.json", 0o600)]


def test_prometheus_finds_the_processes_that_show_metrics_by_their_names(state: State, tmp_path: Path) -> None:
    worker = Process("gateway-2", [], {"NDXP_METRICS_ADDRESS": "127.0.0.1:9464"})
    replace(state, processes=[*state.processes, worker]).write_targets()
    assert json.loads((tmp_path / "prometheus.json").read_text(encoding="utf-8")) == [
        {"targets": ["127.0.0.1:9464"], "labels": {"process": "gateway", "instance": "gateway-2"}}
    ]


@pytest.mark.parametrize(
    "content", ["", "garbage", "[]", "{}", '{"processes": 5}', '{"folder": "x", "processes": [1]}']
)
def test_a_state_that_cannot_be_read_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content, encoding="utf-8")
    assert State.read(tmp_path) is None


def test_a_state_of_another_version_is_none(state: State, tmp_path: Path) -> None:
    state.write()
    data = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    (tmp_path / "run.json").write_text(json.dumps({**data, "of_the_future": 1}), encoding="utf-8")
    assert State.read(tmp_path) is None


def test_a_sandbox_lives_while_its_supervisor_does(state: State) -> None:
    assert state.alive()


def test_another_process_with_the_supervisor_s_number_is_not_taken_for_it(state: State) -> None:
    assert not replace(state, started=start_of(1)).alive()


def test_a_step_of_the_wall_clock_changes_no_process(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    before = psutil.Process().create_time()
    booted = psutil.boot_time()
    monkeypatch.setattr(psutil._pslinux, "boot_time", lambda: booted + 2)  # btime of /proc/stat moves with the clock
    assert psutil.Process().create_time() != before
    assert state.alive()


@pytest.mark.parametrize("supervisor", [2**22 + 1, 0, -1])
def test_a_sandbox_without_a_supervisor_does_not_live(state: State, supervisor: int) -> None:
    assert not replace(state, supervisor=supervisor, started="").alive()


def test_a_sandbox_that_ended_says_how_to_start_it_again(state: State, tmp_path: Path) -> None:
    replace(state, started="").write()
    with pytest.raises(NoSandbox, match="is not running any more; start it with `ndxp up -d`"):
        State.running(tmp_path)


def test_a_folder_without_a_sandbox_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(NoSandbox, match=f"no exchange in {tmp_path}; start one with `ndxp up -d`"):
        State.running(tmp_path)


def test_a_process_of_another_sandbox_is_no_member(state: State) -> None:
    assert os.getpid() not in [process.pid for process in state.members()]
