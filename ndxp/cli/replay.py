"""The demo's traffic: a sample of the reported year, sent through the gateway and compared with three counts."""

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import grpc
from google.protobuf import message_factory
from google.protobuf.message import Message

from ndxp.access_log.v1 import access_log_pb2, access_log_pb2_grpc
from ndxp.admin import Session
from ndxp.client import Exchange
from ndxp.samples import PERSONA, Demo, Sample, Turn
from ndxp.sandbox.life import OPERATIONS
from ndxp.wire import metadata
from ndxp.world import World

_AT_ONCE = 32
_PATIENCE, _AGAIN = 60.0, 0.25

_Book: TypeAlias = "Counter[tuple[str, str]]"  # (client, method): number of answers


@dataclass(slots=True)
class Count:
    """One row of the table: what was sent, what came back, and the counts of the two independent books.

    ``seconds`` is how long the sending took.
    """

    what: str
    sent: int
    answered: int = 0
    yes: int = 0
    no: int = 0
    expected_yes: int | None = None
    agency: int = 0
    ledger: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def reconciles(self) -> bool:
        """Whether all the numbers are the same."""
        counts = {self.sent, self.answered, self.yes + self.no, self.agency, self.ledger}
        return len(counts) == 1 and self.expected_yes in (None, self.yes)


@dataclass(frozen=True, slots=True)
class Planned:
    """One call of the demo: the sample, its request, and the subsystem that sends it."""

    sample: Sample
    request: Message
    client: str


def plan(world: World, demo: Demo, calls: int, seed: int, clients: Sequence[str]) -> list[Planned]:
    """The calls of a part of the demo in random order, the same for the same seed; one is about the persona."""
    source = random.Random(seed)
    persona = world.persona(PERSONA).citizen
    people = iter([persona, *world.sample(calls - 1, seed, alive=demo.alive)])
    planned = []
    for (sample, _), number in zip(demo.parts, demo.split(calls), strict=True):
        for turn in range(number):
            client = source.choice(clients)
            [request] = sample.make(Turn(world, next(people), turn, client))
            planned.append(Planned(sample, request, client))
    source.shuffle(planned)
    return planned


class Replay:
    """Replays a sample of the reported traffic on an exchange that nobody else uses meanwhile.

    ``advance`` is called for every answer. Earlier entries of the books do not count.
    """

    def __init__(self, session: Session, parts: Sequence[Demo], advance: Callable[[], None], seed: int = 2023) -> None:
        self._session = session
        self._parts = parts
        self._advance = advance
        self._world = World()
        self._seed = seed
        self._stack = AsyncExitStack()
        self._channels: dict[str, grpc.aio.Channel] = {}
        self._before: tuple[_Book, _Book] = (Counter(), Counter())

    async def __aenter__(self) -> "Replay":
        self._before = await self._books()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def run(self, demo: Demo, calls: int) -> Count:
        """Sends ``calls`` calls of a part of the demo."""
        clients = self._clients(demo)
        planned = plan(self._world, demo, calls, self._seed + self._parts.index(demo), clients)
        expected = [call.sample.expected for call in planned]
        count = Count(demo.title, calls, expected_yes=None if None in expected else expected.count(True))
        for client in clients:
            await self._channel(client)
        began = time.monotonic()
        await self._all(count, planned)
        count.seconds = time.monotonic() - began
        return count

    async def refused(self, client: str, sample: Sample) -> str:
        """Makes a call by a member without a grant; returns its transaction id, "" if it was not refused."""
        empty = message_factory.GetMessageClass(sample.method.input_type)()
        try:
            await self._send(Planned(sample, empty, client))
        except grpc.aio.AioRpcError as error:
            trailing = dict(error.trailing_metadata() or ())
            return str(trailing.get(metadata.TRANSACTION_ID, ""))
        return ""

    async def reckon(self, counts: Sequence[Count]) -> list[Count]:
        """Adds the counts of the agencies' access logs and of the ledger; nested calls have rows of their own.

        ``counts`` are those of the parts, in their order.
        """
        now = await self._books()
        books = [book - before for book, before in zip(now, self._before, strict=True)]
        agencies = [demo.provider for demo in self._parts]
        rows = []
        for demo, count in zip(self._parts, counts, strict=True):
            methods = {sample.full_method for sample, _ in demo.parts}
            count.agency, count.ledger = (
                sum(n for (client, called), n in book.items() if called in methods and client not in agencies)
                for book in books
            )
            rows.append(count)
            if demo.onward:
                method, title = demo.onward
                nested = Count(f"  {title}", count.answered, count.answered)
                nested.agency, nested.ledger = (book[demo.provider, method] for book in books)
                nested.yes = nested.agency
                rows.append(nested)
        return rows

    async def _books(self) -> tuple[_Book, _Book]:
        """How many calls the agencies' access logs and the ledger have as answered with OK."""
        agencies: _Book = Counter()
        for provider in dict.fromkeys(demo.provider for demo in self._parts):
            stub = access_log_pb2_grpc.AccessLogServiceStub(await self._channel(OPERATIONS))
            answer = await stub.CountAccesses(
                access_log_pb2.CountAccessesRequest(), metadata=((metadata.SERVICE, provider),)
            )
            agencies.update({(c.client, c.method): c.count for c in answer.counts if c.status_code == 0})
        ledger: _Book = Counter()
        for total in self._recorded():
            if total["status_code"] == 0:
                ledger[total["client"], total["method"]] += total["count"]
        return agencies, ledger

    def _recorded(self) -> list[dict[str, Any]]:
        """The ledger's totals once it has all answers; after some time, the totals that it has."""
        deadline = time.monotonic() + _PATIENCE
        while not (found := self._session.get("/totals"))["caught_up"] and time.monotonic() < deadline:
            time.sleep(_AGAIN)  # control itself waits, unless its store does not answer
        totals: list[dict[str, Any]] = found["totals"]
        return totals

    async def _all(self, count: Count, planned: Sequence[Planned]) -> None:
        """Sends all calls, several at once, and counts the answers."""
        waiting = iter(planned)

        async def worker() -> None:
            for call in waiting:
                try:
                    answer = await self._send(call)
                except grpc.aio.AioRpcError as error:
                    name = error.code().name
                    count.failures[name] = count.failures.get(name, 0) + 1
                else:
                    yes = call.sample.yes is None or call.sample.yes(answer)
                    count.answered += 1
                    count.yes += yes
                    count.no += not yes
                self._advance()

        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(worker())

    async def _send(self, call: Planned) -> Message:
        if call.sample.numbered:
            call.request.request_id = str(uuid.uuid4())  # type: ignore[attr-defined]
        send = (await self._channel(call.client)).unary_unary(
            f"/{call.sample.full_method}",
            request_serializer=type(call.request).SerializeToString,
            response_deserializer=call.sample.answer.FromString,
        )
        answer: Message = await send(call.request)
        return answer

    async def _channel(self, client: str) -> grpc.aio.Channel:
        if client not in self._channels:
            exchange = Exchange(self._session.state.gateway, self._session.tokens(client), retries=False)
            self._channels[client] = (await self._stack.enter_async_context(exchange)).channel
        return self._channels[client]

    def _clients(self, demo: Demo) -> list[str]:
        """The subsystems that make a part's calls, of every member of their groups."""
        chosen = []
        for group in dict.fromkeys(caller.partition("/")[0] for caller in demo.callers):
            for member in self._session.get("/members", group=group):
                chosen += [
                    f"{member['id']}/{name}" for name in member["subsystems"] if f"{group}/{name}" in demo.callers
                ]
        return chosen
