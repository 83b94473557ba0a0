"""The page on which methods are tried, in a real browser: form and JSON, answers, refusals, streams, three members."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Dialog, Locator, Page, expect

from ndxp.testing import RunningExchange
from tests.console.conftest import check_for_everybody, copy_of, running

POPULATION = "ndxp.population.v1.PopulationService"
ONE_STOP_SERVICE = "ndxp.one_stop.v1.OneStopService"
ONE_STOP, STRANGER = "VN/GOV/H29/one-stop", "VN/GOV/G27/lgsp"
SCRIPT = "<img src=x onerror=alert(1)>"


def root(page: Page) -> str:
    """The URL of the console that a page is of."""
    return "/".join(page.url.split("/")[:3])


def try_it(page: Page, method: str, **given: str) -> Page:
    """Opens the page of a method, and waits until the form is filled in."""
    query = "".join(f"&{name}={value}" for name, value in given.items())
    page.goto(f"{root(page)}/try?method={method}{query}")
    expect(page.get_by_label("JSON", exact=True)).to_have_value(re.compile(r"^[\[{]"))
    return page


def answer(page: Page) -> Locator:
    """The part of the page with the answer."""
    return page.locator("section.part", has=page.locator(".answer"))


@pytest.fixture
def citizen(page: Page) -> Page:
    """The page of a method whose answer depends on the member."""
    return try_it(page, f"{POPULATION}/GetCitizen", member=ONE_STOP)


def test_a_method_is_found_by_its_documentation(page: Page) -> None:
    page.get_by_role("link", name="Try it", exact=True).click()
    expect(page.locator("details.service")).to_have_count(20)
    page.get_by_label("Find in names and documentation").fill("getcitizen")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("details.service")).to_have_count(1)
    expect(page.get_by_text("the citizen's record, only when number, name and birth date all agree")).to_be_visible()
    check_for_everybody(page)
    page.get_by_role("link", name="GetCitizen", exact=True).click()
    expect(page.get_by_role("heading", name="GetCitizen")).to_be_visible()


def test_what_no_documentation_has_is_not_found(page: Page) -> None:
    page.goto(f"{root(page)}/try?find={SCRIPT}")
    expect(page.get_by_text("No service or method has this")).to_be_visible()
    expect(page.get_by_label("Find in names and documentation")).to_have_value(SCRIPT)


def test_an_answer_says_what_was_withheld_by_which_grant_and_is_kept_in_the_history(citizen: Page) -> None:
    citizen.get_by_role("button", name="Send").click()
    shown = answer(citizen)
    expect(shown.get_by_role("status")).to_contain_text("Answered with 1 message")
    expect(shown.locator("pre.json")).to_contain_text('"fullName": "Nguyễn Ngọc Tuấn"')
    expect(shown.locator(".withheld")).to_contain_text("grant population-one-stop-record does not release it")
    expect(shown.locator(".withheld")).to_contain_text("citizen.religion")
    transaction = shown.locator("a[href^='/transactions/']")
    row = citizen.locator("tr", has_text=transaction.inner_text())
    expect(row).to_contain_text(ONE_STOP)
    expect(row).to_contain_text("OK")
    transaction.click()
    expect(citizen).to_have_url(re.compile("/transactions/"))


def test_a_refusal_says_where_why_and_what_to_do(page: Page) -> None:
    try_it(page, f"{POPULATION}/GetCitizen", member=STRANGER)
    page.get_by_role("button", name="Send").click()
    shown = answer(page)
    expect(shown.get_by_role("status")).to_have_text("PERMISSION_DENIED ACCESS_DENIED at gateway/authorise")
    expect(shown).to_contain_text("the nearest grant")
    expect(shown.locator(".remedy")).to_contain_text("ndxp grants request")
    expect(shown.locator("a[href^='/transactions/']")).to_be_visible()


def test_a_refusal_says_in_vietnamese_where_it_happened(page: Page) -> None:
    page.get_by_role("button", name="Tiếng Việt").click()
    try_it(page, f"{POPULATION}/GetCitizen", member=STRANGER)
    page.get_by_role("button", name="Gửi").click()
    expect(answer(page).get_by_role("status")).to_have_text("PERMISSION_DENIED ACCESS_DENIED tại cổng/xét quyền")


def test_the_form_writes_the_json_and_the_json_fills_the_form(citizen: Page) -> None:
    name = citizen.get_by_label(re.compile("^fullName"))
    name.fill(f'"{SCRIPT}')
    name.blur()
    expect(citizen.get_by_label("JSON", exact=True)).to_have_value(re.compile(re.escape(json.dumps(f'"{SCRIPT}'))))
    as_json = citizen.get_by_label("JSON", exact=True)
    as_json.fill(json.dumps({"fullName": SCRIPT}))
    as_json.blur()
    expect(name).to_have_value(SCRIPT)
    expect(citizen.get_by_label(re.compile("^citizenNumber"))).to_have_value("")


def test_json_that_does_not_fit_names_the_field_and_is_not_sent(citizen: Page) -> None:
    as_json = citizen.get_by_label("JSON", exact=True)
    as_json.fill('{"fullName": 7}')
    as_json.blur()
    expect(citizen.get_by_role("alert").filter(has_text="fullName")).to_be_visible()
    citizen.get_by_role("button", name="Send").click()
    as_json.fill('{"fullName": "Nobody"}')
    citizen.get_by_role("button", name="Send").click()
    expect(answer(citizen).get_by_role("status")).to_contain_text("INVALID_ARGUMENT CITIZEN_NUMBER_MALFORMED")
    expect(answer(citizen).get_by_text("The field at fault: citizen_number")).to_be_visible()
    expect(citizen.locator(".answer")).to_have_count(1)
    expect(citizen.get_by_role("alert").filter(has_text="fullName")).to_be_hidden()


def test_a_wrong_number_is_marked_at_its_field(page: Page) -> None:
    try_it(page, f"{ONE_STOP_SERVICE}/ListDossiers")
    size = page.get_by_label(re.compile("^pageSize"))
    size.fill("many")
    size.blur()
    expect(size).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert").filter(has_text="pageSize: ")).to_be_visible()
    page.get_by_role("button", name="Send").click()
    size.fill("5")
    size.blur()
    expect(size).not_to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("JSON", exact=True)).to_have_value(re.compile('"pageSize": 5'))
    expect(page.locator(".answer")).to_have_count(0)


def test_of_a_oneof_one_is_chosen_and_a_list_grows(page: Page) -> None:
    try_it(page, f"{ONE_STOP_SERVICE}/ReceiveDossier", member="VN/GOV/H25/one-stop")
    as_json = page.get_by_label("JSON", exact=True)
    page.get_by_label("One of these").select_option("land")
    expect(as_json).to_have_value(re.compile('"land": {'))
    page.get_by_label("One of these").select_option("linked")
    expect(as_json).to_have_value(re.compile('"linked": {'))
    expect(as_json).not_to_have_value(re.compile('"land"'))
    page.get_by_label("One of these").last.select_option("birth")
    page.get_by_label(re.compile("^mother")).check()
    expect(as_json).to_have_value(re.compile('"mother": {'))
    page.get_by_role("button", name="Add to procedures").click()
    page.get_by_label(re.compile("^procedures 1")).select_option(index=1)
    expect(as_json).to_have_value(re.compile(r'"procedures": \[\s+"PROCEDURE_'))
    check_for_everybody(page)
    page.get_by_role("button", name="Remove procedures 1").click()
    page.get_by_label("One of these").first.select_option("")
    expect(as_json).not_to_have_value(re.compile('"linked"'))


def test_a_stream_has_messages_that_are_added_and_answers_as_they_come(page: Page) -> None:
    try_it(page, f"{POPULATION}/BatchVerifyCitizens", member=ONE_STOP)
    begun = page.locator("fieldset", has_text="Message").count()
    page.get_by_role("button", name="Add a message").click()
    expect(page.locator("fieldset", has_text="Message")).to_have_count(begun + 1)
    page.get_by_label(re.compile("^itemId")).last.fill(SCRIPT)
    page.get_by_role("button", name="Send").click()
    expect(answer(page).get_by_role("status")).to_contain_text(f"Answered with {begun + 1} message")
    expect(answer(page).locator("pre.json")).to_have_count(begun + 1)
    expect(answer(page).locator("pre.json").last).to_contain_text(SCRIPT)
    page.get_by_role("button", name="Remove Message 1").click()
    expect(page.locator("fieldset", has_text="Message")).to_have_count(begun)


def test_one_question_has_three_answers_and_three_records(citizen: Page) -> None:
    citizen.get_by_role("button", name="One question, three answers").click()
    asking = (("VN/GOV/H26/hospital", "treatment"), (ONE_STOP, ""), ("VN/GOV/G12/tax", "tax refund"))
    for number, (member, purpose) in enumerate(asking, 1):
        citizen.locator(".three select").nth(number - 1).select_option(member)
        citizen.get_by_label(f"Purpose of member {number}").fill(purpose)
    citizen.get_by_role("button", name="Ask as three members").click()
    columns = citizen.locator(".three.answers > section")
    expect(columns.filter(has_text="Answered with 1 message")).to_have_count(3)
    grants = ("population-hospital-record", "population-one-stop-record", "population-tax")
    for (member, _), grant in zip(asking, grants, strict=True):
        expect(columns.filter(has=citizen.get_by_role("heading", name=member))).to_contain_text(grant)
    check_for_everybody(citizen)
    assert len(set(columns.locator("a[href^='/transactions/']").all_inner_texts())) == 3


def test_a_call_of_the_history_is_filled_in_again(citizen: Page) -> None:
    as_json = citizen.get_by_label("JSON", exact=True)
    as_json.fill(json.dumps({"fullName": SCRIPT}))
    citizen.get_by_label("Purpose", exact=True).fill("a test")
    citizen.get_by_role("button", name="Send").click()
    citizen.locator("section", has_text="Tried in this session").get_by_role("link", name="Try it again").first.click()
    expect(citizen.get_by_label("As this member")).to_have_value(ONE_STOP)
    expect(citizen.get_by_label("Purpose", exact=True)).to_have_value("a test")
    expect(citizen.get_by_label(re.compile("^fullName"))).to_have_value(SCRIPT)


def test_what_grpc_cannot_carry_and_a_wrong_deadline_are_told(citizen: Page) -> None:
    citizen.get_by_label("Seconds that it may take").fill("0")
    citizen.get_by_role("button", name="Send").click()
    expect(citizen.locator(".q-notification")).to_contain_text("between 0.001 and 300 seconds")
    citizen.get_by_label("Seconds that it may take").fill("5")
    citizen.get_by_label("Message id").fill("điều trị")
    citizen.get_by_role("button", name="Send").click()
    expect(citizen.locator(".q-notification").filter(has_text="leave out the diacritics")).to_be_visible()


def test_a_method_that_nobody_knows_is_told(page: Page) -> None:
    page.goto(f"{root(page)}/try?method={SCRIPT}")
    expect(page.locator(".q-notification")).to_contain_text(f"does not know the method {SCRIPT}")


@pytest.fixture
def silent(citizen: Page) -> Iterator[Page]:
    """A page on which no script of others runs."""
    dialogs: list[str] = []

    def hear(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    citizen.on("dialog", hear)
    yield citizen
    assert dialogs == []


def test_what_others_have_stored_stays_text(silent: Page) -> None:
    silent.get_by_label("Purpose", exact=True).fill(SCRIPT)
    silent.get_by_label("Message id").fill(SCRIPT)
    silent.get_by_label("JSON", exact=True).fill(
        json.dumps({"citizenNumber": "074079255028", "fullName": SCRIPT, "birthDate": "1979"})
    )
    silent.get_by_role("button", name="Send").click()
    expect(answer(silent).get_by_role("status")).to_contain_text("Answered")
    check_for_everybody(silent)


def test_the_page_is_in_vietnamese_too_and_keeps_nobody_out(citizen: Page) -> None:
    citizen.emulate_media(color_scheme="dark")
    citizen.get_by_role("button", name="Tiếng Việt").click()
    expect(citizen.get_by_role("heading", level=1)).to_have_text("Gọi thử")
    citizen.get_by_text("Các thông điệp và trường").click()
    citizen.get_by_role("button", name="Gửi").click()
    expect(citizen.locator(".answer").get_by_role("status")).to_contain_text("Đã trả lời 1 thông điệp")
    check_for_everybody(citizen)


def test_a_viewer_sees_the_documentation_and_cannot_call(
    exchange: RunningExchange, context: BrowserContext, tmp_path: Path
) -> None:
    with running(copy_of(exchange, tmp_path), "viewer") as console:
        page = context.new_page()
        page.goto(console.entrance())
        try_it(page, f"{POPULATION}/GetCitizen")
        expect(page.get_by_text("Only the operator's console can make calls")).to_be_visible()
        expect(page.get_by_role("button", name="Send")).to_have_count(0)
        expect(page.get_by_text("One question, three answers")).to_have_count(0)
