"""The page of the ledger in a real browser: growth, checkpoints, verification, and the lesson on a copy."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.sandbox.console import Role
from ndxp.testing import RunningExchange
from tests.console.conftest import check_for_everybody, copy_of, running

CALLER = "VN/GOV/H29/one-stop"
SCRIPT = "<img/src=x/onerror=alert(1)>"


@pytest.fixture
def ledger(page: Page, exchange: RunningExchange) -> Page:
    """The page, of a ledger with some calls whose purpose is HTML."""
    with exchange.connect(CALLER) as connection:
        stub = PopulationServiceStub(connection.channel)
        for _ in range(3):
            request = VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn")
            stub.VerifyCitizen(request, metadata=[("x-ndxp-purpose", SCRIPT)])
    page.get_by_role("link", name="Ledger").click()
    page.get_by_text("The latest signed checkpoint covers").wait_for()
    return page


def check(page: Page, note: str) -> None:
    """Checks a checkpoint that somebody has kept."""
    page.get_by_label("Or paste one").fill(note)
    page.get_by_role("button", name="Check the one that I have kept").click()


def test_growth_is_shown_as_bars_with_the_numbers_beside_them(ledger: Page) -> None:
    expect(ledger.get_by_role("img")).to_have_count(2)
    expect(ledger.get_by_role("img").first.locator(".column")).to_have_count(60)
    ledger.get_by_text("The numbers").first.click()
    expect(ledger.locator("details[open] td").first).to_be_visible()


def test_the_whole_ledger_is_verified_and_the_result_is_there_for_the_next_page(ledger: Page) -> None:
    ledger.get_by_role("button", name="Verify the whole ledger").click()
    expect(ledger.get_by_text("The ledger holds.")).to_be_visible()
    ledger.reload()
    expect(ledger.get_by_text("The ledger holds.")).to_be_visible()


def test_the_ledger_has_only_grown_since_a_checkpoint_from_before_and_since_one_that_was_kept(
    ledger: Page, tmp_path: Path
) -> None:
    ledger.get_by_role("button", name="Check the consistency").click()
    expect(ledger.get_by_text("Proven: the first")).to_be_visible()
    with ledger.expect_download() as download:
        ledger.get_by_role("button", name="Download it").click()
    download.value.save_as(tmp_path / "kept.checkpoint")
    kept = (tmp_path / "kept.checkpoint").read_text(encoding="utf-8")
    check(ledger, kept)
    size = f"{int(kept.splitlines()[1]):,}"
    expect(ledger.get_by_text(f"Proven: the first {size} of")).to_be_visible()
    check(ledger, kept.replace(kept.splitlines()[2][:4], "AAAA", 1))
    expect(ledger.locator(".verdict.bad")).to_contain_text("the note was changed")


def test_what_somebody_pastes_is_shown_as_text(ledger: Page) -> None:
    check(ledger, f"a\n\n{SCRIPT}")
    expect(ledger.locator(".verdict.bad")).to_contain_text(SCRIPT)


def test_a_row_that_is_changed_in_a_copy_is_found(ledger: Page, exchange: RunningExchange) -> None:
    ledger.get_by_role("button", name="Copy, change, verify").click()
    expect(ledger.get_by_text("It is found:")).to_be_visible()
    expect(ledger.get_by_text("is not the record that was signed")).to_be_visible()
    expect(ledger.locator("table.mono", has_text="records.purpose")).to_contain_text("nothing of the kind")
    check_for_everybody(ledger)
    assert exchange.admin.get("ledger").json()["outside"] == []


def test_a_ledger_that_is_put_back_is_found_with_a_kept_checkpoint_only(ledger: Page) -> None:
    ledger.get_by_label("What somebody does").select_option("cut")
    ledger.get_by_role("button", name="Copy, change, verify").click()
    expect(ledger.get_by_text("By itself the copy holds")).to_be_visible()
    expect(ledger.get_by_text("was rolled back")).to_be_visible()


def test_the_keys_are_shown_with_the_reason_to_trust_them(ledger: Page) -> None:
    keys = ledger.locator("section", has=ledger.get_by_role("heading", name="Key history"))
    expect(keys.locator("tbody tr").last).to_contain_text("signs now")
    expect(keys).not_to_contain_text("NOT TRUSTED")


def test_the_page_is_in_vietnamese_and_in_dark_too(ledger: Page) -> None:
    ledger.get_by_role("button", name="Tiếng Việt").click()
    expect(ledger.get_by_role("heading", level=1)).to_have_text("Sổ cái")
    expect(ledger.get_by_role("heading", name="Lịch sử khóa")).to_be_visible()
    ledger.emulate_media(color_scheme="dark", reduced_motion="reduce")
    ledger.reload()
    expect(ledger.locator(".columns").first).to_be_visible()
    check_for_everybody(ledger)


def test_an_auditor_verifies_and_copies_nothing_and_a_viewer_sees_the_growth_alone(
    exchange: RunningExchange, context: BrowserContext, tmp_path: Path
) -> None:
    seen: dict[Role, tuple[str, ...]] = {"auditor": ("Growth", "Verification", "Key history"), "viewer": ("Growth",)}
    for role, headings in seen.items():
        folder = tmp_path / role
        folder.mkdir()
        with running(copy_of(exchange, folder), role) as console:
            page = context.new_page()
            page.goto(console.entrance())
            page.goto(f"{console.url}/ledger")
            for heading in headings:
                expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
            expect(page.get_by_role("img")).to_have_count(2)
            expect(page.get_by_role("button", name="Copy, change, verify")).to_have_count(0)
            expect(page.locator(".q-notification")).to_have_count(0)
            expect(page.get_by_role("button", name="Verify")).to_have_count(int(role == "auditor"))
