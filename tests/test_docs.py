"""The reference pages say what the code says."""

import importlib.util
import random
import re
from dataclasses import fields
from io import BytesIO
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from PIL import Image

from ndxp.http2 import Limits
from tests.snippets import PAGES, snippets

DOCS = Path(__file__).parent.parent / "docs"


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["errors.md", "settings.md", "effects.md", "commands.md"])
def test_a_reference_page_is_what_the_code_renders(page: str) -> None:
    rendered = script("generate").PAGES[page]()
    assert (DOCS / page).read_text(encoding="utf-8") == rendered, "run: python docs/generate.py"


def test_every_page_counts_the_central_bodies_alike_and_calls_them_so() -> None:
    root = DOCS.parent
    registry = yaml.safe_load((root / "gateway" / "exchange.yaml").read_text(encoding="utf-8"))
    number = sum(bool({"ministries", "central"} & {*member.get("groups", ())}) for member in registry["members"])
    for page in (root / "README.md", DOCS / "exchange.svg"):
        assert f"{number} central bodies" in page.read_text(encoding="utf-8")
    assert f"{number} cơ quan" in (root / "README.vi.md").read_text(encoding="utf-8")


def test_the_sizing_is_what_the_measured_costs_come_to() -> None:
    guide = script("sizing").GUIDE.read_text(encoding="utf-8")
    assert script("sizing").render(guide) == guide, "run: python docs/sizing.py"


def test_the_sizing_starts_from_figures_that_were_measured() -> None:
    measured, sizing = (DOCS / "performance.md").read_text(encoding="utf-8"), script("sizing")
    assert f"{sizing.RECORDED:,} records/s" in measured
    assert f"{sizing.ROW:,} bytes a" in measured
    assert "| the whole ledger verified | 25.7 s | 29.9 s |" in measured
    assert "13,918 in the ledger: 0/0/0; the two cores 53 % busy, agencies 36 %, gateway 22 %" in measured


def test_the_sizings_peak_is_that_of_the_year_2022() -> None:
    profile = yaml.safe_load((DOCS.parent / "loadtest" / "profiles" / "ndxp-2022.yaml").read_text(encoding="utf-8"))
    busiest = max(rate for _, rate in profile["curve"]) * profile["factors"]["month-end"]["rate"]
    assert busiest / (1_900_000 / 86_400) == pytest.approx(script("sizing").PEAK, rel=0.01)


NOT_RUN = {
    "it changes the machine's firewall",
    "it is every test, this one's neighbours among them",
    "it needs a browser; tests/e2e/test_web_page.py runs it in Chromium",
    "it needs another machine",
    "needs Docker Compose",
    "needs a Kubernetes cluster",
    "needs another version of this repository",
    "takes half an hour; tests/e2e/test_crash_drills.py runs a part",
    "takes a minute; tests/e2e/test_life_events.py runs it",
    "takes five minutes; tests/e2e/test_life_event_drill.py runs a part",
}


def test_every_snippet_says_what_it_is_and_why_if_it_is_not_run() -> None:
    found = [snippet for page in PAGES for snippet in snippets(page)]
    fences = sum(page.read_text(encoding="utf-8").count("```") for page in PAGES)
    assert len(found) * 2 == fences
    assert [snippet.place for snippet in found if snippet.kind not in ("bash", "python", "text", "yaml")] == []
    assert {snippet.reason for snippet in found if snippet.reason} == NOT_RUN


def test_every_page_the_readme_points_to_exists() -> None:
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    links = [part.split(")")[0].partition("#")[0] for part in readme.split("](")[1:]]
    assert [link for link in links if not (DOCS.parent / link).exists()] == []


def test_every_file_that_the_architecture_names_exists() -> None:
    page = (DOCS.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = {path for path in re.findall(r"`([a-z0-9_]+/[\w./-]*)`", page) if "NAME" not in path}
    assert len(named) > 20
    assert [path for path in sorted(named) if not (DOCS.parent / path).exists()] == []


def test_architecture_is_one_page() -> None:
    assert len((DOCS.parent / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) <= 90


def test_a_decision_is_one_page() -> None:
    pages = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in DOCS.glob("decisions/0*.md")}
    assert {name: lines for name, lines in pages.items() if lines > 60} == {}


def test_the_page_on_http2_tells_every_limit_with_its_default() -> None:
    page = (DOCS / "http2.md").read_text(encoding="utf-8")
    for limit in fields(Limits):
        default = f"{limit.default:,}".removesuffix(".0")
        assert f"| `{limit.name}` | {default} |" in page


GUIDE_OF_PAGES = """
| page | what it is for |
|---|---|
| Live | who calls whom; with `a.b` in it. More |
| Way | one transaction |
"""


def test_the_page_of_pictures_says_what_the_guide_says_and_names_what_the_guide_lacks() -> None:
    pictures = script("screenshots")
    listed = pictures.index([pictures.Shown("Live", "live")], GUIDE_OF_PAGES)
    expected = "| **Live**: who calls whom | ![Live](live.png) | ![Live, narrow](live-narrow.png) |"
    assert listed.splitlines()[-1] == expected
    with pytest.raises(ValueError, match="no row of Other"):
        pictures.index([pictures.Shown("Way", "way"), pictures.Shown("Other", "other")], GUIDE_OF_PAGES)


def test_a_picture_is_small_and_one_that_stays_large_is_refused() -> None:
    pictures = script("screenshots")
    noise = Image.frombytes("RGB", (800, 600), random.Random(1).randbytes(800 * 600 * 3))
    plain = Image.new("RGB", (800, 600), "white")
    files = []
    for picture in (plain, noise):
        picture.save(file := BytesIO(), "PNG")
        files.append(file.getvalue())
    assert Image.open(BytesIO(pictures.small(files[0]))).size == (800, 600)
    with pytest.raises(ValueError, match="more than 200,000"):
        pictures.small(files[1])


def test_every_picture_of_the_console_is_there_and_small() -> None:
    folder, largest = DOCS / "console", script("screenshots").LARGEST
    named = set(re.findall(r"\]\(([-\w]+\.png)\)", (folder / "README.md").read_text(encoding="utf-8")))
    there = {file.name: file.stat().st_size for file in folder.glob("*.png")}
    assert there.keys() == named
    assert max(there.values()) <= largest
