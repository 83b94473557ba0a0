"""Whom an answer was about: agencies say it, the ledger keeps it as a keyed hash, callers see nothing of it."""

import asyncio
from typing import Any

import grpc
import pytest

from ndxp.client import Exchange
from ndxp.population.v1 import population_pb2 as pb
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.subject import read_subject_key, subject_hash
from ndxp.testing import RunningExchange
from ndxp.wire import metadata
from ndxp.world import World
from tests.e2e.conftest import Visitor, code_of, failure_of, transaction, transaction_id_of, transactions
from tests.support.echo import Echo, Request
from tests.support.fakes import contents

pytestmark = pytest.mark.asyncio(loop_scope="session")

ONE, OTHER = "a" * 32, "0" * 32
ABOUT = (metadata.SUBJECT, f"{ONE} {OTHER} +")
OWN_DATABASES = ("population.db", "health_insurance.db", "passports.db")
"""What agencies keep for themselves; numbers are their business."""


def asked(visitor: Visitor, method: str) -> Any:
    """A call of the method's kind."""
    request = Request(payload=b"x", count=2)
    if method in ("Collect", "Converse"):
        return visitor.call(method)(iter([request]))
    return visitor.call(method)(request)


async def record_of(visitor: Visitor, call: Any) -> dict[str, Any]:
    """The outcome of a call that has ended."""
    found = await asyncio.to_thread(transaction, visitor.exchange, await transaction_id_of(call))
    return found[-1]


@pytest.mark.parametrize("method", ["Look", "Echo", "Collect", "Repeat", "Converse"])
async def test_the_ledger_has_whom_an_answer_is_about_and_the_caller_does_not_see_it(
    visitor: Visitor, echo: Echo, method: str
) -> None:
    echo.trailing = (ABOUT, ("own", "1"))
    call = asked(visitor, method)
    assert await code_of(call) is grpc.StatusCode.OK
    trailing = dict(await call.trailing_metadata())
    assert trailing["own"] == "1"
    assert metadata.SUBJECT not in trailing
    assert metadata.SUBJECT not in dict(await call.initial_metadata())
    assert (await record_of(visitor, call))["subjects"] == f"{OTHER} {ONE} +"


@pytest.mark.parametrize("method", ["Look", "Repeat"])
async def test_an_error_may_be_about_somebody_too(visitor: Visitor, echo: Echo, method: str) -> None:
    echo.trailing = (ABOUT,)
    call = visitor.call(method)(Request(code=grpc.StatusCode.FAILED_PRECONDITION.value[0], message="deceased"))
    assert (await failure_of(call)).message == "deceased"
    assert metadata.SUBJECT not in dict(await call.trailing_metadata())
    record = await record_of(visitor, call)
    assert (record["subjects"], record["origin"]) == (f"{OTHER} {ONE} +", "provider")


@pytest.mark.parametrize("method", ["Look", "Converse"])
@pytest.mark.parametrize(
    "pairs",
    [
        [(metadata.SUBJECT, "074079255028")], [(metadata.SUBJECT, "Nguyen Ngoc Tuan")], [(metadata.SUBJECT, "A" * 32)],
        [(metadata.SUBJECT, " ".join([ONE] * 65))], [(metadata.SUBJECT, f"+ {ONE}")], [ABOUT, ABOUT],
    ],
)  # fmt: skip
async def test_what_an_agency_says_in_another_form_is_not_recorded(
    visitor: Visitor, echo: Echo, method: str, pairs: list[tuple[str, str]]
) -> None:
    echo.trailing = tuple(pairs)
    call = asked(visitor, method)
    assert await code_of(call) is grpc.StatusCode.OK
    assert metadata.SUBJECT not in dict(await call.trailing_metadata())
    assert (await record_of(visitor, call))["subjects"] == ""


@pytest.mark.parametrize("method", ["Look", "Converse"])
async def test_only_the_end_of_an_answer_says_whom_it_is_about(visitor: Visitor, echo: Echo, method: str) -> None:
    echo.initial = (ABOUT,)
    call = asked(visitor, method)
    assert await code_of(call) is grpc.StatusCode.OK
    assert metadata.SUBJECT not in dict(await call.initial_metadata())
    assert (await record_of(visitor, call))["subjects"] == ""


async def test_a_caller_may_not_say_whom_an_answer_is_about(visitor: Visitor, echo: Echo) -> None:
    call = visitor.call("Look")(Request(), pairs=((metadata.SUBJECT, ONE),))
    failure = await failure_of(call)
    assert (failure.reason, failure.details["key"]) == ("INVALID_METADATA", metadata.SUBJECT)
    assert echo.heard == []
    assert (await record_of(visitor, call))["subjects"] == ""


async def test_a_search_by_subject_finds_who_asked_and_takes_nothing_but_hashes(visitor: Visitor, echo: Echo) -> None:
    subject = "5" * 32
    echo.trailing = ((metadata.SUBJECT, f"{subject} {ONE}"),)
    call = asked(visitor, "Look")
    await call
    (found,) = await asyncio.to_thread(transactions, visitor.exchange, subject=subject)
    assert found["transaction_id"] == await transaction_id_of(call)
    for wrong in ("074079255028", "%", ONE.upper(), f"{ONE} {OTHER}"):
        answer = await asyncio.to_thread(visitor.exchange.admin.get, "transactions", params={"subject": wrong})
        assert answer.is_client_error


async def test_a_citizen_s_number_is_nowhere_but_with_the_agencies(exchange: RunningExchange) -> None:
    citizen = next(World().sample(1, 404, alive=True))
    address = pb.Address(province="001", ward="Phường Láng Hạ", detail="Số 1")
    async with Exchange(exchange.gateway, exchange.tokens("VN/GOV/H26/one-stop")) as member:
        stub = PopulationServiceStub(member.channel)
        for name in (citizen.full_name, "Nguyễn Văn A"):
            request = pb.VerifyCitizenRequest(
                citizen_number=citizen.number, full_name=name, birth_date=str(citizen.birth_date)
            )
            await stub.VerifyCitizen(request)
        await stub.ListHousehold(pb.ListHouseholdRequest(citizen_number=citizen.number))
        change = pb.ChangeAddressRequest(
            request_id="number-nowhere", citizen_number=citizen.number, current_address=address
        )
        await stub.ChangeAddress(change)
        with pytest.raises(grpc.aio.AioRpcError):
            await stub.ListHousehold(pb.ListHouseholdRequest(citizen_number=citizen.number[:-1]))
    subject = subject_hash(read_subject_key(exchange.credentials), citizen.number)
    found = await asyncio.to_thread(transactions, exchange, subject=subject)
    assert [record["method"].rpartition("/")[2] for record in found] == [
        "ChangeAddress", "ListHousehold", "VerifyCitizen", "VerifyCitizen"
    ]  # fmt: skip
    holding = [path.name for path, content in contents(exchange.folder) if citizen.number.encode() in content]
    assert {name.partition("-")[0] for name in holding} <= set(OWN_DATABASES)
    hashed = {path.name.partition("-")[0] for path, content in contents(exchange.folder) if subject.encode() in content}
    assert "ledger.db" in hashed
