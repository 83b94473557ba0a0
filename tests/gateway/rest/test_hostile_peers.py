"""The doors between a gateway whose providers answer nonsense, and callers who cost much or can be read in two ways."""

import asyncio
import gzip
import json
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from gateway.core.registry import Registry, Snapshot
from gateway.http.requests import Requests
from gateway.registry_store import RegistryStore
from gateway.rest import app, json_door
from gateway.rest.call import Calls
from gateway.rest.failures import Failed
from gateway.rest.known import Known
from gateway.rest.traffic import Traffic
from gateway.settings import RestSettings
from ndxp.errors import Code
from ndxp.http2 import literal
from ndxp.messages import WrongRequest
from ndxp.rpc import Lanes, StreamedRpc
from ndxp.wire import metadata
from tests.support.descriptors import contract
from tests.support.fakes import PATIENCE
from tests.support.peers import Called, RawProvider

DEMO, MOST = "demo.v1.Demo", 4096
GET, GET_ALL = f"/{DEMO}/Get", f"/{DEMO}/GetAll"
JSON = {"content-type": "application/json"}
CONNECT = {**JSON, "connect-protocol-version": "1"}
STREAM = {"content-type": "application/connect+json"}
ENVELOPE = bytes([0, 0, 0, 0, 2]) + b"{}"
NOT_PROTOBUF = b"\xff\xff"


class Trusting(Known):
    """Knows one contract, and takes what follows "Bearer" as the caller's name."""

    def __init__(self) -> None:
        store: Any = None
        super().__init__(RegistryStore(store))
        self.snapshot = Snapshot(Registry("VN"), {DEMO: contract("demo.v1", "Demo", "Get", streams=("GetAll",))})

    def caller(self, authorization: str) -> str:
        return authorization.removeprefix("Bearer ")


@dataclass
class Doors:
    """The doors, and the gateway that they call: it answers as its ``act`` says."""

    gateway: RawProvider
    calls: Calls
    http: httpx.AsyncClient


@pytest.fixture
async def doors() -> AsyncIterator[Doors]:
    known = Trusting()
    async with RawProvider(lambda called: called.answer(NOT_PROTOBUF)) as gateway:
        lanes = Lanes(gateway.address, 1)
        calls = Calls(lanes, known, RestSettings(max_message_bytes=MOST), Traffic(known))
        application = app.create(calls, Requests("r", "r"), names=None, origins=(), doors=json_door.routes(calls))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://door") as http:
            yield Doors(gateway, calls, http)
        lanes.close()


async def test_an_answer_that_is_not_of_the_contract_is_an_error_of_the_agency(doors: Doors) -> None:
    plain = await doors.http.post(GET, content=b"{}", headers=JSON)
    assert (plain.status_code, plain.json()["code"], plain.json()["hop"]) == (500, "INTERNAL", "agency")
    connect = await doors.http.post(GET, content=b"{}", headers=CONNECT)
    assert (connect.status_code, connect.json()["code"]) == (500, "internal")
    lines = await doors.http.post(GET_ALL, content=b"{}", headers=JSON)
    assert json.loads(lines.text.splitlines()[-1])["error"]["hop"] == "agency"
    stream = await doors.http.post(GET_ALL, content=ENVELOPE, headers=STREAM)
    assert json.loads(stream.content[5:])["error"]["code"] == "internal"


async def test_details_of_an_error_that_are_none_are_left_out(doors: Doors) -> None:
    def act(called: Called) -> None:
        told = literal("grpc-status", "9") + literal(metadata.STATUS_DETAILS, "/////w")
        called.open.send_headers(((":status", "200"), ("content-type", "application/grpc")), told, end=True)

    doors.gateway.act = act
    said = await doors.http.post(GET, content=b"{}", headers=CONNECT)
    assert (said.status_code, said.json()) == (400, {"code": "failed_precondition", "message": ""})


@pytest.mark.parametrize(
    ("path", "host"), [(f"{GET}%3Fx", "door"), (f"{GET}%23x", "door"), (f"{GET}%0A", "door"), ("/x", f"a{GET}?")]
)
async def test_a_path_has_one_reading(doors: Doors, path: str, host: str) -> None:
    said = await doors.http.post(path, content=b"{}", headers={**JSON, "host": host})
    assert said.status_code == 404
    assert doors.gateway.heard == []


async def test_others_are_served_while_a_large_body_is_translated(doors: Doors) -> None:
    free = threading.Event()

    def translate(_: bytes) -> Sequence[bytes]:
        assert free.wait(PATIENCE)
        return [b""]

    events = iter([{"type": "http.request", "body": bytes(1000)}])

    async def receive() -> Any:
        if (event := next(events, None)) is None:
            await asyncio.Event().wait()  # the caller stays
        return event

    async with asyncio.timeout(PATIENCE / 2):
        large = asyncio.create_task(doors.calls.ask(GET[1:], [], receive, translate))
        said = await doors.http.post(GET, content=b"{}", headers=JSON)
        free.set()
        assert (await large).code is Code.OK
    assert said.json()["code"] == "INTERNAL"


async def test_the_bodies_of_a_caller_have_so_many_bytes_at_once_and_those_of_others_as_many(doors: Doors) -> None:
    async def read(caller: str, patience: asyncio.Event) -> bytes | None:
        events = iter([{"body": bytes(100), "more_body": True}, {"body": bytes(MOST - 100), "more_body": True}])

        async def receive() -> Any:
            if (event := next(events, None)) is not None:
                return {"type": "http.request", **event}
            await patience.wait()
            return {"type": "http.request"}

        async with doors.calls.bodies.read(
            StreamedRpc(1 << 20), receive, [("authorization", f"Bearer {caller}")]
        ) as body:
            return body

    slow, at_once = asyncio.Event(), asyncio.Event()
    at_once.set()
    waiting = [asyncio.create_task(read("a", slow)) for _ in range(4)]
    assert await read("b", at_once) == bytes(MOST)
    with pytest.raises(Failed, match="bodies of a hold more than"):
        await read("a", at_once)
    slow.set()
    assert await asyncio.gather(*waiting) == [bytes(MOST)] * 4
    assert await read("a", at_once) == bytes(MOST)


async def test_compressed_messages_are_limited_together_and_nothing_follows_them(doors: Doors) -> None:
    bodies, me = doors.calls.bodies, [("authorization", "Bearer a")]
    packed = gzip.compress(bytes(MOST // 2 + 1))
    assert len(list(bodies.unpack_each([(packed, "gzip")], me))) == 1
    with pytest.raises(WrongRequest, match="together"):
        list(bodies.unpack_each([(packed, "gzip")] * 2, me))
    with pytest.raises(WrongRequest, match="something follows"):
        bodies.unpack(packed + packed, "gzip", me)
