"""grpc.aio's server at what is no gRPC library's request."""

import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest

from drills.attacks.wire import Wire
from ndxp.wire import accepting


class Unknown(grpc.GenericRpcHandler):
    """Has no method, and remembers which ones it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> None:
        self.asked.append(handler_call_details.method)


@pytest.fixture
async def unknown() -> AsyncIterator[tuple[Unknown, str]]:
    """A server without a method, and its address."""
    handler = Unknown()
    server = accepting.server()
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield handler, f"127.0.0.1:{port}"
    await server.stop(None)


def asked(address: str, path: bytes) -> str:
    with Wire(address) as wire:
        wire.request(1, path)
        wire.message(1, b"")
        return wire.outcome(seconds=20).reply


async def test_a_path_that_is_no_utf_8_gets_an_answer_and_others_after_it_too(unknown: tuple[Unknown, str]) -> None:

    handler, address = unknown
    for path in (b"/a\xff\xfe/b", b"\xff", b"/\xe1\xbb/\xa3", b"/a/b"):
        assert await asyncio.to_thread(asked, address, path) == "UNIMPLEMENTED"
    assert handler.asked[0] == "/a\ufffd\ufffd/b"
    assert handler.asked[-1] == "/a/b"


async def test_everything_else_decodes_as_strictly_as_before(unknown: tuple[Unknown, str]) -> None:
    for nonsense in (b"/\xff", b"\xff"):
        with pytest.raises(UnicodeDecodeError):
            nonsense.decode()
    with pytest.raises(UnicodeEncodeError):
        "\ud800".encode()
