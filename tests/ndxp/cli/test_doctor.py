"""``ndxp doctor``: what is fine, and every kind of finding."""

import datetime
import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import redis

from ndxp.authority import Authority
from ndxp.sandbox import doctor
from ndxp.sandbox.doctor import CHECKS, Place
from ndxp.sandbox.state import State
from ndxp.testing import RunningExchange
from ndxp.wire.tls import ONLY_1_3
from tests.ndxp.cli.conftest import Ndxp
from tests.support.stores import Valkey


def looked(name: str, place: Place) -> list[str]:
    """What the check of this name finds."""
    [check] = [check for check in CHECKS if check.name == name]
    return list(check.look(place))


def place(folder: Path, **settings: str) -> Place:
    """A folder in which a control process seems to run with these settings."""
    made = Place(folder)
    made.environments = {"control": settings}
    return made


def test_nothing_is_found_where_an_exchange_runs_well(ndxp: Ndxp, exchange: RunningExchange) -> None:
    found = {check["check"]: check["found"] for check in ndxp("doctor", "--json").data}
    assert list(found) == [check.name for check in CHECKS]
    del (
        found["exchange"],
        found["registry"],
        found["contracts"],
    )  # other tests leave services that have ended, and odd members
    assert set(map(tuple, found.values())) == {()}


def test_a_finding_is_told_with_why_and_what_to_do(ndxp_alone: Ndxp, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "credentials.json").write_text("{}", encoding="utf-8")
    (tmp_path / "credentials.json").chmod(0o644)
    ran = ndxp_alone("doctor", "--folder", tmp_path, "--json")
    [finding] = [check for check in ran.data if check["check"] == "run folder"]
    assert ran.code == 1
    assert finding["found"] == [f"{tmp_path / 'credentials.json'}: others may read it"]
    assert (bool(finding["why"]), "chmod" in finding["remedy"], finding["ok"]) == (True, True, False)
    text = ndxp_alone("doctor", "--folder", tmp_path)
    assert text.code == 1
    assert "What to do: chmod" in text.out


def test_several_findings_of_a_check_are_a_line_each(ndxp_alone: Ndxp, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    for name in ("a", "b"):
        (tmp_path / name).touch(mode=0o644)
    told = "".join(ndxp_alone("doctor", "--folder", tmp_path).out.split())  # long paths are folded
    assert f"{tmp_path / 'a'}:othersmayreadit" in told
    assert f"{tmp_path / 'b'}:othersmayreadit" in told
    assert "\\n" not in told


def test_the_keys_of_an_exchange_elsewhere_are_not_missed(tmp_path: Path) -> None:
    known = place(tmp_path)
    known.state = State(str(tmp_path), "localhost:1", "http://localhost:2", [], attached=True)
    assert looked("keys", known) == [f"{tmp_path / 'credentials.json'} cannot be read"]
    (tmp_path / "credentials.json").touch(mode=0o600)
    assert looked("keys", known) == []


def test_packages_and_disk_of_this_machine_do_not_matter_to_an_exchange_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_PACKAGES", ("no-such-package",))
    monkeypatch.setattr(doctor, "_LEAST_DISK", float("inf"))
    known = place(tmp_path)
    assert (len(looked("packages", known)), len(looked("disk", known))) == (1, 1)
    known.state = State(str(tmp_path), "localhost:1", "http://localhost:2", [], attached=True)
    assert (looked("packages", known), looked("disk", known)) == ([], [])


def test_files_deep_in_the_folder_are_looked_at(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "tls").mkdir(mode=0o700)
    (tmp_path / "tls" / "ca-key.pem").touch(mode=0o640)
    assert looked("run folder", Place(tmp_path)) == [f"{tmp_path / 'tls' / 'ca-key.pem'}: others may read it"]


@pytest.mark.parametrize(
    ("check", "settings", "says"),
    [
        ("addresses", {"NDXP_CONTROL_ADDRESS": "0.0.0.0:8080"}, "NDXP_CONTROL_ADDRESS=0.0.0.0:8080 (control)"),
        ("addresses", {"NDXP_GATEWAY_ADDRESS": "10.0.0.1:1"}, "NDXP_GATEWAY_ADDRESS=10.0.0.1:1 (control)"),
        ("addresses", {"NDXP_ALLOW_PLAINTEXT": "true"}, "NDXP_ALLOW_PLAINTEXT is set (control)"),
        ("metrics", {"NDXP_METRICS_ADDRESS": "0.0.0.0:9464", "NDXP_TLS_FOLDER": "/x"}, "NDXP_METRICS_ADDRESS=0.0.0.0"),
        ("tokens", {"NDXP_TOKEN_LIFE": "86400"}, "NDXP_TOKEN_LIFE=86400 (control)"),
        ("TLS versions", {"NDXP_TLS_FOLDER": "/x"}, "control takes TLS 1.2 too"),
        ("store", {"NDXP_REDIS_URL": "unix:///nowhere.sock"}, "the store does not say how it keeps its data"),
    ],
)
def test_an_unsafe_setting_of_a_process_is_found(
    tmp_path: Path, check: str, settings: dict[str, str], says: str
) -> None:
    [found] = looked(check, place(tmp_path, **settings))
    assert found.startswith(says)


@pytest.mark.parametrize(
    ("check", "settings"),
    [
        ("addresses", {"NDXP_CONTROL_ADDRESS": "127.0.0.1:8080"}),
        ("addresses", {"NDXP_GATEWAY_ADDRESS": "0.0.0.0:1", "NDXP_TLS_FOLDER": "/x"}),
        ("metrics", {"NDXP_METRICS_ADDRESS": "[::1]:9464"}),
        ("tokens", {"NDXP_TOKEN_LIFE": "600"}),
        ("TLS versions", {"NDXP_TLS_FOLDER": "/x", **ONLY_1_3}),
    ],
)
def test_a_safe_setting_is_none(tmp_path: Path, check: str, settings: dict[str, str]) -> None:
    assert looked(check, place(tmp_path, **settings)) == []


def test_a_store_without_an_append_only_file_is_found(tmp_path: Path, valkey: Valkey) -> None:
    known = place(tmp_path, NDXP_REDIS_URL=valkey.url)
    assert looked("store", known) == []
    with redis.Redis.from_url(valkey.url) as client:
        client.config_set("appendonly", "no")
    assert looked("store", known) == ["the store has appendonly no"]


def test_short_and_shared_secrets_are_found_and_not_shown(tmp_path: Path) -> None:
    secrets = {"VN/COM/a/x": "changeme", "VN/COM/b/x": "s" * 43, "VN/COM/c/x": "s" * 43, "VN/COM/d/x": "t" * 43}
    (tmp_path / "credentials.json").write_text(json.dumps(secrets), encoding="utf-8")
    found = looked("secrets", Place(tmp_path))
    assert found == [
        "the secret of VN/COM/a/x is short",
        "the secret of VN/COM/b/x is another's too",
        "the secret of VN/COM/c/x is another's too",
    ]


@pytest.mark.parametrize("attached", [True, False])
def test_passwords_of_the_example_are_found_beside_the_compose_file_of_what_is_attached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attached: bool
) -> None:
    (tmp_path / ".env").write_text(
        "# X_PASSWORD=change-me-0\nLEDGER_PASSWORD=change-me-1\nOTHER_PASSWORD=f00d\n", encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    known = Place(tmp_path)
    known.state = State(str(tmp_path), "localhost:1", "http://localhost:2", [], attached=attached)
    assert looked("passwords", known) == (["LEDGER_PASSWORD in .env is the example's"] if attached else [])


def test_certificates_that_end_soon_are_found(tmp_path: Path) -> None:
    authority = Authority.open_or_create(tmp_path / "tls")
    authority.issue("VN/COM/a/x", life=datetime.timedelta(days=100))
    authority.issue("VN/COM/b/x", life=datetime.timedelta(days=10))
    [found] = looked("certificates", Place(tmp_path))
    assert found.startswith("VN_COM_b_x.pem ends on ")


class _Doors(BaseHTTPRequestHandler):
    """Doors for HTTP of another version, whose clock is wrong."""

    def do_GET(self) -> None:
        body = b'{"status": "alive", "version": "0.0.0"}'
        self.send_response_only(200)
        self.send_header("Date", "Mon, 01 Jan 2024 00:00:00 GMT")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_doors_of_another_version_and_with_a_wrong_clock_are_found(tmp_path: Path) -> None:
    with HTTPServer(("127.0.0.1", 0), _Doors) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        known = Place(tmp_path)
        url = f"http://127.0.0.1:{server.server_port}"
        known.state = State(str(tmp_path), "localhost:1", "http://localhost:2", [], attached=True, rest_url=url)
        version, clock = looked("doors", known)
        server.shutdown()
        thread.join()
    assert version.startswith("the doors run version 0.0.0, this command is ")
    assert clock.startswith("the doors' clock differs")


def test_no_exchange_is_nothing_unsafe(tmp_path: Path) -> None:
    assert {check.name for check in CHECKS if list(check.look(Place(tmp_path / "none")))} <= {"ports"}
