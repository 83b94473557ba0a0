"""How commands answer: tables for people, JSON for programs, one line for what went wrong."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from ndxp.cli.terminal import shows_everything
from ndxp.sandbox.state import FOLDER

console = Console(highlight=False, markup=False)  # what is in brackets may be of a folder's name

Folder = Annotated[
    Path, typer.Option("--folder", envvar="NDXP_FOLDER", help="The run folder of the exchange.", show_default=True)
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Tls = Annotated[
    bool, typer.Option("--tls", envvar="NDXP_TLS", help="Mutual TLS everywhere, with an authority of its own.")
]
DEFAULT_FOLDER = FOLDER


def print_json(data: Any) -> None:
    """Prints data as JSON, for programs."""
    _write_json(data, indent=2)


def print_json_line(data: Any) -> None:
    """Prints data as JSON in one line, for programs that read line by line."""
    _write_json(data, indent=None)


def _write_json(data: Any, indent: int | None) -> None:
    # Escapes of JSON where the terminal does not have every letter: they are still the same text.
    sys.stdout.write(json.dumps(data, ensure_ascii=not shows_everything(), indent=indent) + "\n")
    sys.stdout.flush()  # who follows the log through a pipe waits for it


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table with cells of plain text, or of rich's Text; columns whose name ends with "#" hold numbers."""
    made = Table(header_style="bold", box=None, pad_edge=False, collapse_padding=True)
    for name in columns:
        side: Literal["left", "right"] = "right" if name.endswith("#") else "left"
        made.add_column(name.rstrip("#"), justify=side, overflow="fold")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(visible(str(cell))) for cell in row))
    return made


def emphasised(first: str, rest: str, style: str = "bold") -> Text:
    """A text whose beginning has a style, whatever signs are in it."""
    return Text.assemble((first, style), rest)


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


def complain(message: str) -> None:
    """One line on stderr."""
    sys.stderr.write(f"ndxp: {visible(' '.join(message.split()))}\n")
