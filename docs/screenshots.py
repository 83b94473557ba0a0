"""Writes pictures of all pages of the console and the page that lists them: ``python docs/screenshots.py``.

It starts an exchange with a console in a folder of its own, makes sample calls, and opens every page of the menu in
Chromium: wide, and as narrow as a telephone. What a page is for stands in the guide's table, in the row of its name.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from ndxp.admin import Session
from ndxp.client import BlockingExchange
from ndxp.life_events.v1.life_events_pb2 import Person
from ndxp.one_stop.v1 import one_stop_pb2 as one_stop
from ndxp.one_stop.v1.one_stop_pb2_grpc import OneStopServiceStub
from ndxp.samples import PERSONA, Turn, samples
from ndxp.samples.sample import true_claim
from ndxp.wire import metadata
from ndxp.world import World
from ndxp.world.provinces import provinces

HERE = Path(__file__).parent
GUIDE, PICTURES = HERE / "guides" / "console.md", HERE / "console"

WIDE, NARROW = (1280, 900), (390, 844)
LARGEST = 200_000
"""Bytes of a picture."""

_COLOURS = 64
_PEOPLE = 100
_LOADED, _TURNED = 8000, 2000
"""Milliseconds until a page has its figures and grids, and until it has taken another width."""
_PATIENCE = 30_000
_HEAD = """# The console in pictures

Written by `make screenshots` from an exchange with sample calls; every person in it is synthetic.
[The guide](../guides/console.md) says how to start the console.

| page | wide | narrow |
|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of the menu: its name there, and the name of its pictures."""

    title: str
    name: str


def told(guide: str) -> dict[str, str]:
    """What each page is for by its name: the first sentence of its row in the guide's table."""
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", guide, re.MULTILINE)
    return {title: re.split(r"(?<=\w)[.;:] ", re.sub(r"\[([^]]+)]\([^)]+\)", r"\1", about))[0] for title, about in rows}


def index(pages: Sequence[Shown], guide: str) -> str:
    """The page that lists the pictures. Raises ValueError for a page that the guide's table does not have."""
    about = told(guide)
    if missing := [page.title for page in pages if page.title not in about]:
        raise ValueError(f"the table of {GUIDE.name} has no row of {', '.join(missing)}")
    return _HEAD + "".join(
        f"| **{page.title}**: {about[page.title]} | ![{page.title}]({page.name}.png) "
        f"| ![{page.title}, narrow]({page.name}-narrow.png) |\n"
        for page in pages
    )


def small(picture: bytes) -> bytes:
    """A PNG with few colours, which is a third as large. Raises ValueError when it is still too large."""
    made = BytesIO()
    Image.open(BytesIO(picture)).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(
        made, "PNG", optimize=True
    )
    if made.tell() > LARGEST:
        raise ValueError(f"a picture has {made.tell():,} bytes, more than {LARGEST:,}")
    return made.getvalue()


def _ndxp(folder: Path, *words: str) -> Any:
    """What a command prints as JSON. Raises CalledProcessError."""
    command = [sys.executable, "-m", "ndxp.cli", *words, "--folder", str(folder), "--json"]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=HERE.parent)  # noqa: S603
    return json.loads(ran.stdout)


@contextmanager
def _exchange() -> Iterator[str]:
    """An exchange in which something has happened; gives the URL of its console with a ticket."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "run"
        gateway = _ndxp(folder, "up", "-d", "--console", "--clock", "manual", "--port", "0")["gateway"]
        try:
            for story in ((), ("birth",), ("stays",)):
                _ndxp(folder, "demo", *story, "--target", gateway)
            _provinces(Session(folder))
            yield str(_ndxp(folder, "console", "--no-browser")["console_url"])
        finally:
            _ndxp(folder, "down")


def _provinces(session: Session) -> None:
    """Dossiers in every province, most of them done; what hospitals and schools of Hà Nam report."""
    hanam = {"H25/hospital": ("report-admissions", 20), "H25/schools": ("report-attendance", 40)}
    for client, (name, facilities) in hanam.items():
        sample = samples()[name]
        with BlockingExchange(session.state.gateway, session.tokens(f"VN/GOV/{client}")) as exchange:
            send: Any = exchange.channel.unary_unary(
                f"/{sample.full_method}", lambda request: request.SerializeToString(), sample.answer.FromString
            )
            for turn in range(facilities):
                (request,) = sample.make(Turn(World(), World().persona(PERSONA).citizen, turn, client))
                request.request_id = str(uuid4())  # type: ignore[attr-defined]
                send(request)
    people = [true_claim(citizen) for citizen in World().sample(_PEOPLE, seed=7, alive=True)]
    for number, province in enumerate(provinces()):
        client = f"VN/GOV/{province.agency_code}/one-stop"
        with BlockingExchange(session.state.gateway, session.tokens(client)) as exchange:
            desk = OneStopServiceStub(exchange.channel)
            for turn in range(1 + number * 7 % 9):
                _dossier(desk, client, people[(number + turn) % _PEOPLE], turn)


def _dossier(desk: OneStopServiceStub, province: str, claim: dict[str, str], turn: int) -> None:
    """A dossier, two of three online; three of four are done."""
    there = [(metadata.SERVICE, province)]
    dossier = desk.ReceiveDossier(
        one_stop.ReceiveDossierRequest(
            request_id=str(uuid4()), procedure_code="1.000001", applicant=Person(**claim), online=turn % 3 > 0,
            general=one_stop.General(subject="chứng thực"),
        ),
        metadata=there,
    ).dossier  # fmt: skip
    states = [one_stop.DOSSIER_STATE_RECEIVED, one_stop.DOSSIER_STATE_IN_PROCESS, one_stop.DOSSIER_STATE_DONE]
    for state in states[dossier.state == states[0] :] if turn % 4 else ():
        desk.MoveDossier(
            one_stop.MoveDossierRequest(request_id=str(uuid4()), code=dossier.code, state=state), metadata=there
        )


def _picture(page: Page, name: str, size: tuple[int, int], wait: int) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.wait_for_timeout(wait)
    (PICTURES / f"{name}.png").write_bytes(small(page.screenshot()))


def _take(browser: Browser, entrance: str) -> str:
    """Takes the pictures of all pages of the menu, in its order; gives the page that lists them."""
    context = browser.new_context(locale="en-GB", color_scheme="light", reduced_motion="reduce")
    context.set_default_timeout(_PATIENCE)
    page = context.new_page()
    page.goto(entrance)
    home = f"{urlsplit(entrance).scheme}://{urlsplit(entrance).netloc}"
    menu = [(each.inner_text(), str(each.get_attribute("href"))) for each in page.locator("header nav a").all()]
    pages = [Shown(title, path.strip("/").replace("/", "-")) for title, path in menu]
    listed = index(pages, GUIDE.read_text(encoding="utf-8"))
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.glob("*.png"):
        old.unlink()
    for (_, path), shown in zip(menu, pages, strict=True):
        page.goto(f"{home}{path}")
        _picture(page, shown.name, WIDE, _LOADED)
        _picture(page, f"{shown.name}-narrow", NARROW, _TURNED)
    context.close()
    return listed


def main() -> int:
    """Takes all pictures anew; gives the exit code."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        sys.stderr.write("screenshots: there is no Chromium here\n")
        return 1
    with _exchange() as entrance, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        listed = _take(browser, entrance)
        browser.close()
    (PICTURES / "README.md").write_text(listed, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
