"""An agency that asks another one does so through the gateway, in its own name, and the two calls are linked."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import grpc
import pytest
import pytest_asyncio

from ndxp.client import Exchange
from ndxp.health_insurance.v1 import health_insurance_pb2 as insurance
from ndxp.health_insurance.v1.health_insurance_pb2_grpc import HealthInsuranceServiceStub
from ndxp.passports.v1 import passports_pb2 as passports
from ndxp.passports.v1.passports_pb2_grpc import PassportServiceStub
from ndxp.testing import RunningExchange
from ndxp.wire import metadata
from ndxp.world import World
from tests.e2e.conftest import transaction, transaction_id_of, transactions

pytestmark = pytest.mark.asyncio(loop_scope="session")

POPULATION = "VN/GOV/G01/population"


@pytest_asyncio.fixture(loop_scope="session")
async def hospital(exchange: RunningExchange) -> AsyncIterator[grpc.aio.Channel]:
    async with Exchange(exchange.gateway, exchange.tokens("VN/GOV/H26/hospital")) as member:
        yield member.channel


@pytest_asyncio.fixture(loop_scope="session")
async def one_stop(exchange: RunningExchange) -> AsyncIterator[grpc.aio.Channel]:
    async with Exchange(exchange.gateway, exchange.tokens("VN/GOV/H26/one-stop")) as member:
        yield member.channel


def linked(exchange: RunningExchange, outer_id: str, agency: str) -> list[dict[str, Any]]:
    """The calls that an agency made for a transaction."""
    return transactions(exchange, message_id=outer_id, client=agency)


TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def test_a_check_in_verifies_the_citizen_in_a_transaction_of_its_own(
    exchange: RunningExchange, hospital: grpc.aio.Channel
) -> None:
    citizen = World().persona("traveller").citizen
    request = insurance.CheckInRequest(
        request_id=str(uuid4()), citizen_number=citizen.number, full_name=citizen.full_name,
        birth_date=str(citizen.birth_date), facility="01001",
    )  # fmt: skip
    pairs = ((metadata.USER_ID, "nurse-1"), (metadata.TRACEPARENT, TRACE))
    call = HealthInsuranceServiceStub(hospital).CheckIn(request, metadata=pairs)
    answer = await call
    assert answer.citizen_matched
    outer_id = await transaction_id_of(call)
    outer = transaction(exchange, outer_id)[-1]
    [inner] = linked(exchange, outer_id, "VN/GOV/G24/health-insurance")
    assert answer.verification_transaction_id == inner["transaction_id"] != outer_id
    assert (outer["client"], outer["service"]) == ("VN/GOV/H26/hospital", "VN/GOV/G24/health-insurance")
    assert (inner["client"], inner["service"]) == ("VN/GOV/G24/health-insurance", POPULATION)
    assert (inner["status_code"], inner["user_id"], inner["traceparent"]) == (0, "nurse-1", TRACE)
    assert outer["request_in_ts"] <= inner["request_in_ts"] <= inner["response_out_ts"] <= outer["response_out_ts"]


async def test_an_application_verifies_the_citizen_in_a_transaction_of_its_own(
    exchange: RunningExchange, one_stop: grpc.aio.Channel
) -> None:
    citizen = World().persona("expired-passport").citizen
    request = passports.SubmitApplicationRequest(
        request_id=str(uuid4()), citizen_number=citizen.number, full_name=citizen.full_name,
        birth_date=str(citizen.birth_date), delivery_address="1 Tràng Tiền, Hà Nội",
    )  # fmt: skip
    call = PassportServiceStub(one_stop).SubmitApplication(request)
    answer = await call
    outer_id = await transaction_id_of(call)
    [inner] = linked(exchange, outer_id, "VN/GOV/G01/passports")
    assert answer.application.verification_transaction_id == inner["transaction_id"]
    assert (inner["service"], inner["status_code"]) == (POPULATION, 0)
    again = PassportServiceStub(one_stop).SubmitApplication(request)
    assert (await again).application == answer.application
    assert linked(exchange, await transaction_id_of(again), "VN/GOV/G01/passports") == []
