"""How a worker stands, as Prometheus sees it."""

import time

import pytest

from gateway.core.circuit import FAILURES, Circuit
from gateway.core.registry import Member, Registry, Service, Snapshot
from gateway.core.transaction import Call, Origin
from gateway.dataplane.allowance import Allowances
from gateway.dataplane.gauges import gauges
from gateway.dataplane.journal import Journal
from gateway.dataplane.pipeline import Exchange
from gateway.settings import GatewaySettings
from gateway.store import connect
from ndxp.errors import Code

BUSY, IDLE = "VN/COM/sample/busy", "VN/COM/sample/idle"
NOWHERE = "unix:///nowhere.sock"


@pytest.fixture
def exchange() -> Exchange:
    """A worker that knows two providers; the second one's address is overridden."""
    services = [Service(provider, "a.b.C", f"{provider[-4:]}:1") for provider in (BUSY, IDLE)]
    members = [Member("VN/COM/sample", "S", subsystems=["busy", "idle"])]
    settings = GatewaySettings(addresses={IDLE: "elsewhere:2"})
    exchange = Exchange(settings, "test", Journal(NOWHERE), Allowances(connect(NOWHERE), "test"))
    exchange.snapshot = Snapshot(Registry(instance="VN", members=members, services=services), {}, version=7)
    return exchange


def shown(exchange: Exchange) -> dict[tuple[str, str], float]:
    """Values by name and provider."""
    samples = [sample for family in gauges(exchange) for sample in family.samples]
    return {(sample.name, sample.labels.get("service", "")): sample.value for sample in samples}


def test_every_provider_is_there_before_the_first_call(exchange: Exchange) -> None:
    found = shown(exchange)
    for name in ("ndxp_exchange_calls_total", "ndxp_provider_calls_in_flight", "ndxp_provider_circuit_open"):
        assert [found[name, provider] for provider in (BUSY, IDLE)] == [0, 0]
    assert found["ndxp_registry_version", ""] == 7
    assert found["ndxp_journal_available", ""] == 0


def test_calls_and_circuits_are_those_of_the_provider_s_address(exchange: Exchange) -> None:
    exchange.admission.calls, exchange.admission.backlog = 5, 11
    exchange.admission.at_providers = {"busy:1": 3, "elsewhere:2": 2}
    circuit = exchange.admission.circuits["elsewhere:2"] = Circuit()
    for _ in range(FAILURES):
        circuit.failed(time.monotonic())
    found = shown(exchange)
    assert (found["ndxp_exchange_calls_in_flight", ""], found["ndxp_journal_backlog", ""]) == (5, 11)
    assert [found["ndxp_provider_calls_in_flight", provider] for provider in (BUSY, IDLE)] == [3, 2]
    assert [found["ndxp_provider_circuit_open", provider] for provider in (BUSY, IDLE)] == [0, 1]
    circuit.succeeded()
    assert shown(exchange)["ndxp_provider_circuit_open", IDLE] == 0


def test_calls_by_provider_are_all_calls_also_those_without_one(exchange: Exchange) -> None:
    for service in (BUSY, BUSY, ""):
        call = Call("a.b.C/D")
        call.service = service
        call.end(Code.OK, Origin.PROVIDER)
        exchange.traffic.count(call, exchange.snapshot)
    found = shown(exchange)
    assert [found["ndxp_exchange_calls_total", provider] for provider in (BUSY, IDLE, "")] == [2, 0, 1]
