"""The page of health in a real browser: processes, services, the checks of the doctor, logs with links."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from ndxp.testing import RunningExchange
from tests.console.conftest import Running, check_for_everybody, copy_of, running

TRANSACTION = "01a22c05-0bb0-72fe-a545-5dfe476299f2"
SCRIPT = "<img src=x onerror=alert(1)>"


@pytest.fixture
def health(page: Page, console: Running) -> Page:
    """The page, with a log that names a transaction and has HTML in it."""
    logs = console.folder / "logs"
    logs.mkdir(exist_ok=True)
    (logs / "gateway.log").write_text(f"{SCRIPT} call {TRANSACTION} was refused\n", encoding="utf-8")
    page.get_by_role("link", name="Health").click()
    page.get_by_role("heading", name="Processes").wait_for()
    return page


def test_the_processes_are_those_of_the_exchange_with_their_memory(health: Page, exchange: RunningExchange) -> None:
    table = health.locator("section", has=health.get_by_role("heading", name="Processes"))
    for process in exchange.state.processes:
        expect(table.locator("tr", has_text=process.name).first).to_be_visible()
    expect(table.locator("tr", has_text="control").first).to_contain_text(re.compile(r"\d+\.\d"))
    expect(table.get_by_text("not running")).to_have_count(0)


def test_the_checks_are_made_when_they_are_asked_for(health: Page) -> None:
    health.get_by_role("button", name="Look for them").click()
    expect(health.get_by_role("status")).to_contain_text("checks")


def test_a_log_is_shown_as_text_and_its_transactions_are_links(health: Page) -> None:
    health.get_by_role("link", name="gateway", exact=True).click()
    log = health.locator(".log")
    expect(log).to_contain_text(SCRIPT)
    expect(log.get_by_role("link")).to_have_attribute("href", f"/transactions/{TRANSACTION}")


def test_a_log_outside_the_folder_of_logs_is_not_shown(health: Page, console: Running) -> None:
    (console.folder / "secret.log").write_text("a secret\n", encoding="utf-8")
    health.goto(f"{health.url}?log=../secret")
    expect(health.get_by_role("heading", name="Logs")).to_be_visible()
    expect(health.locator(".log")).to_have_count(0)


def test_nobody_is_kept_out(health: Page) -> None:
    health.goto(f"{health.url}?log=gateway")
    health.get_by_role("heading", name="Processes").wait_for()
    check_for_everybody(health)


def test_an_auditor_sees_neither_logs_nor_the_checks_of_the_run_folder(
    exchange: RunningExchange, context: BrowserContext, tmp_path: Path
) -> None:
    with running(copy_of(exchange, tmp_path), "auditor") as console:
        page = context.new_page()
        page.goto(console.entrance())
        page.goto(f"{console.url}/health?log=gateway")
        expect(page.get_by_role("heading", name="Processes")).to_be_visible()
        expect(page.get_by_text("Logs are for the operator.")).to_be_visible()
        expect(page.get_by_role("button", name="Look for them")).to_have_count(0)
