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
    """A line of text that somebody types; ``value`` is what it holds now."""

    def __init__(self, value: str) -> None:
        super().__init__("input")
        self.value = value
        self.props["value"] = value
        self.on("input", self._typed, js_handler="(event) => emit(event.target.value)")

    def _typed(self, event: Any) -> None:
        self.value = str(event.args)


def field(name: str, value: str = "") -> Field:
    """A line to type in, with its name."""
    with box("label"):
        text("span", name)
        return Field(value)


class Area(ui.element):
    """Lines of text that somebody types; ``value`` is what it holds now."""

    def __init__(self, value: str) -> None:
        super().__init__("textarea")
        self.value = value
        self.props("rows=6 spellcheck=false").props["value"] = value
        self.on("input", self._typed, js_handler="(event) => emit(event.target.value)")

    def _typed(self, event: Any) -> None:
        self.value = str(event.args)


class Tick(ui.element):
    """A box to tick, with its name."""

    def __init__(self, name: str) -> None:
        super().__init__("label")
        self.value = False
        self.classes("tick")
        with self:
            tick = ui.element("input").props("type=checkbox")
            tick.on("change", self._ticked, js_handler="(event) => emit(event.target.checked)")
            text("span", name)

    def _ticked(self, event: Any) -> None:
        self.value = bool(event.args)


class Choice(ui.element):
    """A list to choose from; ``value`` is what is chosen now."""

    def __init__(self, options: list[tuple[str, str]]) -> None:
        super().__init__("select")
        self.value = options[0][0] if options else ""
        with self:
            for value, words in options:
                text("option", words).props["value"] = value
        self.on("change", self._choose, js_handler="(event) => emit(event.target.value)")

    def _choose(self, event: Any) -> None:
        self.value = str(event.args)


def choice(name: str, options: list[tuple[str, str]]) -> Choice:
    """A list to choose from, with its name: values with their words. The first one is chosen."""
    with box("label"):
        text("span", name)
        return Choice(options)


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
