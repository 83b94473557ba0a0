"""``ndxp service``, and subsystems that are added to a member."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from ndxp.sandbox.state import State
from ndxp.testing import RunningExchange
from tests.ndxp.cli.conftest import Ndxp
from tests.support.fakes import until_now

LAND = "VN/GOV/G13"
CONTRACT, PROVIDER = "sample.weather.v1.WeatherService", "VN/COM/weather/app"


def member(exchange: RunningExchange, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(m for m in exchange.admin.get("members").json() if m["id"] == name)
    return found


def services(exchange: RunningExchange) -> list[tuple[str, bool, int]]:
    """Address, disabled and calls at once of the weather service."""
    listed = exchange.admin.get("services").json()
    return [(s["address"], s["disabled"], s["in_flight"]) for s in listed if s["contract"] == CONTRACT]


@pytest.mark.parametrize("name", [LAND, "VN:GOV:000.00.00.G13"])
def test_a_subsystem_is_added_to_a_member_in_one_command(ndxp: Ndxp, exchange: RunningExchange, name: str) -> None:
    before, new = member(exchange, LAND), f"land-{len(name)}"
    added = ndxp("member", "add", name, new, "--json")
    assert added.code == 0, added.err
    assert list(added.data["credentials"]) == [f"{LAND}/{new}"]
    assert member(exchange, LAND) == {**before, "subsystems": [*before["subsystems"], new]}
    assert ndxp("token", f"{LAND}/{new}").code == 0


def test_a_subsystem_that_is_there_is_not_added_again(ndxp: Ndxp, exchange: RunningExchange) -> None:
    before = member(exchange, LAND)
    assert f"{LAND}/lgsp is on this exchange already" in ndxp("member", "add", LAND, "more", "lgsp").complaint
    assert member(exchange, LAND) == before


@pytest.mark.parametrize("option", ["--name", "--group"])
def test_a_member_that_is_there_keeps_its_name_and_groups(ndxp: Ndxp, option: str) -> None:
    assert "leave out --name and --group" in ndxp("member", "add", LAND, "other", option, "x").complaint


@pytest.mark.parametrize("subsystems", [[], [""], ["a/b"], ["x" * 65], [1]], ids=str)
def test_a_wrong_subsystem_changes_nothing(exchange: RunningExchange, subsystems: list[Any]) -> None:
    before = member(exchange, LAND)
    body = {"member": LAND, "subsystems": subsystems}
    assert exchange.admin.post("members/subsystems", json=body).status_code == 422
    assert member(exchange, LAND) == before


def test_a_subsystem_of_nobody_is_refused(exchange: RunningExchange) -> None:
    body = {"member": "VN/COM/nobody", "subsystems": ["app"]}
    assert exchange.admin.post("members/subsystems", json=body).status_code == 404


def test_a_service_is_added_moved_disabled_enabled_and_removed(ndxp: Ndxp, exchange: RunningExchange) -> None:
    assert ndxp("member", "add", "VN/COM/weather", "app").code == 0
    service = (PROVIDER, CONTRACT)
    assert ndxp("service", "add", *service, "127.0.0.1:1", "--in-flight", 5).code == 0
    assert services(exchange) == [("127.0.0.1:1", False, 5)]
    assert ndxp("service", "disable", *service).out == f"{PROVIDER}: {CONTRACT} is disabled.\n"
    assert services(exchange) == [("127.0.0.1:1", True, 5)]
    assert ndxp("service", "enable", "VN:COM:weather:app", CONTRACT, "--json").data["disabled"] is False
    assert services(exchange) == [("127.0.0.1:1", False, 5)]
    assert ndxp("service", "add", "VN:COM:weather:app", CONTRACT, "127.0.0.1:2", "--json").data["provider"] == PROVIDER
    assert services(exchange) == [("127.0.0.1:2", False, 5)]
    assert ndxp("service", "remove", *service).code == 0
    assert services(exchange) == []


@pytest.fixture
def without_reflection(ndxp: Ndxp, exchange: RunningExchange) -> Iterator[str]:
    """The address of a provider that is registered and describes nothing."""
    server = grpc.server(ThreadPoolExecutor())
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    if all(member["id"] != "VN/COM/silent" for member in exchange.admin.get("members").json()):
        assert ndxp("member", "add", "VN/COM/silent", "app").code == 0
    assert ndxp("service", "add", "VN/COM/silent/app", "silent.v1.Silent", f"127.0.0.1:{port}").code == 0
    yield f"127.0.0.1:{port}"
    ndxp("service", "remove", "VN/COM/silent/app", "silent.v1.Silent")
    server.stop(None)


@pytest.mark.usefixtures("without_reflection")
def test_a_contract_that_cannot_be_learnt_is_said_with_the_reason_by_every_command_that_shows_services(
    ndxp: Ndxp, exchange: RunningExchange
) -> None:
    why = "it has no reflection, neither grpc.reflection.v1 nor v1alpha"

    def listed() -> tuple[str, dict[str, Any]]:
        [told] = [s for s in ndxp("services", "--json").data if s["contract"] == "silent.v1.Silent"]
        return told["trouble"], told["methods"]

    until_now(lambda: listed() == (why, {}))  # its provider may have been asked before it was up
    assert f"  not learnt: {why}" in ndxp("services").out.splitlines()
    described = ndxp("services", "describe", "silent.v1.Silent")
    assert described.code == 1
    assert described.complaint == "the gateway does not know the contract of silent.v1.Silent; `ndxp services` says why"
    said = f"silent.v1.Silent of VN/COM/silent/app is not learnt: {why}"
    assert said in ndxp("status").out.splitlines()
    assert why in [s["trouble"] for s in ndxp("status", "--json").data["services"]]
    [check] = [check for check in ndxp("doctor", "--json").data if check["check"] == "contracts"]
    assert said in check["found"]
    log = (exchange.folder / "logs" / "control.log").read_text(encoding="utf-8")
    assert f"does not describe silent.v1.Silent: {why}; it is asked again" in log
    assert "" in {s["trouble"] for s in ndxp("services", "--json").data}


def test_services_have_the_addresses_of_this_run(ndxp: Ndxp, exchange: RunningExchange) -> None:
    listed = {s["provider"]: s["address"] for s in ndxp("services", "--json").data}
    addresses = json.loads(State.running(exchange.folder).processes[1].environment["NDXP_ADDRESSES"])
    assert addresses
    assert {provider: listed[provider] for provider in addresses} == addresses


@pytest.mark.parametrize("verb", ["remove", "disable", "enable"])
def test_a_service_that_is_not_there_is_one_line(ndxp: Ndxp, verb: str) -> None:
    ran = ndxp("service", verb, PROVIDER, "no.v1.Service")
    assert ran.code == 1
    assert ran.complaint == f"{PROVIDER} offers no no.v1.Service; see `ndxp services`"
