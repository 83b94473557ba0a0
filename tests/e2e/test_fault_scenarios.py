"""Every scenario of faults, on an exchange: a call that it is about meets it, as its story says."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import grpc
import pytest

from ndxp.faults import scenario
from ndxp.samples import Turn, samples
from ndxp.sandbox import life
from ndxp.testing import RunningExchange
from ndxp.wire import metadata, status
from ndxp.world import World
from tests.e2e.conftest import transactions
from tests.support.fakes import until_now

CLIENTS = {name: f"VN/GOV/H{number}/one-stop" for number, name in enumerate(scenario.names(), 31)}
"""Each scenario is for a province of its own, so that they do not disturb one another."""

MOST = 20
"""Calls, one of which must meet the scenario."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """The sample call that meets a scenario, and how it ends: code and reason."""

    sample: str
    ends: str
    provider: str = ""
    deadline: float = 20.0


MEETINGS = {
    "bad-dates": Meeting("get-citizen", "OK"),
    "brown-out": Meeting("list-procedures", "OK"),
    "expired-certificate": Meeting("get-parcel", "UNAVAILABLE PROVIDER_UNREACHABLE"),
    "flapping-province": Meeting("get-punctuality", "UNAVAILABLE PROVIDER_UNREACHABLE", "VN/GOV/H21/one-stop"),
    "late-clock": Meeting("get-licence", "PERMISSION_DENIED GATEWAY_ONLY"),
    "lost-answer": Meeting("submit-application", "UNAVAILABLE FAULT_INJECTED"),
    "month-end": Meeting("get-body", "OK"),
    "population-maintenance": Meeting("verify-matched", "UNAVAILABLE UNDER_MAINTENANCE"),
    "slow-insurance": Meeting("get-card", "OK"),
    "split-ledger": Meeting("list-procedures", "UNAVAILABLE JOURNAL_UNAVAILABLE"),
    "stalled-stream": Meeting("batch-verify", "DEADLINE_EXCEEDED", deadline=1.0),
    "thundering-herd": Meeting("list-procedures", "UNAVAILABLE FAULT_INJECTED"),
    "token-expires": Meeting("list-procedures", "UNAUTHENTICATED TOKEN_EXPIRED"),
    "twice-delivered": Meeting("notify-stay", "OK"),
}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call ended: its answers, its code and reason, and the transaction that the caller learnt."""

    answers: list[Any]
    how: str
    transaction_id: str


@pytest.fixture(scope="module", autouse=True)
def set_scenarios(exchange: RunningExchange) -> Iterator[None]:
    """Sets all scenarios, each for its province, in one change of the registry."""
    rules = [rule for name in CLIENTS for rule in scenario.load(name).rules("2099-12-31", CLIENTS[name])]
    own = [{**rule, "id": f"e2e-{rule['id']}", "scenario": f"e2e-{rule['scenario']}"} for rule in rules]
    exchange.admin.post("faults", json=own).raise_for_status()
    until_now(lambda: life.same_registry(exchange.state))
    yield
    for name in CLIENTS:
        exchange.admin.delete("faults", params={"scenario": f"e2e-{name}"}).raise_for_status()


def call(channel: grpc.Channel, meeting: Meeting, client: str, number: int = 1, request_id: str = "") -> Ended:
    sample, world = samples()[meeting.sample], World()
    requests: list[Any] = sample.make(Turn(world, world.persona("traveller").citizen, number, client))
    if sample.numbered:
        for request in requests:
            request.request_id = request_id or f"scenario-{number}"
    named = {metadata.SERVICE: meeting.provider or sample.provider, metadata.PURPOSE: sample.purpose}
    start: Any = channel.stream_stream(
        f"/{sample.full_method}", lambda message: message.SerializeToString(), sample.answer.FromString
    )
    pairs = [(key, value) for key, value in named.items() if value]
    rpc, answers = start(iter(requests), timeout=meeting.deadline, metadata=pairs), []
    try:
        answers += rpc
    except grpc.RpcError as error:
        failure = status.decode(error)
        return Ended(answers, f"{failure.code.name} {failure.reason}".strip(), failure.transaction_id)
    told = {**dict(rpc.initial_metadata()), **dict(rpc.trailing_metadata())}
    return Ended(answers, "OK", str(told[metadata.TRANSACTION_ID]))


@pytest.mark.parametrize("name", scenario.names())
def test_a_call_that_a_scenario_is_about_meets_it(exchange: RunningExchange, name: str) -> None:
    meeting, client = MEETINGS[name], CLIENTS[name]
    with exchange.connect(client) as connected:
        for number in range(1, MOST + 1):
            ended = call(connected.channel, meeting, client, number)
            met = [record for record in transactions(exchange, client=client) if f"e2e-{name}-" in record["fault"]]
            if met and ended.how.startswith(meeting.ends):
                break
        else:
            pytest.fail(f"none of {MOST} calls ended with {meeting.ends}; the last one: {ended}")
    fault = met[0]["fault"]
    assert transactions(exchange, client=client, fault=fault) == [one for one in met if one["fault"] == fault]


def test_dates_come_in_another_format_and_the_rest_stays_as_it_is(exchange: RunningExchange) -> None:
    client, meeting = CLIENTS["bad-dates"], MEETINGS["bad-dates"]
    right = CLIENTS["lost-answer"]
    with exchange.connect(client) as disturbed, exchange.connect(right) as undisturbed:
        [theirs] = call(disturbed.channel, meeting, client).answers
        [ours] = call(undisturbed.channel, meeting, right).answers
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", ours.citizen.birth_date)
    year, month, day = ours.citizen.birth_date.split("-")
    assert theirs.citizen.birth_date == f"{day}/{month}/{year}"
    assert theirs.citizen.full_name == ours.citizen.full_name


def test_an_answer_that_is_lost_comes_when_the_call_is_repeated_with_its_request_id(exchange: RunningExchange) -> None:
    client, meeting = CLIENTS["lost-answer"], MEETINGS["lost-answer"]
    with exchange.connect(client) as connected:
        endings = [call(connected.channel, meeting, client, request_id="once") for _ in range(2)]
    assert {ended.how for ended in endings} == {"OK", meeting.ends}  # every other call loses its answer
    recorded = {record["transaction_id"]: record["fault"] for record in transactions(exchange, client=client)}
    assert [bool(recorded[ended.transaction_id]) for ended in endings] == [ended.how != "OK" for ended in endings]
