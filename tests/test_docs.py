"""The reference pages say what the code says."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parent.parent / "docs"


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["errors.md", "settings.md", "commands.md"])
def test_a_reference_page_is_what_the_code_renders(page: str) -> None:
    rendered = generator().PAGES[page]()
    assert (DOCS / page).read_text() == rendered, "run: python docs/generate.py"


def test_every_page_the_readme_points_to_exists() -> None:
    readme = (DOCS.parent / "README.md").read_text()
    links = [part.split(")")[0] for part in readme.split("](")[1:]]
    assert [link for link in links if not (DOCS.parent / link).exists()] == []
