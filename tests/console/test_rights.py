"""The page of rights in a real browser: the matrix, a decision, a grant that is made and removed, a request."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from ndxp.exchange.v1.exchange_pb2 import RequestGrantRequest
from ndxp.exchange.v1.exchange_pb2_grpc import ExchangeServiceStub
from ndxp.testing import RunningExchange
from tests.console.conftest import check_for_everybody, copy_of, running

SERVICE, PROVIDER = "ndxp.population.v1.PopulationService", "VN/GOV/G01/population"
MEMBER = "VN/COM/consolevisitor"
VISITOR = f"{MEMBER}/app"
SCRIPT = "<img src=x onerror=alert(1)>"


@pytest.fixture
def visitor(exchange: RunningExchange) -> Iterator[str]:
    """A subsystem without grants, whose member's name is HTML."""
    exchange.admin.put("members", json={"id": MEMBER, "name": SCRIPT, "subsystems": ["app"]}).raise_for_status()
    yield VISITOR
    for grant in exchange.admin.get("grants").json():
        if grant["consumer"] == VISITOR:
            exchange.admin.delete(f"grants/{grant['id']}").raise_for_status()


@pytest.fixture
def rights(page: Page, visitor: str) -> Page:
    """The page with the matrix of the population database."""
    page.get_by_role("link", name="Who may what").click()
    page.get_by_label("Service").select_option(f"{SERVICE} {PROVIDER}")
    page.get_by_role("button", name="Show").click()
    page.locator(".matrix .ag-center-cols-viewport").wait_for()
    return page


def row(page: Page, visitor: str) -> str:
    """Scrolls to the row of a consumer, and gives what selects it."""
    found = f".matrix [row-id='{visitor}']"
    page.locator(".matrix .ag-body-viewport").hover()
    for _ in range(40):
        if page.locator(found).count():
            return found
        page.mouse.wheel(0, 600)
    raise AssertionError(f"{visitor} has no row")


def test_a_grant_that_is_made_and_removed_is_in_the_matrix_and_in_the_decision(rights: Page, visitor: str) -> None:
    rights.locator(f"{row(rights, visitor)} [col-id=VerifyCitizen]").click()
    expect(rights.get_by_text("has no grant to call VerifyCitizen")).to_be_visible()
    expect(rights.get_by_role("heading", name="The nearest grant")).to_be_visible()
    rights.get_by_text("Add a grant for this call").click()
    rights.get_by_label("Purposes").fill("testing")
    rights.get_by_label("Basis").fill(SCRIPT)
    rights.get_by_role("button", name="Add the grant").click()
    expect(rights.get_by_text("Yes: the gateway lets this call through.")).to_be_visible()
    expect(rights.get_by_text(SCRIPT)).to_be_visible()
    rights.get_by_label("Purpose", exact=True).fill("another")
    rights.get_by_role("button", name="Ask again with this purpose").click()
    expect(rights.get_by_role("status").filter(has_text="No.")).to_be_visible()
    rights.get_by_label("Purpose", exact=True).fill("testing")
    rights.get_by_role("button", name="Ask again with this purpose").click()
    expect(rights.get_by_text("Yes: the gateway lets this call through.")).to_be_visible()
    rights.locator(".matrix .ag-body-viewport").evaluate("grid => grid.scrollTop = 0")
    cell = rights.locator(f"{row(rights, visitor)} [col-id=VerifyCitizen]")
    expect(cell).to_contain_text("*")
    rights.get_by_role("button", name="Remove the grant").click()
    rights.get_by_role("button", name="Remove it").click()
    expect(rights.get_by_text("has no grant to call VerifyCitizen")).to_be_visible()
    expect(rights.locator(f".matrix [row-id='{visitor}'] [col-id=VerifyCitizen]", has_text="*")).to_have_count(0)


def test_a_request_is_approved_and_goes_from_the_list(rights: Page, exchange: RunningExchange, visitor: str) -> None:
    why = f"{SCRIPT} {uuid4()}"
    with exchange.connect(visitor) as connection:
        asked = RequestGrantRequest(
            provider=PROVIDER, contract=SERVICE, methods=["VerifyCitizen"], because=why, request_id=str(uuid4())
        )
        ExchangeServiceStub(connection.channel).RequestGrant(asked)
    card = rights.locator("article.card", has_text=why)
    card.get_by_role("button", name="Approve").click()
    expect(card).to_have_count(0)
    made = [each for each in exchange.admin.get("grants").json() if each["consumer"] == visitor]
    assert [each["methods"] for each in made] == [["VerifyCitizen"]]


def test_the_page_keeps_nobody_out(rights: Page) -> None:
    check_for_everybody(rights)


@pytest.fixture
def quotas(rights: Page, exchange: RunningExchange, visitor: str) -> Iterator[Page]:
    """The page; the visitor has no quota of its own before and afterwards."""
    yield rights
    exchange.admin.delete("quotas", params={"consumer": visitor})


def test_a_quota_is_set_changed_and_removed(quotas: Page, exchange: RunningExchange, visitor: str) -> None:
    quotas.get_by_text("Set a quota").click()
    quotas.get_by_label("Consumer").fill(visitor)
    quotas.get_by_label("calls a second").fill("2.5")
    quotas.get_by_role("button", name="Set the quota").click()
    row = quotas.locator("tr", has_text=visitor)
    expect(row).to_contain_text("2.5")
    expect(quotas.get_by_label("calls a second")).to_have_value("")
    row.get_by_role("button", name="Change").press("Enter")
    quotas.get_by_label("a day").fill("70000")
    quotas.get_by_role("button", name="Set the quota").click()
    expect(row).to_contain_text("70,000")
    (found,) = exchange.admin.get("quotas", params={"consumer": visitor}).json()
    assert (found["rate"], found["daily"], found["own"]) == (2.5, 70_000, True)
    row.get_by_role("button", name="Remove").click()
    expect(row.get_by_role("button", name="Remove")).to_have_count(0)
    assert not exchange.admin.get("quotas", params={"consumer": visitor}).json()[0]["own"]


@pytest.mark.parametrize(
    ("limit", "given", "said"),
    [
        ("calls a second", "many", "calls a second: many is not a number"),
        ("calls a second", SCRIPT, "is not a number"),
        ("at once", "1.5", "at once: 1.5 is not a number"),
        ("a day", "-1", "a day: -1 is not a number"),
        ("a day", "", "at least one limit"),
        ("calls a second", "0", "0.001"),
        ("at once", "9" * 12, "10000000"),
        ("under way", "9" * 5000, "is not a number"),
    ],
)
def test_a_wrong_limit_is_told_in_one_line_and_nothing_is_set(
    quotas: Page, exchange: RunningExchange, visitor: str, limit: str, given: str, said: str
) -> None:
    quotas.get_by_text("Set a quota").click()
    quotas.get_by_label("Consumer").fill(visitor)
    quotas.get_by_label(limit).fill(given)
    quotas.get_by_role("button", name="Set the quota").click()
    expect(quotas.locator(".page [role=alert]:visible, .q-notification")).to_contain_text(said)
    assert not exchange.admin.get("quotas", params={"consumer": visitor}).json()[0]["own"]


def test_a_quota_of_nobody_is_not_set(quotas: Page) -> None:
    quotas.get_by_text("Set a quota").click()
    quotas.get_by_label("calls a second").fill("5")
    quotas.get_by_role("button", name="Set the quota").click()
    expect(quotas.get_by_text("Whose quota?")).to_be_visible()
    quotas.get_by_label("Consumer").fill("VN/GOV/G99/nobody")
    quotas.get_by_role("button", name="Set the quota").click()
    expect(quotas.locator(".q-notification")).to_contain_text("VN/GOV/G99/nobody")
    check_for_everybody(quotas)


def test_a_viewer_is_not_offered_to_change_quotas(
    exchange: RunningExchange, context: BrowserContext, tmp_path: Path
) -> None:
    with running(copy_of(exchange, tmp_path), "viewer") as console:
        page = context.new_page()
        page.goto(console.entrance())
        page.goto(f"{console.url}/rights")
        expect(page.get_by_role("cell", name="default")).to_be_visible()
        expect(page.get_by_text("Set a quota")).to_have_count(0)
        expect(page.get_by_role("button", name="Remove")).to_have_count(0)
