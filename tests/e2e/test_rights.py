"""What a grant says beside who may call what: the same question, three answers, each explained."""

from collections.abc import AsyncIterator
from contextlib import suppress
from hashlib import sha256
from typing import Any

import grpc
import jwt
import pytest
import pytest_asyncio

from ndxp.client import Exchange
from ndxp.errors import Code
from ndxp.population.v1 import population_pb2 as pb
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.social_security.v1.social_security_pb2 import GetParticipationRequest
from ndxp.social_security.v1.social_security_pb2_grpc import SocialSecurityServiceStub
from ndxp.testing import RunningExchange
from ndxp.wire import metadata, status
from ndxp.wire.assertion import message_mark
from ndxp.world import World
from ndxp.world.registers.participation import Participation
from tests.e2e.conftest import (
    PROVIDER,
    STRANGER,
    Visitor,
    code_of,
    every_worker,
    failure_of,
    fresh_channel,
    known,
    transaction,
    transaction_id_of,
)
from tests.support.echo import CONTRACT, Echo, Request
from tests.support.fakes import until
from tests.support.workers import worker

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOSPITAL, PROVINCE, TAX = "VN/GOV/H26/hospital", "VN/GOV/H26/one-stop", "VN/GOV/G12/tax"
REGISTRAR, BANK = "VN/GOV/G15/civil-status", "VN/COM/9900000016/ekyc"
GET_CITIZEN = "ndxp.population.v1.PopulationService/GetCitizen"


def question() -> pb.GetCitizenRequest:
    citizen = World().persona("traveller").citizen
    return pb.GetCitizenRequest(
        citizen_number=citizen.number, full_name=citizen.full_name, birth_date=str(citizen.birth_date)
    )


def call(exchange: Exchange, purpose: str) -> Any:
    pairs = ((metadata.PURPOSE, purpose),) if purpose else ()
    return PopulationServiceStub(exchange.channel).GetCitizen(question(), metadata=pairs)


def explained(exchange: RunningExchange, transaction_id: str) -> str:
    """What the explanation says of the step authorise."""
    steps = exchange.admin.get(f"transactions/{transaction_id}/explanation").json()["steps"]
    return str(next(step["why"] for step in steps if step["name"] == "authorise"))


@pytest.mark.parametrize(
    ("client", "purpose", "grant", "known", "not_known"),
    [
        (HOSPITAL, "treatment", "population-hospital-record", {"blood_group", "sex"}, {"father", "permanent_address"}),
        (PROVINCE, "", "population-one-stop-record", {"father", "permanent_address"}, {"blood_group", "religion"}),
        (TAX, "tax refund", "population-tax", {"full_name", "permanent_address"}, {"blood_group", "father", "sex"}),
    ],
)
async def test_hospital_province_and_tax_office_get_three_records_of_one_citizen(
    exchange: RunningExchange, client: str, purpose: str, grant: str, known: set[str], not_known: set[str]
) -> None:
    [terms] = [entry for entry in exchange.admin.get("grants").json() if entry["id"] == grant]
    granted = {path.split(".")[1] for path in terms["fields"]}
    async with Exchange(exchange.gateway, exchange.tokens(client)) as member:
        asked = call(member, purpose)
        citizen = (await asked).citizen
        trailing = await asked.trailing_metadata()
    got = {field.name for field, _ in citizen.ListFields()}
    assert known <= got <= granted
    assert citizen.citizen_number == question().citizen_number
    named = {path.split(".")[1] for path in trailing[metadata.WITHHELD].split()}
    assert not_known <= named
    assert named >= {field.name for field in pb.Citizen.DESCRIPTOR.fields} - granted
    assert trailing[metadata.GRANT] == grant
    record = transaction(exchange, trailing[metadata.TRANSACTION_ID])[-1]
    assert (record["grant"], record["purpose"]) == (grant, purpose)
    assert record["response_size"] == pb.GetCitizenResponse(citizen=citizen).ByteSize()
    why = explained(exchange, trailing[metadata.TRANSACTION_ID])
    assert f"grant {grant} of VN/GOV/G01/population: releases only citizen.citizen_number, " in why
    assert terms["basis"] in why


@pytest.mark.parametrize(
    ("client", "reason"), [(PROVINCE, "ACCESS_DENIED"), (HOSPITAL, "ACCESS_DENIED"), (REGISTRAR, "PURPOSE_REQUIRED")]
)
async def test_a_death_is_told_to_the_population_database_by_civil_status_alone_and_for_its_purpose(
    exchange: RunningExchange, client: str, reason: str
) -> None:
    async with Exchange(exchange.gateway, exchange.tokens(client)) as member:
        stub = PopulationServiceStub(member.channel)
        failure = await failure_of(stub.RegisterDeath(pb.RegisterDeathRequest()))
        assert (failure.code, failure.reason) == (Code.PERMISSION_DENIED, reason)
        if client == REGISTRAR:
            stated = ((metadata.PURPOSE, "death registration"),)
            failure = await failure_of(stub.RegisterDeath(pb.RegisterDeathRequest(), metadata=stated))
            assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, "REQUEST_ID_MISSING")


@pytest.mark.parametrize(
    ("client", "purpose", "released"),
    [
        (PROVINCE, "", {"social_insurance_number", "since", "months", "contributes"}),
        (HOSPITAL, "treatment", {"social_insurance_number", "contributes"}),
        (BANK, "consent of the person", {"contributes"}),
    ],
)
async def test_a_bank_learns_of_a_participation_no_more_than_yes_or_no(
    exchange: RunningExchange, client: str, purpose: str, released: set[str]
) -> None:
    world = World()
    contributor = next(
        citizen
        for citizen in world.sample(1000, seed=42)
        if (entry := world.entry(Participation, citizen.number)) and entry.contributes
    )
    request = GetParticipationRequest(
        citizen_number=contributor.number,
        full_name=contributor.full_name,
        birth_date=str(contributor.birth_date),
    )
    pairs = ((metadata.PURPOSE, purpose),) if purpose else ()
    async with Exchange(exchange.gateway, exchange.tokens(client)) as member:
        answer = await SocialSecurityServiceStub(member.channel).GetParticipation(request, metadata=pairs)
    assert answer.matched
    assert {field.name for field, _ in answer.participation.ListFields()} == released


async def test_the_tax_office_learns_the_province_of_an_address_and_not_the_street(exchange: RunningExchange) -> None:
    async with Exchange(exchange.gateway, exchange.tokens(TAX)) as member:
        asked = call(member, "tax refund")
        address = (await asked).citizen.permanent_address
        assert [field.name for field, _ in address.ListFields()] == ["province"]
        assert "citizen.permanent_address.detail" in (await asked.trailing_metadata())[metadata.WITHHELD].split()


@pytest.mark.parametrize("stated", ["", "curiosity", "tax refund"])
async def test_a_hospital_that_states_no_good_purpose_is_told_which_would_do(
    exchange: RunningExchange, stated: str
) -> None:
    async with Exchange(exchange.gateway, exchange.tokens(HOSPITAL)) as member:
        failure = await failure_of(call(member, stated))
    assert (failure.code, failure.reason, failure.hop) == (
        Code.PERMISSION_DENIED,
        "PURPOSE_REQUIRED",
        "gateway/authorise",
    )
    assert failure.details["purposes"] == "treatment, emergency"
    assert "x-ndxp-purpose" in failure.remedy
    record = transaction(exchange, failure.transaction_id)[-1]
    assert (record["reason"], record["purpose"], record["grant"]) == ("PURPOSE_REQUIRED", stated, "")
    assert "asks for a purpose among treatment, emergency" in explained(exchange, failure.transaction_id)


async def test_what_would_be_decided_is_told_without_a_call(exchange: RunningExchange) -> None:
    def asked(**query: str) -> Any:
        return exchange.admin.get("decisions", params={"client": HOSPITAL, "method": GET_CITIZEN, **query}).json()

    yes = asked(purpose="emergency")
    assert (yes["allowed"], yes["reason"], yes["grant"]["id"]) == (True, "", "population-hospital-record")
    no = asked()
    assert (no["allowed"], no["reason"], no["grant"]["id"]) == (False, "PURPOSE_REQUIRED", "population-hospital-record")
    assert no["remedy"]
    assert asked(method="ndxp.none.v1.None/Get")["reason"] == "UNKNOWN_SERVICE"
    assert asked(provider="VN/GOV/G01/passports")["reason"] == "UNKNOWN_PROVIDER"
    assert exchange.admin.get("decisions", params={"client": "VN/GOV/H99/x", "method": GET_CITIZEN}).status_code == 404


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"fields": ["citizen.fullname"]}, "Citizen in the answer of GetCitizen has no field 'fullname'"),
        ({"methods": ["GetCitizens"]}, "no method of ndxp.population.v1.PopulationService fits 'GetCitizens'"),
        ({"valid_from": "2026-02-01", "valid_until": "2026-01-01"}, "it would never hold"),
    ],
)
async def test_a_grant_that_means_nothing_is_refused_with_what_there_is(
    exchange: RunningExchange, terms: dict[str, Any], says: str
) -> None:
    grant = {
        "consumer": TAX, "provider": "VN/GOV/G01/population", "contract": GET_CITIZEN.partition("/")[0],
        "methods": ["GetCitizen"], **terms,
    }  # fmt: skip
    answer = exchange.admin.post("grants", json=grant)
    assert answer.status_code == 422
    assert says in answer.json()["detail"]


@pytest_asyncio.fixture(loop_scope="session")
async def restricted(stranger: Visitor) -> AsyncIterator[Visitor]:
    """A caller whose grant for the echo service, which knows nothing of grants, releases some fields only."""
    admin = stranger.exchange.admin
    grant = {"id": "some", "consumer": STRANGER, "provider": PROVIDER, "contract": CONTRACT.name, "methods": ["*"]}
    admin.post("grants", json={**grant, "fields": ["payload"]}).raise_for_status()

    async def granted(channel: Any) -> bool:
        look = CONTRACT.on(channel, "Look")(Request(), metadata=(stranger.identity,), timeout=20)
        return (await failure_of(look)).reason != "ACCESS_DENIED"

    await until(lambda: every_worker(granted, stranger.exchange))
    yield stranger
    admin.delete("grants/some").raise_for_status()
    await known(stranger.exchange)


async def test_a_stream_is_restricted_message_by_message_and_says_so_before_the_first(stranger: Visitor) -> None:
    admin = stranger.exchange.admin
    contract = GET_CITIZEN.partition("/")[0]
    grant = {
        "id": "items", "consumer": STRANGER, "provider": "VN/GOV/G01/population", "contract": contract,
        "methods": ["BatchVerifyCitizens"], "fields": ["item_id"],
    }  # fmt: skip
    admin.post("grants", json=grant).raise_for_status()
    traveller = question()
    asked = [
        pb.BatchVerifyCitizensRequest(
            item_id=str(number),
            citizen_number=traveller.citizen_number,
            full_name=traveller.full_name,
            birth_date=traveller.birth_date,
        )
        for number in range(3)
    ]

    answers: list[pb.BatchVerifyCitizensResponse] = []
    initial: Any = {}

    async def answered() -> bool:
        nonlocal initial
        async with fresh_channel(stranger.exchange.gateway) as channel:
            call = PopulationServiceStub(channel).BatchVerifyCitizens(iter(asked), metadata=(stranger.identity,))
            with suppress(grpc.aio.AioRpcError):  # the worker does not know the grant yet
                answers[:] = [answer async for answer in call]
            initial = await call.initial_metadata()
            return bool(answers)

    try:
        await until(answered)
    finally:
        admin.delete("grants/items").raise_for_status()
        await known(stranger.exchange)
    assert answers == [pb.BatchVerifyCitizensResponse(item_id=str(number)) for number in range(3)]
    assert (initial[metadata.WITHHELD], initial[metadata.GRANT]) == ("matched problem", "items")


@pytest.mark.parametrize(("method", "where"), [("Look", "trailing"), ("Collect", "trailing"), ("Repeat", "initial")])
async def test_a_provider_says_that_it_kept_to_the_fields_behind_a_single_answer_and_before_a_stream(
    restricted: Visitor, echo: Echo, method: str, where: str
) -> None:
    echo.reset()
    setattr(echo, where, ((metadata.WITHHELD, "other"),))
    request = Request(payload=b"x", count=1)
    asked = restricted.call(method)(iter([request]) if method == "Collect" else request)
    assert await code_of(asked) is grpc.StatusCode.OK
    said = dict(await (asked.trailing_metadata() if where == "trailing" else asked.initial_metadata()))
    assert (said[metadata.WITHHELD], said[metadata.GRANT]) == ("other", "some")


@pytest.mark.parametrize("method", ["Look", "Collect", "Repeat"])
@pytest.mark.parametrize("said", [(), ((metadata.WITHHELD, "a, b"),), ((metadata.GRANT, "mine"),)], ids=str)
async def test_no_answer_leaves_when_the_provider_does_not_say_that_it_kept_to_the_fields(
    restricted: Visitor, echo: Echo, method: str, said: tuple[metadata.Pair, ...]
) -> None:
    echo.reset()
    echo.trailing = echo.initial = said
    request = Request(payload=b"secret", count=2)
    asked = restricted.call(method)(iter([request]) if method == "Collect" else request)
    failure: status.Failure = await failure_of(asked)
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "FIELDS_NOT_WITHHELD")
    assert failure.details == {"service": PROVIDER, "grant": "some"}
    record = transaction(restricted.exchange, failure.transaction_id)[-1]
    assert (record["reason"], record["messages_out"], record["response_hash"]) == ("FIELDS_NOT_WITHHELD", 0, "")


async def test_what_a_provider_says_of_withheld_fields_without_being_asked_does_not_pass(
    visitor: Visitor, echo: Echo
) -> None:
    echo.trailing = ((metadata.WITHHELD, "citizen.father"), (metadata.GRANT, "mine"))
    asked = visitor.call("Look")(Request())
    await asked
    trailing = await asked.trailing_metadata()
    assert await transaction_id_of(asked)
    assert metadata.WITHHELD not in trailing
    assert metadata.GRANT not in trailing


@pytest.mark.parametrize(
    ("method", "bound"), [("Look", True), ("Repeat", True), ("Collect", False), ("Converse", False)]
)
async def test_an_assertion_is_made_for_the_request_of_a_method_that_takes_one(
    visitor: Visitor, echo: Echo, method: str, bound: bool
) -> None:
    request = Request(payload=b"x", count=1)
    asked = visitor.call(method)(request if bound else iter([request]))
    assert await code_of(asked) is grpc.StatusCode.OK
    [assertion] = echo.one().all(metadata.ASSERTION)
    claims = jwt.decode(str(assertion), options={"verify_signature": False})
    assert claims.get("msg") == (message_mark(sha256(request.SerializeToString()).digest()) if bound else None)


async def test_a_caller_that_sends_no_request_is_given_up_at_the_deadline(visitor: Visitor, echo: Echo) -> None:
    async with worker(visitor.exchange, "brief", max_stream_deadline="0.3") as brief:
        async with fresh_channel(brief.target) as channel:
            silent: Any = channel.stream_stream(f"/{CONTRACT.name}/Repeat")(metadata=(visitor.identity,), timeout=20)
            failure = await failure_of(silent)
    assert (failure.code, failure.reason) == (Code.DEADLINE_EXCEEDED, "PROVIDER_TIMEOUT")
    assert "the caller sent no request within 0.3 s" in failure.message
    assert echo.heard == []
