"""Free ports: each is given once."""

import asyncio
import socket
import subprocess
import sys
from contextlib import suppress

import grpc
import pytest

from ndxp.sandbox.ports import HOST, free_port, reserve, taken
from tests.support.fakes import PATIENCE


def test_a_free_port_is_given_to_nobody_else_before_its_listener_is_there(few: range) -> None:
    given: list[int] = []
    with suppress(OSError):
        while True:
            given.append(free_port())
    assert given
    assert len(set(given)) == len(given)
    ask = f"from ndxp.sandbox import ports; sys.exit(any(map(ports.reserve, {given})))"
    assert subprocess.run([sys.executable, "-c", f"import sys; {ask}"], check=False).returncode == 0
    with pytest.raises(OSError, match=f"50 ports from {few.start} on are in use"):
        free_port()


def test_a_port_that_somebody_has_is_not_given(few: range) -> None:
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
        assert taken(port)
        assert not reserve(port)
    assert free_port(but=few[:25]) in few[25:]


def test_a_port_is_reserved_though_somebody_else_calls_there_first(few: range, monkeypatch: pytest.MonkeyPatch) -> None:
    connect, strangers = socket.create_connection, list[socket.socket]()

    def behind_strangers(address: tuple[str, int]) -> socket.socket:
        strangers.extend(connect(address, timeout=PATIENCE) for _ in range(3))  # they look for what was here before
        return connect(address, timeout=PATIENCE)

    monkeypatch.setattr(socket, "create_connection", behind_strangers)
    port = free_port()
    for stranger in strangers:
        stranger.close()
    assert not reserve(port)
    assert not taken(port)


async def test_whoever_was_given_a_port_can_listen_there_at_once() -> None:
    http, rpc = free_port(), free_port()
    assert not taken(http)
    async with await asyncio.start_server(lambda *_: None, HOST, http):
        assert taken(http)
    server = grpc.aio.server()
    assert server.add_insecure_port(f"{HOST}:{rpc}") == rpc
    await server.start()
    await server.stop(None)
