"""A console of the session's exchange in a process of its own, and a real browser in front of it."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    ViewportSize,
    expect,
    sync_playwright,
)

from ndxp.sandbox import plan
from ndxp.sandbox.console import Console, Role
from ndxp.testing import RunningExchange
from ndxp.tree import environment
from tests.support.browser import CHROMIUM
from tests.support.fakes import PATIENCE, until_now

expect.set_options(timeout=PATIENCE * 1000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what needs the browser: its driver keeps an event loop running, so other tests need another process."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


class Running:
    """A console that runs for the tests."""

    def __init__(self, folder: Path, console: Console) -> None:
        self.folder = folder
        self.url = console.url
        self._console = console

    def entrance(self) -> str:
        """A URL that lets a browser in once."""
        return self._console.url_with_ticket(self.folder)


@contextmanager
def running(
    folder: Path, role: Role = "operator", settings: Mapping[str, str] | None = None, *, address: str = ""
) -> Iterator[Running]:
    """A console for the exchange in a folder, with more settings; other machines reach it at the address."""
    planned = plan.console_process(folder, 0, role, address=address)
    given = {**os.environ, **environment(), **planned.environment, **(settings or {})}
    process = subprocess.Popen(planned.command, env=given)
    try:
        until_now(lambda: process.poll() is not None or _pid(folder) == process.pid)
        console = Console.running(folder)
        assert console is not None
        yield Running(folder, console)
    finally:
        process.terminate()
        process.wait()


def _pid(folder: Path) -> int:
    found = Console.running(folder)
    return found.pid if found is not None else 0


@pytest.fixture(scope="session")
def console(exchange: RunningExchange, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The console of the session's exchange; its folder is a copy, so that no two workers write into one."""
    with running(copy_of(exchange, tmp_path_factory.mktemp("console"))) as made:
        yield made


def copy_of(exchange: RunningExchange, folder: Path) -> Path:
    """A run folder with what a console reads of the exchange's."""
    for name in ("run.json", "credentials.json", "ledger-keys"):
        shutil.copy(exchange.folder / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; CI fails without it."""
    if CHROMIUM is None and "CI" not in os.environ:
        pytest.skip("there is no Chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser window of its own, in English, that was not let in yet."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE * 1000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, console: Running) -> Iterator[Page]:
    """The console's first page. The test fails when the browser has complained about any page that it showed."""
    page, complaints = context.new_page(), list[str]()

    def hear(line: ConsoleMessage) -> None:
        if line.type in ("error", "warning"):
            complaints.append(line.text)

    def see(asked: Request) -> None:
        if not asked.url.startswith((console.url, "data:", "blob:")):
            complaints.append(asked.url)

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", see)
    page.goto(console.entrance())
    yield page
    assert complaints == []


@pytest.fixture
def stranger(console: Running) -> Iterator[httpx.Client]:
    """A client without a cookie."""
    with httpx.Client(base_url=console.url) as client:
        yield client


@pytest.fixture
def guest(console: Running) -> Iterator[httpx.Client]:
    """A client that was let in."""
    with httpx.Client(base_url=console.url) as client:
        assert client.get(console.entrance()).status_code == httpx.codes.SEE_OTHER
        yield client


TELEPHONE: ViewportSize = {"width": 390, "height": 844}


def check_for_everybody(page: Page) -> None:
    """Checks that nothing on a page keeps people out (axe), and that it is no wider than a telephone."""
    if page.viewport_size != TELEPHONE:
        page.set_viewport_size(TELEPHONE)
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]
