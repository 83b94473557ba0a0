"""The first page in a real browser: what is called now, the picture of it, a pause, and the way back in time."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from ndxp.population.v1.population_pb2 import GetCitizenRequest, VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.sandbox import life
from ndxp.testing import RunningExchange
from tests.console.conftest import check_for_everybody, copy_of, running
from tests.support.fakes import until_now

CALLER, STRANGER = "VN/GOV/H29/one-stop", "VN/GOV/G30/lgsp"
MEMBER = "VN/COM/livevisitor"
QUESTION = VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979")
SCRIPT = "<img src=x onerror=alert(1)>"


def verify(exchange: RunningExchange) -> None:
    """Makes a call that is answered with OK."""
    with exchange.connect(CALLER) as connection:
        PopulationServiceStub(connection.channel).VerifyCitizen(QUESTION)


def be_refused(exchange: RunningExchange, client: str) -> None:
    """Makes a call for which the caller has no grant."""
    with exchange.connect(client) as connection:
        assert PopulationServiceStub(connection.channel).GetCitizen.future(GetCitizenRequest()).exception() is not None


def test_a_call_is_seen_in_the_picture_the_table_and_the_figures(page: Page, exchange: RunningExchange) -> None:
    expect(page).to_have_url(re.compile("/live$"))
    verify(exchange)
    row = page.locator("tr", has_text="Hồ Chí Minh · one-stop").first
    expect(row).to_contain_text("population")
    expect(page.locator(".graph text", has_text="population").first).to_be_visible()
    expect(page.locator(".figures")).to_contain_text("1.9 million")
    expect(page.locator(".figures")).to_contain_text(re.compile(r"Checkpoint [\d,]+ signs [\d,]+"))
    expect(page.get_by_role("status").first).to_contain_text("Now")


def test_a_refusal_is_counted_with_its_reason(page: Page, exchange: RunningExchange) -> None:
    for _ in range(5):  # the table has the busiest pairs, and the operations centre makes one call of each province
        be_refused(exchange, STRANGER)
    expect(page.locator("tr", has_text="Thông tấn xã Việt Nam")).to_contain_text("ACCESS_DENIED")
    reasons = page.locator("section", has=page.get_by_role("heading", name="Why calls were not answered with OK"))
    expect(reasons.locator("tr", has_text="ACCESS_DENIED")).to_be_visible()


def test_a_pause_stops_the_page_and_it_goes_on(page: Page, exchange: RunningExchange) -> None:
    status, figure = page.get_by_role("status").first, page.locator(".figures strong").last
    expect(figure).not_to_have_text("–")
    page.get_by_role("button", name="Pause").click()
    expect(status).to_contain_text("Paused")
    page.get_by_role("button", name="Go on").click()
    expect(status).to_contain_text("Now")
    before = int(figure.inner_text().replace(",", ""))
    verify(exchange)
    until_now(lambda: int(figure.inner_text().replace(",", "")) > before)


def test_a_minute_of_the_past_is_shown_and_then_now_again(page: Page, exchange: RunningExchange) -> None:
    verify(exchange)
    status = page.get_by_role("status").first
    row = page.locator("tr", has_text="Hồ Chí Minh · one-stop").first
    expect(row).to_be_visible()
    page.get_by_role("button", name="A minute earlier").focus()
    page.keyboard.press("Enter")
    expect(status).to_contain_text("The minute of")
    page.get_by_label("A minute of the past").fill("2026-01-02T03:04")
    page.get_by_role("button", name="Show that minute").click()
    expect(status).to_contain_text("2026-01-02 03:04")
    expect(page.get_by_text("Nobody called in this time.")).to_be_visible()
    expect(page.locator(".graph")).to_be_hidden()
    page.get_by_role("button", name="A minute later").click()
    expect(status).to_contain_text("2026-01-02 03:05")
    page.get_by_role("button", name="Back to now").click()
    expect(status).to_contain_text("Now")
    expect(row).to_be_visible()


def test_members_can_be_grouped(page: Page, exchange: RunningExchange) -> None:
    verify(exchange)
    page.locator(".graph text", has_text="Hồ Chí Minh").wait_for()
    page.get_by_role("button", name="Members as groups").click()
    expect(page.locator(".graph text", has_text="provinces")).to_be_visible()
    expect(page.locator(".graph text", has_text="Hồ Chí Minh")).to_have_count(0)


@pytest.fixture
def visitor(exchange: RunningExchange) -> str:
    """A subsystem that the gateways know, whose member's name is HTML."""
    member = {"id": MEMBER, "name": SCRIPT, "subsystems": ["app"]}
    exchange.admin.put("members", json=member).raise_for_status()
    until_now(lambda: life.same_registry(exchange.state))
    return f"{MEMBER}/app"


def test_a_name_that_is_html_is_text_in_the_picture_and_in_the_table(
    page: Page, exchange: RunningExchange, visitor: str
) -> None:
    be_refused(exchange, visitor)
    expect(page.locator("tr", has_text="· app")).to_contain_text(SCRIPT)
    expect(page.locator(".graph text", has_text="<img src=x")).to_be_visible()
    assert page.locator("img[src=x]").count() == 0


def test_a_fault_that_a_pair_can_meet_is_said(page: Page, exchange: RunningExchange) -> None:
    until = (datetime.now().astimezone() + timedelta(minutes=5)).isoformat(timespec="seconds")
    fault = {"id": "live-test", "do": "delay=1ms", "consumer": CALLER, "valid_until": until}
    exchange.admin.post("faults", json=[fault]).raise_for_status()
    try:
        verify(exchange)
        row = page.locator("tr", has_text="Hồ Chí Minh · one-stop").first
        expect(row).to_contain_text("live-test")
    finally:
        exchange.admin.delete("faults").raise_for_status()


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_is_in_both_languages_and_keeps_nobody_out(page: Page, exchange: RunningExchange, dark: bool) -> None:
    page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
    verify(exchange)
    page.locator("tr", has_text="Hồ Chí Minh · one-stop").first.wait_for()
    check_for_everybody(page)
    page.get_by_role("button", name="Tiếng Việt").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Trực tiếp")
    expect(page.locator(".figures")).to_contain_text("1,9 triệu")
    check_for_everybody(page)


def test_a_viewer_sees_the_figures_without_the_checkpoint_and_the_page_goes_on_after_trouble(
    exchange: RunningExchange, context: BrowserContext, tmp_path: Path
) -> None:
    verify(exchange)
    plan = copy_of(exchange, tmp_path) / "run.json"
    with running(tmp_path, "viewer") as console:
        kept = plan.read_bytes()
        plan.unlink()
        page = context.new_page()
        page.goto(console.entrance())
        expect(page.get_by_role("alert").filter(has_text="ndxp up -d")).to_be_visible()
        plan.write_bytes(kept)
        expect(page.locator(".figures strong").last).to_have_text(re.compile(r"^[\d,]+$"))
        expect(page.locator(".trouble")).to_be_hidden()
        expect(page.locator(".figures")).not_to_contain_text("signs")
        expect(page.locator(".q-notification")).to_have_count(0)
