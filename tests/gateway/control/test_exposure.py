"""The control process keeps its secrets on this machine unless it is told otherwise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.control.__main__ import main
from ndxp.address import loopback
from tests.ndxp.cli.command import captured
from tests.support.stores import Valkey


@pytest.fixture
def _reachable(tmp_path: Path, valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of a control process that listens on all addresses of this machine."""
    settings = {
        "NDXP_RUN_FOLDER": str(tmp_path / "run"), "NDXP_REDIS_URL": valkey.url,
        "NDXP_CONTROL_ADDRESS": "0.0.0.0:0", "NDXP_EXCHANGE_ADDRESS": "127.0.0.1:0",
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("_reachable")
def test_it_does_not_start_beyond_this_machine_in_the_clear() -> None:
    ran = captured(lambda: sys.exit(main()), "control")
    assert ran.code == 2
    [line] = ran.err.splitlines()
    for word in ("NDXP_CONTROL_ADDRESS=0.0.0.0:0", "127.0.0.1", "TLS", "NDXP_ALLOW_PLAINTEXT"):
        assert word in line


@pytest.mark.usefixtures("_reachable")
def test_it_does_when_the_setting_says_that_a_proxy_is_in_front() -> None:
    command = [sys.executable, "-P", "-m", "gateway.control"]
    environment = {**os.environ, "NDXP_ALLOW_PLAINTEXT": "true"}
    process = subprocess.Popen(command, env=environment, encoding="utf-8", stderr=subprocess.PIPE)
    assert process.stderr is not None
    try:
        assert any("control answers on http://0.0.0.0:0" in line for line in process.stderr)
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.mark.parametrize(
    ("address", "private"),
    [("127.0.0.1:1", True), ("127.9.9.9:1", True), ("localhost:1", True), ("[::1]:1", True), ("0.0.0.0:1", False),
     ("10.0.0.1:1", False), ("[::]:1", False), ("control:8080", False), (":8080", False)],
)  # fmt: skip
def test_only_loopback_is_private(address: str, private: bool) -> None:
    assert loopback(address) is private
