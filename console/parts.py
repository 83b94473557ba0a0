"""Parts of pages. All of them take plain text, which a browser never reads as HTML."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

Cell: TypeAlias = str | Callable[[], Any]
"""What a cell of a table holds: text, or a function that makes elements."""

_TO_THE_END = 2**31 - 1


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
    """What somebody types into an ``input`` or a ``textarea``; ``value`` is what it holds now.

    ``changed`` is called when somebody has changed it and leaves it.
    """

    def __init__(self, value: str, tag: str = "input", changed: Callable[[], Any] | None = None) -> None:
        super().__init__(tag)
        self.value = value
        self.props["defaultValue"] = value  # "value" would be written again at each change, while somebody types
        self.on("input", self._typed, js_handler="(event) => emit(event.target.value)")
        if changed is not None:
            self.on("change", changed, args=[])

    def show(self, value: str) -> None:
        """Puts another text into its place."""
        if value != self.value:
            self.value = value
            self.run_method("setRangeText", value, 0, _TO_THE_END)

    def _typed(self, event: Any) -> None:
        self.value = str(event.args)


class Choice(ui.element):
    """One of several values; ``value`` is the one that is chosen now.

    ``options`` are values and their names; those under a heading come with it.
    """

    def __init__(
        self,
        options: Iterable[tuple[str, str]] | Mapping[str, Iterable[tuple[str, str]]],
        value: str,
        changed: Callable[[], Any] | None = None,
    ) -> None:
        super().__init__("select")
        self.value = value
        self._changed = changed
        with self:
            if isinstance(options, Mapping):
                for heading, below in options.items():
                    with box("optgroup") as group:
                        group.props["label"] = heading
                        self._add(below)
            else:
                self._add(options)
        self.on("change", self._chosen, js_handler="(event) => emit(event.target.value)")

    def _add(self, options: Iterable[tuple[str, str]]) -> None:
        for value, name in options:
            option = text("option", name)
            option.props["value"] = value
            if value == self.value:
                option.props("selected")

    def _chosen(self, event: Any) -> Any:
        self.value = str(event.args)
        return self._changed() if self._changed is not None else None


class Tick(ui.element):
    """A box that is ticked or not; ``value`` says which."""

    def __init__(self, value: bool, changed: Callable[[], Any] | None = None) -> None:
        super().__init__("input")
        self.value = value
        self._changed = changed
        self.props("type=checkbox").props.set_bool("checked", value)
        self.on("change", self._ticked, js_handler="(event) => emit(event.target.checked)")

    def _ticked(self, event: Any) -> Any:
        self.value = bool(event.args)
        return self._changed() if self._changed is not None else None


def field(name: str, value: str = "", tag: str = "input") -> Field:
    """A line to type in, with its name; several lines in a ``textarea``."""
    with box("label"):
        text("span", name)
        return Field(value, tag)


def choice(
    name: str,
    options: Iterable[tuple[str, str]] | Mapping[str, Iterable[tuple[str, str]]],
    value: str = "",
    changed: Callable[[], Any] | None = None,
) -> Choice:
    """A choice with its name; it holds ``value`` at first."""
    with box("label"):
        text("span", name)
        return Choice(options, value, changed)


def figure(name: str) -> tuple[TextElement, TextElement]:
    """A large figure with its name, within a ``dl``: gives the element of the figure and that of a remark below it."""
    with box("div"):
        text("dt", name)
        with box("dd"):
            return text("strong", "–"), text("span", "")


def listed(typed: str) -> list[str]:
    """What somebody has typed with commas between."""
    return [part.strip() for part in typed.split(",") if part.strip()]


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
