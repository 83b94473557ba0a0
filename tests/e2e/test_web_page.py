"""A web page in a real browser calls through the doors, if its origin is named, with the script of the guide."""

import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from ndxp.sandbox.ports import free_port
from ndxp.testing import RunningExchange
from tests.e2e.conftest import transaction
from tests.support.browser import CHROMIUM
from tests.support.fakes import until_now

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "http.md"
ONE_STOP = "VN/GOV/H26/one-stop"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The origin of a web server for the files of a folder."""
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@contextmanager
def doors(exchange: RunningExchange, origins: list[str]) -> Iterator[str]:
    """The address of doors beside those of the exchange, which let scripts of these origins call."""
    plan = next(process for process in exchange.state.processes if process.name == "rest")
    address = f"127.0.0.1:{free_port()}"
    own = {
        "NDXP_REST_ADDRESS": address, "NDXP_ADAPTER_ADDRESS": f"127.0.0.1:{free_port()}", "NDXP_METRICS_ADDRESS": "",
        "NDXP_CORS_ORIGINS": json.dumps(origins),
    }  # fmt: skip
    with subprocess.Popen(plan.command, env={**os.environ, **plan.environment, **own}) as process:
        try:
            until_now(lambda: process.poll() is not None or _ready(f"http://{address}"))
            yield f"http://{address}"
        finally:
            process.terminate()


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").is_success
    except httpx.HTTPError:
        return False


def shown(page: str, profile: Path) -> str:
    """What a page shows when its script has ended."""
    command = [
        str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        f"--user-data-dir={profile}", "--virtual-time-budget=20000", "--dump-dom", page,
    ]  # fmt: skip
    dumped = subprocess.run(command, capture_output=True, encoding="utf-8", check=True, timeout=120).stdout
    found = re.search(r'<p id="shown">(.*?)</p>', dumped, re.DOTALL)
    assert found is not None, dumped
    return found[1]


@pytest.mark.parametrize("named", [True, False])
def test_the_page_of_the_guide_calls_only_when_its_origin_is_named(
    exchange: RunningExchange, tmp_path: Path, named: bool
) -> None:
    script = re.search(r'```text\n(<p id="shown">.*?)```', GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert script is not None
    token = exchange.tokens(ONE_STOP).blocking()
    with served(tmp_path) as origin, doors(exchange, [origin] if named else ["https://app.example"]) as address:
        given = f"<script>const DOORS = {json.dumps(address)}, TOKEN = {json.dumps(token)};</script>"
        page = f'<!doctype html><meta charset="utf-8">{given}{script[1]}'
        (tmp_path / "page.html").write_text(page, encoding="utf-8")
        text = shown(f"{origin}/page.html", tmp_path / "profile")
    if not named:
        assert text.startswith("refused by the browser")
        return
    status, answer, transaction_id = text.split(" ")
    assert (status, json.loads(answer)) == ("200", {"matched": True})
    assert transaction(exchange, transaction_id)
