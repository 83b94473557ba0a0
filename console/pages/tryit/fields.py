"""The form of a request as elements of a page, which write into the form's tree what somebody types."""

from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import FieldDescriptor, OneofDescriptor
from nicegui.element import Element

from console.form import Form, Group, Kind, Leaf, Many, Pairs, Single, Slot, Value
from console.parts import Choice, Field, Tick, box, button, text
from console.texts import Texts
from ndxp.contract import Contract
from ndxp.description import type_of

MOST = 300
"""A form with more fields than these is not drawn: it is written as JSON."""

_LONG = 60


class Fields:
    """The elements of a form; ``changed`` is called after each change."""

    def __init__(self, form: Form, contract: Contract, texts: Texts, changed: Callable[[], None]) -> None:
        self._form, self._contract, self._t = form, contract, texts
        self._changed = changed
        self._by_path: dict[str, Element] = {}
        self._marked: Element | None = None

    def draw(self, place: Element) -> None:
        """Draws the form anew into a place that it empties."""
        place.clear()
        self._by_path.clear()
        self._marked = None
        with place:
            if sum(1 for _ in self._form.leaves()) > MOST:
                text("p", self._t("try.form.large", most=MOST), "quiet")
            elif self._form.streams:
                self._draw_stream(place)
            elif isinstance(request := self._form.requests[0], Group) and not request.slots:
                text("p", self._t("try.form.empty"), "quiet")
            else:
                self._value(request, self._form.method.input_type.name, "")

    def mark(self, path: str) -> None:
        """Marks the field at a path as wrong, and no other one; an empty path marks none."""
        if self._marked is not None:
            self._marked.props(remove="aria-invalid")
        self._marked = self._by_path.get(path)
        if self._marked is not None:
            self._marked.props("aria-invalid=true")

    def _draw_stream(self, place: Element) -> None:
        for number, request in enumerate(self._form.requests):
            with box("fieldset"):
                text("legend", self._t("try.message", n=number + 1))
                self._value(request, "", f"[{number}]")
                self._remover(self._t("try.message", n=number + 1), self._form.requests, number, place)

        def add() -> None:
            self._form.add()
            self.draw(place)
            self._changed()

        button(self._t("try.message.add"), add)

    def _remover(self, name: str, items: list[Any], number: int, place: Element) -> None:
        def remove() -> None:
            del items[number]
            self.draw(place)
            self._changed()

        button(self._t("try.remove"), remove).props["aria-label"] = f"{self._t('try.remove')} {name}"

    def _value(self, value: Value, name: str, path: str) -> None:
        """The elements of a value; a message without a name is the one that is drawn already."""
        if isinstance(value, Leaf):
            self._leaf(value, name, path)
            return
        oneofs = set[str]()
        for key, slot in value.slots.items():
            oneof = slot.described.containing_oneof
            if oneof is None or len(oneof.fields) == 1:
                self._slot(value, slot, f"{path}.{key}" if path else key)
            elif oneof.name not in oneofs:
                oneofs.add(oneof.name)
                self._oneof(value, oneof, path)

    def _slot(self, group: Group, slot: Slot, path: str) -> None:
        if isinstance(slot, Many):
            self._many(slot, path)
        elif isinstance(slot, Pairs):
            self._pairs(slot, path)
        elif slot.optional:
            self._optional(group, slot, path)
        elif slot.content is not None:
            self._value(slot.content, slot.described.json_name, path)
            self._comment(slot.described, self._by_path[path])

    def _optional(self, group: Group, slot: Single, path: str) -> None:
        """A field that may not be there: with a box to tick, and what it holds below."""
        described = slot.described
        with box("div", "optional"):
            with box("label", "tick"):
                tick = Tick(slot.there, lambda: put())
                text("span", described.json_name)
                text("small", type_of(described))
            self._comment(described, tick)
            below = box("div", "below")

        def put() -> None:
            group.choose(slot, there=tick.value)
            show()
            self._changed()

        def show() -> None:
            below.clear()
            if slot.there and slot.content is not None:
                with below:
                    self._value(slot.content, described.json_name, path)

        show()

    def _oneof(self, group: Group, oneof: OneofDescriptor, path: str) -> None:
        """Fields of which one may be there: a choice, and what the chosen one holds below."""
        slots = {each.json_name: group.slots[each.json_name] for each in oneof.fields}
        there = next((name for name, slot in slots.items() if slot.there), "")
        with box("fieldset"):
            text("legend", oneof.name)
            with box("label"):
                text("span", self._t("try.oneof"))
                chosen = Choice([("", self._t("try.none")), *((name, name) for name in slots)], there, lambda: choose())
            self._comment(oneof, chosen)
            below = box("div", "below")

        def choose() -> None:
            for name, slot in slots.items():
                if isinstance(slot, Single) and (slot.there or name == chosen.value):
                    group.choose(slot, there=name == chosen.value)
            show()
            self._changed()

        def show() -> None:
            below.clear()
            slot = slots.get(chosen.value)
            if isinstance(slot, Single) and slot.content is not None:
                with below:
                    self._value(slot.content, chosen.value, f"{path}.{chosen.value}" if path else chosen.value)
                    self._comment(slot.described, below)

        show()

    def _many(self, slot: Many, path: str) -> None:
        name = slot.described.json_name
        below = self._list(slot, slot.add, lambda: show())

        def show() -> None:
            below.clear()
            with below:
                for number, item in enumerate(slot.items):
                    with box("div", "item"):
                        self._value(item, f"{name} {number + 1}", f"{path}[{number}]")
                        self._dropper(f"{name} {number + 1}", slot.items, number, show)

        show()

    def _pairs(self, slot: Pairs, path: str) -> None:
        name = slot.described.json_name
        below = self._list(slot, slot.add, lambda: show())

        def show() -> None:
            below.clear()
            with below:
                for number, (key, value) in enumerate(slot.entries):
                    with box("div", "item"):
                        self._value(key, self._t("try.key", name=name, n=number + 1), f"{path} (key)")
                        self._value(value, f"{name} {number + 1}", f"{path}[{key.text}]")
                        self._dropper(f"{name} {number + 1}", slot.entries, number, show)

        show()

    def _list(self, slot: Many | Pairs, add: Callable[[], Any], show: Callable[[], None]) -> Element:
        """The frame of a list, with the button that adds to it; gives where the items are."""
        name = slot.described.json_name

        def added() -> None:
            add()
            show()
            self._changed()

        with box("fieldset") as frame:
            with box("legend"):
                text("span", name)
                text("small", type_of(slot.described))
            self._comment(slot.described, frame)
            below = box("div", "below")
            button(self._t("try.add", name=name), added)
        return below

    def _dropper(self, name: str, items: list[Any], number: int, show: Callable[[], None]) -> None:
        def drop() -> None:
            del items[number]
            show()
            self._changed()

        button(self._t("try.remove"), drop).props["aria-label"] = f"{self._t('try.remove')} {name}"

    def _leaf(self, leaf: Leaf, name: str, path: str) -> None:
        described = leaf.described
        with box("label", "tick" if leaf.kind is Kind.SWITCH else ""):
            if leaf.kind is Kind.SWITCH:
                made: Element = self._input(leaf)
            with box("span", "name"):
                text("span", name)
                if isinstance(described, FieldDescriptor):
                    text("small", type_of(described))
            if leaf.kind is not Kind.SWITCH:
                made = self._input(leaf)
        self._by_path[path] = made

    def _input(self, leaf: Leaf) -> Element:
        def take(made: Any) -> None:
            leaf.text = str(made.value).lower() if leaf.kind is Kind.SWITCH else made.value
            self._changed()

        described: Any = leaf.described
        if leaf.kind is Kind.SWITCH:
            tick = Tick(leaf.text == "true", lambda: take(tick))
            return tick
        if leaf.kind is Kind.CHOICE:
            names = [value.name for value in described.enum_type.values]
            known = leaf.text or names[0]
            options = [(each, each) for each in (names if known in names else [*names, known])]
            chosen = Choice(options, known, lambda: take(chosen))
            return chosen
        long = "\n" in leaf.text or len(leaf.text) > _LONG or leaf.kind is Kind.JSON
        typed = Field(leaf.text, "textarea" if long else "input", lambda: take(typed))
        return typed.props("rows=3" if long else "type=text autocomplete=off")

    def _comment(self, described: Any, made: Element) -> None:
        """What the contract says about a field, and about the values of its enum."""
        comment = self._contract.comment(described).partition("\n\n")[0]
        if comment:
            told = text("p", comment, "comment").props("lang=en")
            told.props["id"] = f"about-{made.id}"
            made.props["aria-describedby"] = f"about-{made.id}"
