"""The page of labs in a real browser: a lab is started, done and explained without a terminal."""

import pytest
from playwright.sync_api import Page, expect

from ndxp.labs.course import Course
from tests.console.conftest import Running, check_for_everybody


@pytest.fixture
def labs(page: Page) -> Page:
    """The page, with the list of labs."""
    page.get_by_role("link", name="Labs").click()
    page.get_by_role("row", name="The first call").wait_for()
    return page


def test_a_lab_is_done_in_the_browser(labs: Page, console: Running) -> None:
    labs.get_by_role("row", name="The first call").get_by_role("button", name="Start").click()
    labs.get_by_role("heading", name="What the ledger says").wait_for()
    labs.get_by_role("button", name="Send").click()
    expect(labs.locator("li.passed")).to_have_count(1)
    check_for_everybody(labs)
    with Course.go_on(console.folder) as course:
        course.solve()
    expect(labs.locator("li.passed")).to_have_count(4)
    expect(labs.get_by_role("row", name="The first call")).to_contain_text("4/4")
    labs.get_by_role("button", name="Explain").click()
    expect(labs.get_by_role("heading", name="What has happened")).to_be_visible()
    labs.get_by_role("button", name="Tiếng Việt").click()
    expect(labs.get_by_role("heading", name="Sổ cái cho biết")).to_be_visible()
    with Course.go_on(console.folder) as course:
        course.finish()
