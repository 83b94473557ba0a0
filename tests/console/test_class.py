"""A class in the browser: pupils come in by a code and see their group's lab; the teacher sees all groups."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from ndxp.classroom.classroom import Classroom
from ndxp.classroom.pupil import Joined
from ndxp.testing import RunningExchange
from tests.console.conftest import Running, check_for_everybody
from tests.support.fakes import until_now

SCRIPT = "<img src=x onerror=alert(1)>"
LONG = 100_000


@pytest.fixture(scope="module")
def room(console: Running, exchange: RunningExchange) -> Iterator[Classroom]:
    """A class of two groups at lab 1."""
    with Classroom.start(console.folder, 2, "1", "en") as made:
        yield made
        made.end()


def code(room: Classroom, name: str) -> str:
    return room.group(name).code


@pytest.fixture
def pupil(page: Page, context: BrowserContext, console: Running, room: Classroom) -> Page:
    """The page of a pupil of group 01, whose window let the teacher in too."""
    page.goto(f"{console.url}/class/join")
    page.get_by_label("Code").fill(code(room, "01").lower())
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What the ledger says").wait_for()
    return page


@pytest.fixture
def form(console: Running, room: Classroom) -> Iterator[httpx.Client]:
    """A client that has just come to the form."""
    with httpx.Client(base_url=console.url, headers={"origin": console.url, "accept-language": "en"}) as client:
        yield client


def test_a_code_opens_the_page_of_its_group_and_nothing_else(form: httpx.Client, room: Classroom) -> None:
    assert "No name is needed" in form.get("/class/join").text
    answer = form.post("/class/join", data={"code": code(room, "02")})
    assert (answer.status_code, answer.headers["location"]) == (303, "/class/group")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert form.get("/class/group").status_code == httpx.codes.OK
    for path in ("/", "/class", "/labs", "/transactions", "/rights", "/faults", "/health", "/class/group/../../rights"):
        assert form.get(path).status_code == httpx.codes.UNAUTHORIZED


def test_what_is_no_code_does_not_let_in_and_is_shown_as_text(form: httpx.Client) -> None:
    answer = form.post("/class/join", data={"code": SCRIPT})
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert "no group has this code" in answer.text
    assert SCRIPT not in answer.text
    assert "set-cookie" not in answer.headers
    assert form.get("/class/group").status_code == httpx.codes.UNAUTHORIZED
    for content in (b"\xff\xfe", b"code", b"code=" + b"A" * 5000):
        assert form.post("/class/join", content=content).status_code == httpx.codes.FORBIDDEN
    assert form.post("/class/join", content=b"x" * LONG).status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE


def test_the_form_is_for_pages_of_the_console_itself(form: httpx.Client, room: Classroom) -> None:
    for origin in ("https://example.org", "null"):
        answer = form.post("/class/join", data={"code": code(room, "01")}, headers={"origin": origin})
        assert answer.status_code == httpx.codes.FORBIDDEN
        assert "set-cookie" not in answer.headers


def test_programs_show_a_key_and_a_browsers_cookie_counts_nothing(
    guest: httpx.Client, stranger: httpx.Client, room: Classroom
) -> None:
    for client in (guest, stranger):
        for path in ("now", "calls", "control/admin/v1/members", "control/admin/v1/transactions"):
            assert client.get(f"/class/api/{path}").status_code == httpx.codes.FORBIDDEN
        assert client.post("/class/api/reset").status_code == httpx.codes.FORBIDDEN
    key = {"authorization": f"Bearer {room.group('01').key}"}
    assert stranger.get("/class/api/now", headers=key).json()["member"]["group"] == "01"
    assert stranger.get("/transactions", headers=key).status_code == httpx.codes.UNAUTHORIZED
    assert stranger.get("/class/api/control/admin/v1/ledger", headers=key).status_code == httpx.codes.FORBIDDEN
    assert stranger.get("/class/api/now", headers={**key, "host": "example.org"}).status_code == 421
    long = stranger.post("/class/api/answer", headers=key, content=b"x" * LONG)
    assert long.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE


def test_a_program_of_a_group_has_its_credentials_and_no_others(
    console: Running, room: Classroom, tmp_path: Path
) -> None:
    with Joined.join(console.url, code(room, "02"), tmp_path / "mine") as joined:
        secrets = json.loads((tmp_path / "mine" / "credentials.json").read_text(encoding="utf-8"))
        assert secrets.keys() == {"admin", *joined.membership.subsystems.values()}
        assert secrets["admin"] == room.group("02").key
        operators = json.loads((console.folder / "credentials.json").read_text(encoding="utf-8"))
        assert operators["admin"] not in secrets.values()


def test_a_pupil_calls_and_the_ledger_answers(pupil: Page) -> None:
    expect(pupil.get_by_role("link", name="Transactions")).to_have_count(0)
    expect(pupil.get_by_text("pupil", exact=True)).to_be_visible()
    before = pupil.locator(".lesson code").first
    expect(before).to_contain_text("lab01")
    subsystem = before.inner_text()
    pupil.get_by_role("button", name="Begin anew").click()
    expect(before).not_to_have_text(subsystem)
    expect(pupil.locator("li.passed")).to_have_count(0)
    expect(pupil.get_by_text("The ledger has no call yet.")).to_be_visible()
    pupil.get_by_role("button", name="Send").click()
    expect(pupil.locator(".verdict.good")).to_contain_text("OK")
    expect(pupil.locator("li.passed")).to_have_count(1)
    expect(pupil.locator("tr", has_text="VerifyCitizen")).to_have_count(1)
    pupil.get_by_label("Deadline").fill("nan")
    pupil.get_by_label("Method", exact=True).fill("GetCitizen")
    pupil.get_by_role("button", name="Send").click()
    expect(pupil.locator("tr", has_text="GetCitizen")).to_have_count(1)
    pupil.get_by_role("button", name="Hint").click()
    expect(pupil.get_by_text("prints the transaction as its last line")).to_be_visible()
    pupil.get_by_label("Request, JSON").fill('{"nonsense": 1}')
    pupil.get_by_role("button", name="Send").click()
    expect(pupil.get_by_role("alert").filter(has_text="does not fit")).to_be_visible()


def test_a_pupil_sends_a_stream_line_by_line(pupil: Page) -> None:
    slip = '{"itemId": "%s", "citizenNumber": "074079255028", "fullName": "%s", "birthDate": "1979-07-20"}'
    pupil.get_by_label("Method", exact=True).fill("BatchVerifyCitizens")
    pupil.get_by_label("Request, JSON").fill("\n".join([slip % ("01", "Nguyễn Ngọc Tuấn"), slip % ("02", "Lê An")]))
    pupil.get_by_role("button", name="Send").click()
    expect(pupil.locator(".verdict.good")).to_contain_text("OK")
    first, second = pupil.locator("pre.fence", has_text='"itemId": "01"').inner_text().splitlines()
    assert json.loads(first) == {"itemId": "01", "matched": True, "problem": ""}
    assert json.loads(second)["matched"] is False


def test_a_pupil_grants_what_a_lab_asks_for_to_the_groups_own_subsystems(pupil: Page, room: Classroom) -> None:
    pupil.get_by_text("Add a grant, where the lab asks for one").click()
    pupil.get_by_label("Purposes").fill("press accreditation, research")
    pupil.get_by_role("button", name="Add the grant").click()
    expect(pupil.get_by_text("Added; it holds within a second.")).to_be_visible()
    with room.course("01") as course:
        subsystem = course.subsystems["me"]
    [added] = [each for each in room.operator.admin.get("/grants") if each["purposes"][:1] == ["press accreditation"]]
    assert (added["consumer"], added["purposes"]) == (subsystem, ["press accreditation", "research"])


def test_an_answer_with_html_stays_text(pupil: Page, room: Classroom) -> None:
    pupil.get_by_label("Answer", exact=True).fill(SCRIPT)
    pupil.get_by_label("Task").select_option("transaction")
    pupil.get_by_role("button", name="Answer").click()
    expect(pupil.locator("img")).to_have_count(0)
    pupil.get_by_label("Method", exact=True).fill(SCRIPT)
    pupil.get_by_role("button", name="Send").click()
    expect(pupil.get_by_role("alert").filter(has_text="no method is called")).to_contain_text(SCRIPT)
    expect(pupil.locator("img")).to_have_count(0)
    with room.course("01") as course:
        assert course.attempt.answers["transaction"] == SCRIPT


def test_nobody_is_kept_out_of_the_pages_and_they_are_in_vietnamese_too(pupil: Page, console: Running) -> None:
    check_for_everybody(pupil)
    pupil.get_by_role("button", name="Tiếng Việt").click()
    expect(pupil.get_by_role("heading", name="Sổ cái cho biết")).to_be_visible()
    pupil.goto(f"{console.url}/class/join")
    check_for_everybody(pupil)


def test_the_teacher_sees_all_groups_and_helps_one(page: Page, console: Running, room: Classroom) -> None:
    page.goto(f"{console.url}/class")
    row = page.locator("tr", has_text=code(room, "02"))
    for _ in range(5):
        room.check("02")
    expect(row).to_contain_text("needs help")
    before = room.group("02").subsystems
    row.get_by_role("button", name="Begin anew").click()
    expect(row).not_to_contain_text("needs help")
    assert len(room.group("02").subsystems) > len(before)
    page.get_by_label("Groups, such as 3, 7").fill("2")
    page.get_by_role("button", name="Set the fault").click()
    until_now(lambda: room.calm() == 1)
    with page.expect_download() as download:
        page.get_by_role("button", name="Results as CSV").click()
    assert download.value.path().read_text(encoding="utf-8").startswith("group,lab,task,done,checks,hints")


def test_a_transaction_of_a_group_can_be_shown_to_all(page: Page, console: Running, room: Classroom) -> None:
    with room.course("02") as course:
        course.solve()
    page.goto(f"{console.url}/class")
    page.locator("tr", has_text=code(room, "02")).get_by_role("button", name="Calls").click()
    page.get_by_role("link", name="Show its way").first.click()
    expect(page.get_by_role("heading", name="The way of a transaction")).to_be_visible()


def test_nobody_is_kept_out_of_the_teachers_page(page: Page, console: Running, room: Classroom) -> None:
    page.goto(f"{console.url}/class")
    page.locator("tr", has_text=code(room, "01")).wait_for()
    check_for_everybody(page)
    page.get_by_role("button", name="Tiếng Việt").click()
    expect(page.get_by_role("heading", name="Lớp học")).to_be_visible()
