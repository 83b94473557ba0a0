"""Where ``OTEL_*`` asks for traces, a call is one trace: consumer, gateway, agency and what the agency asks others."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import httpx
import pytest
import pytest_asyncio

from ndxp.client import Credentials, Exchange
from ndxp.health_insurance.v1 import health_insurance_pb2 as insurance
from ndxp.health_insurance.v1.health_insurance_pb2_grpc import HealthInsuranceServiceStub
from ndxp.population.v1 import population_pb2 as population
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.sandbox import life, plan
from ndxp.testing import RunningExchange
from ndxp.wire import metadata
from ndxp.wire.assertion import Verifier, key_of
from ndxp.world import World
from tests.e2e.conftest import (
    PROVIDER,
    code_of,
    fresh_channel,
    learnt,
    register,
    transaction,
    transaction_id_of,
    transactions,
)
from tests.support.collector import Collector, Seen
from tests.support.echo import CONTRACT, Echo, Request
from tests.support.fakes import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSPITAL, INSURER, POPULATION = "VN/GOV/H26/hospital", "VN/GOV/G24/health-insurance", "VN/GOV/G01/population"
ONE_STOP, GATEWAY, DOORS = "VN/GOV/H26/one-stop", "ndxp-gateway", "ndxp-rest"
CHECK_IN = "ndxp.health_insurance.v1.HealthInsuranceService/CheckIn"
GET_CITIZEN = "ndxp.population.v1.PopulationService/GetCitizen"
DECIDED = ["identify", "authorise", "admit", "resolve"]
CITIZEN = World().persona("traveller").citizen


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    collector = Collector().start()
    yield collector
    collector.stop()


@pytest.fixture(scope="module")
def traced(collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    """An exchange of its own whose processes, and this one, send their spans to the collector."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.port}")
        patch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
        state = life.start(plan.make(tmp_path_factory.mktemp("traced"), workers=1, port=0))
        headers = {"Authorization": f"Bearer {Credentials.load(state.credentials, 'admin').secret}"}
        try:
            with httpx.Client(base_url=f"{state.control_url}/admin/v1", headers=headers, timeout=60) as admin:
                yield RunningExchange(state, admin)
        finally:
            life.stop(state)


@pytest_asyncio.fixture(loop_scope="module")
async def hospital(traced: RunningExchange) -> AsyncIterator[HealthInsuranceServiceStub]:
    async with Exchange(traced.gateway, traced.tokens(HOSPITAL)) as member:
        yield HealthInsuranceServiceStub(member.channel)


def check_in(**changes: str) -> insurance.CheckInRequest:
    about = {"full_name": CITIZEN.full_name, "birth_date": str(CITIZEN.birth_date), "facility": "01001", **changes}
    return insurance.CheckInRequest(request_id=str(uuid4()), citizen_number=CITIZEN.number, **about)


def claim() -> population.BatchVerifyCitizensRequest:
    return population.BatchVerifyCitizensRequest(
        citizen_number=CITIZEN.number, full_name=CITIZEN.full_name, birth_date=str(CITIZEN.birth_date)
    )


async def traces_of(collector: Collector, transaction_id: str, spans: int) -> list[Seen]:
    """The trace that a transaction belongs to, once it has that many spans."""

    def complete() -> list[Seen]:
        of_call = collector.spans(ndxp_transaction_id=transaction_id)
        found = collector.trace(of_call[0].trace) if of_call else []
        return found if len(found) >= spans else []

    found: list[Seen] = await until(complete)
    return found


async def test_a_check_in_is_one_trace_through_all_five_hands(
    traced: RunningExchange, collector: Collector, hospital: HealthInsuranceServiceStub
) -> None:
    call = hospital.CheckIn(check_in(), metadata=((metadata.USER_ID, "nurse-1"),))
    assert (await call).citizen_matched
    transaction_id = await transaction_id_of(call)
    consumer, outer, agency, onward, inner, register = await traces_of(collector, transaction_id, 6)
    assert [(span.service, span.kind, span.name) for span in (consumer, outer, agency, onward, inner, register)] == [
        (HOSPITAL, "CLIENT", CHECK_IN),
        (GATEWAY, "SERVER", CHECK_IN),
        (INSURER, "SERVER", CHECK_IN),
        (INSURER, "CLIENT", GET_CITIZEN),
        (GATEWAY, "SERVER", GET_CITIZEN),
        (POPULATION, "SERVER", GET_CITIZEN),
    ]
    chain = [consumer, outer, agency, onward, inner, register]
    assert [span.parent for span in chain] == ["", *(span.id for span in chain[:-1])]
    assert all(span.status == "UNSET" for span in chain)
    assert outer.attributes == {
        "rpc.system": "grpc",
        "rpc.service": "ndxp.health_insurance.v1.HealthInsuranceService",
        "rpc.method": "CheckIn",
        "rpc.grpc.status_code": 0,
        "ndxp.transaction_id": transaction_id,
        "ndxp.client": HOSPITAL,
        "ndxp.service": INSURER,
    }
    [nested] = transactions(traced, message_id=transaction_id, client=INSURER)
    ids = [span.attributes["ndxp.transaction_id"] for span in chain]
    assert ids == [transaction_id] * 3 + [nested["transaction_id"]] * 3
    # What may change something is journaled before it is forwarded, what only asks is not.
    assert outer.steps == [*DECIDED, "journal request", "forward", "journal outcome"]
    assert inner.steps == [*DECIDED, "forward", "journal outcome"]
    assert all(span.times == sorted(span.times) for span in chain)
    assert outer.instance == inner.instance == "gateway"


async def test_a_call_over_http_is_one_trace_below_the_callers_own(
    traced: RunningExchange, collector: Collector
) -> None:
    trace, span = uuid4().hex, "00f067aa0ba902b7"
    asked = {"citizenNumber": CITIZEN.number, "fullName": CITIZEN.full_name, "birthDate": str(CITIZEN.birth_date)}
    answer = await over_http(traced, GET_CITIZEN, asked, f"00-{trace}-{span}-01")
    assert answer.status_code == 200
    door, gateway, register = await until(lambda: (found := collector.trace(trace))[2:] and found)
    assert [(s.service, s.kind, s.name) for s in (door, gateway, register)] == [
        (DOORS, "SERVER", GET_CITIZEN),
        (GATEWAY, "SERVER", GET_CITIZEN),
        (POPULATION, "SERVER", GET_CITIZEN),
    ]
    assert [s.parent for s in (door, gateway, register)] == [span, door.id, gateway.id]
    assert {s.attributes["ndxp.transaction_id"] for s in (door, gateway)} == {answer.headers[metadata.TRANSACTION_ID]}
    assert (door.status, door.attributes["rpc.grpc.status_code"]) == ("UNSET", 0)
    assert door.attributes["ndxp.client"] == ONE_STOP


async def test_the_doors_say_why_a_call_was_refused_and_keep_free_text_and_strangers_out(
    traced: RunningExchange, collector: Collector
) -> None:
    contract = CHECK_IN.partition("/")[0]
    trace, strange, made_up = uuid4().hex, uuid4().hex, uuid4().hex
    refused = await over_http(traced, CHECK_IN, {}, f"00-{trace}-00f067aa0ba902b7-01")
    stranger = await over_http(traced, CHECK_IN, {}, f"00-{strange}-00f067aa0ba902b7-01", token="made-up")
    unknown = await over_http(traced, f"{contract}/Of{CITIZEN.number}", {}, f"00-{made_up}-00f067aa0ba902b7-01")
    assert [answer.status_code for answer in (refused, stranger, unknown)] == [403, 401, 501]
    doors = await until(lambda: [s for s in collector.trace(made_up) if s.service == DOORS])
    assert [s.name for s in doors] == [f"{contract}/_OTHER"]
    [door] = [s for s in collector.trace(trace) if s.service == DOORS]
    assert (door.attributes["ndxp.reason"], door.attributes["rpc.grpc.status_code"]) == ("ACCESS_DENIED", 7)
    assert collector.trace(strange) == []


async def over_http(
    traced: RunningExchange, method: str, request: Any, traceparent: str, token: str = ""
) -> httpx.Response:
    """A call through the doors, as the one-stop system unless a token says otherwise."""
    token = token or traced.tokens(ONE_STOP).blocking()
    headers = {"Authorization": f"Bearer {token}", metadata.TRACEPARENT: traceparent}
    async with httpx.AsyncClient(timeout=20) as http:
        return await http.post(f"{traced.state.rest_url}/{method}", json=request, headers=headers)


async def test_the_ledger_keeps_what_the_caller_sent_and_so_the_trace_is_found_by_it(
    traced: RunningExchange, collector: Collector, hospital: HealthInsuranceServiceStub
) -> None:
    call = hospital.CheckIn(check_in())
    await call
    transaction_id = await transaction_id_of(call)
    consumer, _, _, onward, *_ = await traces_of(collector, transaction_id, 6)
    found = transactions(traced, trace=consumer.trace)
    sent = {record["transaction_id"]: record["traceparent"].split("-")[2] for record in found}
    assert sent == {transaction_id: consumer.id, onward.attributes["ndxp.transaction_id"]: onward.id}


async def test_a_call_below_a_trace_of_the_callers_own_belongs_to_it(
    collector: Collector, hospital: HealthInsuranceServiceStub
) -> None:
    trace, span = uuid4().hex, "00f067aa0ba902b7"
    await hospital.CheckIn(check_in(), metadata=((metadata.TRACEPARENT, f"00-{trace}-{span}-01"),))
    chain = await until(lambda: (found := collector.trace(trace))[5:] and found)
    assert chain[0].parent == span


async def test_a_refused_call_says_why_in_its_span(collector: Collector, traced: RunningExchange) -> None:
    async with Exchange(traced.gateway, traced.tokens(ONE_STOP)) as member:
        call = HealthInsuranceServiceStub(member.channel).CheckIn(check_in())
        assert await code_of(call) is grpc.StatusCode.PERMISSION_DENIED
        consumer, refused = await traces_of(collector, await transaction_id_of(call), 2)
    for span in (consumer, refused):
        assert (span.attributes["ndxp.reason"], span.attributes["rpc.grpc.status_code"]) == ("ACCESS_DENIED", 7)
    # The gateway did what it is there for; only the caller failed.
    assert (consumer.status, refused.status) == ("ERROR", "UNSET")
    assert refused.steps == ["identify", "journal outcome"]


async def test_an_agencys_refusal_says_why_in_all_spans(
    collector: Collector, hospital: HealthInsuranceServiceStub
) -> None:
    call = hospital.CheckIn(check_in(facility=""))
    assert await code_of(call) is grpc.StatusCode.INVALID_ARGUMENT
    spans = await traces_of(collector, await transaction_id_of(call), 3)
    reasons = {span.attributes["ndxp.reason"] for span in spans}
    assert [span.attributes["rpc.grpc.status_code"] for span in spans] == [3, 3, 3]
    assert len(reasons) == 1
    assert [span.status for span in spans] == ["ERROR", "UNSET", "UNSET"]


async def test_a_stream_of_a_blocking_caller_is_one_trace(collector: Collector, traced: RunningExchange) -> None:
    with traced.connect(ONE_STOP) as member:
        stream = PopulationServiceStub(member.channel).BatchVerifyCitizens(iter([claim()] * 3), timeout=20)
        assert len(list(stream)) == 3
        transaction_id = dict(stream.initial_metadata())[metadata.TRANSACTION_ID]
    spans = await traces_of(collector, transaction_id, 3)
    assert [(s.service, s.kind) for s in spans] == [(ONE_STOP, "CLIENT"), (GATEWAY, "SERVER"), (POPULATION, "SERVER")]
    assert [s.parent for s in spans] == ["", spans[0].id, spans[1].id]
    assert [s.attributes["rpc.grpc.status_code"] for s in spans] == [0, 0, 0]
    assert spans[1].steps == [*DECIDED, "journal request", "forward", "journal outcome"]


async def test_a_stream_that_its_caller_leaves_is_a_trace_of_cancelled_calls(
    collector: Collector, traced: RunningExchange
) -> None:
    async with Exchange(traced.gateway, traced.tokens(ONE_STOP)) as member:
        stream = PopulationServiceStub(member.channel).BatchVerifyCitizens(timeout=30)
        await stream.write(claim())
        assert await stream.read()
        transaction_id = str((await stream.initial_metadata())[metadata.TRANSACTION_ID])
        stream.cancel()
        spans = await traces_of(collector, transaction_id, 3)
    assert [span.attributes["rpc.grpc.status_code"] for span in spans] == [1, 1, 1]


async def test_a_provider_gets_the_gateways_span_and_the_callers_state(
    collector: Collector, traced: RunningExchange
) -> None:
    put = traced.admin.put("members", json={"id": "VN/COM/sample", "name": "sample", "subsystems": ["echo"]})
    put.raise_for_status()
    async with Echo() as echo:
        await asyncio.to_thread(register_echo, traced, echo.port)
        await until(lambda: learnt(traced, CONTRACT.name))
        trace = uuid4().hex
        pairs = ((metadata.TRACEPARENT, f"00-{trace}-00f067aa0ba902b7-01"), ("tracestate", "vendor=a,other=b"))
        async with Exchange(traced.gateway, traced.tokens(ONE_STOP)) as member:
            await until(lambda: answers(member, pairs))
        heard = next(call for call in echo.heard if call.messages)
    gateway = await until(lambda: [s for s in collector.trace(trace) if s.service == GATEWAY and "forward" in s.steps])
    [traceparent] = heard.all(metadata.TRACEPARENT)
    assert str(traceparent).split("-")[1:3] == [trace, gateway[0].id]
    assert heard.all("tracestate") == ["vendor=a,other=b"]
    [assertion] = heard.all(metadata.ASSERTION)
    secret = Credentials.load(traced.credentials, PROVIDER).secret
    said = Verifier(PROVIDER, lambda: key_of(secret)).verify(str(assertion), f"{CONTRACT.name}/Look")
    assert said.traceparent == traceparent


def register_echo(traced: RunningExchange, port: int) -> None:
    register(traced, PROVIDER, CONTRACT.name, f"127.0.0.1:{port}")
    grant = {"id": "echo", "consumer": ONE_STOP, "provider": PROVIDER, "contract": CONTRACT.name, "methods": ["*"]}
    traced.admin.post("grants", json=grant).raise_for_status()


async def answers(member: Exchange, pairs: Any) -> bool:
    call = CONTRACT.on(member.channel, "Look")(Request(), metadata=pairs, timeout=20)
    return await code_of(call) is grpc.StatusCode.OK


async def test_a_trace_that_its_caller_does_not_sample_is_exported_by_nobody(
    traced: RunningExchange, collector: Collector, hospital: HealthInsuranceServiceStub
) -> None:
    trace = uuid4().hex
    call = hospital.CheckIn(check_in(), metadata=((metadata.TRACEPARENT, f"00-{trace}-00f067aa0ba902b7-00"),))
    await call
    [record] = [r for r in transaction(traced, await transaction_id_of(call)) if r["phase"] == "outcome"]
    assert record["traceparent"].split("-")[1:4:2] == [trace, "00"]
    after = hospital.CheckIn(check_in())
    await after
    await traces_of(collector, await transaction_id_of(after), 6)
    assert collector.trace(trace) == []


async def test_a_stranger_leaves_no_span(traced: RunningExchange, collector: Collector) -> None:
    trace = uuid4().hex
    pairs = (
        (metadata.AUTHORIZATION, "Bearer made-up"),
        (metadata.TRACEPARENT, f"00-{trace}-00f067aa0ba902b7-01"),
    )
    async with fresh_channel(traced.gateway) as channel:
        call = HealthInsuranceServiceStub(channel).CheckIn(check_in(), metadata=pairs)
        assert await code_of(call) is grpc.StatusCode.UNAUTHENTICATED
    async with Exchange(traced.gateway, traced.tokens(HOSPITAL)) as member:
        after = HealthInsuranceServiceStub(member.channel).CheckIn(check_in())
        await after
    await traces_of(collector, await transaction_id_of(after), 6)
    assert collector.trace(trace) == []


async def test_what_a_call_is_about_is_in_no_span(
    traced: RunningExchange, collector: Collector, hospital: HealthInsuranceServiceStub
) -> None:
    state = "vendor=123454321"
    pairs = ((metadata.USER_ID, f"of {CITIZEN.number}"), (metadata.ISSUE, CITIZEN.number), ("tracestate", state))
    call = hospital.CheckIn(check_in(), metadata=pairs)
    await call
    await traces_of(collector, await transaction_id_of(call), 6)
    async with fresh_channel(traced.gateway) as channel:
        raw: Any = channel.unary_unary(f"/ndxp.health_insurance.v1.HealthInsuranceService/{CITIZEN.number}")
        token = (metadata.AUTHORIZATION, f"Bearer {traced.tokens(HOSPITAL).blocking()}")
        unknown = raw(CITIZEN.number.encode(), metadata=(token, *pairs))
        assert await code_of(unknown) is not grpc.StatusCode.OK
        transaction_id = await transaction_id_of(unknown)
    gateways = await until(
        lambda: [s for s in collector.spans(ndxp_transaction_id=transaction_id) if s.service == GATEWAY]
    )
    assert gateways[0].name == "ndxp.health_insurance.v1.HealthInsuranceService/_OTHER"
    sent = b"".join(collector.exported)
    for personal in (CITIZEN.number, CITIZEN.full_name, str(CITIZEN.birth_date), state):
        assert personal.encode() not in sent


async def test_a_process_that_ends_sends_its_last_spans(traced: RunningExchange, collector: Collector) -> None:
    environment = {**os.environ, "OTEL_BSP_SCHEDULE_DELAY": "3600000", "OTEL_SERVICE_NAME": "counter-7"}
    ndxp = [sys.executable, "-m", "ndxp.cli.__main__", "call", "--folder", str(traced.folder), "--as", ONE_STOP]
    asking = await asyncio.create_subprocess_exec(*ndxp, GET_CITIZEN, env=environment, stderr=subprocess.PIPE)
    assert b"transaction" in (await asking.communicate())[1]
    [span] = [span for span in collector.spans() if span.service == "counter-7"]
    assert (span.kind, span.name, span.attributes["ndxp.client"]) == ("CLIENT", GET_CITIZEN, ONE_STOP)


async def test_calls_do_not_notice_when_nobody_takes_the_spans(
    traced: RunningExchange, collector: Collector, hospital: HealthInsuranceServiceStub
) -> None:
    collector.stop()
    log = Path(traced.folder) / "logs" / "gateway.log"
    assert (await hospital.CheckIn(check_in())).citizen_matched
    await until(lambda: "spans do not arrive" in log.read_text(encoding="utf-8"))
    assert (await hospital.CheckIn(check_in())).citizen_matched
    collector.start()

    async def arrives() -> bool:
        call = hospital.CheckIn(check_in())
        await call
        return bool(collector.spans(ndxp_transaction_id=await transaction_id_of(call)))

    await until(arrives)
    await until(lambda: "spans arrive at" in log.read_text(encoding="utf-8"))
    assert log.read_text(encoding="utf-8").count("spans do not arrive") == 1
    assert "Transient error" not in log.read_text(encoding="utf-8")
