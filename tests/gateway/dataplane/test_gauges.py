"""How a worker stands, as Prometheus sees it."""

import time

import pytest

from gateway.core.circuit import FAILURES, Circuit
from gateway.core.registry import Member, Registry, Service, Snapshot
from gateway.core.transaction import Call, Origin
from gateway.dataplane.allowance import Allowances
from gateway.dataplane.gauges import gauges
from gateway.dataplane.journal import Journal
from gateway.dataplane.pipeline import WorkerState
from gateway.settings import GatewaySettings
from gateway.store import connect
from ndxp.errors import Code

BUSY, IDLE = "VN/COM/sample/busy", "VN/COM/sample/idle"
NOWHERE = "unix:///nowhere.sock"


@pytest.fixture
def state() -> WorkerState:
    """A worker that knows two providers; the second one's address is overridden."""
    services = [Service(provider, "a.b.C", f"{provider[-4:]}:1") for provider in (BUSY, IDLE)]
    members = [Member("VN/COM/sample", "S", subsystems=["busy", "idle"])]
    settings = GatewaySettings(addresses={IDLE: "elsewhere:2"})
    state = WorkerState(settings, "test", Journal(NOWHERE), Allowances(connect(NOWHERE), "test"))
    state.snapshot = Snapshot(Registry(instance="VN", members=members, services=services), {}, version=7)
    return state


def shown(state: WorkerState) -> dict[tuple[str, str], float]:
    """Values by name and provider."""
    samples = [sample for family in gauges(state) for sample in family.samples]
    return {(sample.name, sample.labels.get("service", "")): sample.value for sample in samples}


def test_every_provider_is_there_before_the_first_call(state: WorkerState) -> None:
    found = shown(state)
    for name in ("ndxp_exchange_calls_total", "ndxp_provider_calls_in_flight", "ndxp_provider_circuit_open"):
        assert [found[name, provider] for provider in (BUSY, IDLE)] == [0, 0]
    assert found["ndxp_registry_version", ""] == 7
    assert found["ndxp_journal_available", ""] == 0


def test_calls_and_circuits_are_those_of_the_provider_s_address(state: WorkerState) -> None:
    state.admission.calls, state.admission.backlog = 5, 11
    state.admission.at_providers = {"busy:1": 3, "elsewhere:2": 2}
    circuit = state.admission.circuits["elsewhere:2"] = Circuit()
    for _ in range(FAILURES):
        circuit.failed(time.monotonic())
    found = shown(state)
    assert (found["ndxp_exchange_calls_in_flight", ""], found["ndxp_journal_backlog", ""]) == (5, 11)
    assert [found["ndxp_provider_calls_in_flight", provider] for provider in (BUSY, IDLE)] == [3, 2]
    assert [found["ndxp_provider_circuit_open", provider] for provider in (BUSY, IDLE)] == [0, 1]
    circuit.succeeded()
    assert shown(state)["ndxp_provider_circuit_open", IDLE] == 0


def test_calls_by_provider_are_all_calls_also_those_without_one(state: WorkerState) -> None:
    for service in (BUSY, BUSY, ""):
        call = Call("a.b.C/D")
        call.service = service
        call.end(Code.OK, Origin.PROVIDER)
        state.traffic.count(call, state.snapshot)
    found = shown(state)
    assert [found["ndxp_exchange_calls_total", provider] for provider in (BUSY, IDLE, "")] == [2, 0, 1]
