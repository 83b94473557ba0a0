"""``ndxp explain`` of a call that was sent more than once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ndxp.ledger.attempts import calls_of
from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.sandbox import life
from ndxp.testing import RunningExchange
from ndxp.wire import metadata
from ndxp.wire.tls import connect
from tests.ndxp.cli.conftest import Ndxp
from tests.support.fakes import until_now

CALLER = "VN/GOV/H29/one-stop"
QUESTION = VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979")


def outcome(name: str, attempt: int, began: int, ended: int, *, failed: bool = False) -> dict[str, Any]:
    return {
        "transaction_id": name, "attempt": attempt, "request_in_ts": began, "response_out_ts": ended,
        "status_code": 14 if failed else 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("outcomes", "calls"),
    [
        ([outcome("a", 0, 0, 1, failed=True), outcome("b", 2, 5, 6)], ["ab"]),
        ([outcome("b", 2, 5, 6), outcome("a", 0, 0, 1, failed=True)], ["ab"]),  # whichever is found first
        ([outcome("a", 0, 0, 9), outcome("b", 2, 5, 6)], ["ab"]),  # a second copy
        ([outcome("a", 0, 0, 1, failed=True), outcome("c", 3, 5, 6)], ["ac"]),  # the second did not get there
        ([outcome("a", 0, 0, 1), outcome("b", 0, 2, 3)], ["a", "b"]),  # two calls of one message
        ([outcome("a", 0, 0, 1), outcome("b", 2, 5, 6)], ["a", "b"]),  # an answered call needs no other attempt
        (
            [outcome("a", 0, 0, 1), outcome("b", 0, 2, 3, failed=True), outcome("c", 2, 4, 5),
             outcome("d", 0, 6, 7, failed=True), outcome("e", 2, 8, 9, failed=True), outcome("f", 3, 10, 11)],
            ["a", "bc", "def"],
        ),
        ([], []),
    ],
)  # fmt: skip
def test_attempts_are_put_together_by_call(outcomes: list[dict[str, Any]], calls: list[str]) -> None:
    assert ["".join(each["transaction_id"] for each in call) for call in calls_of(outcomes)] == calls


@pytest.fixture
def first_attempts_fail(exchange: RunningExchange) -> Iterator[None]:
    """The caller's first attempt of each message fails, and the exchange asks it to wait."""
    rule = {
        "do": "code=UNAVAILABLE, retry_after=50ms", "consumer": CALLER, "nth": "1", "count": "message",
        "valid_until": (datetime.now(UTC) + timedelta(minutes=5)).isoformat(timespec="seconds"),
    }  # fmt: skip
    [fault] = exchange.admin.post("faults", json=[rule]).raise_for_status().json()
    until_now(lambda: life.same_registry(exchange.state))
    yield
    exchange.admin.delete(f"faults/{fault['id']}").raise_for_status()
    until_now(lambda: life.same_registry(exchange.state))


def ask(exchange: RunningExchange, **options: Any) -> str:
    """Verifies a citizen, and gives the transaction with the answer."""
    with exchange.connect(CALLER) as connection:
        _, call = PopulationServiceStub(connection.channel).VerifyCitizen.with_call(QUESTION, **options)
        return str(dict(call.trailing_metadata())[metadata.TRANSACTION_ID])


@pytest.mark.usefixtures("first_attempts_fail")
def test_each_attempt_is_listed_with_what_it_waited_for(ndxp: Ndxp, exchange: RunningExchange) -> None:
    answered = ask(exchange)
    first, second = ndxp("explain", answered, "--json").data["attempts"]
    assert (first["attempt"], second["attempt"], second["transaction_id"]) == (1, 2, answered)
    assert (first["status"], second["status"]) == ("UNAVAILABLE FAULT_INJECTED", "OK")
    assert second["request_in_ts"] - first["response_out_ts"] >= 50_000
    assert second["waited"].endswith("s after attempt 1 failed")
    assert ndxp("explain", first["transaction_id"], "--json").data["attempts"] == [first, second]
    lines = ndxp("explain", answered).out.splitlines()
    assert [line.split()[0] for line in lines[-2:]] == ["1", "→"]
    [record] = ndxp("log", "show", answered, "--json").data
    assert record["attempt"] == 2
    assert record["message_id"]


def test_a_call_that_was_sent_once_has_no_list(ndxp: Ndxp, exchange: RunningExchange) -> None:
    answered = ask(exchange)
    assert "attempt" not in ndxp("explain", answered).out
    [only] = ndxp("explain", answered, "--json").data["attempts"]
    assert (only["attempt"], only["waited"]) == (1, "")


def test_a_later_attempt_whose_earlier_ones_did_not_arrive_says_so(ndxp: Ndxp, exchange: RunningExchange) -> None:
    answered = ask(exchange, metadata=[(metadata.ATTEMPTS_BEFORE, "2")])
    [only] = ndxp("explain", answered, "--json").data["attempts"]
    assert (only["attempt"], only["waited"]) == (3, "after attempts that are not in the ledger")
    assert "The ledger has no earlier attempt of this message" in ndxp("explain", answered).out


def test_an_attempt_of_another_client_is_known_by_grpcs_own_words(ndxp: Ndxp, exchange: RunningExchange) -> None:
    with connect(exchange.gateway, exchange.tokens(CALLER).tls, (("grpc.enable_retries", 0),)) as channel:
        pairs = (
            (metadata.AUTHORIZATION, f"Bearer {exchange.tokens(CALLER).blocking()}"),
            (metadata.PREVIOUS_ATTEMPTS, "1"),
        )
        _, call = PopulationServiceStub(channel).VerifyCitizen.with_call(QUESTION, metadata=pairs)
    transaction = dict(call.trailing_metadata())[metadata.TRANSACTION_ID]
    [record] = ndxp("log", "show", transaction, "--json").data
    assert record["attempt"] == 2
