"""``ndxp attach``: the other commands on an exchange that runs elsewhere."""

import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ndxp.sandbox.state import State
from ndxp.testing import RunningExchange

if TYPE_CHECKING:
    from tests.ndxp.cli.conftest import Ndxp


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A run folder that knows nothing of the exchange of the session."""
    return tmp_path / "elsewhere"


def attach(ndxp: "Ndxp", exchange: RunningExchange, folder: Path) -> None:
    words = (exchange.gateway, "--control", exchange.control_url, "--credentials", "-", "--folder", folder)
    done = ndxp("attach", *words, given=exchange.credentials.read_text())
    assert done.code == 0, done.err


def test_an_attached_folder_is_as_good_as_the_exchanges_own(
    ndxp_alone: "Ndxp", exchange: RunningExchange, elsewhere: Path
) -> None:
    attach(ndxp_alone, exchange, elsewhere)
    for command in (("members",), ("log", "verify"), ("log", "tail")):
        done = ndxp_alone(*command, "--folder", elsewhere, "--json")
        assert done.code == 0, done.err
    status = json.loads(ndxp_alone("status", "--folder", elsewhere, "--json").out)
    assert [status["gateway"], status["trouble"]] == [exchange.gateway, ""]
    assert (elsewhere / "credentials.json").stat().st_mode & 0o077 == 0


def test_a_demo_on_a_running_exchange_counts_only_its_own_calls(
    ndxp_alone: "Ndxp", exchange: RunningExchange, elsewhere: Path
) -> None:
    attach(ndxp_alone, exchange, elsewhere)
    for _ in range(2):
        done = ndxp_alone("demo", "--target", exchange.gateway, "--folder", elsewhere, "--requests", 20, "--json")
        assert done.code == 0, done.err
        assert json.loads(done.out)["counts"][0]["ledger"] == 20
    assert State.running(exchange.folder).alive()


def test_a_demo_on_an_unknown_target_says_how_to_attach(
    ndxp_alone: "Ndxp", exchange: RunningExchange, elsewhere: Path
) -> None:
    done = ndxp_alone("demo", "--target", exchange.gateway, "--folder", elsewhere)
    assert done.code == 1
    assert f"ndxp attach {exchange.gateway} --credentials -" in done.err


@pytest.mark.parametrize("command", ["up", "down"])
def test_an_attached_exchange_is_neither_started_nor_stopped_from_here(
    ndxp_alone: "Ndxp", exchange: RunningExchange, elsewhere: Path, command: str
) -> None:
    attach(ndxp_alone, exchange, elsewhere)
    done = ndxp_alone(command, "--folder", elsewhere)
    assert done.code == 1
    assert f"is attached to the exchange at {exchange.gateway}" in done.err
    assert State.running(exchange.folder).alive()


def test_a_run_folder_of_an_exchange_is_not_overwritten(ndxp_alone: "Ndxp", exchange: RunningExchange) -> None:
    words = (exchange.gateway, "--credentials", exchange.credentials, "--folder", exchange.folder)
    done = ndxp_alone("attach", *words)
    assert done.code == 1
    assert "name another with --folder" in done.err


def test_another_ledger_under_the_same_folder_is_noticed(
    ndxp_alone: "Ndxp", exchange: RunningExchange, elsewhere: Path
) -> None:
    attach(ndxp_alone, exchange, elsewhere)
    (elsewhere / "ledger-keys").write_text("ndxp.example/other+00000000+AAAA\n")
    words = ("--control", exchange.control_url, "--credentials", exchange.credentials, "--folder", elsewhere)
    done = ndxp_alone("attach", exchange.gateway, *words)
    assert done.code == 1
    assert "another exchange" in done.err


def test_who_does_not_answer_is_named(ndxp_alone: "Ndxp", exchange: RunningExchange, elsewhere: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{nobody.getsockname()[1]}"
        done = ndxp_alone("attach", where, "--credentials", exchange.credentials, "--folder", elsewhere)
    assert done.code == 1
    assert f"does not answer at {where}" in done.err


@pytest.mark.parametrize(
    ("given", "complaint"), [("no json", "cannot read"), ('{"VN/GOV/G01/lgsp": "x"}', "no entry 'admin'")]
)
def test_credentials_must_be_the_operators(ndxp_alone: "Ndxp", elsewhere: Path, given: str, complaint: str) -> None:
    done = ndxp_alone("attach", "localhost:50051", "--credentials", "-", "--folder", elsewhere, given=given)
    assert done.code == 1
    assert complaint in done.err
    assert not elsewhere.exists()


def test_an_address_without_a_port_is_refused(ndxp_alone: "Ndxp", elsewhere: Path) -> None:
    done = ndxp_alone("attach", "localhost", "--credentials", "-", "--folder", elsewhere)
    assert done.code == 1
    assert "localhost:50051" in done.err
