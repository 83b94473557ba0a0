"""An answer that is lost after the work was done: the same request_id gets it again, and the work is done once."""

from uuid import uuid4

import grpc
import pytest

from ndxp.client import BlockingExchange
from ndxp.errors import Code
from ndxp.health_insurance.v1.health_insurance_pb2 import CheckInRequest, ListVisitsRequest
from ndxp.health_insurance.v1.health_insurance_pb2_grpc import HealthInsuranceServiceStub
from ndxp.testing import RunningExchange
from ndxp.wire import metadata, status
from tests.e2e.conftest import transaction, transactions

HOSPITAL, CITIZEN = "VN/GOV/H26/hospital", "074079255028"


def check_in(request_id: str) -> CheckInRequest:
    return CheckInRequest(
        request_id=request_id, citizen_number=CITIZEN, full_name="Nguyễn Ngọc Tuấn", birth_date="1979-07-20",
        facility="01001",
    )  # fmt: skip


def without_retries(exchange: RunningExchange) -> BlockingExchange:
    """A connection that shows a failure as it comes."""
    return BlockingExchange(exchange.gateway, exchange.tokens(HOSPITAL), retries=False)


def visits(exchange: RunningExchange) -> int:
    """How many visits of the citizen the agency has."""
    with without_retries(exchange) as connection:
        listed = HealthInsuranceServiceStub(connection.channel).ListVisits(ListVisitsRequest(citizen_number=CITIZEN))
    return len(listed.visits)


@pytest.mark.parametrize("effect", ["lose", "drop,after", "reset,after", "code=DEADLINE_EXCEEDED,after"])
def test_a_repeated_request_gets_the_first_answer_and_the_agency_did_it_once(
    exchange: RunningExchange, effect: str
) -> None:
    request_id = f"lost-{uuid4()}"
    before = visits(exchange)
    with without_retries(exchange) as connection:
        check = HealthInsuranceServiceStub(connection.channel).CheckIn
        with pytest.raises(grpc.RpcError) as raised:
            check(check_in(request_id), metadata=[(metadata.FAULT, effect), (metadata.MESSAGE_ID, request_id)])
    with without_retries(exchange) as connection:  # the first one may be cut
        check = HealthInsuranceServiceStub(connection.channel).CheckIn
        again, call = check.with_call(check_in(request_id), metadata=[(metadata.MESSAGE_ID, request_id)])
    assert visits(exchange) == before + 1
    second, first = transactions(exchange, message_id=request_id, client=HOSPITAL)  # the latest first
    assert (first["reason"], first["fault"], first["attempts"]) == ("FAULT_INJECTED", "caller", 1)
    assert first["response_in_ts"]  # the agency had answered
    assert (second["status_code"], second["fault"], second["replay_of"]) == (Code.OK, "", first["transaction_id"])
    trailing = dict(call.trailing_metadata())
    assert trailing[metadata.REPLAY_OF] == first["transaction_id"]
    assert again.admitted
    failure = status.decode(raised.value)
    assert failure.reason == ("FAULT_INJECTED" if "," not in effect or "code" in effect else "")
    explained = exchange.admin.get(f"transactions/{second['transaction_id']}/explanation").json()
    assert f"given before, in transaction {first['transaction_id']}" in str(explained)
    assert len(transaction(exchange, first["transaction_id"])) == 2  # its request was in the journal before
