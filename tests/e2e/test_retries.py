"""A client that sends its call again when the answer was lost."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from ndxp.client import Exchange
from ndxp.population.v1 import population_pb2 as population
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.testing import RunningExchange
from ndxp.wire import metadata
from tests.e2e.conftest import known, transactions

pytestmark = pytest.mark.asyncio(loop_scope="session")

CALLER = "VN/GOV/H26/one-stop"
ADDRESS = population.Address(province="001", district="Quận Đống Đa", ward="Phường Láng Hạ", detail="Số 1")


@pytest_asyncio.fixture(loop_scope="session")
async def first_answers_are_lost(exchange: RunningExchange) -> AsyncIterator[None]:
    """The answer to the first attempt of each message is lost, after the agency has done what it was asked."""
    until = (datetime.now(UTC) + timedelta(minutes=5)).isoformat(timespec="seconds")
    rule = {
        "do": "lose", "consumer": CALLER, "methods": ["ChangeAddress"], "nth": "1", "count": "message",
        "valid_until": until,
    }  # fmt: skip
    [fault] = exchange.admin.post("faults", json=[rule]).raise_for_status().json()
    await known(exchange)
    yield
    exchange.admin.delete(f"faults/{fault['id']}").raise_for_status()
    await known(exchange)


async def changes(stub: Any) -> int:
    """How many changes of addresses the population database has registered for the caller to see."""
    question = population.WatchChangesRequest(kinds=[population.CHANGE_KIND_ADDRESS], stop_at_end=True)
    return len([each async for each in stub.WatchChanges(question)])


@pytest.mark.usefixtures("first_answers_are_lost")
async def test_a_change_whose_answer_was_lost_is_answered_at_the_second_attempt_and_done_once(
    exchange: RunningExchange,
) -> None:
    message_id = str(uuid4())
    request = population.ChangeAddressRequest(
        request_id=str(uuid4()), citizen_number="074079255028", current_address=ADDRESS
    )
    async with Exchange(exchange.gateway, exchange.tokens(CALLER)) as member:
        stub: Any = PopulationServiceStub(member.channel)
        before = await changes(stub)
        given = await stub.ChangeAddress(request, metadata=((metadata.MESSAGE_ID, message_id),))
        assert given.citizen.current_address == ADDRESS
        assert await changes(stub) == before + 1
    answered, lost = transactions(exchange, message_id=message_id)
    assert (lost["reason"], lost["attempt"], lost["response_in_ts"] > 0) == ("FAULT_INJECTED", 0, True)
    assert (answered["status_code"], answered["attempt"]) == (0, 2)
