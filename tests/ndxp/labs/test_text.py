"""The texts of a lab are read from Markdown."""

from pathlib import Path

import pytest

from ndxp.labs.text import LabRefused, filled, read

PAGE = """# The title

What it is about.

## First task

Do `{me}`.

```bash
ndxp call X '{"a": "{number}"}'
```

> Look.

> Look again,
> and better.

## Second task

Think.

> Think more.
"""


def lab(folder: Path) -> Path:
    (folder / "en").mkdir()
    (folder / "en" / "lab.md").write_text(PAGE, encoding="utf-8")
    for name in ("explanation", "solution", "lesson"):
        (folder / "en" / f"{name}.md").write_text(f"# {name}\n", encoding="utf-8")
    return folder


def test_headings_are_tasks_and_block_quotes_are_their_hints(tmp_path: Path) -> None:
    text = read(lab(tmp_path), "en")
    assert (text.title, text.introduction) == ("The title", "What it is about.")
    assert [task.title for task in text.tasks] == ["First task", "Second task"]
    assert text.tasks[0].hints == ("Look.", "Look again,\nand better.")
    assert text.tasks[0].body.startswith("Do `{me}`.")
    assert text.tasks[1].hints == ("Think more.",)
    assert text.explanation == "# explanation"


def test_names_in_braces_get_their_values_and_json_stays() -> None:
    assert filled('{me} {"a": "{number}"} {unknown}', {"me": "M", "number": "1"}) == 'M {"a": "1"} {unknown}'


def test_a_text_that_is_missing_or_not_utf_8_is_named(tmp_path: Path) -> None:
    folder = lab(tmp_path)
    with pytest.raises(LabRefused, match=r"vi/lab\.md"):
        read(folder, "vi")
    (folder / "en" / "lesson.md").write_bytes(b"\xff")
    with pytest.raises(LabRefused, match=r"en/lesson\.md"):
        read(folder, "en")
