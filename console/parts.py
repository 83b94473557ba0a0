"""Parts of pages. All of them take plain text, which a browser never reads as HTML."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

Cell: TypeAlias = str | Callable[[], Any]
"""What a cell of a table holds: text, or a function that makes elements."""


def text(tag: str, content: object, classes: str = "") -> TextElement:
    """An element with a text."""
    return TextElement(tag=tag, text=str(content)).classes(classes)


def link(words: str, path: str, classes: str = "") -> TextElement:
    """A link within the console."""
    made = text("a", words, classes)
    made.props["href"] = path  # not as text of props, from which foreign text could get out
    return made


def button(words: str, pressed: Callable[[], Any] | None = None, classes: str = "plain") -> TextElement:
    """A button; without a function it sends the form that it is in."""
    made = text("button", words, classes)
    made.props["type"] = "submit" if pressed is None else "button"
    return made if pressed is None else made.on("click", pressed)


class Field(ui.element):
    """A line of text that somebody types; ``value`` is what it holds now.

    The browser is given only what it begins with: the value itself would be written into the line again with every
    change of the page, also while somebody types.
    """

    def __init__(self, value: str) -> None:
        super().__init__("input")
        self.value = value
        self.props["defaultValue"] = value
        self.on("input", self._typed, js_handler="(event) => emit(event.target.value)")

    def _typed(self, event: Any) -> None:
        self.value = str(event.args)


def field(name: str, value: str = "") -> Field:
    """A line to type in, with its name."""
    with box("label"):
        text("span", name)
        return Field(value)


def choice(options: Iterable[str], first: str, chosen: Callable[[str], Any]) -> Element:
    """A list from which one is chosen, in the beginning ``first``; a function is called with every choice."""
    with box("select") as made:
        for each in options:
            option = text("option", each)
            option.props["value"] = each
            option.props.set_bool("selected", each == first)
    return made.on("change", lambda event: chosen(str(event.args)), js_handler="(event) => emit(event.target.value)")


def figure(name: str) -> tuple[TextElement, TextElement]:
    """A large figure with its name, within a ``dl``: gives the element of the figure and that of a remark below it."""
    with box("div"):
        text("dt", name)
        with box("dd"):
            return text("strong", "–"), text("span", "")


def box(tag: str, classes: str = "") -> Element:
    """An element that holds others, in a ``with`` statement."""
    return ui.element(tag).classes(classes)


@contextmanager
def section(title: str) -> Iterator[Element]:
    """A part of a page with a heading."""
    with box("section", "part") as made:
        text("h2", title)
        yield made


def table(columns: Sequence[str], rows: Iterable[Sequence[Cell]], classes: str = "") -> None:
    """A table; a narrow screen moves it sideways."""
    with box("div", "wide").props("tabindex=0"), box("table", classes):
        with box("thead"), box("tr"):
            for column in columns:
                text("th", column).props("scope=col")
        with box("tbody"):
            for row in rows:
                with box("tr"):
                    for cell in row:
                        if callable(cell):
                            with box("td"):
                                cell()
                        else:
                            text("td", cell)


class Rows:
    """A table with texts that change often: its cells are made once and written again; ``most`` rows at most."""

    def __init__(self, columns: Sequence[str], most: int) -> None:
        self._rows: list[tuple[Element, list[TextElement]]] = []
        with box("div", "wide").props("tabindex=0"), box("table"):
            with box("thead"), box("tr"):
                for column in columns:
                    text("th", column).props("scope=col")
            with box("tbody"):
                for _ in range(most):
                    with box("tr") as row:
                        self._rows.append((row, [text("td", "") for _ in columns]))
        self.show([])

    def show(self, rows: Sequence[Sequence[str]]) -> None:
        """Shows other rows; those after the most are left out."""
        for number, (row, cells) in enumerate(self._rows):
            row.set_visibility(number < len(rows))
            for cell, words in zip(cells, rows[number] if number < len(rows) else [""] * len(cells), strict=True):
                cell.text = words


def facts(pairs: Iterable[tuple[str, Cell]]) -> None:
    """Names and what they are; pairs with an empty text are left out."""
    with box("dl", "facts"):
        for name, what in pairs:
            if what:
                text("dt", name)
                if callable(what):
                    with box("dd"):
                        what()
                else:
                    text("dd", what)
