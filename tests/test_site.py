"""The site of the course book: every page is in it, every link in the tree leads somewhere, and it works offline."""

import re
from pathlib import Path

import pytest
from mkdocs.exceptions import Abort

from ndxp.labs.lab import LANGUAGES
from ndxp.labs.shelf import labs
from tests.snippets import snippets
from tests.test_docs import script

SCRIPT = script("site")
COURSE = SCRIPT.ROOT / "docs" / "course"
PAGES = sorted(path.relative_to(COURSE).as_posix() for path in COURSE.rglob("*.md"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built without a warning."""
    folder = tmp_path_factory.mktemp("site")
    SCRIPT.make(folder)
    return folder


@pytest.mark.long
def test_every_page_is_in_the_site(site: Path) -> None:
    assert {name for name in SCRIPT.pages() if not (site / _built(name)).exists()} == set()
    assert len(PAGES) > 30


@pytest.mark.long
def test_nothing_in_the_site_comes_from_elsewhere(site: Path) -> None:
    loading = re.compile(r"""<(?:script|img|iframe|source)\b[^>]*\bsrc="?https?:|<link\b[^>]*\bhref="?https?:""")
    fetching = re.compile(r"""url\(["']?https?:|@import\s+["']https?:""")
    pages = {path: path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    styles = {path: path.read_text(encoding="utf-8") for path in site.rglob("*.css")}
    assert [str(path) for path, text in pages.items() if loading.search(text)] == []
    assert [str(path) for path, text in styles.items() if fetching.search(text)] == []


@pytest.mark.long
def test_the_page_of_the_labs_is_made_from_their_folders(site: Path) -> None:
    page = (site / "labs" / "index.html").read_text(encoding="utf-8")
    for lab in labs():
        for language in LANGUAGES:
            assert lab.text(language).title in page
            assert f"<td>{lab.lab.minutes}</td>" in page
            assert SCRIPT._goal(lab, language), f"the lesson of {lab.name} ({language}) has no goals"
            assert (site / "labs" / f"{lab.name}.{language}.html").exists()


def test_a_link_to_nothing_is_an_error() -> None:
    with pytest.raises(SCRIPT.LinkBroken, match=r"a/page\.md points to \.\./nowhere\.md"):
        SCRIPT._followed("a/page.md", "see [this](../nowhere.md)", {})


@pytest.mark.long
def test_a_link_to_a_heading_that_is_not_there_ends_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gathered = SCRIPT.pages()
    gathered["docs/course/README.md"] += "\n[gone](glossary.md#no-such-heading)\n"
    monkeypatch.setattr(SCRIPT, "pages", lambda: gathered)
    with pytest.raises(Abort):
        SCRIPT.make(tmp_path / "site")


def test_a_link_to_a_file_without_a_page_becomes_its_path() -> None:
    known = {"docs/errors.md": "", "labs/README.md": ""}
    text = "[a](../errors.md#top), [b](../../labs), [c](../../pyproject.toml), `x`\n```\n[d](nowhere)\n```\n"
    followed = SCRIPT._followed("docs/course/page.md", text, known)
    assert followed.startswith("[a](../errors.md#top), [b](../../labs/README.md), c (`pyproject.toml`), `x`")
    assert "[d](nowhere)" in followed


@pytest.mark.parametrize("kind", ["slides", "worksheets"])
def test_what_pupils_read_is_in_both_languages(kind: str) -> None:
    by_language = {each: {name.removeprefix(f"{kind}/{each}/") for name in PAGES if f"{kind}/{each}/" in name}
                   for each in LANGUAGES}  # fmt: skip
    assert by_language["en"] == by_language["vi"] != set()
    for name in by_language["en"]:
        texts = [(COURSE / kind / each / name).read_text(encoding="utf-8") for each in LANGUAGES]
        assert len({(text.count("\n---\n"), text.count("\n## "), text.count("```")) for text in texts}) == 1, name
        vietnamese = texts[LANGUAGES.index("vi")]
        assert re.search("[ạảấầẩậắằẳặẹẻẽếềểệịọỏốồổộớờởợụủứừửựỳỵỷỹ]", vietnamese), name


def test_the_guide_of_the_labs_has_the_same_parts_and_commands_in_both_languages() -> None:
    pages = [SCRIPT.ROOT / "docs" / "guides" / name for name in ("labs.md", "labs.vi.md")]
    parts, commands = zip(*map(_outline, pages), strict=True)
    assert parts[0] == parts[1]
    assert commands[0] == [line for line in commands[1] if line != "export NDXP_LANG=vi"]
    assert len(commands[0]) > 50


def test_answers_are_with_the_teachers_alone() -> None:
    assert not [name for name in PAGES if "answer" in name and not name.startswith("teachers/")]


def test_every_lab_has_a_worksheet_with_answers() -> None:
    answers = (COURSE / "teachers" / "answers.md").read_text(encoding="utf-8")
    labs = [int(folder.name.split("_")[1]) for folder in (SCRIPT.ROOT / "labs").glob("lab_*")]
    assert labs
    for number in labs:
        assert (COURSE / "worksheets" / "en" / f"lab-{number:02}.md").exists()
        assert f"## Lab {number}\n" in answers


def _outline(page: Path) -> tuple[list[str], list[str]]:
    """What a page is made of, in order; and its commands without their comments."""
    text = page.read_text(encoding="utf-8")
    parts = re.findall(r"^(?:#+ |\||```)", text, re.MULTILINE)
    fences = [snippet.text for snippet in snippets(page) if snippet.kind == "bash"]
    return parts, [re.sub(r"\s+# .*", "", line) for fence in fences for line in fence.splitlines()]


def _built(name: str) -> str:
    path = Path(name)
    stem = "index" if path.name == "README.md" else path.stem
    return str(path.with_name(f"{stem}.html"))
