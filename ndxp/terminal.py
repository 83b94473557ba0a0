"""What a command prints: tables for people, JSON for programs, one line for an error."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from ndxp.language import _


class Terminal(Console):
    """Prints text as it is: without markup, and without control characters, which others may have written.

    Line breaks stay; text that must be one line goes through ``visible``.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, **options)

    def print(self, *objects: Any, **options: Any) -> None:
        """As rich's."""
        shown = ("\n".join(map(visible, each.split("\n"))) if isinstance(each, str) else each for each in objects)
        super().print(*shown, **options)


console = Terminal()


def print_json(data: Any, *, indent: int | None = 2) -> None:
    """Prints data as JSON, for programs; unprintable characters are JSON escapes.

    So are letters outside ASCII if the terminal cannot show every letter; the text stays the same.
    """
    text = json.dumps(data, ensure_ascii=not shows_everything(), indent=indent)
    sys.stdout.write("\n".join(map(_escaped, text.split("\n"))) + "\n")
    sys.stdout.flush()  # for programs that follow the log through a pipe


def shows_everything() -> bool:
    """Whether standard output can take every letter."""
    return sys.stdout.encoding.lower().startswith("utf")


def _escaped(line: str) -> str:
    return line if line.isprintable() else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)


def show_path(path: Path, as_json: bool) -> None:
    """Prints a path by itself, for ``$(...)`` in a shell."""
    if as_json:
        print_json({"path": str(path)})
    else:
        sys.stdout.buffer.write(os.fsencode(path) + b"\n")


def styled(template: str, *values: object) -> Text:
    """A template with rich's markup, and values that are always plain text."""
    return Text.from_markup(template.format(*(escape(visible(str(value))) for value in values)), emoji=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table with cells of plain text, or of rich's Text; columns whose name ends with "#" hold numbers.

    The names are shown in the user's language; ``docs/texts.py`` finds them here and in variables named ``columns``.
    """
    made = Table(header_style="bold", box=None, pad_edge=False, collapse_padding=True)
    for name in columns:
        side: Literal["left", "right"] = "right" if name.endswith("#") else "left"
        made.add_column(_(name.rstrip("#")), justify=side, overflow="fold")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(visible(str(cell))) for cell in row))
    return made


def visible(text: str) -> str:
    """Foreign text with unprintable characters as escapes, so that it cannot move the cursor or fake other lines."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on the terminal; yields a function that takes how much is done, and of how much."""
    bar = Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    with bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def clock(micros: int) -> str:
    """µs since 1970 as local time of day with milliseconds."""
    return _local(micros, "%H:%M:%S.%f", 3)


def moment(micros: int) -> str:
    """µs since 1970 as local date and time."""
    return _local(micros, "%Y-%m-%d %H:%M:%S")


def _local(micros: int, form: str, cut: int = 0) -> str:
    """A local time without its last letters; the number itself if it is not a time, as in a changed record."""
    try:
        text = datetime.fromtimestamp(micros / 1e6).astimezone().strftime(form)
    except (ValueError, OverflowError, OSError):
        return str(micros)
    return text[: len(text) - cut]


def remark(sentence: str) -> None:
    """Prints a remark on stderr about the output, such as how reliable it is."""
    sys.stderr.write(f"{visible(sentence)}\n")


def warn(answer: Any) -> None:
    """Prints the warnings in an answer of the admin API on stderr."""
    for warning in answer.get("warnings", ()):
        remark(f"Warning: {warning}")


def complain(message: str) -> None:
    """One line on stderr."""
    sys.stderr.write(f"ndxp: {visible(' '.join(message.split()))}\n")
