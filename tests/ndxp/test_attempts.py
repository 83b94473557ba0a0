"""Calls of both clients, sent again on the wire."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest

from ndxp.client import BlockingExchange, Credentials, Exchange, TokenRefused, Tokens
from ndxp.errors import Reason, Refusal
from ndxp.population.v1 import population_pb2 as population
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.retries import Retries
from ndxp.wire import metadata, status
from tests.support.fakes import TokenOffice, until

SERVICE = "ndxp.population.v1.PopulationService"
QUICK = Retries(first_pause=0.001)
QUESTION = population.VerifyCitizenRequest(citizen_number="074079255028")
WATCH = population.WatchChangesRequest()
Behaviour = Callable[[Any], AsyncIterator[bytes]]


async def answer(context: Any) -> AsyncIterator[bytes]:
    yield b""


def fail(code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE, retry_after: float | None = None) -> Behaviour:
    """A failure before any answer; ``retry_after`` is in RetryInfo."""

    async def behave(context: Any) -> AsyncIterator[bytes]:
        if retry_after is not None:
            details = status.encode(Refusal(Reason.OVERLOADED, "busy", retry_after=retry_after))
            context.set_trailing_metadata(((metadata.STATUS_DETAILS, details),))
        await context.abort(code, "away")
        yield b""

    return behave


async def break_off(context: Any) -> AsyncIterator[bytes]:
    yield b""
    await context.abort(grpc.StatusCode.UNAVAILABLE, "away")


@dataclass
class Heard:
    """An attempt as the server saw it; ``end`` is "ended" or "cancelled", empty while it runs."""

    metadata: dict[str, Any]
    remaining: float
    end: str = ""


@dataclass
class Server(grpc.GenericRpcHandler):
    """Behaves in each attempt as ``behaviours`` say, one after the other, and answers then."""

    behaviours: list[Behaviour] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    target: str = ""
    held: asyncio.Event = field(default_factory=asyncio.Event)

    async def hold(self, context: Any) -> AsyncIterator[bytes]:
        """Says nothing until the test is over."""
        await self.held.wait()
        yield b""

    async def begin_and_hold(self, context: Any) -> AsyncIterator[bytes]:
        """Sends its headers, and says nothing until the test is over."""
        await context.send_initial_metadata((("x-begun", "1"),))
        await self.held.wait()
        yield b""

    def service(self, details: Any) -> Any:
        async def handle(_: bytes, context: Any) -> AsyncIterator[bytes]:
            heard = Heard(dict(context.invocation_metadata()), context.time_remaining())
            self.heard.append(heard)
            behave = self.behaviours.pop(0) if self.behaviours else answer
            try:
                async for message in behave(context):
                    yield message
            except asyncio.CancelledError:
                heard.end = "cancelled"
                raise
            heard.end = "ended"

        return grpc.unary_stream_rpc_method_handler(handle)

    def said(self, key: str) -> list[Any]:
        """A key of the metadata of each attempt, None where there is none."""
        return [heard.metadata.get(key) for heard in self.heard]


class Member:
    """A caller with one of the two clients."""

    def __init__(self, kind: str, target: str, tokens: Tokens) -> None:
        self._kind = kind
        self._target = target
        self._tokens = tokens

    async def ask(
        self, method: str, *requests: Any, retries: Retries | bool = QUICK, within: float | None = 20, **options: Any
    ) -> list[Any]:
        """The answers to each request, in lists, or the failure in place of them."""
        if self._kind == "asyncio":
            async with Exchange(self._target, self._tokens, retries=retries) as exchange:
                return [await self._one(exchange, method, request, within, options) for request in requests]

        def in_thread() -> list[Any]:
            with BlockingExchange(self._target, self._tokens, retries=retries) as exchange:
                return [self._blocking(exchange, method, request, within, options) for request in requests]

        with ThreadPoolExecutor(1) as thread:
            return await asyncio.get_running_loop().run_in_executor(thread, in_thread)

    async def _one(self, exchange: Exchange, method: str, request: Any, within: float | None, options: Any) -> Any:
        call: Any = getattr(PopulationServiceStub(exchange.channel), method)(request, timeout=within, **options)
        try:
            return [each async for each in call] if method == "WatchChanges" else [await call]
        except grpc.RpcError as error:
            return status.decode(error)

    def _blocking(
        self, exchange: BlockingExchange, method: str, request: Any, within: float | None, options: Any
    ) -> Any:
        call: Any = getattr(PopulationServiceStub(exchange.channel), method)
        try:
            given = call(request, timeout=within, **options)
            return list(given) if method == "WatchChanges" else [given]
        except grpc.RpcError as error:
            return status.decode(error)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    running = grpc.aio.server()
    running.add_generic_rpc_handlers((made,))
    made.target = f"127.0.0.1:{running.add_insecure_port('127.0.0.1:0')}"
    await running.start()
    yield made
    made.held.set()
    await running.stop(None)


@pytest.fixture
def tokens(token_office: TokenOffice) -> Tokens:
    return Tokens(token_office.url, Credentials("VN/GOV/H26/one-stop", "secret"))


@pytest.fixture(params=["asyncio", "threads"])
def member(request: pytest.FixtureRequest, server: Server, tokens: Tokens) -> Member:
    return Member(request.param, server.target, tokens)


async def test_a_call_that_changes_nothing_is_sent_again_and_says_how_many_attempts_were_before(
    server: Server, member: Member
) -> None:
    server.behaviours = [fail(), fail()]
    assert await member.ask("VerifyCitizen", QUESTION) == [[population.VerifyCitizenResponse()]]
    assert server.said(metadata.ATTEMPTS_BEFORE) == [None, "1", "2"]
    [message_id] = set(server.said(metadata.MESSAGE_ID))
    assert message_id


async def test_the_last_failure_is_the_callers(server: Server, member: Member) -> None:
    server.behaviours = [fail(), fail(), fail(retry_after=0.001)]
    [failure] = await member.ask("VerifyCitizen", QUESTION)
    assert (failure.code.name, failure.reason) == ("UNAVAILABLE", "OVERLOADED")
    assert len(server.heard) == 3


async def test_two_calls_have_two_message_ids_and_a_given_one_is_kept(server: Server, member: Member) -> None:
    await member.ask("VerifyCitizen", QUESTION, QUESTION)
    await member.ask("VerifyCitizen", QUESTION, metadata=((metadata.MESSAGE_ID, "mine"),))
    first, second, given = server.said(metadata.MESSAGE_ID)
    assert len({first, second, "mine"}) == 3
    assert given == "mine"


async def test_a_change_is_sent_again_with_a_request_id_only(server: Server, member: Member) -> None:
    server.behaviours = [fail(), answer, fail()]
    with_id, without = population.ChangeAddressRequest(request_id="r-1"), population.ChangeAddressRequest()
    [done, failure] = await member.ask("ChangeAddress", with_id, without)
    assert done == [population.ChangeAddressResponse()]
    assert failure.code.name == "UNAVAILABLE"
    assert server.said(metadata.ATTEMPTS_BEFORE) == [None, "1", None]
    assert server.said(metadata.MESSAGE_ID)[2] is None


async def test_a_caller_may_want_every_call_sent_once(server: Server, member: Member) -> None:
    server.behaviours = [fail()]
    [failure] = await member.ask("VerifyCitizen", QUESTION, retries=False)
    assert failure.code.name == "UNAVAILABLE"
    assert server.said(metadata.MESSAGE_ID) == [None]


async def test_exhaustion_is_followed_by_another_attempt_only_when_the_other_side_says_from_when_on(
    server: Server, member: Member
) -> None:
    exhausted = grpc.StatusCode.RESOURCE_EXHAUSTED
    server.behaviours = [fail(exhausted, 0.001), answer, fail(exhausted)]
    [given, failure] = await member.ask("VerifyCitizen", QUESTION, QUESTION)
    assert given == [population.VerifyCitizenResponse()]
    assert failure.code.name == "RESOURCE_EXHAUSTED"
    assert server.said(metadata.ATTEMPTS_BEFORE) == [None, "1", None]


async def test_each_attempt_has_the_time_that_is_left(server: Server, member: Member) -> None:
    server.behaviours = [fail(retry_after=0.3)]
    await member.ask("VerifyCitizen", QUESTION, within=5)
    first, second = server.heard
    assert second.remaining < first.remaining - 0.1


async def test_a_pause_longer_than_the_deadline_is_not_waited_for(server: Server, member: Member) -> None:
    server.behaviours = [fail(retry_after=3600)]
    [failure] = await member.ask("VerifyCitizen", QUESTION)
    assert failure.retry_after == 3600
    assert len(server.heard) == 1


@pytest.mark.parametrize("within", [None, 20])
async def test_a_stream_is_asked_for_again_until_its_answers_have_begun(
    server: Server, member: Member, within: float | None
) -> None:
    server.behaviours = [fail(), fail()]
    assert await member.ask("WatchChanges", WATCH, within=within) == [[population.WatchChangesResponse()]]
    assert server.said(metadata.ATTEMPTS_BEFORE) == [None, "1", "2"]


async def test_a_stream_that_has_begun_is_not_asked_for_again(server: Server, member: Member) -> None:
    server.behaviours = [break_off]
    [failure] = await member.ask("WatchChanges", WATCH)
    assert failure.code.name == "UNAVAILABLE"
    assert len(server.heard) == 1


async def test_an_empty_stream_is_an_answer(server: Server, member: Member) -> None:
    async def nothing(context: Any) -> AsyncIterator[bytes]:
        for _ in ():
            yield b""

    server.behaviours = [nothing]
    assert await member.ask("WatchChanges", WATCH) == [[]]
    assert len(server.heard) == 1


async def test_an_agency_that_is_down_gets_hardly_more_calls_than_its_callers_make(
    server: Server, member: Member
) -> None:
    server.behaviours = [fail() for _ in range(200)]
    failures = await member.ask("VerifyCitizen", *[QUESTION] * 50)
    assert {failure.code.name for failure in failures} == {"UNAVAILABLE"}
    assert len(server.heard) == 53


HEDGED = Retries(first_pause=0.001, hedge={SERVICE: 0.01})


def by_attempt(first: Behaviour, second: Behaviour) -> Behaviour:
    """Two copies that wait for the same connection arrive in any order."""

    async def behave(context: Any) -> AsyncIterator[bytes]:
        later = metadata.ATTEMPTS_BEFORE in dict(context.invocation_metadata())
        async for message in (second if later else first)(context):
            yield message

    return behave


async def test_a_second_copy_answers_for_a_slow_one_which_is_cancelled(server: Server, member: Member) -> None:
    server.behaviours = [by_attempt(server.hold, answer)] * 2
    assert await member.ask("VerifyCitizen", QUESTION, retries=HEDGED) == [[population.VerifyCitizenResponse()]]
    await until(lambda: all(heard.end for heard in server.heard))
    ends = {heard.metadata.get(metadata.ATTEMPTS_BEFORE): heard.end for heard in server.heard}
    assert ends == {None: "cancelled", "1": "ended"}


async def test_a_call_that_is_answered_in_time_has_no_copy(server: Server, member: Member) -> None:
    in_time = Retries(hedge={SERVICE: 30})
    assert await member.ask("VerifyCitizen", QUESTION, retries=in_time) == [[population.VerifyCitizenResponse()]]
    assert len(server.heard) == 1


async def test_the_other_copy_is_waited_for_when_one_fails(server: Server, member: Member) -> None:
    second = asyncio.Event()

    async def answer_later(context: Any) -> AsyncIterator[bytes]:
        await second.wait()
        yield b""

    async def fail_first(context: Any) -> AsyncIterator[bytes]:
        context.add_done_callback(lambda _: second.set())
        await context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        yield b""

    server.behaviours = [by_attempt(answer_later, fail_first)] * 2
    assert await member.ask("VerifyCitizen", QUESTION, retries=HEDGED) == [[population.VerifyCitizenResponse()]]
    assert len(server.heard) == 2


async def test_a_failure_that_is_final_ends_the_other_copy(server: Server, member: Member) -> None:
    server.behaviours = [by_attempt(server.hold, fail(grpc.StatusCode.NOT_FOUND))] * 2
    [failure] = await member.ask("VerifyCitizen", QUESTION, retries=HEDGED)
    assert failure.code.name == "NOT_FOUND"
    await until(lambda: "cancelled" in [heard.end for heard in server.heard])


async def test_a_caller_without_a_token_learns_why_with_copies_too(
    server: Server, member: Member, token_office: TokenOffice
) -> None:
    token_office.answer = (401, {"error": "invalid_client"})
    with pytest.raises(TokenRefused):
        await member.ask("VerifyCitizen", QUESTION, retries=HEDGED)
    assert server.heard == []


async def test_a_change_never_has_a_second_copy(server: Server, member: Member) -> None:
    at_once = Retries(hedge={SERVICE: 0})
    await member.ask("ChangeAddress", population.ChangeAddressRequest(request_id="r-1"), retries=at_once)
    assert len(server.heard) == 1


async def test_headers_reach_the_caller_of_a_stream_that_says_nothing_yet(server: Server, tokens: Tokens) -> None:
    server.behaviours = [server.begin_and_hold]
    async with Exchange(server.target, tokens) as exchange:
        call: Any = PopulationServiceStub(exchange.channel).WatchChanges(WATCH)
        assert dict(await call.initial_metadata())["x-begun"] == "1"
        call.cancel()
        await until(lambda: server.heard[0].end == "cancelled")


@pytest.mark.parametrize("method", ["VerifyCitizen", "WatchChanges"])
async def test_a_caller_who_cancels_while_he_waits_ends_the_attempt(
    server: Server, tokens: Tokens, method: str
) -> None:
    server.behaviours = [fail(), server.hold]
    async with Exchange(server.target, tokens, retries=QUICK) as exchange:
        call: Any = getattr(PopulationServiceStub(exchange.channel), method)(QUESTION if method[0] == "V" else WATCH)
        await until(lambda: len(server.heard) == 2)
        call.cancel()
        await until(lambda: server.heard[1].end == "cancelled")
        assert await call.code() is grpc.StatusCode.CANCELLED


async def test_a_stream_in_a_thread_can_be_cancelled_while_it_waits(server: Server, tokens: Tokens) -> None:
    server.behaviours = [fail(retry_after=10)]
    with BlockingExchange(server.target, tokens, retries=QUICK) as exchange, ThreadPoolExecutor(1) as thread:
        call: Any = await asyncio.to_thread(PopulationServiceStub(exchange.channel).WatchChanges, WATCH, timeout=30)
        waiting = asyncio.get_running_loop().run_in_executor(
            thread,
            call.__next__,
        )
        await until(lambda: server.heard and call.done())
        call.cancel()
        with pytest.raises(grpc.RpcError):
            await waiting
    assert len(server.heard) == 1


async def test_a_future_is_sent_once(server: Server, tokens: Tokens) -> None:
    server.behaviours = [fail()]

    def failed() -> Awaitable[Any] | BaseException | None:
        with BlockingExchange(server.target, tokens) as exchange:
            future: Any = PopulationServiceStub(exchange.channel).VerifyCitizen.future(QUESTION)
            error: BaseException | None = future.exception()
            return error

    assert isinstance(await asyncio.to_thread(failed), grpc.RpcError)
    assert len(server.heard) == 1
