"""The texts of a lab in one language: Markdown files in a folder named after the language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ndxp.labs.lab import Language
from ndxp.language import _


class LabRefused(Exception):
    """There is no such lab, or it cannot be used; the text is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class TaskText:
    """What a task asks for, and its hints, the least telling first."""

    title: str
    body: str
    hints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """The texts of a lab: ``lab.md`` with its tasks, ``explanation.md``, ``solution.md``, ``lesson.md``."""

    title: str
    introduction: str
    tasks: tuple[TaskText, ...]
    explanation: str
    solution: str
    lesson: str

    def names(self, value: str) -> bool:
        """Whether the introduction or a task names this value."""
        place = f"{{{value}}}"
        parts = (part for task in self.tasks for part in (task.body, *task.hints))
        return place in self.introduction or any(place in part for part in parts)


_PLACE = re.compile(r"\{([a-z_]+)\}")


def read(folder: Path, language: Language) -> Text:
    """Reads the texts of a lab. Raises LabRefused."""

    def page(name: str) -> str:
        path = folder / language / f"{name}.md"
        try:
            return path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise LabRefused(_("the text {path} of the lab cannot be read: {error}", path=path, error=error)) from error

    head, *sections = re.split(r"^## ", page("lab"), flags=re.MULTILINE)
    title, introduction = head.removeprefix("# ").partition("\n")[::2]
    tasks = tuple(map(_task, sections))
    return Text(title.strip(), introduction.strip(), tasks, page("explanation"), page("solution"), page("lesson"))


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its values instead of their names in braces; other braces, as of JSON, stay."""
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), text)


def _task(section: str) -> TaskText:
    """A section: its title, its text, and a block quote for each hint."""
    title, _, rest = section.partition("\n")
    body, *quotes = re.split(r"^> ", rest, flags=re.MULTILINE)
    hints = tuple(re.sub(r"^> ?", "", quote, flags=re.MULTILINE).strip() for quote in _joined(quotes))
    return TaskText(title.strip(), body.strip(), hints)


def _joined(quotes: list[str]) -> list[str]:
    """The hints: lines of one block quote belong together, an empty line ends it."""
    joined, opened = list[str](), False
    for line in quotes:
        if opened:
            joined[-1] += line
        else:
            joined.append(line)
        opened = not line.endswith("\n\n")
    return joined
