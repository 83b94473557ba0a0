"""A class whose pupils sit at other machines: they come in by TLS at a name, and know the certificate."""

import json
import socket
import ssl
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from ndxp.classroom.kept import ClassRefused, Kept
from ndxp.classroom.trust import grouped, trusted
from ndxp.testing import RunningExchange
from ndxp.wire.tls import trust
from tests.console.conftest import Running, check_for_everybody, copy_of, running
from tests.ndxp.cli.command import Ran, ndxp
from tests.support.browser import CHROMIUM
from tests.support.names import resolved

NAME = "class.example.vn"
WHO = '{"citizenNumber": "074079255028", "fullName": "Nguyễn Ngọc Tuấn", "birthDate": "1979"}'


@pytest.fixture(scope="module")
def console(exchange: RunningExchange, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The teacher's console, which other machines reach at a name."""
    with running(copy_of(exchange, tmp_path_factory.mktemp("teacher")), address=NAME) as made:
        yield made


@pytest.fixture(scope="module")
def begun(console: Running) -> Iterator[dict[str, Any]]:
    """What the command has said of a class of two groups at lab 1."""
    yield ndxp("class", "start", "--groups", 2, "--lang", "en", "--json", folder=console.folder).data
    ndxp("class", "end", folder=console.folder)


@pytest.fixture
def port(console: Running) -> int:
    """Where the console listens."""
    return int(console.url.rpartition(":")[2])


@pytest.fixture
def at_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs find the teacher's machine at its name."""
    resolved(monkeypatch, {NAME: "127.0.0.1"})


@pytest.fixture
def elsewhere(at_the_name: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs call from another address than the one that the console listens at."""
    connect = socket.create_connection

    def from_another(address: tuple[str, int], *args: Any, **options: Any) -> socket.socket:
        return connect(address, *args, **options | {"source_address": ("127.0.0.2", 0)})

    monkeypatch.setattr(socket, "create_connection", from_another)


@pytest.fixture(scope="module")
def pupils(browser: Browser) -> Iterator[Browser]:
    """A browser that finds the teacher's machine at its name."""
    rules = f"--host-resolver-rules=MAP {NAME} 127.0.0.1"
    made = browser.browser_type.launch(executable_path=CHROMIUM, args=["--no-sandbox", rules])
    yield made
    made.close()


@pytest.fixture
def gone_on(pupils: Browser) -> Iterator[BrowserContext]:
    """A window whose user has compared the certificate and has gone on."""
    context = pupils.new_context(locale="en-GB", viewport={"width": 1280, "height": 720}, ignore_https_errors=True)
    yield context
    context.close()


def joined(begun: dict[str, Any], url: str, folder: Path, *words: object, **variables: str) -> Ran:
    return ndxp("class", "join", begun["codes"]["01"], "--at", url, *words, folder=folder, **variables)


def test_a_pupil_joins_at_the_name_and_calls(gone_on: BrowserContext, console: Running, begun: dict[str, Any]) -> None:
    page = gone_on.new_page()
    assert begun["join_url"].startswith(f"https://{NAME}:")
    page.goto(begun["join_url"])
    page.get_by_label("Code").fill(begun["codes"]["02"])
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What the ledger says").wait_for()
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".verdict.good")).to_contain_text("OK")
    expect(page.locator("li.passed")).to_have_count(1)
    [cookie] = gone_on.cookies()
    assert (cookie["name"].startswith("__Host-ndxp-class-"), cookie["secure"], cookie["httpOnly"]) == (True,) * 3


def test_a_browser_warns_before_it_sends_a_code(pupils: Browser, begun: dict[str, Any]) -> None:
    context = pupils.new_context()
    with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
        context.new_page().goto(begun["join_url"])
    context.close()


def test_the_wall_shows_where_to_join_with_the_fingerprint_that_the_browser_sees(
    gone_on: BrowserContext, console: Running, begun: dict[str, Any], port: int
) -> None:
    page: Page = gone_on.new_page()
    page.goto(console.entrance())
    page.goto(f"{console.url}/class")
    page.get_by_role("link", name="Project how to join").click()
    expect(page.get_by_role("link", name=begun["join_url"])).to_be_visible()
    shown = sha256(ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port)))).hexdigest()
    assert begun["fingerprint"] == shown
    expect(page.locator(".fingerprint")).to_have_text(shown)
    for code in begun["codes"].values():
        expect(page.get_by_text(code)).to_be_visible()
    check_for_everybody(page)
    page.get_by_role("button", name="Tiếng Việt").click()
    expect(page.get_by_role("heading", name="Vào lớp")).to_be_visible()


def test_nothing_is_answered_in_plaintext_or_to_another_name(
    console: Running, begun: dict[str, Any], port: int
) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"http://127.0.0.1:{port}/class/join")
    authority = trust((console.folder / "console-tls" / "ca.crt").read_bytes())
    with httpx.Client(base_url=f"https://localhost:{port}", verify=authority) as client:
        for host, status in ((f"{NAME}:{port}", 200), ("class.example.org", 421), (NAME, 421)):
            assert client.get("/class/join", headers={"host": host}).status_code == status
        named = {"host": f"{NAME}:{port}", "origin": f"http://{NAME}:{port}"}
        assert client.post("/class/join", data={"code": "AAAAAA"}, headers=named).status_code == 403


def test_key_and_certificate_are_the_teachers_alone(console: Running) -> None:
    files = [*(console.folder / "console-tls").iterdir(), *(console.folder / "tls").iterdir()]
    assert {file.name for file in files} >= {"tls.key", "tls.crt", "ca-key.pem"}
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_the_teachers_terminal_says_what_the_room_needs(console: Running, begun: dict[str, Any], port: int) -> None:
    ndxp("class", "end", folder=console.folder)
    told = ndxp("class", "start", "--groups", 2, "--lang", "en", folder=console.folder).out
    begun["codes"] = {name: group.code for name, group in Kept.read(console.folder).groups.items()}
    for line in (
        f"Pupils join in the browser, at https://{NAME}:{port}/class/join",
        f"ndxp class join CODE --at https://{NAME}:{port} --fingerprint {begun['fingerprint']}",
        grouped(begun["fingerprint"]),
        f"To project this: `ndxp console`, and in the same browser https://{NAME}:{port}/class/wall",
        f"must let in TCP port {port} from the room",
        f"`ndxp up -d --tls --address {NAME}`",
    ):
        assert line in told
    assert all(code in told for code in begun["codes"].values())


@pytest.mark.usefixtures("at_the_name")
def test_a_program_joins_with_the_fingerprint_and_does_the_lab(
    console: Running, begun: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    colons = ":".join(begun["fingerprint"][at : at + 2] for at in range(0, 64, 2)).upper()
    for written in (colons, grouped(begun["fingerprint"])):
        assert joined(begun, console.url, folder, "--fingerprint", written).code == 0
    of = joined(begun, console.url, folder, "--ca", console.folder / "console-tls" / "ca.crt", "--json").data
    assert ndxp("call", "VerifyCitizen", WHO, "--as", of["subsystems"]["me"], folder=folder).code == 0
    checked = ndxp("lab", "check", "--json", folder=folder).data
    assert "verify" in [each["task"] for each in checked["tasks"] if each["done"]]
    assert ndxp("log", "tail", "--json", folder=folder).data[-1]["client"] == of["subsystems"]["me"]
    assert {file.stat().st_mode & 0o777 for file in folder.rglob("*") if file.is_file()} == {0o600}


@pytest.mark.usefixtures("elsewhere")
def test_at_another_machine_it_reads_what_works_and_a_call_says_why_it_does_not(
    console: Running, begun: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    told = joined(begun, console.url, folder, "--fingerprint", begun["fingerprint"]).out
    assert "`ndxp call` and programs do not: make calls in the browser" in told
    of = json.loads((folder / "credentials.json").read_text(encoding="utf-8"))
    [me] = [name for name in of if name != "admin"]
    for words in (("lab", "hint"), ("lab", "answer", "size", "1"), ("grants", "--consumer", me), ("log", "tail")):
        assert ndxp(*words, folder=folder).code == 0, words
    complaint = ndxp("call", "VerifyCitizen", WHO, "--as", me, folder=folder).complaint
    assert complaint.startswith(
        "only the teacher's machine reaches the gateway of this class: call in the browser, at "
    )
    assert f"https://{NAME}:" in complaint


@pytest.mark.usefixtures("at_the_name")
def test_a_certificate_that_is_not_the_right_one_is_one_line_and_makes_nothing(
    console: Running, begun: dict[str, Any], port: int, tmp_path: Path
) -> None:
    folder, other = tmp_path / "none", tmp_path / "other.pem"
    other.write_text("nonsense", encoding="utf-8")
    wrong = "0" * 64
    for words, told in (
        (("--fingerprint", wrong), "is not the one of your class: its fingerprint is "),
        (("--fingerprint", "12 ab"), "--fingerprint takes the 64 digits and letters a to f"),
        (("--ca", other), "holds no certificate of an authority"),
        (("--ca", tmp_path / "missing"), "holds no certificate of an authority"),
        ((), f"join again with --fingerprint {begun['fingerprint']}"),
    ):
        assert told in joined(begun, console.url, folder, *words).complaint
    vietnamese = joined(begun, console.url, folder, "--fingerprint", wrong, NDXP_LANG="vi").complaint
    assert "không phải của lớp bạn" in vietnamese
    plain = joined(begun, f"http://{NAME}:{port}", folder).complaint
    assert "has no TLS, so others could read what you send" in plain
    asked = joined(begun, f"http://127.0.0.1:{port}", folder, "--fingerprint", wrong).complaint
    assert "has no TLS" in asked
    assert not folder.exists()


def test_a_certificate_for_another_name_and_another_authority_are_refused(
    begun: dict[str, Any], port: int, console: Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from ndxp.authority import Authority

    resolved(monkeypatch, {"other.example.vn": "127.0.0.1", NAME: "127.0.0.1"})
    Authority.open_or_create(tmp_path)
    with pytest.raises(ClassRefused, match="not to be trusted .*mismatch"):
        trusted(f"https://other.example.vn:{port}", begun["fingerprint"])
    with pytest.raises(ClassRefused, match="not to be trusted"):
        trusted(console.url, authority=tmp_path / "ca.pem")


@pytest.mark.parametrize("address", ["::", "[::]", "0.0.0.0", "192.168.1.20:8082", "no name", "https://class.vn"])  # noqa: S104
def test_what_is_no_address_of_this_machine_is_told(console: Running, tmp_path: Path, address: str) -> None:
    refused = ndxp("up", "-d", "--port", 0, "--address", address, folder=tmp_path / "run").complaint
    assert refused.startswith(f"--address {address}: give the IP address or the name of this machine")
    assert "runs already" in ndxp("console", "--no-browser", "--address", "127.0.0.1", folder=console.folder).complaint
