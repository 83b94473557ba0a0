"""A call that is tried: a stream is ended when somebody stops it, and when there are more answers than are shown."""

from collections.abc import Callable

import pytest

from console.exchange import Refused
from console.trial import MOST_ANSWERS, Call, Question
from ndxp.errors import Code
from ndxp.population.v1 import population_pb2 as pb
from ndxp.testing import RunningExchange
from tests.e2e.conftest import transaction

MEMBER, STRANGER = "VN/GOV/H29/one-stop", "VN/GOV/G27/lgsp"
BATCH = pb.DESCRIPTOR.services_by_name["PopulationService"].methods_by_name["BatchVerifyCitizens"]


def stream(length: int, *, member: str = MEMBER, message_id: str = "") -> Call:
    """A call with a stream of requests, each of which is answered."""
    requests = [
        pb.BatchVerifyCitizensRequest(
            item_id=str(n), citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979"
        )
        for n in range(length)
    ]
    return Call(Question(method=BATCH, requests=list(requests), text="[]", member=member, message_id=message_id))


async def make(call: Call, exchange: RunningExchange, changed: Callable[[], None] = lambda: None) -> None:
    await call.make(exchange.gateway, exchange.tokens(call.question.member), changed)


async def test_answers_are_told_as_they_come_and_then_the_end(exchange: RunningExchange) -> None:
    call, seen = stream(3), list[tuple[int, bool]]()
    await make(call, exchange, lambda: seen.append((len(call.answers), call.seconds is not None)))
    assert seen == [(1, False), (2, False), (3, False), (3, True)]
    assert call.outcome == "OK"
    assert transaction(exchange, call.transaction_id)


async def test_a_call_that_is_stopped_ends_and_keeps_what_came(exchange: RunningExchange) -> None:
    call = stream(500)
    await make(call, exchange, call.stop)
    assert (call.stopped, call.outcome, call.failure) == (True, "CANCELLED", None)
    assert 1 <= len(call.answers) < MOST_ANSWERS
    assert transaction(exchange, call.transaction_id)


async def test_a_call_with_more_answers_than_are_shown_is_ended(exchange: RunningExchange) -> None:
    call = stream(2 * MOST_ANSWERS)
    await make(call, exchange)
    assert (call.cut, len(call.answers), call.outcome) == (True, MOST_ANSWERS, "CANCELLED")


async def test_a_refusal_is_kept_with_its_reason_and_its_transaction(exchange: RunningExchange) -> None:
    call = stream(1, member=STRANGER)
    await make(call, exchange)
    assert call.failure is not None
    assert (call.failure.code, call.outcome) == (Code.PERMISSION_DENIED, "PERMISSION_DENIED ACCESS_DENIED")
    assert transaction(exchange, call.transaction_id)


async def test_what_grpc_cannot_carry_is_refused_before_the_call(exchange: RunningExchange) -> None:
    with pytest.raises(Refused, match="leave out the diacritics"):
        await make(stream(1, message_id="điều trị"), exchange)
