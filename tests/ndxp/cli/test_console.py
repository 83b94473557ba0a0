"""``ndxp console``: it starts the console, prints a URL that lets a browser in once, and ends with the command."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ndxp.sandbox.console import Console
from ndxp.testing import RunningExchange
from tests.console.conftest import copy_of
from tests.ndxp.cli.command import environment, ndxp


@pytest.fixture
def folder(exchange: RunningExchange, tmp_path: Path) -> Path:
    """A run folder of the session's exchange without a console."""
    (tmp_path / "run").mkdir()
    return copy_of(exchange, tmp_path / "run")


@pytest.fixture
def started(folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """The command while it runs."""
    command = [sys.executable, "-P", "-m", "ndxp.cli", "console", "--no-browser", "--port", "0", "--role", "auditor"]
    with subprocess.Popen([*command, "--json"], env=environment(folder), stdout=subprocess.PIPE) as process:
        yield process
        process.kill()


def printed(process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    """The JSON that the command prints while it goes on."""
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line.decode()
        if line == b"}\n":
            break
    found: dict[str, Any] = json.loads(text)
    return found


def test_the_url_lets_in_and_the_console_ends_with_the_command(
    started: "subprocess.Popen[bytes]", folder: Path
) -> None:
    said = printed(started)
    assert said["role"] == "auditor"
    assert httpx.get(said["console_url"]).status_code == httpx.codes.SEE_OTHER
    again = ndxp("console", "--no-browser", "--role", "auditor", "--json", folder=folder).data
    assert httpx.get(again["console_url"]).status_code == httpx.codes.SEE_OTHER
    assert "runs already" in ndxp("console", "--no-browser", folder=folder).complaint
    os.kill(started.pid, signal.SIGTERM)
    assert started.wait(30) == 0
    assert Console.running(folder) is None
    assert not (folder / "console.json").exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(said["console_url"])


def test_the_status_has_the_url_of_a_console_and_none_without(folder: Path, started: "subprocess.Popen[bytes]") -> None:
    printed(started)
    url = ndxp("status", "--json", folder=folder).data["console_url"]
    assert httpx.get(url).status_code == httpx.codes.SEE_OTHER
    started.terminate()
    started.wait(30)
    assert ndxp("status", "--json", folder=folder).data["console_url"] == ""


def test_a_port_in_use_and_a_folder_without_an_exchange_are_one_line(exchange: RunningExchange, folder: Path) -> None:
    taken = exchange.control_url.rpartition(":")[2]
    assert f"port {taken} (console) is in use" in ndxp("console", "--port", taken, folder=folder).complaint
    (folder / "run.json").unlink()
    assert "no exchange in" in ndxp("console", "--port", "0", folder=folder).complaint
