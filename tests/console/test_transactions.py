"""The pages of transactions in a real browser: the list as it grows, the search, and the way of one transaction."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Dialog, Page, expect

from ndxp.ledger.checkpoint import Key
from ndxp.ledger.evidence import check
from ndxp.population.v1.population_pb2 import GetCitizenRequest, VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.testing import RunningExchange
from ndxp.wire import metadata
from tests.console.conftest import Running, check_for_everybody, copy_of, running
from tests.e2e.conftest import transaction

PATH = "/transactions"
CALLER, STRANGER = "VN/GOV/H29/one-stop", "VN/GOV/G27/lgsp"
SCRIPT = "<img src=x onerror=alert(1)><script>alert(2)</script>{{alert(3)}}"
QUESTION = VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979")


def verify(exchange: RunningExchange, **pairs: str) -> str:
    """Makes a call that is answered, and gives its transaction, which is in the ledger."""
    given = [(f"x-ndxp-{name.replace('_', '-')}", value) for name, value in pairs.items()]
    with exchange.connect(CALLER) as connection:
        stub = PopulationServiceStub(connection.channel)
        _, call = stub.VerifyCitizen.with_call(QUESTION, metadata=given)
        found = dict(call.trailing_metadata())[metadata.TRANSACTION_ID]
    assert transaction(exchange, found)
    return str(found)


@pytest.fixture(scope="module")
def answered(exchange: RunningExchange) -> str:
    """A transaction whose caller has written HTML wherever it may write something."""
    return verify(exchange, purpose=SCRIPT, user_id=SCRIPT, message_id=SCRIPT)


@pytest.fixture(scope="module")
def refused(exchange: RunningExchange) -> str:
    """A transaction that was refused for want of a grant."""
    with exchange.connect(STRANGER) as connection:
        stub = PopulationServiceStub(connection.channel)
        call = stub.GetCitizen.future(GetCitizenRequest(citizen_number="074079255028"))
        assert call.exception() is not None
        found = str(dict(call.trailing_metadata())[metadata.TRANSACTION_ID])
    assert transaction(exchange, found)
    return found


@pytest.fixture
def page(page: Page, console: Running) -> Page:
    """The list of transactions."""
    page.goto(f"{console.url}{PATH}")
    return page


@pytest.fixture
def silent(page: Page) -> Iterator[Page]:
    """A page on which no script of others runs."""
    dialogs: list[str] = []

    def hear(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", hear)
    yield page
    assert dialogs == []


def test_a_new_transaction_appears_by_itself_and_opens_by_a_click(page: Page, exchange: RunningExchange) -> None:
    expect(page.get_by_role("status")).to_contain_text("The latest transactions")
    new = verify(exchange)
    page.locator(f"[row-id='{new}'] [col-id=method]").click()
    expect(page).to_have_url(re.compile(f"/transactions/{new}$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("The way of a transaction")


def test_the_keyboard_alone_opens_a_transaction(page: Page, answered: str) -> None:
    page.locator(f"[row-id='{answered}'] [col-id=time]").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/transactions/{answered}$"))


def test_a_search_finds_what_was_asked_for(page: Page, answered: str, refused: str) -> None:
    page.locator("summary", has_text="Search").click()
    page.get_by_label("Reason").select_option("ACCESS_DENIED")
    page.get_by_label("Calling member").fill(STRANGER.rpartition("/")[0])
    page.get_by_role("button", name="Search").click()
    expect(page.locator(f"[row-id='{refused}']")).to_be_visible()
    expect(page.locator(f"[row-id='{answered}']")).to_have_count(0)
    expect(page.get_by_label("Reason")).to_have_value("ACCESS_DENIED")
    page.get_by_role("link", name="All transactions").click()
    expect(page.locator(f"[row-id='{answered}']")).to_be_visible()


def test_a_search_that_the_exchange_does_not_take_says_why(page: Page) -> None:
    page.goto(f"{page.url.partition('?')[0]}?trace=x&since=yesterday&until=0001-01-01T00:00&status=NONE&before=-1")
    expect(page.locator(".q-notification")).to_contain_text("trace")


def test_the_way_of_a_refused_call_says_where_it_stopped_and_what_to_do(page: Page, refused: str) -> None:
    page.goto(f"{page.url}/{refused}")
    stopped = page.locator("ol.way li.refused")
    expect(stopped).to_contain_text("Authorise")
    expect(stopped).to_contain_text("the nearest grant")
    expect(page.locator("ol.way li.not-reached")).to_have_count(5)
    expect(page.locator(".remedy")).to_contain_text("ndxp grants request")


def test_the_way_of_an_answered_call_has_grant_times_and_every_field(silent: Page, answered: str) -> None:
    silent.goto(f"{silent.url}/{answered}")
    expect(silent.locator("ol.way li.passed")).to_have_count(8)
    expect(silent.get_by_role("heading", name="The grant that let it through")).to_be_visible()
    expect(silent.locator("ul.axis li.here .bars span")).to_have_count(2)
    silent.get_by_text("Every field").click()
    expect(silent.locator("table.mono")).to_contain_text(SCRIPT)
    expect(silent.locator(".facts").first).to_contain_text(SCRIPT)


def test_the_proof_is_checked_and_the_evidence_holds_elsewhere(
    page: Page, exchange: RunningExchange, answered: str, tmp_path: Path
) -> None:
    page.goto(f"{page.url}/{answered}")
    page.get_by_role("button", name="Check the proof").click()
    expect(page.get_by_text("Proven:")).to_be_visible()
    root = page.locator("ol.rise li.root").inner_text().split()[-1]
    assert page.locator("ol.rise code").last.inner_text() == root[:16]
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the evidence").click()
    download.value.save_as(tmp_path / "evidence.json")
    keys = [Key.parse(line) for line in (exchange.folder / "ledger-keys").read_text(encoding="utf-8").split()]
    evidence = (tmp_path / "evidence.json").read_text(encoding="utf-8")
    assert check(evidence, keys).checkpoint.root.hex() == root
    assert json.loads(evidence)["records"]


def test_the_same_call_is_shown_for_other_tools(page: Page, answered: str) -> None:
    page.goto(f"{page.url}/{answered}")
    page.get_by_role("button", name="Show the commands").click()
    expect(page.locator(".command pre")).to_have_count(4)
    for line in page.locator(".command pre").all_inner_texts():
        assert "VerifyCitizen" in line
        assert '"citizenNumber": "074079255028"' in line.replace("'", '"')
        assert SCRIPT in line


def test_a_transaction_leads_to_another_try_as_the_same_member(page: Page, answered: str) -> None:
    page.goto(f"{page.url}/{answered}")
    page.get_by_role("link", name="Try it again").click()
    expect(page.get_by_label("As this member")).to_have_value(CALLER)
    expect(page.get_by_label("Purpose", exact=True)).to_have_value(SCRIPT)
    expect(page.get_by_label("JSON")).to_have_value(re.compile('"citizenNumber": "074079255028"'))


def test_what_is_typed_into_the_search_stays_when_a_transaction_comes(page: Page, exchange: RunningExchange) -> None:
    page.locator("summary", has_text="Search").click()
    page.get_by_role("textbox", name="Purpose").fill("half a wo")
    new = verify(exchange)
    expect(page.locator(f"[row-id='{new}']")).to_be_visible()
    expect(page.get_by_role("textbox", name="Purpose")).to_have_value("half a wo")


def test_an_unknown_transaction_is_said_to_be_unknown(page: Page) -> None:
    page.goto(f"{page.url}/no-such-transaction")
    expect(page.locator(".q-notification")).to_contain_text("the ledger has no transaction no-such-transaction")


def test_both_languages_and_both_colours_stay_on_the_next_page(page: Page, answered: str) -> None:
    page.get_by_role("button", name="Tiếng Việt").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Giao dịch")
    page.get_by_role("button", name="Sáng hoặc tối").click()
    expect(page.locator("body")).to_have_class(re.compile("body--dark"))
    page.goto(f"{page.url}/{answered}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Đường đi của giao dịch")
    expect(page.locator("ol.way")).to_contain_text("Xét quyền")
    expect(page.locator(".verdict")).to_contain_text("và nhận được câu trả lời")
    expect(page.locator("ol.way")).to_contain_text("còn hạn mức, nhật ký đang nhận bản ghi")
    expect(page.locator("body")).to_have_class(re.compile("body--dark"))
    expect(page.locator("html")).to_have_attribute("lang", "vi")


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_keeps_people_out_and_nothing_is_wider_than_a_telephone(page: Page, answered: str, dark: bool) -> None:
    page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
    for path in ("", f"/{answered}"):
        page.goto(f"{page.url}{path}")
        expect(page.locator(".ag-row, ol.way").first).to_be_visible()
        check_for_everybody(page)


def test_a_viewer_is_told_that_the_ledger_is_for_auditors(
    exchange: RunningExchange, context: BrowserContext, tmp_path: Path
) -> None:
    with running(copy_of(exchange, tmp_path), "viewer") as console:
        page = context.new_page()
        page.goto(console.entrance())
        page.goto(f"{console.url}{PATH}")
        expect(page.locator(".q-notification")).to_contain_text("is for the auditor")


def test_a_page_says_that_no_exchange_runs_and_goes_on_by_itself(
    exchange: RunningExchange, context: BrowserContext, tmp_path: Path, answered: str
) -> None:
    plan = copy_of(exchange, tmp_path) / "run.json"
    with running(tmp_path) as console:
        kept = plan.read_bytes()
        plan.unlink()
        page = context.new_page()
        page.goto(console.entrance())
        page.goto(f"{console.url}{PATH}")
        expect(page.get_by_role("alert").filter(has_text="ndxp up -d")).to_be_visible()
        plan.write_bytes(kept)
        expect(page.locator(f"[row-id='{answered}']")).to_be_visible()
        expect(page.locator(".trouble")).to_be_hidden()


def test_a_page_says_that_the_gateway_is_away_and_when_it_is_back(
    exchange: RunningExchange, context: BrowserContext, tmp_path: Path
) -> None:
    plan = copy_of(exchange, tmp_path) / "run.json"
    gateway = socket.create_server(("127.0.0.1", 0))
    port = gateway.getsockname()[1]
    plan.write_text(
        json.dumps(json.loads(plan.read_text(encoding="utf-8")) | {"gateway": f"127.0.0.1:{port}"}), encoding="utf-8"
    )
    with running(tmp_path) as console:
        page = context.new_page()
        page.goto(console.entrance())
        page.goto(f"{console.url}{PATH}")
        expect(page.locator(".ag-row").first).to_be_visible()
        gateway.close()
        expect(page.get_by_role("alert").filter(has_text=f"127.0.0.1:{port}")).to_be_visible()
        with socket.create_server(("127.0.0.1", port)):
            expect(page.locator(".trouble")).to_be_hidden()
