"""The page of people in a real browser: who is chosen, what agencies have, who asked, and what happens to somebody."""

import json
import re
import socket
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from console.nation import nation
from ndxp.clock import FIRST_MOMENT, begin
from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.testing import RunningExchange
from tests.console.conftest import check_for_everybody, copy_of, running

SCRIPT = "<img src=x onerror=alert(1)>"
TRAVELLER = nation().persona("traveller").citizen
MOTHER = nation().persona("newborn-mother").citizen


@pytest.fixture
def people(page: Page) -> Page:
    """The page, with nobody chosen."""
    page.get_by_role("link", name="People").click()
    page.get_by_role("heading", name="Choose somebody").wait_for()
    return page


def choose(page: Page, persona: str) -> None:
    """Chooses a persona and waits until it is there."""
    page.get_by_label("A person with a story").select_option(persona)
    page.get_by_role("button", name="Show").first.click()
    expect(page.locator("h2.person")).to_have_text(nation().persona(persona).citizen.full_name)


def test_a_persona_is_shown_with_record_story_and_family_and_no_number_is_in_a_url(people: Page) -> None:
    urls: list[str] = []
    people.on("request", lambda request: urls.append(request.url))
    choose(people, "newborn-mother")
    expect(people.get_by_text("the birth can be followed")).to_be_visible()
    expect(people.get_by_text(MOTHER.number)).to_be_visible()
    child = nation().citizen(nation().children(MOTHER.number)[0])
    assert child is not None
    people.get_by_role("button", name=child.full_name).focus()
    people.keyboard.press("Enter")
    expect(people.locator("h2.person")).to_have_text(child.full_name)
    expect(people.get_by_role("button", name=MOTHER.full_name)).to_be_visible()
    people.reload()
    expect(people.locator("h2.person")).to_have_text(child.full_name)
    assert urls
    assert not [url for url in [people.url, *urls] if MOTHER.number in url or child.number in url]


def test_a_number_is_looked_up_and_an_unknown_one_is_said_to_be_unknown(people: Page) -> None:
    people.get_by_label("Citizen number").fill("1")
    show = people.get_by_role("button", name="Show").nth(1)
    show.click()
    expect(people.get_by_text("Nobody has this number.")).to_be_visible()
    expect(people.get_by_label("Citizen number")).to_have_value("1")
    people.get_by_label("Citizen number").fill(TRAVELLER.number)
    show.click()
    expect(people.locator("h2.person")).to_have_text(TRAVELLER.full_name)
    expect(people.get_by_text("Nobody has this number.")).to_be_hidden()


def test_somebody_is_drawn_by_conditions(people: Page) -> None:
    people.get_by_text("At random, by conditions").click()
    people.get_by_label("At least").fill("30")
    people.get_by_label("At most").fill("31")
    people.get_by_label("Sex").select_option("2")
    people.get_by_label("Lives in").select_option("001")
    people.get_by_role("button", name="Somebody like that").click()
    facts = people.locator("dl.facts").first
    expect(facts).to_contain_text("female")
    expect(facts).to_contain_text("Thành phố Hà Nội")
    expect(facts).to_contain_text(re.compile("Age3[01]"))
    people.get_by_label("Register").select_option("vehicle")
    people.get_by_label("Entry").select_option("locked")
    people.get_by_role("button", name="Somebody like that").click()
    expect(people.get_by_text("Nobody was found who meets")).to_be_visible()


def test_what_does_not_agree_is_shown(people: Page) -> None:
    people.get_by_text("At random, by conditions").click()
    people.get_by_role("button", name="Somebody whose registers do not agree").click()
    differs = people.locator("section", has=people.get_by_role("heading", name="What does not agree"))
    expect(differs.locator(".verdict.bad").first).to_be_visible()


def test_agencies_are_asked_by_real_calls_which_the_citizen_sees_afterwards(
    people: Page, exchange: RunningExchange
) -> None:
    with exchange.connect("VN/GOV/H29/one-stop") as connection:
        PopulationServiceStub(connection.channel).VerifyCitizen(
            VerifyCitizenRequest(citizen_number=TRAVELLER.number, full_name=TRAVELLER.full_name, birth_date="1979"),
            metadata=[("x-ndxp-purpose", SCRIPT), ("x-ndxp-user-id", SCRIPT)],
        )
    choose(people, "traveller")
    people.get_by_role("button", name="Ask them now").click()
    expect(people.get_by_text("agencies and registers were asked")).to_be_visible()
    card = people.locator("article.card", has=people.get_by_role("heading", name="Population database"))
    expect(card).to_contain_text(TRAVELLER.full_name)
    expect(card).to_contain_text("Withheld")
    expect(people.locator("article.card .verdict.bad")).to_have_count(0)
    people.get_by_role("button", name="Look in the ledger").click()
    row = people.locator("tr", has_text="ConfirmResidence").filter(has_text="confirmation of residence").first
    expect(row).to_contain_text("VN/GOV/H")
    expect(people.locator("tr", has_text=SCRIPT)).not_to_have_count(0)
    check_for_everybody(people)
    row.get_by_role("link").click()
    expect(people.get_by_role("heading", level=1)).to_have_text("The way of a transaction")


def test_a_refusal_of_an_agency_is_shown_with_its_reason(people: Page, exchange: RunningExchange) -> None:
    service = {"provider": "VN/GOV/G01/residence", "contract": "ndxp.residence.v1.ResidenceService"}
    exchange.admin.post("services/disable", json=service).raise_for_status()
    try:
        choose(people, "traveller")
        people.get_by_role("button", name="Ask them now").click()
        card = people.locator("article.card", has=people.get_by_role("heading", name="Residence register"))
        expect(card.locator(".verdict.bad")).to_contain_text("SERVICE_DISABLED")
    finally:
        exchange.admin.post("services/enable", json=service).raise_for_status()


def test_a_birth_and_a_stay_are_filed_and_watched_by_real_time(people: Page) -> None:
    choose(people, "newborn-mother")
    people.get_by_role("button", name="A child is born").click()
    birth = people.locator("article.card", has=people.get_by_role("heading", name="A child is born"))
    expect(birth.get_by_role("status")).to_contain_text("G22")
    expect(birth.locator("ol li").first).to_be_visible()
    expect(birth).to_contain_text("runs by real time")
    code = str(birth.get_by_role("status").inner_text()).partition(":")[0]
    people.get_by_label("Or the code of a dossier").fill(code)
    people.get_by_role("button", name="Watch it").click()
    dossier = people.locator("article.card", has=people.get_by_role("heading", name="A dossier"))
    expect(dossier.get_by_role("status")).to_contain_text(code)
    people.get_by_label("Or the code of a dossier").fill(SCRIPT)
    people.get_by_role("button", name="Watch it").click()
    expect(people.locator(".q-notification")).to_contain_text("DOSSIER_")
    people.get_by_role("button", name="A night in a lodging").click()
    expect(people.locator(".verdict.good")).to_contain_text("notified in time")


def test_a_passport_is_applied_for_and_is_in_the_time_line_when_agencies_are_asked(people: Page) -> None:
    choose(people, "traveller")
    people.get_by_role("button", name="A passport is applied for").click()
    expect(people.locator("article.card li").first).to_contain_text("APPLICATION_STATE_")
    people.get_by_role("button", name="Ask them now").click()
    expect(people.locator("ol.life").first).to_contain_text("Passport application")


def test_a_simulated_clock_is_moved_on_while_somebody_watches(
    exchange: RunningExchange, context: BrowserContext, tmp_path: Path
) -> None:
    plan = copy_of(exchange, tmp_path) / "run.json"
    state = json.loads(plan.read_text(encoding="utf-8")) | {"folder": str(tmp_path), "clock": "manual"}
    plan.write_text(json.dumps(state), encoding="utf-8")
    begin(tmp_path / "clock", 0.0)
    with running(tmp_path) as console:
        page = context.new_page()
        page.goto(console.entrance())
        page.goto(f"{console.url}/people")
        choose(page, "newborn-mother")
        page.get_by_role("button", name="A child is born").click()
        time = page.get_by_text("The nation's time:")
        expect(time).to_contain_text(f"{FIRST_MOMENT:%Y-%m-%d %H:%M}")
        page.get_by_role("button", name="Let the nation's clock go on").click()
        expect(time).not_to_contain_text(f"{FIRST_MOMENT:%Y-%m-%d %H:%M}")
        page.get_by_role("button", name="Stop the clock").click()
        expect(page.get_by_role("button", name="Let the nation's clock go on")).to_be_visible()


def test_the_page_is_in_vietnamese_too(people: Page) -> None:
    choose(people, "newborn-mother")
    people.get_by_role("button", name="Tiếng Việt").click()
    expect(people.get_by_role("heading", level=1)).to_have_text("Người dân")
    expect(people.locator("h2.person")).to_have_text(MOTHER.full_name)
    expect(people.get_by_role("heading", name="Ai đã hỏi về công dân này")).to_be_visible()
    expect(people.get_by_text("đều là giả lập")).to_be_visible()
    people.emulate_media(color_scheme="dark", reduced_motion="reduce")
    people.reload()
    expect(people.locator("h2.person")).to_be_visible()
    check_for_everybody(people)


def test_a_viewer_sees_who_somebody_is_and_is_offered_no_calls(
    exchange: RunningExchange, context: BrowserContext, tmp_path: Path
) -> None:
    with running(copy_of(exchange, tmp_path), "viewer") as console:
        page = context.new_page()
        page.goto(console.entrance())
        page.goto(f"{console.url}/people")
        choose(page, "traveller")
        expect(page.get_by_text("Only the operator can make calls")).to_be_visible()
        expect(page.get_by_text("Only the operator can file")).to_be_visible()
        expect(page.get_by_text("The ledger is for the auditor and the operator.")).to_be_visible()
        for name in ("Ask them now", "Look in the ledger", "A passport is applied for"):
            expect(page.get_by_role("button", name=name)).to_have_count(0)


def test_what_was_typed_and_found_stays_when_the_exchange_was_away(
    exchange: RunningExchange, context: BrowserContext, tmp_path: Path
) -> None:
    plan = copy_of(exchange, tmp_path) / "run.json"
    gateway = socket.create_server(("127.0.0.1", 0))
    address = gateway.getsockname()
    state = json.loads(plan.read_text(encoding="utf-8")) | {"gateway": f"127.0.0.1:{address[1]}"}
    plan.write_text(json.dumps(state), encoding="utf-8")
    with running(tmp_path) as console:
        page = context.new_page()
        page.goto(console.entrance())
        page.goto(f"{console.url}/people")
        choose(page, "traveller")
        page.get_by_label("Or the code of a dossier").fill("H26-1")
        gateway.close()
        expect(page.locator(".trouble")).to_be_visible()
        with socket.create_server(address):
            expect(page.locator(".trouble")).to_be_hidden()
        expect(page.get_by_label("Or the code of a dossier")).to_have_value("H26-1")
