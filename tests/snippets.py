"""Every snippet of the README, the guides and the course book runs as it stands: ``make snippets``.

A page is one terminal in a clone of its own: its bash fences run in their order in one shell, and its python fences
between them, those with a test by pytest. A snippet that cannot run here has its reason in a comment of the Markdown
before it, ``<!-- not run: REASON -->``. A page with the commands of a page before it, in another language, is not run
again. The exchanges of the pages listen at the usual ports.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "README.vi.md",
    *sorted((ROOT / "docs" / "guides").glob("*.md")),
    *sorted((ROOT / "docs" / "course").rglob("*.md")),
]
PATIENCE = 900.0

_FENCE = re.compile(
    r"(?:<!-- not run: (?P<reason>[^\n]+) -->\n)?^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_OF_A_LANGUAGE = re.compile(
    r"(?:^|(?<=\s))#.*$| --lang (?:en|vi)\b|^export NDXP_LANG=\w+\n|(?<=echo )\"[^\"]*\"", re.MULTILINE
)
"""What differs in the commands of a page in another language: comments, the language's name, words that are echoed."""

_INSTALLS = ("README.md", "README.vi.md", "docs/guides/client.md")
"""Pages that say how to install it: they begin with nothing but Python."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A fence of a page: what it holds, its text, and why it is not run, if it is not."""

    place: str
    kind: str
    text: str
    reason: str

    @property
    def script(self) -> str:
        """What a reader types."""
        if self.kind == "bash":
            return self.text
        run = "python -m pytest -q -p no:cacheprovider" if "def test_" in self.text else "python"
        return f"cat >snippet.py <<'END OF SNIPPET'\n{self.text}END OF SNIPPET\n{run} snippet.py\n"


def snippets(page: Path) -> Iterator[Snippet]:
    """The fences of a page, in their order."""
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        line = text[: found.start("kind")].count("\n") + 1
        yield Snippet(f"{page.name}:{line}", found["kind"], found["text"], found["reason"] or "")


def named(page: Path) -> str:
    """The path of a page in the tree."""
    return page.relative_to(ROOT).as_posix()


def commanding() -> list[Path]:
    """The pages that have anything to run which no page before has in another language."""
    found: dict[str, Path] = {}
    for page in PAGES:
        scripts = [each.script for each in _run(page)]
        if scripts:
            found.setdefault(_OF_A_LANGUAGE.sub("", "\n".join(scripts)), page)
    return list(found.values())


def _run(page: Path) -> Iterator[Snippet]:
    return (each for each in snippets(page) if each.kind in ("bash", "python") and not each.reason)


def terminal(page: Path) -> str:
    """The page as one script, which names each snippet before it runs."""
    parts = ["set -euo pipefail", "trap 'kill $(jobs -p) 2>/dev/null || true; ndxp down >/dev/null 2>&1 || true' EXIT"]
    for each in _run(page):
        parts += [f"echo '== {each.place}'", each.script]
    return "\n".join(parts)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of this tree in a folder of their own."""
    folder = tmp_path_factory.mktemp("clone")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, encoding="utf-8").stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


@pytest.mark.parametrize("page", commanding(), ids=named)
def test_a_page_runs_as_it_stands(page: Path, clone: Path) -> None:
    shutil.rmtree(clone / ".ndxp", ignore_errors=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("NDXP_", "PYTHON", "OTEL_"))}
    if named(page) not in _INSTALLS:
        clean["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{clean['PATH']}"
    with subprocess.Popen(
        ["/bin/bash", "-c", terminal(page)], cwd=clone, env=clean, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, encoding="utf-8", start_new_session=True,
    ) as shell:  # fmt: skip
        try:
            told, _ = shell.communicate(timeout=PATIENCE)
        finally:
            _end(shell.pid)  # what the page has left in the background, too
    assert shell.returncode == 0, told


def _end(group: int) -> None:
    try:
        os.killpg(group, signal.SIGTERM)
    except ProcessLookupError:
        return
