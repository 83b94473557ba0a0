"""The consumer's half: credentials and tokens."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest

from ndxp.client import Credentials, TokenRefused, Tokens
from ndxp.identifiers import Subsystem
from ndxp.wire.tls import connect, connect_aio, listen
from tests.support.fakes import TokenOffice

MEMBER = "VN/GOV/H26/one-stop"
SECRET = "s3cr3t-not-for-your-eyes"
CREDENTIALS = Credentials(MEMBER, SECRET)


def test_a_credential_never_shows_its_secret() -> None:
    assert SECRET not in repr(CREDENTIALS)
    assert SECRET not in str(CREDENTIALS)
    assert MEMBER in repr(CREDENTIALS)


def test_credentials_are_read_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    path.write_text(json.dumps({MEMBER: SECRET}), encoding="utf-8")
    assert Credentials.load(path, MEMBER) == CREDENTIALS


def test_credentials_are_found_by_the_ndxp_form_of_an_identifier(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    path.write_text(json.dumps({MEMBER: SECRET}), encoding="utf-8")
    assert Credentials.load(path, Subsystem.parse(MEMBER).ndxp_code) == CREDENTIALS


@pytest.mark.parametrize("content", [None, "{", '{"somebody": "else"}'])
def test_missing_credentials_are_refused_with_file_or_member_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "credentials.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(TokenRefused, match="credentials") as refused:
        Credentials.load(path, MEMBER)
    assert str(path) in str(refused.value)


def test_a_token_is_asked_for_once_and_kept(token_office: TokenOffice) -> None:
    tokens = Tokens(token_office.url, CREDENTIALS)
    assert tokens.blocking() == tokens.blocking() == "token-1"
    assert token_office.asked == [(MEMBER, SECRET)]


def test_a_token_about_to_expire_is_asked_for_again(token_office: TokenOffice) -> None:
    token_office.answer = (200, {"expires_in": 0})
    tokens = Tokens(token_office.url, CREDENTIALS)
    assert [tokens.blocking(), tokens.blocking()] == ["token-1", "token-2"]


def test_a_token_that_cannot_be_renewed_is_used_while_it_is_good(token_office: TokenOffice) -> None:
    tokens = Tokens(token_office.url, CREDENTIALS)
    assert tokens.blocking() == "token-1"
    tokens._refresh_at = float("-inf")  # as if most of its life were over
    token_office.answer = (503, {"detail": "the store does not answer"})
    assert [tokens.blocking(), tokens.blocking()] == ["token-1", "token-1"]
    assert len(token_office.asked) == 2  # and the exchange is left alone for a moment


def test_an_answer_that_is_no_tokens_is_refused(token_office: TokenOffice) -> None:
    token_office.answer = (200, "<html>welcome to the hotel's network")
    with pytest.raises(TokenRefused, match="does not answer like an exchange"):
        Tokens(token_office.url, CREDENTIALS).blocking()


async def test_the_event_loop_gets_the_same_token(token_office: TokenOffice) -> None:
    tokens = Tokens(token_office.url, CREDENTIALS)
    assert await tokens.get() == await tokens.get() == tokens.blocking()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((401, {"error": "invalid_client", "error_description": "unknown client"}), "unknown client"),
        ((503, {"title": "no", "detail": "the store does not answer"}), "the store does not answer"),
        ((500, "<html>oops"), "HTTP 500"),
    ],
)
def test_a_refused_token_says_why_and_not_the_secret(
    token_office: TokenOffice, answer: tuple[int, object], why: str
) -> None:
    token_office.answer = answer
    with pytest.raises(TokenRefused) as refused:
        Tokens(token_office.url, CREDENTIALS).blocking()
    assert why in str(refused.value)
    assert MEMBER in str(refused.value)
    assert SECRET not in str(refused.value)


def test_a_secret_in_the_clear_goes_to_no_proxy(token_office: TokenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    assert Tokens(token_office.url, CREDENTIALS).blocking() == "token-1"


async def test_calls_go_to_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    server = grpc.aio.server()
    port = listen(server, "127.0.0.1:0", None)
    await server.start()
    for variable in ("http_proxy", "grpc_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    async with connect_aio(f"127.0.0.1:{port}", None) as channel:
        call: Any = channel.unary_unary("/a.B/C")
        with pytest.raises(grpc.aio.AioRpcError) as refused:  # and not UNAVAILABLE, as from a proxy that is not there
            await call(b"", timeout=10)
    with connect(f"127.0.0.1:{port}", None) as plain, ThreadPoolExecutor(1) as threads:
        waiting = grpc.channel_ready_future(plain)
        await asyncio.get_running_loop().run_in_executor(threads, waiting.result, 10)
    await server.stop(None)
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_an_exchange_that_is_not_there_is_named_without_the_secret(token_office: TokenOffice) -> None:
    token_office.close()
    with pytest.raises(TokenRefused, match="does the exchange run") as refused:
        Tokens(token_office.url, CREDENTIALS).blocking()
    assert token_office.url in str(refused.value)
    assert SECRET not in str(refused.value)
