"""``ndxp status`` and ``down``."""

from pathlib import Path

import pytest

from gateway.core.circuit import PAUSE
from ndxp.sandbox import life
from ndxp.testing import RunningExchange
from tests.ndxp.cli.conftest import Ndxp


def test_status_names_every_process_and_adds_up_their_memory(ndxp: Ndxp, exchange: RunningExchange) -> None:
    told = ndxp("status", "--json").data
    names = [process["name"] for process in told["processes"]]
    assert names == ["agencies", "control", "gateway-1", "gateway-2", "rest", "store", "supervisor"]
    assert told["rss_mb"] == round(sum(process["rss_mb"] for process in told["processes"]), 1)
    assert all(process["rss_mb"] > 0 for process in told["processes"])
    pids = {process["name"]: process["pid"] for process in told["processes"]}
    assert pids["supervisor"] == exchange.state.supervisor


def test_status_says_where_the_exchange_is_how_durable_and_how_long_it_took_to_start(
    ndxp: Ndxp, exchange: RunningExchange
) -> None:
    ran = ndxp("status", "--json")
    assert (ran.data["gateway"], ran.data["control"]) == (exchange.gateway, exchange.control_url)
    assert Path(ran.data["folder"]) == exchange.folder
    assert ran.data["ready_seconds"] == exchange.state.ready_seconds > 0
    assert ran.data["durability"] == "everysec"


def test_status_shows_every_registered_service(ndxp: Ndxp) -> None:
    shown = {(service["provider"], service["contract"]) for service in ndxp("status", "--json").data["services"]}
    registered = {(service["provider"], service["contract"]) for service in ndxp("services", "--json").data}
    assert shown == registered


def test_status_in_text_starts_with_the_verdict(ndxp: Ndxp, exchange: RunningExchange) -> None:
    ran = ndxp("status")
    assert f"ready: gateway {exchange.gateway}, " in ran.out.splitlines()[0]
    assert "supervisor" in ran.out
    assert "ndxp.passports.v1.PassportService" in ran.out


def test_status_names_the_providers_that_gateways_leave_alone(ndxp: Ndxp, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ndxp("status", "--json").data["open_circuits"] == {}
    circuits = {"VN/GOV/G01/population": ["gateway-1", "gateway-2"]}
    monkeypatch.setattr(life, "open_circuits", lambda _: circuits)
    assert ndxp("status", "--json").data["open_circuits"] == circuits
    told = ndxp("status").out
    assert "VN/GOV/G01/population is left alone by gateway-1, gateway-2, because it could not be reached" in told
    assert f"every {PAUSE:g} s one call tries it" in told


def test_down_where_nothing_runs_says_so(ndxp_alone: Ndxp, tmp_path: Path) -> None:
    ran = ndxp_alone("down", "--folder", tmp_path, "--json")
    assert (ran.code, ran.data) == (0, {"stopped": False})
    assert ndxp_alone("down", "--folder", tmp_path).out.split() == f"No exchange is running in {tmp_path}.".split()
