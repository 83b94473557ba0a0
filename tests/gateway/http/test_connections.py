"""Slow peers of control: hung up on, or told so, while who keeps a connection open and asks again is served."""

import asyncio
import contextlib
import http.client
import json
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

import pytest
import uvicorn

from gateway.http import connections
from gateway.http.connections import Connection
from ndxp.testing import RunningExchange
from tests.support.fakes import PATIENCE, until

HEAD = b"POST /oauth2/token HTTP/1.1\r\nHost: control\r\nContent-Type: application/x-www-form-urlencoded\r\n"
SLOW = {
    "nothing": b"",
    "half a head": HEAD,
    "half a body": HEAD + b"Content-Length: 100\r\n\r\ngrant_type=",
    "half a body that nobody reads": b"GET /healthz HTTP/1.1\r\nHost: control\r\nContent-Length: 100\r\n\r\nx",
    "half a second head": b"GET /healthz HTTP/1.1\r\nHost: control\r\n\r\nGET /",
}


def address(exchange: RunningExchange) -> tuple[str, int]:
    host, _, port = exchange.control_url.rpartition("//")[2].rpartition(":")
    return host, int(port)


def everything(peer: socket.socket) -> bytes:
    """What a peer gets until it is hung up on; TimeoutError when it is not."""
    said = b""
    while more := peer.recv(1 << 16):
        said += more
    return said


def test_a_connection_without_a_whole_request_in_time_is_closed(exchange: RunningExchange) -> None:
    with ExitStack() as all_at_once:
        peers = {}
        for name, said in SLOW.items():
            peers[name] = all_at_once.enter_context(socket.create_connection(address(exchange), timeout=2 * PATIENCE))
            peers[name].sendall(said)
        heard = {name: everything(peer) for name, peer in peers.items()}
    assert heard["nothing"] == heard["half a head"] == b""
    assert heard["half a body that nobody reads"].startswith(b"HTTP/1.1 200 ")
    assert heard["half a second head"].startswith(b"HTTP/1.1 200 ")
    head, _, body = heard["half a body"].partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in head
    assert (json.loads(body)["status"], json.loads(body)["title"]) == (408, "The body was not there within 10 s")


UPGRADE = b"GET / HTTP/1.1\r\nHost: control\r\nConnection: Upgrade\r\nUpgrade: "
NOISE = {
    "noise": b"\x00\x01\xff\r\n\r\n",
    "a path that is no text": b"GET /\xff HTTP/1.1\r\nHost: control\r\n\r\n",
    "HTTP/2": UPGRADE + b"h2c\r\n\r\n",
    "WebSocket": UPGRADE + b"websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + b"A" * 22 + b"==\r\n\r\n",
    "a form that is none": b"POST /oauth2/token HTTP/1.1\r\nHost: control\r\n"
    b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 20\r\n\r\n--x\r\nnoise and noise",
}


@pytest.mark.parametrize("said", NOISE.values(), ids=NOISE)
def test_who_sends_what_is_no_request_writes_nothing_into_the_log(exchange: RunningExchange, said: bytes) -> None:
    log = exchange.folder / "logs" / "control.log"
    before = len(log.read_text(encoding="utf-8"))
    with socket.create_connection(address(exchange), timeout=2 * PATIENCE) as peer:
        peer.sendall(said)
        assert peer.recv(1 << 16).startswith(b"HTTP/1.1 4")
    assert log.read_text(encoding="utf-8")[before:] == ""


def test_a_connection_is_kept_for_the_next_request(exchange: RunningExchange) -> None:
    kept = http.client.HTTPConnection(*address(exchange), timeout=PATIENCE)
    seen = set()
    for _ in range(3):
        kept.request("GET", "/healthz")
        assert kept.getresponse().read()
        assert kept.sock is not None
        seen.add(kept.sock.getsockname())
    kept.close()
    assert len(seen) == 1


async def _hello(scope: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"hi"})


@pytest.fixture
async def server() -> AsyncIterator[uvicorn.Server]:
    """A server of such connections, patient for longer than any test."""
    config = uvicorn.Config(_hello, http=Connection, lifespan="off", log_config=None, timeout_keep_alive=600)
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.create_task(server.serve([listening]))
    await until(lambda: server.started)
    yield server
    server.should_exit = True
    await serving


@pytest.fixture
def port(server: uvicorn.Server) -> int:
    """Where it listens."""
    return int(server.servers[0].sockets[0].getsockname()[1])


async def test_many_connections_at_once_are_no_more_than_many_one_by_one(
    server: uvicorn.Server, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MOST", 3)
    with ExitStack() as all_at_once:  # the server, in the same loop, has had no turn yet
        peers = [all_at_once.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(50)]
        peers[-1].sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await asyncio.to_thread(peers[-1].recv, 1000)).startswith(b"HTTP/1.1 200 ")
        assert len(server.server_state.connections) == 3


@pytest.mark.parametrize("said", [b"", HEAD, SLOW["half a body"]], ids=["nothing", "half a head", "half a body"])
async def test_of_too_many_connections_the_one_that_has_waited_longest_goes(
    port: int, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(connections, "MOST", 3)
    slow = []
    for _ in range(3):
        slow.append(await asyncio.open_connection("127.0.0.1", port))
        slow[-1][1].write(said)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await reader.readuntil(b"hi")).startswith(b"HTTP/1.1 200 ")
    with contextlib.suppress(ConnectionResetError):
        assert await slow[0][0].read() == b""  # hung up on
    assert not any(left.at_eof() for left, _ in slow[1:])
    for _, each in (*slow, (reader, writer)):
        each.close()


async def test_a_client_that_does_not_read_its_answer_is_one_that_waits(
    server: uvicorn.Server, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def long(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(64):
            await send({"type": "http.response.body", "body": bytes(1 << 20), "more_body": True})

    monkeypatch.setattr(connections, "MOST", 1)
    monkeypatch.setattr(server.config, "loaded_app", long)
    with socket.create_connection(("127.0.0.1", port)) as deaf:
        deaf.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        connected: set[Any] = server.server_state.connections
        await until(lambda: any(each.flow.write_paused for each in connected))
        monkeypatch.setattr(server.config, "loaded_app", _hello)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readuntil(b"hi")).startswith(b"HTTP/1.1 200 ")
        writer.close()
