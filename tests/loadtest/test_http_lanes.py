"""The generator's calls over HTTP: what is sent, what becomes of an answer, and how connections are used."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import cast

import pytest
import pytest_asyncio

from loadtest import http_lanes
from loadtest.calls import Prepared
from loadtest.consumers import Consumers
from loadtest.http_lanes import HttpLanes
from loadtest.users import WRONG_ANSWER, Caller, Outcome
from ndxp.population.v1.population_pb2 import DESCRIPTOR as POPULATION
from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.wire import metadata
from tests.support.fakes import PATIENCE
from tests.support.scrape import free_address

VERIFY = POPULATION.services_by_name["PopulationService"].methods_by_name["VerifyCitizen"]
PATH = "/ndxp.population.v1.PopulationService/VerifyCitizen"
CLIENT = "VN/GOV/H26/one-stop"
DENIED = {"title": "Permission denied", "code": "PERMISSION_DENIED", "reason": "ACCESS_DENIED"}


def said(body: object, status: str = "200 OK", more: str = "") -> bytes:
    """An answer with this JSON."""
    text = json.dumps(body)
    head = f"HTTP/1.1 {status}\r\ncontent-length: {len(text)}\r\n{metadata.TRANSACTION_ID}: t-1\r\n{more}\r\n"
    return (head + text).encode()


class Doors:
    """Answers each request with ``answer``, or says nothing; an empty answer closes the connection."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, str, dict[str, str], bytes]] = []
        self.answer: bytes | None = said({"matched": True})
        self.connections = 0
        self.arrived = asyncio.Event()
        self.release = asyncio.Event()
        self.release.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
                fields = dict(line.split(": ", 1) for line in head[1:] if line)
                body = await reader.readexactly(int(fields["content-length"]))
                self.asked.append((number, head[0], fields, body))
                self.arrived.set()
                await self.release.wait()
                if self.answer == b"":
                    break
                writer.write(self.answer or b"")
        writer.close()


class _Bearers:
    def headers(self, client: str) -> tuple[tuple[str, str], ...]:
        return ((metadata.AUTHORIZATION, f"Bearer of {client}"),)


@pytest_asyncio.fixture
async def doors() -> AsyncIterator[Doors]:
    yield Doors()


@pytest_asyncio.fixture
async def lanes(doors: Doors) -> AsyncIterator[HttpLanes]:
    server = await asyncio.start_server(doors.serve, "127.0.0.1", 0)
    made = HttpLanes(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", {PATH: VERIFY}, None)
    await made.open()
    yield made
    made.close()
    doors.release.set()
    server.close()


Ask = Callable[..., asyncio.Future[Outcome]]


@pytest.fixture
def ask(lanes: HttpLanes) -> Ask:
    """Makes a call whose answer must be that the citizen matched."""

    def ask(deadline: float = PATIENCE) -> asyncio.Future[Outcome]:
        caller = Caller(lanes, cast(Consumers, _Bearers()), deadline=deadline, name="test")
        request = VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn")
        prepared = Prepared(VERIFY, CLIENT, [request], right=lambda answer: bool(answer.matched))
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        caller.call(prepared, outcome.set_result)
        return outcome

    return ask


async def test_a_call_is_a_post_of_json_with_who_calls_and_until_when(doors: Doors, ask: Ask) -> None:
    assert await ask(deadline=5) == Outcome("OK", failed=False, transaction_id="t-1", size=2)
    [(_, line, fields, body)] = doors.asked
    assert line == f"POST {PATH} HTTP/1.1"
    assert json.loads(body) == {"citizenNumber": "074079255028", "fullName": "Nguyễn Ngọc Tuấn"}
    assert (fields["content-type"], fields["grpc-timeout"]) == ("application/json", "5000m")
    assert fields[metadata.AUTHORIZATION] == f"Bearer of {CLIENT}"
    assert fields[metadata.MESSAGE_ID] == "test-1"


@pytest.mark.parametrize(
    ("answer", "status", "transaction_id"),
    [
        (said({"matched": False}), WRONG_ANSWER, "t-1"),
        (said({"matched": "perhaps"}), WRONG_ANSWER, "t-1"),
        (said(DENIED, "403 Forbidden"), "PERMISSION_DENIED:ACCESS_DENIED", "t-1"),
        (said({"code": "UNAVAILABLE"}, "503 Service Unavailable"), "UNAVAILABLE", "t-1"),
        (said({"code": "made up"}, "404 Not Found"), "UNIMPLEMENTED", "t-1"),
        (b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\n\r\nbusy", "UNAVAILABLE", ""),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "UNAVAILABLE", ""),
        (b"", "UNAVAILABLE", ""),
    ],
    ids=["wrong", "not of the method", "refused", "no reason", "no code", "a proxy", "no HTTP", "closed"],
)
async def test_an_answer_is_counted_as_over_grpc(
    doors: Doors, ask: Ask, answer: bytes, status: str, transaction_id: str
) -> None:
    doors.answer = answer
    outcome = await ask()
    assert (outcome.status, outcome.failed, outcome.transaction_id) == (status, True, transaction_id)


async def test_calls_one_after_the_other_share_a_connection_and_calls_at_once_do_not(doors: Doors, ask: Ask) -> None:
    for _ in range(3):
        await ask()
    assert {number for number, *_ in doors.asked} == {1}
    doors.release.clear()
    together = [ask() for _ in range(3)]
    while len(doors.asked) < 6:
        doors.arrived.clear()
        await asyncio.wait_for(doors.arrived.wait(), PATIENCE)
    doors.release.set()
    assert {outcome.status for outcome in await asyncio.gather(*together)} == {"OK"}
    assert len({number for number, *_ in doors.asked[3:]}) == 3


async def test_a_connection_that_the_doors_close_or_that_was_idle_for_long_is_not_used_again(
    doors: Doors, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    doors.answer = said({"matched": True}, more="connection: close\r\n")
    assert [(await ask()).status, (await ask()).status] == ["OK", "OK"]
    doors.answer = said({"matched": True})
    assert (await ask()).status == "OK"
    monkeypatch.setattr(http_lanes, "_IDLE", 0.0)
    assert (await ask()).status == "OK"
    assert [number for number, *_ in doors.asked] == [1, 2, 3, 4]


async def test_a_call_beyond_the_most_connections_waits_for_one(
    doors: Doors, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_lanes, "_MOST", 1)
    together = [ask() for _ in range(4)]
    assert {outcome.status for outcome in await asyncio.gather(*together)} == {"OK"}
    assert {number for number, *_ in doors.asked} == {1}


async def test_a_call_without_an_answer_ends_at_its_deadline(doors: Doors, ask: Ask) -> None:
    doors.answer = None
    assert (await ask(deadline=0.05)).status == "DEADLINE_EXCEEDED"


async def test_doors_that_do_not_answer_are_named() -> None:
    address = free_address()
    lanes = HttpLanes(f"http://{address}", {PATH: VERIFY}, None)
    with pytest.raises(ConnectionError, match=f"the doors for HTTP at http://{address} do not answer"):
        await lanes.open()
