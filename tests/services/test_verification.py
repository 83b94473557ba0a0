"""A call onward that fails: the caller learns which hop and why, and nothing is stored."""

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from ndxp.errors import Code, Reason, Refusal
from ndxp.health_insurance.v1 import health_insurance_pb2 as pb
from ndxp.wire import metadata, status
from ndxp.world import Citizen, World
from tests.support.fakes import until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.conftest import FailureOf, Town

RequestId = Callable[[], str]


@pytest.fixture
def citizen(world: World) -> Citizen:
    return world.persona("traveller").citizen


@pytest.fixture
def arrival(citizen: Citizen, request_id: RequestId) -> pb.CheckInRequest:
    return pb.CheckInRequest(
        request_id=request_id(), citizen_number=citizen.number, full_name=citizen.full_name,
        birth_date=str(citizen.birth_date), facility="01001",
    )  # fmt: skip


def refusing(reason: Reason) -> Any:
    """A gateway that refuses a method."""

    async def refuse(context: Any) -> None:
        refusal = Refusal(reason, "because the test says so")
        context.set_trailing_metadata(
            ((metadata.STATUS_DETAILS, status.encode(refusal)), (metadata.TRANSACTION_ID, "tx-1"))
        )
        await context.abort(status.GRPC_CODES[refusal.rule.code], refusal.message)

    return refuse


@pytest.mark.parametrize(
    ("inner", "code", "reason", "hop"),
    [
        (Reason.ACCESS_DENIED, Code.FAILED_PRECONDITION, "VERIFICATION_REFUSED", "gateway/authorise"),
        (Reason.PROVIDER_UNREACHABLE, Code.UNAVAILABLE, "VERIFICATION_UNAVAILABLE", "gateway/forward"),
        (Reason.QUOTA_EXCEEDED, Code.UNAVAILABLE, "VERIFICATION_UNAVAILABLE", "gateway/admit"),
        (Reason.PROVIDER_TIMEOUT, Code.DEADLINE_EXCEEDED, "VERIFICATION_UNAVAILABLE", "gateway/forward"),
    ],
)
async def test_a_refused_verification_names_hop_and_reason_and_stores_nothing(
    town: "Town", citizen: Citizen, arrival: pb.CheckInRequest, failure_of: "FailureOf",
    inner: Reason, code: Code, reason: str, hop: str,
) -> None:  # fmt: skip
    town.gateway.failing["GetCitizen"] = refusing(inner)
    failure = await failure_of(town.health_insurance().CheckIn(arrival))
    assert (failure.code, failure.reason) == (code, reason)
    assert hop in failure.message
    assert inner in failure.message
    assert "tx-1" in failure.message
    assert citizen.number not in failure.message
    assert citizen.full_name not in failure.message
    listed = await town.health_insurance().ListVisits(pb.ListVisitsRequest(citizen_number=citizen.number))
    assert not listed.visits


async def test_the_same_request_succeeds_once_the_verification_is_back(
    town: "Town", arrival: pb.CheckInRequest, failure_of: "FailureOf"
) -> None:
    town.gateway.failing["GetCitizen"] = refusing(Reason.PROVIDER_UNREACHABLE)
    await failure_of(town.health_insurance().CheckIn(arrival))
    town.gateway.failing.clear()
    assert (await town.health_insurance().CheckIn(arrival)).admitted


async def test_the_callers_deadline_bounds_the_verification(
    town: "Town", arrival: pb.CheckInRequest, failure_of: "FailureOf"
) -> None:
    ended = asyncio.Event()

    async def hang(context: Any) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    town.gateway.failing["GetCitizen"] = hang

    async def overdue() -> bool:
        """Whether the agency got as far as to call onward, for which a busy machine may need longer than that."""
        failure = await failure_of(town.health_insurance().CheckIn(arrival, timeout=0.3))
        assert failure.code is Code.DEADLINE_EXCEEDED
        return bool(town.onward_calls())

    await until(overdue)
    onward = town.onward_calls()[-1]
    assert onward.remaining is not None
    assert onward.remaining <= 0.3
    await ended.wait()


async def test_an_agency_without_its_secret_starts_and_lets_nobody_in_until_it_has_one(
    town: "Town", arrival: pb.CheckInRequest, failure_of: "FailureOf", tmp_path: "Path"
) -> None:
    secrets = tmp_path / "credentials.json"
    known = secrets.read_text(encoding="utf-8")
    secrets.write_text("{}", encoding="utf-8")
    failure = await failure_of(town.health_insurance().CheckIn(arrival))
    assert (failure.code, failure.reason) == (Code.UNAVAILABLE, "KEY_UNAVAILABLE")
    assert str(tmp_path) not in failure.message
    secrets.write_text(json.dumps(json.loads(known)), encoding="utf-8")
    assert (await town.health_insurance().CheckIn(arrival)).admitted


async def test_a_gateway_that_is_gone_is_unavailable(
    town: "Town", world: World, arrival: pb.CheckInRequest, failure_of: "FailureOf"
) -> None:
    town.gateway.failing["GetCitizen"] = lambda context: context.abort(grpc.StatusCode.UNAVAILABLE, "gone")
    failure = await failure_of(town.health_insurance().CheckIn(arrival))
    assert (failure.code, failure.reason) == (Code.UNAVAILABLE, "VERIFICATION_UNAVAILABLE")
    assert "UNAVAILABLE" in failure.message
