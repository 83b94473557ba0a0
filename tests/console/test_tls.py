"""A console for other machines: with TLS only, under the names that were given to it, and with a cookie for https."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect
from websockets.sync.client import connect

from console.__main__ import main
from ndxp.authority import Authority
from ndxp.sandbox import plan
from ndxp.sandbox.ports import free_port
from ndxp.testing import RunningExchange
from ndxp.wire.tls import Tls, trust
from tests.console.conftest import Running, copy_of, running
from tests.console.test_door import SOCKET
from tests.ndxp.cli.command import captured

NAME = "console.example.vn"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the console's key and certificate, and the authority to trust."""
    folder = tmp_path_factory.mktemp("tls")
    Authority.open_or_create(folder).ensure("console", hosts=["localhost", "127.0.0.1", NAME])
    made = Tls.load(folder, "console")
    key, begins, chain = made.own.partition(b"-----BEGIN CERTIFICATE")
    (folder / "tls.key").write_bytes(key)
    (folder / "tls.crt").write_bytes(begins + chain)
    return folder


@pytest.fixture(scope="module")
def secure(exchange: RunningExchange, certificate: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A console that listens on all addresses of this machine, and has a name."""
    folder, port = copy_of(exchange, tmp_path_factory.mktemp("secure")), free_port()
    settings = {
        "NDXP_CONSOLE_ADDRESS": f"0.0.0.0:{port}",
        "NDXP_CONSOLE_TLS_FOLDER": str(certificate),
        "NDXP_CONSOLE_NAMES": json.dumps([f"localhost:{port}", NAME]),
    }
    with running(folder, settings=settings) as made:
        yield made


@pytest.fixture
def client(secure: Running, certificate: Path) -> Iterator[httpx.Client]:
    """A client that trusts the authority, and was not let in yet."""
    with httpx.Client(base_url=secure.url, verify=trust((certificate / "ca.pem").read_bytes())) as made:
        yield made


def failed(folder: Path, **settings: str) -> tuple[int, str]:
    """The exit code of a console that does not start, in the test's own process, and what it says."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (plan.console_process(folder, 0).environment | settings).items():
            patch.setenv(name, value)
        ran = captured(lambda: sys.exit(main()), "console")
    return ran.code, ran.err


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:8082", "console.example.vn:8082"])
def test_without_tls_the_console_is_for_this_machine_only(
    exchange: RunningExchange, tmp_path: Path, address: str
) -> None:
    code, said = failed(copy_of(exchange, tmp_path), NDXP_CONSOLE_ADDRESS=address)
    assert code == 2
    assert "NDXP_CONSOLE_ADDRESS: Value error, without TLS" in said
    assert "NDXP_CONSOLE_TLS_FOLDER" in said
    assert not (tmp_path / "console.json").exists()


def test_a_certificate_that_cannot_be_read_and_a_name_that_is_none_are_one_line(
    exchange: RunningExchange, tmp_path: Path
) -> None:
    folder = copy_of(exchange, tmp_path)
    code, said = failed(folder, NDXP_CONSOLE_TLS_FOLDER=str(tmp_path))
    assert (code, len(said.splitlines())) == (1, 1)
    assert f"tls.crt and tls.key in {tmp_path} cannot be used" in said
    code, said = failed(folder, NDXP_CONSOLE_NAMES='["https://console"]')
    assert (code, len(said.splitlines())) == (2, 1)
    assert "NDXP_CONSOLE_NAMES" in said


def test_a_ticket_lets_in_by_https_with_a_cookie_that_is_never_sent_without(
    secure: Running, client: httpx.Client
) -> None:
    assert secure.url.startswith("https://localhost:")
    answer = client.get(secure.entrance())
    assert answer.status_code == httpx.codes.SEE_OTHER
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("__host-ndxp-console-")
    assert "; secure" in cookie
    assert client.get("/transactions").status_code == httpx.codes.OK
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(secure.url.replace("https", "http", 1))


def test_the_names_that_were_given_are_answered_and_others_are_not(secure: Running, client: httpx.Client) -> None:
    client.get(secure.entrance())
    answered = {name: client.get("/transactions", headers={"host": name}).status_code for name in (NAME, "example.vn")}
    assert answered == {NAME: httpx.codes.OK, "example.vn": httpx.codes.MISDIRECTED_REQUEST}


def test_a_page_without_tls_is_another_site(secure: Running, client: httpx.Client, certificate: Path) -> None:
    client.get(secure.entrance())
    plain = secure.url.replace("https", "http", 1)
    assert client.get("/transactions", headers={"origin": plain}).status_code == httpx.codes.FORBIDDEN
    assert client.get("/transactions", headers={"origin": secure.url}).status_code == httpx.codes.OK
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    socket = f"{secure.url.replace('https', 'wss', 1)}{SOCKET}"
    trusted = trust((certificate / "ca.pem").read_bytes())
    opening = {
        "connection": "Upgrade", "upgrade": "websocket", "origin": plain,
        "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    }  # fmt: skip
    assert client.get(SOCKET, headers=opening).status_code == httpx.codes.FORBIDDEN
    assert client.get(SOCKET, headers={**opening, "origin": secure.url}).status_code == httpx.codes.SWITCHING_PROTOCOLS
    with connect(socket, ssl=trusted, additional_headers={"cookie": cookie, "origin": secure.url}) as opened:
        assert str(opened.recv()).startswith('0{"sid"')


def test_the_health_is_said_to_everybody_and_nothing_else(client: httpx.Client) -> None:
    answer = client.get("/healthz", headers={"host": "10.0.0.7:8082"})
    assert (answer.status_code, answer.text) == (httpx.codes.OK, "ok")
    assert client.get("/healthz/").status_code == httpx.codes.UNAUTHORIZED


def test_a_browser_shows_the_pages(secure: Running, browser: Browser) -> None:
    context = browser.new_context(locale="en-GB", ignore_https_errors=True)
    page = context.new_page()
    page.goto(secure.entrance())
    page.goto(f"{secure.url}/transactions")
    expect(page.get_by_role("heading", name="Transactions")).to_be_visible()
    expect(page.get_by_role("status")).not_to_contain_text("Asking")
    context.close()
