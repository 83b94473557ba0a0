"""Proxies of the environment: used where an exchange has public https, and named where they are of no use."""

import json
from pathlib import Path

import pytest

from ndxp import proxies
from ndxp.admin import AdminApi
from ndxp.client import Credentials, TokenRefused, Tokens
from ndxp.sandbox.state import State

WRONG = [
    ("ALL_PROXY", "socks5h://localhost:1080", "SOCKS"),
    ("all_proxy", "socks9://user:s3cret@localhost", "no URL of a proxy"),
    ("HTTPS_PROXY", "user:s3cret@localhost:notaport", "no URL of a proxy"),
    ("https_proxy", "http://[::1", "no URL of a proxy"),
    ("NO_PROXY", "fd00::/8", "no host"),
    ("no_proxy", "localhost,fd00::/8,::1/128", "no host"),
]
EACH = pytest.mark.parametrize(("name", "value", "says"), WRONG, ids=lambda value: value[:20])


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No proxy but those that a test names."""
    for name in ("all_proxy", "https_proxy", "http_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


@EACH
def test_a_variable_that_is_of_no_use_is_named_without_its_value(
    environment: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    environment.setenv(name, value)
    with pytest.raises(proxies.ProxyUnusable, match=says) as refused:
        proxies.client()
    assert name in str(refused.value)
    assert "s3cret" not in str(refused.value)


@EACH
def test_tokens_and_the_admin_api_of_a_public_exchange_say_so_too(
    environment: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    environment.setenv(name, value)
    with pytest.raises(TokenRefused, match=f"{name}.*{says}"):
        Tokens("https://exchange.example", Credentials("VN/COM/a/b", "secret")).blocking()
    with pytest.raises(proxies.ProxyUnusable, match=f"{name}.*{says}"):
        AdminApi(State("/nowhere", "exchange.example:443", "https://exchange.example", [], attached=True), "secret")


@EACH
def test_an_exchange_on_this_machine_asks_no_proxy(
    environment: pytest.MonkeyPatch, name: str, value: str, says: str, tmp_path: Path
) -> None:
    environment.setenv(name, value)
    file = tmp_path / "credentials.json"
    file.write_text(json.dumps({"VN/COM/a/b": "secret"}), encoding="utf-8")
    with pytest.raises(TokenRefused, match="no answer from http://127.0.0.1:1") as refused:
        Tokens("http://127.0.0.1:1", Credentials.load(file, "VN/COM/a/b")).blocking()
    assert says not in str(refused.value)


@pytest.mark.parametrize("value", ["http://user:secret@host:3128", "host:3128", "http://[fd00::1]:3128"])
def test_a_proxy_that_can_be_used_is(environment: pytest.MonkeyPatch, value: str) -> None:
    environment.setenv("HTTPS_PROXY", value)
    environment.setenv("NO_PROXY", "localhost, .example, ::1, 10.0.0.1")
    proxies.client(verify=False).close()
