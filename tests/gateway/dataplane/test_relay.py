"""What passes through the relay, frame by frame: bytes untouched, and an end that says whose it is."""

import base64
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import jwt
import pytest

from gateway.core.transaction import Phase
from ndxp.http2 import ErrorCode, Limits, literal
from ndxp.ledger.payload import salt_of, salted
from ndxp.wire import metadata, status
from tests.support.fakes import until
from tests.support.house import DEMO, STREAM, UNARY, House
from tests.support.peers import LIMITS, Called, Exchanged, RawCaller, RawProvider, message

GET, GET_ALL = f"{DEMO}/{UNARY}", f"{DEMO}/{STREAM}"
BEGIN = ((":status", "200"), ("content-type", "application/grpc"))


@asynccontextmanager
async def relayed(
    act: Callable[[Called], None] = lambda called: called.answer(b"answer"),
    *,
    at_once: bool = False,
    limits: Limits = LIMITS,
    **settings: Any,
) -> AsyncIterator[tuple[House, RawProvider, RawCaller]]:
    """A gateway between a provider that acts so and a caller."""
    async with RawProvider(act, at_once=at_once) as provider:
        house = House(provider.address, settings)
        async with RawCaller(await house.listener.open(), limits) as caller:
            yield house, provider, caller
        await house.close()


def reason(call: Exchanged) -> str:
    """Why the exchange refused a call."""
    return status.reason_of(bytes_of(call.trailers[metadata.STATUS_DETAILS]))


def bytes_of(value: str) -> bytes:
    return base64.b64decode(value + "=" * (-len(value) % 4))


async def test_a_call_passes_and_its_transaction_is_named() -> None:
    async with relayed() as (house, provider, caller):
        call = await caller.ended(caller.call(GET, house.identity, ("x-mine", "1"), data=[message(b"question")]))
        assert (call.data, call.trailers["grpc-status"]) == (message(b"answer"), "0")
        [outcome] = house.outcomes()
        assert call.trailers[metadata.TRANSACTION_ID] == outcome.transaction_id
        [heard] = provider.heard
        assert (heard.data, heard.path, heard.fields["x-mine"]) == (message(b"question"), f"/{GET}", "1")
        assert "authorization" not in heard.fields


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([], "after 0 messages"),
        ([message(b"one") + message(b"two")], "after 2 messages"),
        ([message(b"cut off")[:-1]], "within a message"),
        ([b"\0\0\0"], "within a message"),
    ],
    ids=["none", "two", "cut off", "no length"],
)
async def test_a_request_that_is_not_one_whole_message_is_refused(data: list[bytes], said: str) -> None:
    async with relayed() as (house, provider, caller):
        call = await caller.ended(caller.call(GET, house.identity, data=data))
        assert (call.trailers["grpc-status"], reason(call)) == ("13", "REQUEST_MALFORMED")
        assert said in call.trailers["grpc-message"]
        assert [outcome.reason for outcome in house.outcomes()] == ["REQUEST_MALFORMED"]
        assert not provider.heard


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "of-tomorrow"])
async def test_compressed_messages_pass_as_they_are(encoding: str) -> None:
    packed = b"\x1f\x8b not even packed"
    async with relayed(lambda called: called.answer(packed, flag=1, encoding=encoding)) as (house, provider, caller):
        pairs = (("grpc-encoding", encoding), ("grpc-accept-encoding", f"identity, {encoding}"))
        call = await caller.ended(caller.call(GET, house.identity, *pairs, data=[message(packed, flag=1)]))
        [heard] = provider.heard
        assert heard.data == call.data == message(packed, flag=1)
        assert {key: heard.fields[key] for key, _ in pairs} == dict(pairs)
        assert call.headers[0]["grpc-encoding"] == encoding
        [outcome] = house.outcomes()
        salt = salt_of(house.state.salt_key, outcome.transaction_id)
        assert outcome.request_hash == outcome.response_hash == salted(salt, hashlib.sha256(packed).digest())


async def test_a_compressed_request_gets_an_assertion_without_a_mark() -> None:
    async with relayed() as (house, provider, caller):
        house.state.provider_keys = {"VN/GOV/G01/demo": b"k" * 32}
        for flag in (0, 1):
            await caller.ended(caller.call(GET, house.identity, data=[message(b"x", flag=flag)]))
        claims = [
            jwt.decode(heard.fields[metadata.ASSERTION], options={"verify_signature": False})
            for heard in provider.heard
        ]
        assert ["msg" in claim for claim in claims] == [True, False]


async def test_a_large_answer_is_recorded_before_it_passes_and_arrives_whole() -> None:
    large = bytes(range(256)) * 8192
    async with relayed(lambda called: called.answer(large)) as (house, _, caller):
        call = await caller.ended(caller.call(GET, house.identity, data=[message(b"x")]))
        assert call.data == message(large)
        assert [record.phase for record in house.journal.records] == [Phase.REQUEST, Phase.OUTCOME]
        assert house.state.admission.holding(house.outcomes()[0].client).held == 0


async def test_an_answer_that_its_caller_does_not_read_is_held_within_windows_and_ends_with_the_deadline() -> None:
    large = bytes(4_000_000)
    async with relayed(lambda called: called.answer(large)) as (house, provider, caller):
        timeout = ("grpc-timeout", "2S")
        call = caller.call(GET, house.identity, timeout, data=[message(b"x")], reads=False)
        await until(lambda: provider.heard and provider.heard[0].open.queued)
        holding = house.state.admission.holding("VN/GOV/H26/one-stop")
        await until(lambda: holding.held > 0)
        assert holding.held < 300_000
        await caller.ended(call)
        await until(lambda: not holding.held and not house.relays.under_way)
        assert len(call.data) < 300_000


async def test_who_waits_too_long_learns_his_transaction() -> None:
    async with relayed(lambda _: None) as (house, provider, caller):
        timeout = ("grpc-timeout", "300m")
        call = await caller.ended(caller.call(GET, house.identity, timeout, data=[message(b"x")]))
        assert (call.trailers["grpc-status"], reason(call)) == ("4", "PROVIDER_TIMEOUT")
        assert call.trailers[metadata.TRANSACTION_ID] == house.outcomes()[0].transaction_id
        await until(lambda: provider.heard[0].end == f"reset {ErrorCode.CANCEL}")


async def test_what_a_provider_says_that_is_no_ascii_passes() -> None:
    said = "Trần".encode().decode("latin-1")
    large = "x" * 16_000
    async with relayed(lambda called: called.answer(b"", ("x-name", said), ("x-large", large))) as (house, _, caller):
        call = await caller.ended(caller.call(GET, house.identity, data=[message(b"x")]))
        assert (call.trailers["x-name"], call.trailers["x-large"]) == (said, large)


async def test_a_status_passes_with_its_message_as_it_stands() -> None:
    def refuse(called: Called) -> None:
        fields = literal("grpc-status", "8") + literal("grpc-message", "qu%C3%A1 l%E1%BB%9Bn %")
        called.open.send_trailers(BEGIN, fields)

    async with relayed(refuse) as (house, _, caller):
        call = await caller.ended(caller.call(GET, house.identity, data=[message(b"x")]))
        assert len(call.headers) == 1
        assert (call.trailers["grpc-status"], call.trailers["grpc-message"]) == ("8", "qu%C3%A1 l%E1%BB%9Bn %")
        [outcome] = house.outcomes()
        assert (outcome.status_code, outcome.reason, outcome.origin) == (8, "", "provider")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (ErrorCode.CANCEL, "1"),
        (ErrorCode.INTERNAL_ERROR, "13"),
        (ErrorCode.ENHANCE_YOUR_CALM, "8"),
        (ErrorCode.NO_ERROR, "13"),
    ],
)
async def test_a_call_that_its_provider_resets_is_the_providers_failure(code: ErrorCode, expected: str) -> None:
    async with relayed(lambda called: called.open.reset(code)) as (house, _, caller):
        call = await caller.ended(caller.call(GET, house.identity, data=[message(b"x")]))
        assert (call.trailers["grpc-status"], call.trailers[metadata.ERROR_ORIGIN]) == (expected, "provider")
        assert code.name in call.trailers["grpc-message"]


async def test_a_call_that_its_provider_has_not_taken_is_tried_again() -> None:
    def refuse_twice(called: Called) -> None:
        if len(provider.heard) < 3:
            called.open.reset(ErrorCode.REFUSED_STREAM)
        else:
            called.answer(b"at last")

    async with relayed(refuse_twice) as (house, provider, caller):
        call = await caller.ended(caller.call(GET, house.identity, data=[message(b"x")]))
        assert call.data == message(b"at last")
        assert [heard.data for heard in provider.heard][-1] == message(b"x")
        assert house.outcomes()[0].attempts == 3


async def test_a_provider_that_takes_no_call_is_unreachable() -> None:
    async with relayed(lambda called: called.open.reset(ErrorCode.REFUSED_STREAM)) as (house, _, caller):
        call = await caller.ended(caller.call(GET, house.identity, data=[message(b"x")]))
        assert reason(call) == "PROVIDER_UNREACHABLE"


@pytest.mark.parametrize(("http", "expected"), [("503", "14"), ("404", "12"), ("200", "2"), ("500", "2")])
async def test_a_provider_that_does_not_speak_grpc_is_reported(http: str, expected: str) -> None:
    def page(called: Called) -> None:
        called.open.send_headers(((":status", http), ("content-type", "text/html")), "")
        called.open.send_data(b"<html>", end=True)

    async with relayed(page) as (house, _, caller):
        call = await caller.ended(caller.call(GET, house.identity, data=[message(b"x")]))
        assert (call.trailers["grpc-status"], call.trailers["grpc-message"]) == (
            expected, f"the provider answered with HTTP {http}"
        )  # fmt: skip
        assert call.trailers[metadata.ERROR_ORIGIN] == "provider"


async def test_an_answer_without_a_status_is_the_providers_failure() -> None:
    def no_end(called: Called) -> None:
        called.open.send_headers(BEGIN, "")
        called.open.send_data(message(b"x"), end=True)

    async with relayed(no_end) as (house, _, caller):
        call = await caller.ended(caller.call(GET, house.identity, data=[message(b"x")]))
        assert (call.trailers["grpc-status"], call.data) == ("13", b"")
        assert "without a status" in call.trailers["grpc-message"]


async def test_no_byte_of_a_refused_call_is_kept() -> None:
    async with relayed() as (house, _, caller):
        call = caller.call(GET, data=[bytes(16_000)] * 40, end=False)
        await until(lambda: call.end)
        assert reason(call) == "TOKEN_MISSING"
        assert not house.state.admission.calls
        assert all(not inbound.connection.streams for inbound in house.listener.connections)


async def test_a_message_that_says_it_is_too_large_is_refused_before_it_comes() -> None:
    async with relayed() as (house, _, caller):
        call = await caller.ended(caller.call(GET, house.identity, data=[b"\0\xff\xff\xff\xff" + b"x"], end=False))
        assert (call.trailers["grpc-status"], reason(call)) == ("8", "MESSAGE_TOO_LARGE")


async def test_a_member_whose_calls_hold_too_much_is_refused_until_they_hold_less() -> None:
    async with relayed(max_member_bytes=1 << 20) as (house, _, caller):
        limit = 8 << 20
        begun = message(bytes(limit))[: 1 << 20]
        holding = [caller.call(GET, house.identity, data=[begun[:65_000]] * 9, end=False) for _ in range(2)]
        await until(lambda: house.state.admission.holding("VN/GOV/H26/one-stop").held > 1 << 20)
        call = await caller.ended(caller.call(GET, house.identity, data=[message(b"x")]))
        assert reason(call) == "OVERLOADED"
        for each in holding:
            assert each.stream is not None
            each.stream.reset(ErrorCode.CANCEL)
        await until(lambda: not house.relays.under_way)
        call = await caller.ended(caller.call(GET, house.identity, data=[message(b"x")]))
        assert call.trailers["grpc-status"] == "0"


async def test_calls_of_one_member_hold_no_more_than_allowed_however_they_began() -> None:
    async with relayed(max_member_bytes=1 << 20) as (house, _, caller):
        begun = [message(bytes(8 << 20))[:65_000]] * 9
        calls = [caller.call(GET, house.identity, data=begun, end=False) for _ in range(20)]
        holding = house.state.admission.holding("VN/GOV/H26/one-stop")
        await until(lambda: sum(bool(call.end) for call in calls) >= 18)
        assert {reason(call) for call in calls if call.end} == {"OVERLOADED"}
        assert holding.held <= 1.25 * (1 << 20)
        for call in calls:
            assert call.stream is not None
            call.stream.reset(ErrorCode.CANCEL)
        await until(lambda: not house.relays.under_way)
        assert holding.held == 0


async def test_bytes_that_leave_before_they_are_counted_are_not_counted_for_ever() -> None:
    def pour(called: Called) -> None:
        called.open.send_headers(BEGIN, "")
        called.open.send_data(message(bytes(3 << 20)))

    small = Limits(stream_window=10_000)  # less than a frame, of which a part leaves at once
    async with relayed(pour, limits=small, max_member_bytes=1 << 20) as (house, _, caller):
        call = caller.call(GET_ALL, house.identity, data=[message(b"x")])
        await until(lambda: len(call.data) == 5 + (3 << 20))
        await until(lambda: house.state.admission.holding("VN/GOV/H26/one-stop").held == 0)


@pytest.mark.parametrize("size", [16_200, 100_000])
async def test_metadata_that_no_caller_takes_ends_its_call_and_no_other(size: int) -> None:
    def act(called: Called) -> None:
        if called.path == f"/{GET}":
            called.answer(b"answer", ("x-large", "a" * size))

    async with relayed(act) as (house, provider, caller):
        other = caller.call(GET_ALL, house.identity, data=[message(b"x")])
        await until(lambda: provider.heard)
        call = await caller.ended(caller.call(GET, house.identity, data=[message(b"x")]))
        assert (call.trailers["grpc-status"], call.trailers[metadata.ERROR_ORIGIN]) == ("8", "provider")
        assert call.trailers[metadata.TRANSACTION_ID] == house.outcomes()[0].transaction_id
        assert len(provider.carriers) == 1
        assert not other.end


async def test_a_request_that_is_not_grpc_is_refused_as_such() -> None:
    async with relayed() as (_, __, caller):
        exchanged = Exchanged()
        fields = ((":method", "POST"), (":scheme", "http"), (":path", "/"), ("content-type", "application/json"))
        caller.connection.open(exchanged, fields, "", end=True)
        await caller.ended(exchanged)
        assert exchanged.headers == [{":status": "415"}]


@pytest.mark.parametrize("method", [GET, GET_ALL])
async def test_a_caller_that_leaves_resets_the_call_at_the_provider(method: str) -> None:
    async with relayed(lambda _: None) as (house, provider, caller):
        call = caller.call(method, house.identity, data=[message(b"x")])
        await until(lambda: provider.heard)
        assert call.stream is not None
        call.stream.reset(ErrorCode.CANCEL)
        await until(lambda: provider.heard[0].end == f"reset {ErrorCode.CANCEL}")
        await until(lambda: house.outcomes())
        assert [outcome.status_code for outcome in house.outcomes()] == [1]


async def test_a_connection_that_breaks_under_a_call_makes_the_provider_unreachable() -> None:
    async with relayed(lambda _: provider.carriers[-1].close()) as (house, provider, caller):
        call = await caller.ended(caller.call(GET, house.identity, data=[message(b"x")]))
        assert reason(call) == "PROVIDER_UNREACHABLE"


async def test_calls_under_way_end_well_when_a_provider_says_farewell() -> None:
    waiting: list[Called] = []
    async with relayed(waiting.append) as (house, provider, caller):
        calls = [caller.call(GET, house.identity, data=[message(b"x")]) for _ in range(10)]
        await until(lambda: len(waiting) == 10)
        provider.carriers[0].connection.leave()
        later = [caller.call(GET, house.identity, data=[message(b"x")]) for _ in range(10)]
        await until(lambda: len(waiting) == 20)
        for called in waiting:
            called.answer(b"well")
        for call in (*calls, *later):
            assert (await caller.ended(call)).data == message(b"well")
        assert len(provider.carriers) == 2


async def test_a_defect_while_a_calls_end_is_recorded_ends_this_call_only(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting: list[Called] = []
    async with relayed(waiting.append) as (house, _, caller):
        well, defective = (caller.call(GET, house.identity, data=[message(b"x")]) for _ in range(2))
        await until(lambda: len(waiting) == 2)
        monkeypatch.setattr(house.journal, "append", None)
        house.revoke()
        waiting[1].answer(b"too late")
        await until(lambda: defective.end)
        assert (well.trailers["grpc-status"], defective.trailers["grpc-status"]) == ("13", "13")
        assert not house.relays.under_way
        assert not house.state.admission.calls


async def test_a_call_with_a_malformed_deadline_is_recorded() -> None:
    async with relayed() as (house, _, caller):
        timeout = ("grpc-timeout", "soon")
        call = await caller.ended(caller.call(GET, house.identity, timeout, data=[message(b"x")]))
        assert (call.trailers["grpc-status"], reason(call)) == ("3", "INVALID_METADATA")
        assert [outcome.transaction_id for outcome in house.outcomes()] == [call.trailers[metadata.TRANSACTION_ID]]


async def test_how_long_a_body_is_stays_between_two_ends_of_a_connection() -> None:
    def announce(called: Called) -> None:
        called.open.send_headers(BEGIN, literal("content-length", "100"))

    async with relayed(announce, at_once=True) as (house, provider, caller):
        length = ("content-length", "6")
        call = caller.call(GET_ALL, house.identity, length, data=[message(b"x")])
        await until(lambda: call.headers)
        house.revoke()
        await caller.ended(call)
        assert (call.end, reason(call)) == ("ended", "ACCESS_DENIED")
        assert "content-length" not in provider.heard[0].fields
