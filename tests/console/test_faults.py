"""The page of faults in a real browser: a scenario is switched on and off; what is on, and what it did, is shown."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import grpc
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.sandbox import life
from ndxp.testing import RunningExchange
from tests.console.conftest import check_for_everybody, copy_of, running
from tests.support.fakes import until_now

CALLER = "VN/GOV/H29/one-stop"
SCRIPT = "<img src=x onerror=alert(1)>"


@pytest.fixture
def faults(page: Page, exchange: RunningExchange) -> Iterator[Page]:
    """The page, of an exchange whose faults are removed afterwards."""
    page.get_by_role("link", name="Faults").click()
    page.locator("article.card").first.wait_for()
    yield page
    exchange.admin.delete("faults").raise_for_status()


def set_a_fault(exchange: RunningExchange) -> None:
    """Sets a fault for one caller's calls, whose note is HTML, and waits until the gateways know it."""
    until = (datetime.now().astimezone() + timedelta(minutes=5)).isoformat(timespec="seconds")
    fault = {"id": "console-test", "do": "code=UNAVAILABLE", "consumer": CALLER, "note": SCRIPT, "valid_until": until}
    exchange.admin.post("faults", json=[fault]).raise_for_status()
    until_now(lambda: life.same_registry(exchange.state))


def test_a_scenario_is_switched_on_and_off_with_its_story(faults: Page, exchange: RunningExchange) -> None:
    card = faults.locator("article.card").first
    switch = card.get_by_role("switch")
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.focus()
    faults.keyboard.press("Space")
    expect(switch).to_have_attribute("aria-checked", "true")
    scenario = {fault["scenario"] for fault in exchange.admin.get("faults").json()}
    assert len(scenario) == 1
    expect(faults.locator("table")).to_contain_text(scenario.pop())
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    expect(faults.get_by_text("No fault is set")).to_be_visible()
    assert exchange.admin.get("faults").json() == []


def test_a_fault_of_somebody_else_appears_with_what_it_did_and_can_be_removed(
    faults: Page, exchange: RunningExchange
) -> None:
    set_a_fault(exchange)
    with exchange.connect(CALLER) as connection:
        stub = PopulationServiceStub(connection.channel)
        with pytest.raises(grpc.RpcError):
            stub.VerifyCitizen(VerifyCitizenRequest(citizen_number="074079255028"), timeout=5)
    row = faults.locator("tr", has_text="console-test")
    expect(row).to_contain_text(SCRIPT)
    expect(row).to_contain_text("code=UNAVAILABLE")
    row.get_by_role("link", name="transactions").click()
    expect(faults.locator(".ag-row").first).to_contain_text("console-test")
    faults.get_by_role("link", name="Faults").click()
    row.get_by_role("button", name="Remove").click()
    expect(row).to_have_count(0)


def test_the_story_is_in_vietnamese_too_and_nobody_is_kept_out(faults: Page, exchange: RunningExchange) -> None:
    set_a_fault(exchange)
    faults.locator("tr", has_text="console-test").wait_for()
    check_for_everybody(faults)
    faults.get_by_role("button", name="Tiếng Việt").click()
    expect(faults.get_by_role("heading", name="Kịch bản")).to_be_visible()
    expect(faults.get_by_text("Cần quan sát:").first).to_be_visible()


def test_a_viewer_sees_the_faults_and_cannot_switch_them(
    exchange: RunningExchange, context: BrowserContext, faults: Page, tmp_path: Path
) -> None:
    set_a_fault(exchange)
    folder = copy_of(exchange, tmp_path)
    with running(folder, "viewer") as console:
        page = context.new_page()
        page.goto(console.entrance())
        page.goto(f"{console.url}/faults")
        expect(page.locator("tr", has_text="console-test")).to_be_visible()
        expect(page.get_by_role("switch").first).to_be_disabled()
        expect(page.get_by_role("button", name="Remove")).to_have_count(0)
