"""The page of load runs in a real browser: a run is started, watched and stopped, and its report is served."""

import json
from dataclasses import asdict
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from console.runs import Order, Runs
from ndxp.testing import RunningExchange
from tests.console.conftest import Running, check_for_everybody, copy_of, running
from tests.support.fakes import until_now

SCRIPT = "<img src=x onerror=alert(1)>"
LEFT = "20260101-000000"
PATIENCE = 90_000


@pytest.fixture
def load(page: Page, console: Running) -> Page:
    """The page, with a run of an earlier day that failed, whose profile and last line are HTML."""
    place = console.folder / "loads" / LEFT
    place.mkdir(parents=True, exist_ok=True)
    (place / "order.json").write_text(json.dumps(asdict(Order(SCRIPT, None, 5))), encoding="utf-8")
    (place / "output.log").write_text(f"first\n{SCRIPT}\n", encoding="utf-8")
    page.get_by_role("link", name="Load").click()
    page.get_by_label("Profile").wait_for()
    return page


def begin(page: Page, seconds: int) -> None:
    """Starts a small run."""
    expect(page.get_by_label("Profile")).to_have_value("ndxp-average")
    page.get_by_label("Profile").select_option("ndxp-peak")
    expect(page.get_by_role("spinbutton", name="Calls a second")).to_have_value("220")
    page.get_by_role("spinbutton", name="Calls a second").fill("5")
    page.get_by_label("Seconds").fill(str(seconds))
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("heading", name="The run that is under way")).to_be_visible()


def test_a_run_goes_on_without_a_browser_can_be_stopped_and_leaves_verdict_and_report(
    load: Page, console: Running
) -> None:
    begin(load, 300)
    expect(load.get_by_role("button", name="Start", exact=True)).to_be_disabled()
    expect(load.get_by_label("Seconds")).to_have_value("300")  # what was typed stays while the page changes
    expect(load.get_by_role("status")).to_contain_text("ndxp load run ndxp-peak --rate 5 --duration 300")
    load.goto("about:blank")
    runs = Runs(console.folder)
    (name,) = (run.name for run in runs.all() if run.standing == "runs")
    until_now(lambda: runs.progress(name).seconds)
    load.goto(f"{console.url}/load")
    expect(load.get_by_text("calls are sent")).to_be_visible(timeout=PATIENCE)
    expect(load.locator("tr", has_text="gateway").first).to_contain_text("%", timeout=PATIENCE)
    load.get_by_role("button", name="Stop the run").click()
    expect(load.get_by_role("button", name="Stop the run")).to_be_disabled()
    row = load.locator("tr", has_text="5/s, 300 s").first
    with load.context.expect_page() as opened:
        row.get_by_role("link", name="Report").click(timeout=PATIENCE)
    expect(opened.value.get_by_text("stopped by hand", exact=True)).to_be_visible()
    assert runs.current() is None
    assert runs.all()[0].order.stopped


def test_text_of_others_is_text_and_nobody_is_kept_out(load: Page) -> None:
    row = load.locator("tr", has_text="no report")
    expect(row).to_contain_text(f"{SCRIPT} (5 s)")
    expect(row.locator("p")).to_have_text(SCRIPT)
    check_for_everybody(load)
    load.get_by_role("button", name="Tiếng Việt").click()
    expect(load.get_by_role("heading", name="Các lượt trước")).to_be_visible()
    check_for_everybody(load)


def test_what_is_typed_wrongly_starts_nothing(load: Page, console: Running) -> None:
    load.get_by_label("Seconds").fill("99999")
    load.get_by_role("button", name="Start", exact=True).click()
    expect(load.locator(".q-notification")).to_contain_text("lasts 1 to 3600 seconds")
    load.get_by_label("Seconds").fill("")
    load.get_by_role("button", name="Start", exact=True).click()
    expect(load.locator(".q-notification", has_text="must be numbers")).to_be_visible()
    assert Runs(console.folder).current() is None


def test_a_report_may_do_nothing_in_the_browser_and_is_found_by_its_name_only(
    guest: httpx.Client, console: Running
) -> None:
    place = console.folder / "loads" / LEFT
    place.mkdir(parents=True, exist_ok=True)
    (place / "report.html").write_text("a report", encoding="utf-8")
    answer = guest.get(f"/load/reports/{LEFT}")
    assert answer.text == "a report"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "script" not in answer.headers["content-security-policy"]
    for name in ("order.json", "..%2F..%2Frun.json", "20260101-000001"):
        assert guest.get(f"/load/reports/{name}").status_code == httpx.codes.NOT_FOUND
    (place / "report.html").unlink()


def test_runs_and_reports_are_for_the_operator(
    exchange: RunningExchange, context: BrowserContext, tmp_path: Path
) -> None:
    folder = copy_of(exchange, tmp_path)
    (folder / "loads" / LEFT).mkdir(parents=True)
    (folder / "loads" / LEFT / "report.html").write_text("a report", encoding="utf-8")
    with running(folder, "auditor") as console:
        page = context.new_page()
        page.goto(console.entrance())
        page.goto(f"{console.url}/load")
        expect(page.get_by_text("Load runs are for the operator.")).to_be_visible()
        expect(page.get_by_role("button", name="Start", exact=True)).to_have_count(0)
        answer = page.request.get(f"{console.url}/load/reports/{LEFT}")
        assert answer.status == httpx.codes.NOT_FOUND
