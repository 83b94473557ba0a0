"""A console for an exchange elsewhere: its addresses and the secret are those of the attached run folder."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from ndxp.testing import RunningExchange
from tests.console.conftest import Running, running
from tests.ndxp.cli.command import ndxp


@pytest.fixture
def attached(exchange: RunningExchange, tmp_path: Path) -> Iterator[Running]:
    """The console of a folder that `ndxp attach` has made."""
    words = (exchange.gateway, "--control", exchange.control_url, "--rest", exchange.state.rest_url)
    done = ndxp("attach", *words, "--credentials", exchange.credentials, folder=tmp_path / "elsewhere")
    assert done.code == 0, done.err
    with running(tmp_path / "elsewhere") as made:
        yield made


def test_the_pages_of_an_attached_exchange_show_what_is_known_of_it(
    exchange: RunningExchange, attached: Running, context: BrowserContext
) -> None:
    state = json.loads((attached.folder / "run.json").read_text(encoding="utf-8"))
    assert (state["attached"], state["processes"]) == (True, [])
    page = context.new_page()
    page.goto(attached.entrance())
    expect(page.get_by_role("status")).not_to_contain_text("Asking")
    page.goto(f"{attached.url}/health")
    expect(page.get_by_text(f"The exchange at {exchange.gateway} is attached")).to_be_visible()
    page.get_by_role("button", name="Look for them").click()
    expect(page.get_by_text(re.compile("What was found|checks found nothing"))).to_be_visible()
    for found in ("is missing", "MB free at"):
        expect(page.get_by_text(found)).to_have_count(0)
    for path in ("labs", "class"):
        page.goto(f"{attached.url}/{path}")
        expect(page.get_by_text("Labs and classes need an exchange that `ndxp up` has started")).to_be_visible()
    page.goto(f"{attached.url}/operations")
    expect(page.locator("nav.map a.tile")).to_have_count(63)
    expect(page.get_by_text("Its one-stop system answers.")).to_be_visible()
    page.goto(f"{attached.url}/ledger")
    page.get_by_role("button", name="Verify the whole ledger").click()
    expect(page.get_by_text("The ledger holds.")).to_be_visible()
    page.get_by_role("button", name="Copy, change, verify").click()
    expect(page.get_by_text("is attached to an exchange elsewhere, whose ledger is there")).to_be_visible()
    expect(page.locator(".trouble")).to_be_hidden()
    assert page.locator(".q-notification").count() == 0
