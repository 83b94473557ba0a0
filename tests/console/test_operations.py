"""The page of the operations centre in a real browser: the map, a province's figures, the wall, the ranking."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Dialog, Page, expect

from ndxp.life_events.v1.life_events_pb2 import Person
from ndxp.one_stop.v1 import one_stop_pb2 as one_stop
from ndxp.one_stop.v1.one_stop_pb2_grpc import OneStopServiceStub
from ndxp.operations.v1 import operations_pb2 as operations
from ndxp.operations.v1.operations_pb2_grpc import OperationsServiceStub
from ndxp.sandbox.life import OPERATIONS
from ndxp.testing import RunningExchange
from ndxp.wire import metadata
from tests.console.conftest import TELEPHONE, check_for_everybody, copy_of, running

MEASURED = "VN/GOV/H62"
SCRIPT = "<img src=x onerror=alert(1)>"
SUBSYSTEM, HOSPITAL = "VN/GOV/H25/one-stop", "VN/GOV/H25/hospital"
WHO = Person(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979-07-20")


@pytest.fixture(scope="module", autouse=True)
def reported(exchange: RunningExchange) -> Iterator[None]:
    """A dossier and a hospital's report in Hà Nam; a member whose name is HTML."""
    dossier = one_stop.ReceiveDossierRequest(
        request_id=str(uuid4()), procedure_code="1.000001", applicant=WHO, general=one_stop.General(subject="test")
    )
    with exchange.connect(SUBSYSTEM) as connection:
        OneStopServiceStub(connection.channel).ReceiveDossier(dossier, metadata=[(metadata.SERVICE, SUBSYSTEM)])
    report = operations.ReportAdmissionsRequest(
        request_id=str(uuid4()), facility=f"T{uuid4().hex[:8]}", admissions=operations.Admissions(admitted=1204)
    )
    with exchange.connect(HOSPITAL) as connection:
        OperationsServiceStub(connection.channel).ReportAdmissions(report)
    before = next(each for each in exchange.admin.get("members").json() if each["id"] == MEASURED)
    exchange.admin.put("members", json={**before, "name": SCRIPT}).raise_for_status()
    yield
    exchange.admin.put("members", json=before).raise_for_status()


@pytest.fixture
def centre(page: Page) -> Iterator[Page]:
    """The page with its figures, on which no script of others runs."""
    dialogs: list[str] = []

    def hear(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", hear)
    page.get_by_role("link", name="Operations centre").click()
    expect(page.locator("nav.map a.tile")).to_have_count(63)
    yield page
    assert dialogs == []


def figure(page: Page, name: str) -> str:
    """What a figure of the province that is shown says."""
    named = page.get_by_text(name, exact=True)
    return page.locator(".page .reading").filter(has=named).locator(".value, .none").inner_text()


def test_ha_nam_shows_what_its_hospitals_report_and_other_provinces_that_they_do_not(centre: Page) -> None:
    expect(centre.get_by_role("heading", name="Tỉnh Hà Nam")).to_be_visible()
    assert int(figure(centre, "Dossiers received")) >= 1
    assert int(figure(centre, "Admitted to hospital today").replace(",", "")) >= 1204
    expect(centre.locator(".page .reading .asked")).to_have_count(10)
    expect(centre.locator(".page .reading .asked").first).to_have_text(re.compile(r"asked at \d\d:\d\d:\d\d"))
    centre.get_by_role("link", name="Hà Nội").click()
    expect(centre.get_by_role("heading", name="Thành phố Hà Nội")).to_be_visible()
    assert figure(centre, "Admitted to hospital today") == "not reported"


def test_another_figure_is_put_on_the_map_and_the_province_stays(centre: Page) -> None:
    centre.get_by_role("link", name="Cà Mau").click()
    centre.get_by_label("Figure on the map").select_option("ops.admissions")
    centre.get_by_role("button", name="Show").click()
    expect(centre.get_by_role("heading", name="Admitted to hospital today")).to_be_visible()
    expect(centre.get_by_role("heading", name="Tỉnh Cà Mau")).to_be_visible()
    expect(centre.locator("a.level-0")).to_have_count(62)
    expect(centre.get_by_role("link", name="Cà Mau: not reported")).to_have_attribute("aria-current", "true")


def test_an_address_that_names_nothing_shows_the_first_province(centre: Page) -> None:
    centre.goto(f"{centre.url.partition('?')[0]}?province=%3Cimg%3E&figure=%3Cimg%3E")
    expect(centre.get_by_role("heading", name="Tỉnh Hà Nam")).to_be_visible()


def test_the_wall_turns_by_the_keyboard_and_escape_ends_it(centre: Page) -> None:
    centre.set_viewport_size(TELEPHONE)  # a page that has the whole screen cannot be made smaller
    centre.get_by_role("button", name="Wall").click()
    wall = centre.locator(".wall")
    expect(wall.get_by_role("heading", name="Tỉnh Hà Nam")).to_be_visible()
    expect(wall.get_by_text("23 / 63")).to_be_visible()
    wall.get_by_role("button", name="Pause").click()
    expect(wall.get_by_role("button", name="Go on")).to_be_visible()
    centre.keyboard.press("ArrowRight")
    expect(wall.get_by_role("heading", name="Tỉnh Nam Định")).to_be_visible()
    centre.keyboard.press("ArrowLeft")
    expect(wall.get_by_role("heading", name="Tỉnh Hà Nam")).to_be_visible()
    check_for_everybody(centre)
    centre.keyboard.press("Escape")
    expect(wall).to_have_count(0)
    expect(centre.get_by_role("heading", name="Operations centre")).to_be_visible()


def test_the_ranking_shows_names_as_they_are_written(centre: Page) -> None:
    for summary in centre.get_by_text("The others").all():
        summary.click()
    expect(centre.get_by_role("cell", name=SCRIPT)).to_be_visible()


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_keeps_people_out_in_both_languages_and_colours(centre: Page, dark: bool) -> None:
    centre.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
    check_for_everybody(centre)
    centre.get_by_role("button", name="Tiếng Việt").click()
    expect(centre.get_by_role("heading", name="Trung tâm điều hành")).to_be_visible()
    expect(centre.get_by_text("chưa báo cáo").first).to_be_visible()
    check_for_everybody(centre)


def test_the_page_says_that_no_exchange_runs_and_goes_on_by_itself(
    exchange: RunningExchange, context: BrowserContext, tmp_path: Path
) -> None:
    state = copy_of(exchange, tmp_path) / "run.json"
    with running(tmp_path, "viewer") as console:
        kept = state.read_bytes()
        state.unlink()
        page = context.new_page()
        page.goto(console.entrance())
        page.goto(f"{console.url}/operations")
        expect(page.get_by_role("alert").filter(has_text="ndxp up -d")).to_be_visible()
        state.write_bytes(kept)
        expect(page.locator("nav.map a.tile")).to_have_count(63)


def test_without_the_operators_secret_the_page_says_what_is_missing(
    exchange: RunningExchange, context: BrowserContext, tmp_path: Path
) -> None:
    folder = copy_of(exchange, tmp_path)
    for name, change in (("run.json", {"folder": str(folder)}), ("credentials.json", {OPERATIONS: None})):
        known = json.loads((folder / name).read_text(encoding="utf-8")) | change
        kept = {key: value for key, value in known.items() if value is not None}
        (folder / name).write_text(json.dumps(kept), encoding="utf-8")
    with running(folder) as console:
        page = context.new_page()
        page.goto(console.entrance())
        page.goto(f"{console.url}/operations")
        expect(page.locator(".page [role=alert]")).to_contain_text(f"has no credentials of {OPERATIONS}")
        expect(page.locator("nav.map a.tile")).to_have_count(0)
