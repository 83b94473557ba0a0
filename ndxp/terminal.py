"""What a command prints: tables for people, JSON for programs, one line for what went wrong."""

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


class Terminal(Console):
    """Prints text as it is: no markup in it, and nothing that a terminal obeys, whoever wrote it.

    The lines of a text stay lines; what must be one line goes through ``visible``.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, **options)

    def print(self, *objects: Any, **options: Any) -> None:
        """As rich's."""
        shown = ("\n".join(map(visible, each.split("\n"))) if isinstance(each, str) else each for each in objects)
        super().print(*shown, **options)


console = Terminal()


def print_json(data: Any, *, indent: int | None = 2) -> None:
    """Prints data as JSON, for programs; what is not printable in its texts is a JSON escape.

    So is what is not ASCII where the terminal does not have every letter: it is still the same text.
    """
    text = json.dumps(data, ensure_ascii=not shows_everything(), indent=indent)
    sys.stdout.write("\n".join(map(_escaped, text.split("\n"))) + "\n")
    sys.stdout.flush()  # who follows the log through a pipe waits for it


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
    """A template with rich's markup, and values that are plain text whatever is in them."""
    return Text.from_markup(template.format(*(escape(visible(str(value))) for value in values)), emoji=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table with cells of plain text, or of rich's Text; columns whose name ends with "#" hold numbers."""
    made = Table(header_style="bold", box=None, pad_edge=False, collapse_padding=True)
    for name in columns:
        side: Literal["left", "right"] = "right" if name.endswith("#") else "left"
        made.add_column(name.rstrip("#"), justify=side, overflow="fold")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(visible(str(cell))) for cell in row))
    return made


def visible(text: str) -> str:
    """Text of others, with what is not printable as escapes: it can move no cursor, turn no line, feign no other."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on the terminal; what it gives is told how much of how much is done."""
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
    """A local time without its last letters; the number itself where it is no time, as in a record that was changed."""
    try:
        text = datetime.fromtimestamp(micros / 1e6).astimezone().strftime(form)
    except (ValueError, OverflowError, OSError):
        return str(micros)
    return text[: len(text) - cut]


def remark(sentence: str) -> None:
    """A sentence beside what was printed, on stderr: how far that can be relied on."""
    sys.stderr.write(f"{visible(sentence)}\n")


def warn(answer: Any) -> None:
    """What looks wrong in something that was registered, as the admin API's answer says, on stderr."""
    for warning in answer.get("warnings", ()):
        remark(f"Warning: {warning}")


def complain(message: str) -> None:
    """One line on stderr."""
    sys.stderr.write(f"ndxp: {visible(' '.join(message.split()))}\n")
