"""A service that the project has never seen, registered at run time and called through the gateway."""

import asyncio
from pathlib import Path

import grpc
import pytest
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

import gateway
from ndxp.ledger.payload import plain_hash, salt_of, salted
from ndxp.testing import RunningExchange
from ndxp.wire import metadata, status
from tests.e2e.conftest import PROVIDER, VISITOR, Visitor, code_of, failure_of, transaction, transaction_id_of
from tests.support.echo import CONTRACT, Echo, Request
from tests.support.fakes import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

EVERY_BYTE = bytes(range(256)) * 3
ROUNDING = 1.01  # gRPC rounds a timeout up when it writes it
MIB_4 = bytes(range(256)) * (4 * 4096)
PAIRS: tuple[metadata.Pair, ...] = (
    ("own-text", "printable ASCII !~"),
    ("own-blob-bin", EVERY_BYTE[:300]),
    ("own-many", "one"),
    ("own-many", "two"),
    ("own-empty", ""),
)


def own(pairs: object) -> list[metadata.Pair]:
    return [(key, value) for key, value in pairs if key.startswith("own-")]  # type: ignore[attr-defined]


async def ended(echo: Echo) -> str:
    return str(await until(lambda: echo.one().end))


async def test_no_code_of_the_gateway_names_it() -> None:
    package = CONTRACT.name.rpartition(".")[0]
    sources = list(Path(gateway.__file__).parent.rglob("*.*"))
    assert any(source.suffix == ".py" for source in sources)
    for source in sources:
        if source.suffix in (".py", ".yaml"):
            assert package not in source.read_text(encoding="utf-8"), source


@pytest.mark.parametrize("method", ["Echo", "Look"])
@pytest.mark.parametrize("payload", [b"", EVERY_BYTE, MIB_4], ids=["empty", "every byte", "4 MiB"])
async def test_a_unary_call_arrives_unchanged_both_ways(
    visitor: Visitor, echo: Echo, method: str, payload: bytes
) -> None:
    answer = await visitor.call(method)(Request(payload=payload))
    assert answer.payload == payload
    assert echo.one().messages == [payload]


@pytest.mark.parametrize("size", [1, 4 * 1024 * 1024])
async def test_client_streaming_arrives_unchanged(visitor: Visitor, echo: Echo, size: int) -> None:
    payloads = [bytes([number]) * size for number in range(3)]
    answer = await visitor.call("Collect")(iter([Request(payload=payload) for payload in payloads]))
    assert answer.payload == b"".join(payloads)
    assert echo.one().messages == payloads


async def test_server_streaming_arrives_unchanged_and_in_order(visitor: Visitor) -> None:
    call = visitor.call("Repeat")(Request(payload=EVERY_BYTE, count=100))
    assert [answer.payload async for answer in call] == [EVERY_BYTE + str(n).encode() for n in range(100)]


async def test_bidirectional_streaming_answers_message_by_message(visitor: Visitor) -> None:
    call = visitor.call("Converse")()
    for payload in (b"one", b"", MIB_4, EVERY_BYTE):
        await call.write(Request(payload=payload))
        assert (await call.read()).payload == payload
    await call.done_writing()
    assert await call.read() is grpc.aio.EOF
    assert await call.code() is grpc.StatusCode.OK


REQUESTS = {"Echo": False, "Look": False, "Repeat": False, "Collect": True, "Converse": True}


@pytest.mark.parametrize("method", REQUESTS)
async def test_metadata_arrives_unchanged_both_ways(visitor: Visitor, echo: Echo, method: str) -> None:
    echo.initial = tuple((f"own-initial-{key}", value) for key, value in PAIRS)
    echo.trailing = tuple((f"own-trailing-{key}", value) for key, value in PAIRS)
    request = Request(payload=b"x", count=1)
    call = visitor.call(method)(iter([request]) if REQUESTS[method] else request, pairs=PAIRS)
    assert await code_of(call) is grpc.StatusCode.OK
    assert own(await call.initial_metadata()) == list(echo.initial)
    assert own(await call.trailing_metadata()) == list(echo.trailing)
    assert own(echo.one().metadata) == list(PAIRS)


async def test_metadata_of_a_failed_call_arrives_too(visitor: Visitor, echo: Echo) -> None:
    echo.initial, echo.trailing = (("own-a", "1"),), (("own-b-bin", b"\xff\x00"),)
    call = visitor.call("Echo")(Request(code=9, message="no"))
    await failure_of(call)
    assert own(await call.initial_metadata()) == list(echo.initial)
    assert own(await call.trailing_metadata()) == list(echo.trailing)


async def test_the_provider_learns_who_calls_and_never_sees_the_token(visitor: Visitor, echo: Echo) -> None:
    call = visitor.call("Echo")(Request(), pairs=((metadata.USER_ID, "officer-7"),))
    await call
    heard = echo.one()
    assert heard.all(metadata.CLIENT) == [VISITOR]
    assert heard.all(metadata.TRANSACTION_ID) == [await transaction_id_of(call)]
    assert heard.all(metadata.USER_ID) == ["officer-7"]
    assert len(heard.all(metadata.ASSERTION)) == 1
    assert heard.all(metadata.AUTHORIZATION) == []
    token = visitor.identity[1].removeprefix("Bearer ")
    assert not any(token in str(value) for _, value in heard.metadata)


async def test_a_provider_cannot_speak_for_the_exchange(visitor: Visitor, echo: Echo) -> None:
    echo.trailing = ((metadata.TRANSACTION_ID, "forged"), (metadata.ERROR_ORIGIN, "forged"))
    call = visitor.call("Echo")(Request())
    await call
    trailing = await call.trailing_metadata()
    assert "forged" not in [value for _, value in trailing]
    assert len(trailing.get_all(metadata.TRANSACTION_ID)) == 1


@pytest.mark.parametrize("method", ["Echo", "Collect"])
async def test_the_callers_deadline_is_passed_on(visitor: Visitor, echo: Echo, method: str) -> None:
    request = Request(payload=b"x")
    await visitor.call(method)(iter([request]) if REQUESTS[method] else request, timeout=15)
    remaining = echo.one().remaining
    assert remaining is not None
    assert 0 < remaining < 15 * ROUNDING


async def test_a_call_without_a_deadline_gets_one(visitor: Visitor, echo: Echo) -> None:
    await visitor.call("Echo")(Request(), timeout=None)
    remaining = echo.one().remaining
    assert remaining is not None
    assert 0 < remaining < 30 * ROUNDING


@pytest.mark.parametrize("method", REQUESTS)
async def test_a_deadline_that_passes_cancels_the_provider(visitor: Visitor, echo: Echo, method: str) -> None:
    request = Request(hold=True)

    async def overdue() -> bool:
        """Whether it got as far as to the provider, for which a busy machine may need longer than that."""
        echo.reset()
        call = visitor.call(method)(iter([request]) if REQUESTS[method] else request, timeout=1)
        assert await call.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        return bool(echo.heard)

    await until(overdue)
    heard = echo.heard[-1]
    assert await until(lambda: heard.end) == "cancelled"
    (transaction_id,) = heard.all(metadata.TRANSACTION_ID)
    await until(lambda: "outcome" in [r["phase"] for r in transaction(visitor.exchange, str(transaction_id))])
    records = transaction(visitor.exchange, str(transaction_id))
    assert (records[-1]["status_code"], records[-1]["reason"]) == (4, "PROVIDER_TIMEOUT")


@pytest.mark.parametrize("method", REQUESTS)
async def test_a_cancelled_call_is_cancelled_at_the_provider_and_recorded(
    visitor: Visitor, echo: Echo, method: str
) -> None:
    request = Request(hold=True)
    call = visitor.call(method)(iter([request]) if REQUESTS[method] else request)
    await until(lambda: echo.heard and echo.heard[0].messages)
    assert call.cancel()
    assert await call.code() is grpc.StatusCode.CANCELLED
    assert await ended(echo) == "cancelled"
    heard = str(echo.one().all(metadata.TRANSACTION_ID)[0])
    await until(
        lambda: [r["status_code"] for r in transaction(visitor.exchange, heard) if r["phase"] == "outcome"] == [1]
    )


@pytest.mark.parametrize("method", ["Echo", "Collect", "Repeat", "Converse"])
@pytest.mark.parametrize("code", range(1, 17))
async def test_every_status_of_the_provider_is_passed_on_with_its_message(
    visitor: Visitor, echo: Echo, method: str, code: int
) -> None:
    request = Request(code=code, message="chuyện gì đó \t\n\U0001f600 %41")
    call = visitor.call(method)(iter([request]) if REQUESTS[method] else request)
    assert (await call.code()).value[0] == code
    assert await call.details() == "chuyện gì đó \t\n\U0001f600 %41"
    trailing = await call.trailing_metadata()
    assert trailing[metadata.ERROR_ORIGIN] == "provider"
    [record] = [
        r for r in transaction(visitor.exchange, str(trailing[metadata.TRANSACTION_ID])) if r["phase"] == "outcome"
    ]
    assert (record["status_code"], record["origin"]) == (code, "provider")


@pytest.mark.parametrize("method", REQUESTS)
async def test_details_of_a_status_arrive_byte_by_byte(visitor: Visitor, echo: Echo, method: str) -> None:
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.ErrorInfo(reason="OUT_OF_PAPER", domain="sample.echo"))
    packed = status_pb2.Status(code=9, message="no paper", details=[detail]).SerializeToString()
    echo.trailing = ((metadata.STATUS_DETAILS, packed),)
    request = Request(code=9, message="no paper")
    call = visitor.call(method)(iter([request]) if REQUESTS[method] else request)
    assert await call.code() is grpc.StatusCode.FAILED_PRECONDITION
    trailing = await call.trailing_metadata()
    assert trailing.get_all(metadata.STATUS_DETAILS) == [packed]
    [*_, record] = transaction(visitor.exchange, str(trailing[metadata.TRANSACTION_ID]))
    assert record["reason"] == "OUT_OF_PAPER"


@pytest.mark.parametrize("reason", ["JOURNAL_UNAVAILABLE", "PROVIDER_UNREACHABLE", "OVERLOADED"])
async def test_a_provider_that_uses_the_exchanges_reasons_is_recorded_and_passed_on_all_the_same(
    visitor: Visitor, echo: Echo, reason: str
) -> None:
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.ErrorInfo(reason=reason, domain="ndxp"))
    packed = status_pb2.Status(code=14, message="mine", details=[detail]).SerializeToString()
    echo.trailing = ((metadata.STATUS_DETAILS, packed),)
    for _ in range(7):  # more than open a circuit
        call = visitor.call("Echo")(Request(code=14, message="mine"))
        assert await call.details() == "mine"
        trailing = await call.trailing_metadata()
        assert trailing.get_all(metadata.STATUS_DETAILS) == [packed]
        [record] = [
            r for r in transaction(visitor.exchange, str(trailing[metadata.TRANSACTION_ID])) if r["phase"] == "outcome"
        ]
        assert (record["reason"], record["origin"]) == (reason, "provider")


@pytest.mark.parametrize("method", REQUESTS)
async def test_each_call_is_exactly_one_transaction(visitor: Visitor, echo: Echo, method: str) -> None:
    message_id = f"once-{method}"
    request = Request(payload=b"x", count=1)
    for _ in range(3):
        call = visitor.call(method)(
            iter([request]) if REQUESTS[method] else request, pairs=((metadata.MESSAGE_ID, message_id),)
        )
        assert await code_of(call) is grpc.StatusCode.OK
    found = visitor.transactions(message_id=message_id)
    assert len(found) == len({record["transaction_id"] for record in found}) == len(echo.heard) == 3


async def test_the_record_says_what_happened(visitor: Visitor, echo: Echo) -> None:
    request = Request(payload=b"question")
    call = visitor.call("Echo")(request, pairs=((metadata.PURPOSE, "a test"), (metadata.ISSUE, "i-1")))
    answer = await call
    before, outcome = transaction(visitor.exchange, await transaction_id_of(call))
    assert (before["phase"], outcome["phase"]) == ("request", "outcome")
    assert (outcome["client"], outcome["service"], outcome["method"]) == (VISITOR, PROVIDER, f"{CONTRACT.name}/Echo")
    assert (outcome["purpose"], outcome["issue"], outcome["grant"]) == ("a test", "i-1", "echo")
    assert (outcome["messages_in"], outcome["messages_out"], outcome["attempts"]) == (1, 1, 1)
    salt = salt_of((visitor.exchange.folder / "salt-key").read_bytes(), outcome["transaction_id"])
    assert outcome["request_hash"] == salted(salt, plain_hash([request.SerializeToString()]))
    assert outcome["response_hash"] == salted(salt, plain_hash([answer.SerializeToString()]))
    times = [outcome[f"{name}_ts"] for name in ("request_in", "request_out", "response_in", "response_out")]
    assert times == sorted(times)
    assert times[0] > 0


async def test_a_method_that_changes_nothing_has_one_record_and_others_two(visitor: Visitor) -> None:
    phases = {}
    for method in ("Look", "Echo"):
        call = visitor.call(method)(Request())
        await call
        records = transaction(visitor.exchange, await transaction_id_of(call))
        phases[method] = [record["phase"] for record in records]
    assert phases == {"Look": ["outcome"], "Echo": ["request", "outcome"]}


async def test_many_calls_at_once_are_all_answered_and_all_recorded(visitor: Visitor, echo: Echo) -> None:
    payloads = [str(number).encode() for number in range(300)]
    call = visitor.call("Echo")
    pairs = ((metadata.MESSAGE_ID, "many"),)
    answers = await asyncio.gather(*(call(Request(payload=payload), pairs=pairs) for payload in payloads))
    assert [answer.payload for answer in answers] == payloads
    assert len(visitor.transactions(message_id="many")) == 300


async def test_a_message_larger_than_allowed_is_refused_with_the_limit(
    visitor: Visitor, echo: Echo, members: RunningExchange
) -> None:
    limit = 16 * 1024 * 1024
    failure = await failure_of(visitor.call("Echo")(Request(payload=bytes(limit + 1))))
    assert (failure.reason, failure.hop, failure.details) == (
        "MESSAGE_TOO_LARGE",
        "gateway/forward",
        {"allowed": str(limit)},
    )
    assert echo.heard == []
    assert status.GRPC_CODES[failure.code] is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_message_much_larger_than_allowed_is_refused_before_it_is_taken(visitor: Visitor, echo: Echo) -> None:
    failure = await failure_of(visitor.call("Echo")(Request(payload=bytes(30 * 1024 * 1024))))
    assert (failure.code, failure.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED.value[0], "MESSAGE_TOO_LARGE")
    assert transaction(visitor.exchange, failure.transaction_id)[-1]["reason"] == "MESSAGE_TOO_LARGE"
    assert echo.heard == []


@pytest.mark.parametrize("method", ["Collect", "Converse"])
async def test_a_provider_that_ends_a_stream_early_is_heard_by_a_caller_that_still_writes(
    visitor: Visitor, echo: Echo, method: str
) -> None:
    echo.trailing = (("own-b-bin", b"\xff\x00"),)
    requests = [Request(code=9, message="no paper"), *[Request(payload=b"x" * 1000)] * 500]
    for _ in range(10):
        call = visitor.call(method)(iter(requests))
        failure = await failure_of(call)
        assert (failure.code, failure.message, failure.origin) == (9, "no paper", "provider")
        assert own(await call.trailing_metadata()) == list(echo.trailing)


async def test_an_answer_larger_than_allowed_is_not_passed_on(visitor: Visitor, echo: Echo) -> None:
    payloads = [bytes(4 * 1024 * 1024) for _ in range(4)]  # the answer holds them all, and a few bytes more
    failure = await failure_of(visitor.call("Collect")(iter([Request(payload=payload) for payload in payloads])))
    assert (failure.reason, failure.origin) == ("MESSAGE_TOO_LARGE", "gateway")
