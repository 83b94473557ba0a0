"""Builds the course book with the guides as a static site, which works offline: ``python docs/site.py``.

It gathers the Markdown pages of this tree with their pictures, makes the pages of the labs from their folders, and
lets MkDocs build `.site`. A link to a page that is not there is an error. Links to other files of the tree become their
paths, because the site has no copies of them. Links to other sites are not opened; they are listed.
"""

import logging
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from posixpath import normpath, relpath
from typing import Any

from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

from ndxp.labs.lab import LANGUAGES
from ndxp.labs.shelf import Found, labs
from ndxp.language import Language

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "docs" / "mkdocs.yml"
SITE = ROOT / ".site"

_ABOVE = ("README.md", "README.vi.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md")
_LABS = "labs/README.md"
_BESIDE = ("*.svg", "*.png", "*.css")
"""The files that go with the pages."""
_LINK = re.compile(r"(?<!!)\[(?P<text>[^\]\n]*(?:\n[^\]\n]*)?)\]\((?P<target>[^)\s]+)\)")
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)

_TABLES: dict[Language, tuple[str, str]] = {
    "en": ("Labs", "| lab | minutes | for | goals |\n|---|---|---|---|"),
    "vi": ("Các bài thực hành", "| bài | phút | dành cho | mục tiêu |\n|---|---|---|---|"),
}
_PLACES: dict[Language, tuple[str, str, str]] = {
    "en": ("a class, or one machine", "one machine", "an exchange that nobody else uses"),
    "vi": ("một lớp, hoặc một máy", "một máy", "một hệ thống không ai khác đang dùng"),
}
"""For which exchange a lab is: one with a class too, one on the pupil's machine, one of its own."""
_GOALS: dict[Language, str] = {"en": "Goals.", "vi": "Mục tiêu."}


class LinkBroken(Exception):
    """A page points to something that is not there; the text names both."""


def pages() -> dict[str, str]:
    """The pages of the site: path in the tree, and Markdown with the links that the site can follow."""
    found = {name: (ROOT / name).read_text(encoding="utf-8") for name in _ABOVE}
    for path in sorted((ROOT / "docs").rglob("*.md")):
        found[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
    found |= _pages_of_labs()
    return {name: _followed(name, text, found) for name, text in found.items()}


def outside(text: str) -> list[str]:
    """The links of a page to other sites."""
    return [found["target"] for found in _LINK.finditer(text) if "://" in found["target"]]


def make(folder: Path) -> list[str]:
    """Builds the site in a folder; gives the links to other sites. Raises LinkBroken, and Abort for a warning."""
    gathered = pages()
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary)
        for name, text in gathered.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text(text, encoding="utf-8")
        for path in (path for form in _BESIDE for path in (ROOT / "docs").rglob(form)):
            (source / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, source / path.relative_to(ROOT))
        config = load_config(
            str(CONFIG),
            docs_dir=str(source),
            site_dir=str(folder),
            strict=True,
            nav=list(_navigation(sorted(gathered))),
        )
        config.plugins.on_startup(command="build", dirty=False)
        build(config)
        config.plugins.on_shutdown()
    return sorted({link for text in gathered.values() for link in outside(text)})


def _navigation(names: list[str]) -> Iterator[Any]:
    course = "docs/course/"

    def under(folder: str) -> list[str]:
        return [name for name in names if name.startswith(folder) and "/" not in name.removeprefix(folder)]

    yield {"NDXP": list(_ABOVE[:2])}
    yield {
        "Course": [
            f"{course}README.md",
            *(name for name in under(course) if not name.endswith("README.md")),
            {"Slides": under(f"{course}slides/en/")},
            {"Trang chiếu": under(f"{course}slides/vi/")},
            {"Worksheets": under(f"{course}worksheets/en/")},
            {"Phiếu bài tập": under(f"{course}worksheets/vi/")},
            {"For teachers": under(f"{course}teachers/")},
        ]
    }
    yield {"Labs": under("labs/")}
    yield {"Guides": under("docs/guides/")}
    elsewhere = (course, "docs/guides/", "docs/decisions/")
    yield {"Reference": [name for name in names if name.startswith("docs/") and not name.startswith(elsewhere)]}
    yield {"Decisions": under("docs/decisions/")}
    yield {"For contributors": list(_ABOVE[2:])}


def _pages_of_labs() -> dict[str, str]:
    """A page with all labs, and a page for each, from the lessons in their folders."""
    found, made = labs(), dict[str, str]()
    tables = []
    for language in LANGUAGES:
        title, head = _TABLES[language]
        rows = [
            f"| [{lab.name}: {lab.text(language).title}]({lab.name}.{language}.md) "
            f"| {lab.lab.minutes} | {_place(lab, language)} | {_goal(lab, language)} |"
            for lab in found
        ]
        tables.append("\n".join([f"## {title}", "", head, *rows, ""]))
        for lab in found:
            made[f"labs/{lab.name}.{language}.md"] = (
                lab.text(language).lesson + f"\n\n`ndxp lab start {lab.name} --lang {language}`\n"
            )
    return {_LABS: "# Labs / Bài thực hành\n\n" + "\n".join(tables), **made}


def _place(lab: Found, language: Language) -> str:
    """For which exchange a lab is, as it says itself."""
    both, machine, own = _PLACES[language]
    if lab.lab.alone:
        return own
    return both if lab.lab.for_class else machine


def _goal(lab: Found, language: Language) -> str:
    """What a pupil can do after a lab, from its lesson: the paragraph of the goals, on one line."""
    paragraphs = lab.text(language).lesson.split("\n\n")
    marked = f"**{_GOALS[language]}**"
    goal = next((each for each in paragraphs if each.startswith(marked)), "")
    return " ".join(goal.removeprefix(marked).split())


def _followed(name: str, text: str, known: dict[str, str]) -> str:
    """A page whose links to pages lead to pages of the site, and those to other files have become paths."""
    here = Path(name).parent.as_posix()

    def follow(found: re.Match[str]) -> str:
        target, _, anchor = found["target"].partition("#")
        if "://" in target or not target:
            return found[0]
        path = normpath(f"{here}/{target}")
        page = _LABS if path == "labs" else path
        if page in known:
            return f"[{found['text']}]({relpath(page, here)}{f'#{anchor}' if anchor else ''})"
        if not (ROOT / path).exists():
            raise LinkBroken(f"{name} points to {target}, which is not there")
        return f"{found['text']} (`{path}`)" if path not in found["text"] else found["text"]

    parts, end = [], 0
    for fence in _FENCE.finditer(text):
        parts += [_LINK.sub(follow, text[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, _LINK.sub(follow, text[end:])])


def main() -> int:
    """Builds the site; gives the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")  # MkDocs says with it what is wrong
    try:
        links = make(SITE)
    except (LinkBroken, Abort) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"The site is in {SITE.name}/: open index.html. {len(links)} links to other sites, not opened:\n")
    sys.stdout.writelines(f"  {link}\n" for link in links)
    return 0


if __name__ == "__main__":
    sys.exit(main())
