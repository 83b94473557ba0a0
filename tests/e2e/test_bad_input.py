"""What a newcomer gets wrong with `ndxp up`: one clear line, the right exit code, and nothing left running."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import gateway
from gateway.control import __main__ as control
from tests.ndxp.cli.command import ndxp

DEFAULT = Path(gateway.__file__).parent / "exchange.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A run folder; at the end nothing may run in it."""
    folder = tmp_path / "run"
    yield folder
    ndxp("down", folder=folder)
    assert left_running(folder) == []


def left_running(folder: Path) -> list[list[str]]:
    """Command lines of processes that belong to an exchange in the folder."""
    found = []
    for process in psutil.process_iter():
        try:
            mine = process.environ().get("NDXP_FOLDER") == str(folder)
            line = process.cmdline()
        except psutil.Error:
            continue
        if mine or any(str(folder) in word for word in line):
            found.append(line)
    return found


def test_a_busy_port_is_named_with_the_remedy(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ran = ndxp("up", "-d", "--port", port, folder=folder)
    assert ran.code == 1
    assert ran.complaint == (
        f"port {port} (gateway) is in use: stop what uses it, or take free ports with `ndxp up --port 0`"
    )
    assert left_running(folder) == []


def test_a_config_file_that_is_not_there_is_named(folder: Path) -> None:
    ran = ndxp("up", "-d", "--port", 0, "--config", "mine.yaml", folder=folder)
    assert ran.code == 1
    assert "there is no file mine.yaml" in ran.complaint
    assert left_running(folder) == []


TYPOS = {
    "no YAML": ("\ngrants:\n", "\ngrants\n", "line "),
    "a misspelt key": ("methods: [", "method: [", "grants[0]"),
    "an unknown group": ("consumer: group:all", "consumer: group:al", "'al'"),
}


def test_a_config_of_one_member_is_enough(folder: Path, tmp_path: Path) -> None:
    config = tmp_path / "mine.yaml"
    config.write_text(
        "instance: VN\nmembers:\n  - {id: VN/COM/acme, name: ACME, subsystems: [app]}\n", encoding="utf-8"
    )
    ran = ndxp("up", "-d", "--port", 0, "--config", config, folder=folder)
    try:
        assert ran.code == 0, ran.err
        assert ndxp("status", folder=folder).code == 0
        assert [m["id"] for m in ndxp("members", "--json", folder=folder).data] == ["VN/COM/acme", "VN/GOV/G22"]
        listed = ndxp("call", "ndxp.exchange.v1.ExchangeService/ListServices", "--as", "VN/COM/acme", folder=folder)
        assert [service["contract"] for service in listed.data["services"]] == ["ndxp.exchange.v1.ExchangeService"]
    finally:
        ndxp("down", folder=folder)


def write_with_typo(config: Path, typo: str) -> str:
    """Writes the default exchange with a typo; gives the place that has to be named."""
    right, wrong, place = TYPOS[typo]
    text = DEFAULT.read_text(encoding="utf-8")
    assert right in text
    config.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    return place


@pytest.mark.parametrize("typo", TYPOS)
def test_control_names_file_and_place_of_a_typo_and_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typo: str
) -> None:
    config = tmp_path / "mine.yaml"
    place = write_with_typo(config, typo)
    monkeypatch.setenv("NDXP_EXCHANGE_FILE", str(config))
    monkeypatch.setenv("NDXP_RUN_FOLDER", str(tmp_path / "run"))
    monkeypatch.setattr(os, "umask", lambda mask: mask)  # it stays as it is for the tests that follow
    assert control.main() == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"control: {config}: ")
    assert place in line


def test_a_start_with_a_typo_in_the_config_file_fails_with_file_and_place(folder: Path, tmp_path: Path) -> None:
    config = tmp_path / "mine.yaml"
    place = write_with_typo(config, "a misspelt key")
    ran = ndxp("up", "-d", "--port", 0, "--config", config, folder=folder)
    assert ran.code == 1
    assert str(config) in ran.complaint
    assert place in ran.complaint
    assert left_running(folder) == []


def test_a_run_folder_with_garbage_in_it_is_started_afresh_and_a_second_start_finds_it_running(folder: Path) -> None:
    folder.mkdir()
    (folder / "run.json").write_text("garbage", encoding="utf-8")
    first = ndxp("up", "-d", "--port", 0, "--json", folder=folder)
    assert first.code == 0, first.err
    second = ndxp("up", "-d", "--port", 0, folder=folder)
    assert second.code == 0
    assert second.out.startswith("The exchange is already running.")
    assert first.data["gateway"] in second.out


def test_down_of_an_exchange_that_does_not_run_is_no_failure(folder: Path) -> None:
    ran = ndxp("down", folder=folder)
    assert ran.code == 0
    assert ran.out == f"No exchange is running in {folder}.\n"


def test_status_of_an_exchange_that_was_stopped_says_how_to_start_it(folder: Path) -> None:
    folder.mkdir()
    state = {
        "folder": str(folder), "gateway": "127.0.0.1:1", "control_url": "http://127.0.0.1:2",
        "processes": [{"name": "store", "command": [], "environment": {"NDXP_REDIS_URL": "unix:///nowhere"}}],
        "supervisor": 2**22 + 1, "started": "x", "ready_seconds": 1.0,
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(state), encoding="utf-8")
    ran = ndxp("status", folder=folder)
    assert ran.code == 1
    assert ran.complaint == f"the exchange in {folder} is not running any more; start it with `ndxp up -d`"
