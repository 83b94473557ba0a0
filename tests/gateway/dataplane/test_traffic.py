"""Counting calls: what becomes a label, and what does not."""

from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client.core import Sample

from gateway.core.effects import parse
from gateway.core.registry import Member, Registry, Snapshot
from gateway.core.shedding import Room
from gateway.core.transaction import Call, Origin
from gateway.dataplane import traffic as counting
from gateway.dataplane.traffic import Traffic
from ndxp.errors import Code, Reason
from ndxp.faults.effects import EFFECTS
from tests.support.descriptors import contract
from tests.support.scrape import total

CONTRACT = "sample.echo.v1.EchoService"
CLIENT, PROVIDER = "VN/COM/visitor/app", "VN/COM/sample/echo"
ECHO = f"{CONTRACT}/Echo"
CALLS, TOOK, REFUSED = (
    "ndxp_exchange_transactions_total", "ndxp_exchange_duration_seconds_count", "ndxp_exchange_refusals_total",
)  # fmt: skip
FAULTS = "ndxp_exchange_faults_total"


@pytest.fixture
def snapshot() -> Snapshot:
    members = [Member("VN/COM/visitor", "V", subsystems=["app"]), Member("VN/COM/sample", "S", subsystems=["echo"])]
    return Snapshot(
        Registry(instance="VN", members=members), {CONTRACT: contract("sample.echo.v1", "EchoService", "Echo")}
    )


def ended(
    code: Code = Code.OK, reason: str = "", *, client: str = CLIENT, service: str = PROVIDER, method: str = ECHO,
    origin: Origin = Origin.PROVIDER, unary: bool = True, forwarded: bool = True,
) -> Call:  # fmt: skip
    call = Call(method)
    call.client, call.service, call.attempts = client, service, int(forwarded)
    call.room = Room(10, 0.5) if unary else None
    call.end(code, origin, reason)
    return call


def samples(traffic: Traffic) -> list[Sample]:
    return [sample for family in traffic.collect() for sample in family.samples]


def test_calls_that_end_alike_are_one_line(snapshot: Snapshot) -> None:
    traffic = Traffic()
    for _ in range(3):
        traffic.count(ended(), snapshot)
    traffic.count(ended(Code.NOT_FOUND), snapshot)
    found = samples(traffic)
    labels = {"client": CLIENT, "service": PROVIDER, "method": ECHO, "origin": "provider"}
    assert total(found, CALLS, code="OK", **labels) == 3
    assert total(found, CALLS, code="NOT_FOUND", **labels) == 1
    assert total(found, TOOK, service=PROVIDER, method=ECHO) == 4


def test_a_refusal_is_counted_by_its_reason_too(snapshot: Snapshot) -> None:
    traffic = Traffic()
    traffic.count(ended(Code.UNAVAILABLE, Reason.OVERLOADED, origin=Origin.GATEWAY, forwarded=False), snapshot)
    found = samples(traffic)
    assert total(found, REFUSED, client=CLIENT, service=PROVIDER, reason="OVERLOADED") == 1
    assert total(found, CALLS, code="UNAVAILABLE", origin="gateway") == 1
    assert total(found, TOOK) == 0


def test_a_call_that_met_a_fault_is_counted_by_each_of_its_effects(snapshot: Snapshot) -> None:
    traffic, call = Traffic(), ended()
    call.effects = parse("delay=1s, lose")
    traffic.count(call, snapshot)
    found = {sample.labels["effect"]: sample.value for sample in samples(traffic) if sample.name == FAULTS}
    assert {effect for effect, count in found.items() if count} == {"delay", "lose"}
    assert set(found) == {effect.name for effect in EFFECTS}


def test_every_reason_is_there_before_anybody_is_refused() -> None:
    reasons = {s.labels["reason"]: s.value for s in samples(Traffic()) if s.name == REFUSED}
    assert reasons == dict.fromkeys(map(str, Reason), 0)


def test_what_a_provider_says_is_no_reason_of_the_exchange(snapshot: Snapshot) -> None:
    traffic = Traffic()
    traffic.count(ended(Code.NOT_FOUND, "CITIZEN_001206000015_NOT_FOUND"), snapshot)
    assert not any("001206000015" in str(sample.labels) for sample in samples(traffic))


def test_how_long_a_stream_lasts_says_nothing_about_the_exchange(snapshot: Snapshot) -> None:
    traffic = Traffic()
    traffic.count(ended(unary=False), snapshot)
    assert (total(samples(traffic), TOOK), total(samples(traffic), CALLS)) == (0, 1)


@pytest.mark.parametrize(
    "made_up",
    [{"method": "a.b.C/{}"}, {"method": f"{CONTRACT}/{{}}"}, {"client": "VN/COM/visitor/{}"}, {"method": "{}\n\"}} 1"}],
)  # fmt: skip
def test_what_a_stranger_makes_up_becomes_no_label(snapshot: Snapshot, made_up: dict[str, str]) -> None:
    traffic = Traffic()
    for number in range(100):
        names: dict[str, Any] = {"service": ""} | {key: value.format(number) for key, value in made_up.items()}
        refused = ended(Code.UNIMPLEMENTED, Reason.UNKNOWN_SERVICE, origin=Origin.GATEWAY, forwarded=False, **names)
        traffic.count(refused, snapshot)
    lines = [sample for sample in samples(traffic) if sample.name == CALLS]
    assert [(line.value, line.labels["method" if "method" in made_up else "client"]) for line in lines] == [(100, "")]
    assert total(samples(traffic), REFUSED, reason="UNKNOWN_SERVICE") == 100


def test_lines_are_bounded_and_no_call_is_lost(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_LINES", 5)
    traffic = Traffic()
    for number in range(20):
        traffic.count(ended(service=f"VN/COM/sample/{number}"), snapshot)
    traffic.count(ended(service="VN/COM/sample/0"), snapshot)
    lines = [sample for sample in samples(traffic) if sample.name == CALLS]
    assert len(lines) == 6
    assert total(lines, CALLS, service="VN/COM/sample/0") == 2
    assert total(lines, CALLS, service="", client="", method="") == 15


def test_a_method_that_becomes_known_becomes_a_label(snapshot: Snapshot) -> None:
    traffic = Traffic()
    count: Callable[[Snapshot], None] = lambda known: traffic.count(ended(), known)  # noqa: E731
    count(Snapshot(snapshot.registry, {}))
    count(snapshot)
    assert {s.labels["method"]: s.value for s in samples(traffic) if s.name == CALLS} == {"": 1, ECHO: 1}
