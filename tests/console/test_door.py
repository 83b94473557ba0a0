"""Who gets past the console's door: browsers with a cookie, which came with a ticket, and from no other site's page."""

import time
from importlib.metadata import version

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from ndxp.sandbox import console as sandbox_console
from ndxp.sandbox.console import TICKET, TICKET_LIFE
from tests.console.conftest import Running

SOCKET = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket&client_id=1"
POLLING = "/_nicegui_ws/socket.io/?EIO=4&transport=polling&client_id=1"
SCRIPT = f"/_nicegui/{version('nicegui')}/static/nicegui.js"


def test_a_ticket_lets_in_once(console: Running) -> None:
    url = console.entrance()
    answer = httpx.get(url)
    assert answer.status_code == httpx.codes.SEE_OTHER
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert httpx.get(url).status_code == httpx.codes.UNAUTHORIZED


def test_a_browser_that_is_in_may_load_its_first_url_again(console: Running) -> None:
    url = console.entrance()
    with httpx.Client() as client:
        client.get(url)
        again = client.get(url)
        assert again.status_code == httpx.codes.SEE_OTHER
        assert client.get(console.url, follow_redirects=True).status_code == httpx.codes.OK


@pytest.mark.parametrize("age", [TICKET_LIFE + 1, -60])
def test_a_ticket_of_another_time_does_not_let_in(
    console: Running, monkeypatch: pytest.MonkeyPatch, age: float
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - age)
    assert httpx.get(console.entrance()).status_code == httpx.codes.UNAUTHORIZED


@pytest.mark.parametrize("ticket", ["", "x", "1-2-3", "²-a-b", "%00", "9" * 5000])
def test_what_is_no_ticket_does_not_let_in_and_the_page_says_what_to_do(stranger: httpx.Client, ticket: str) -> None:
    answer = stranger.get("/", params={TICKET: ticket}, headers={"accept-language": "en"})
    assert answer.status_code == httpx.codes.UNAUTHORIZED
    assert "`ndxp console`" in answer.text


def test_a_ticket_made_with_another_secret_does_not_let_in(stranger: httpx.Client) -> None:
    answer = stranger.get("/", params={TICKET: sandbox_console.new_ticket("another secret")})
    assert answer.status_code == httpx.codes.UNAUTHORIZED


@pytest.mark.parametrize("path", ["/", "/transactions", SCRIPT, POLLING, "/openapi.json", "/no-such-page"])
def test_nothing_is_given_without_the_cookie(stranger: httpx.Client, path: str) -> None:
    assert stranger.get(path).status_code == httpx.codes.UNAUTHORIZED
    own = str(stranger.base_url)
    assert stranger.post(path, headers={"origin": own}).status_code == httpx.codes.UNAUTHORIZED


def test_a_ticket_leads_to_no_other_place(console: Running) -> None:
    path = f"//example.org/?{TICKET}={console.entrance().partition('=')[2]}"
    answer = httpx.get(console.url + path)
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("host", ["example.org", "127.0.0.1", "127.0.0.1:1", "localhost.example.org", ""])
def test_a_name_that_was_pointed_to_this_machine_is_refused(guest: httpx.Client, host: str) -> None:
    assert guest.get("/transactions", headers={"host": host}).status_code == httpx.codes.MISDIRECTED_REQUEST


def test_this_machine_is_known_by_its_own_names(console: Running) -> None:
    port = console.url.rpartition(":")[2]
    cookie = {"cookie": httpx.get(console.entrance()).headers["set-cookie"].partition(";")[0]}
    answer = httpx.get(f"{console.url}/transactions", headers={**cookie, "host": f"LOCALHOST:{port}"})
    assert answer.status_code == httpx.codes.OK


@pytest.mark.parametrize("origin", ["https://example.org", "null", "http://127.0.0.1:1", "http://127.0.0.1"])
def test_a_page_of_another_site_gets_nothing_and_changes_nothing(guest: httpx.Client, origin: str) -> None:
    assert guest.get("/transactions", headers={"origin": origin}).status_code == httpx.codes.FORBIDDEN
    assert guest.post(POLLING, headers={"origin": origin}).status_code == httpx.codes.FORBIDDEN


def test_what_changes_something_must_name_its_origin(guest: httpx.Client) -> None:
    assert guest.post(POLLING).status_code == httpx.codes.FORBIDDEN


def refused(console: Running, **headers: str) -> int:
    """The status with which a websocket is refused."""
    with pytest.raises(InvalidStatus) as raised:
        connect(f"{console.url.replace('http', 'ws', 1)}{SOCKET}", additional_headers=headers)
    return raised.value.response.status_code


def test_a_websocket_needs_the_cookie_and_the_consoles_own_origin(console: Running) -> None:
    cookie = httpx.get(console.entrance()).headers["set-cookie"].partition(";")[0]
    assert refused(console, origin=console.url) == httpx.codes.FORBIDDEN
    assert refused(console, cookie=cookie) == httpx.codes.FORBIDDEN
    assert refused(console, cookie=cookie, origin="https://example.org") == httpx.codes.FORBIDDEN
    assert refused(console, cookie=f"{cookie}x", origin=console.url) == httpx.codes.FORBIDDEN
    own = {"cookie": cookie, "origin": console.url}
    with connect(f"{console.url.replace('http', 'ws', 1)}{SOCKET}", additional_headers=own) as socket:
        assert str(socket.recv()).startswith('0{"sid"')


def test_every_answer_forbids_other_servers_and_frames(guest: httpx.Client) -> None:
    headers = guest.get("/transactions").headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("wanted", "language"), [("en-GB,vi;q=0.5", "en"), ("vi", "vi"), ("fr", "vi"), ("", "vi")])
def test_the_page_at_the_door_is_in_the_browsers_language(stranger: httpx.Client, wanted: str, language: str) -> None:
    assert f"<html lang={language}>" in stranger.get("/", headers={"accept-language": wanted}).text
