"""A message as a tree of fields. Nothing is made before it is there: a message may hold messages of its own kind."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from console.form.leaf import Leaf, WrongField, known_name
from ndxp import messages
from ndxp.description import value_of_map


@dataclass(slots=True)
class Group:
    """A message: a slot for each of its fields."""

    described: Descriptor
    slots: dict[str, "Slot"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.slots = {each.json_name: slot_of(each) for each in self.described.fields}

    def begin(self) -> None:
        """Is empty already."""

    def fill(self, given: Any) -> None:
        """Takes a message in JSON."""
        for name, value in given.items():
            self.slots[name].fill(value)

    def value(self, path: str) -> dict[str, Any]:
        """The message in JSON. Raises WrongField."""
        present = ((name, slot, f"{path}.{name}" if path else name) for name, slot in self.slots.items())
        return {name: slot.value(where) for name, slot, where in present if slot.there}

    def choose(self, chosen: "Single", *, there: bool) -> None:
        """Puts a field there, or takes it away; of a oneof only one is there."""
        chosen.put(there)
        oneof = chosen.described.containing_oneof
        for slot in self.slots.values() if there and oneof is not None else ():
            if isinstance(slot, Single) and slot is not chosen and slot.described.containing_oneof is oneof:
                slot.put(False)


Value: TypeAlias = Leaf | Group


@dataclass(slots=True)
class Single:
    """A field with one value, which may not be there."""

    described: FieldDescriptor
    content: Value | None = None
    put_there: bool = False

    def __post_init__(self) -> None:
        if not self.optional:
            self.content = value_for(self.described)

    @property
    def optional(self) -> bool:
        """Whether a message says if it is there; a plain field is there when it is not empty."""
        return self.described.has_presence

    @property
    def there(self) -> bool:
        """Whether the message has it."""
        if self.optional:
            return self.put_there
        return isinstance(self.content, Leaf) and self.content.typed

    def put(self, there: bool) -> None:
        """Puts an optional field there, or takes it away; what was typed comes back with it."""
        self.put_there = there
        if there and self.content is None:
            self.content = value_for(self.described)
            self.content.begin()

    def fill(self, given: Any) -> None:
        """Takes a value of JSON."""
        self.put_there = True
        self.content = value_for(self.described)
        self.content.fill(given)

    def value(self, path: str) -> Any:
        """The value as JSON. Raises WrongField."""
        return _fitting(self.content, self.described, path)


@dataclass(slots=True)
class Many:
    """A field with a list."""

    described: FieldDescriptor
    items: list[Value] = field(default_factory=list)

    @property
    def there(self) -> bool:
        """Whether the message has it."""
        return bool(self.items)

    def add(self) -> Value:
        """One more item, at the end."""
        self.items.append(made := value_for(self.described))
        made.begin()
        return made

    def fill(self, given: Any) -> None:
        """Takes a list of JSON."""
        self.items = [value_for(self.described) for _ in given]
        for item, each in zip(self.items, given, strict=True):
            item.fill(each)

    def value(self, path: str) -> Any:
        """The list as JSON. Raises WrongField."""
        return [_fitting(item, self.described, f"{path}[{place}]") for place, item in enumerate(self.items)]


@dataclass(slots=True)
class Pairs:
    """A field with a map."""

    described: FieldDescriptor
    entries: list[tuple[Leaf, Value]] = field(default_factory=list)

    @property
    def there(self) -> bool:
        """Whether the message has it."""
        return bool(self.entries)

    def add(self) -> tuple[Leaf, Value]:
        """One more entry."""
        key, value = self._new()
        value.begin()
        self.entries.append((key, value))
        return key, value

    def fill(self, given: Any) -> None:
        """Takes an object of JSON."""
        self.entries = [self._new() for _ in given]
        for (key, value), (name, each) in zip(self.entries, given.items(), strict=True):
            key.text = name
            value.fill(each)

    def value(self, path: str) -> Any:
        """The map as JSON. Raises WrongField."""
        found = dict[str, Any]()
        for key, value in self.entries:
            name = _fitting(key, key.described, f"{path} (key)")
            name = name if isinstance(name, str) else json.dumps(name)
            if name in found:
                raise WrongField(f"{path} (key)", f"{name!r} is there twice")
            found[name] = _fitting(value, value_of_map(self.described), f"{path}[{name}]")
        return found

    def _new(self) -> tuple[Leaf, Value]:
        entry: Any = self.described.message_type
        return Leaf(entry.fields_by_name["key"]), value_for(entry.fields_by_name["value"])


Slot: TypeAlias = Single | Many | Pairs


def slot_of(described: FieldDescriptor) -> Slot:
    """An empty slot for a field."""
    if value_of_map(described) is not None:
        return Pairs(described)
    return Many(described) if described.is_repeated else Single(described)


def value_for(described: FieldDescriptor) -> Value:
    """An empty value of a field."""
    kind = described.message_type
    return Leaf(described) if kind is None or known_name(described) is not None else Group(kind)


def value_of(kind: Descriptor) -> Value:
    """An empty value of a whole request's type."""
    return Leaf(kind) if known_name(kind) is not None else Group(kind)


def _fitting(content: Value | None, described: FieldDescriptor | Descriptor | None, path: str) -> Any:
    """The value of a field, or of an item of its list, that the field takes. Raises WrongField."""
    value = content.value(path) if content is not None else None
    if isinstance(content, Leaf) and isinstance(described, FieldDescriptor):
        try:
            messages.check_field(value, described)
        except messages.WrongRequest as error:
            raise WrongField(path, str(error)) from None
    return value


def leaves_of(name: str, value: Value) -> Iterator[tuple[str, Leaf]]:
    """The leaves of a value that are there, with the names of their fields in the contract."""
    if isinstance(value, Leaf):
        yield name, value
        return
    for slot in value.slots.values():
        inner = slot.described.name
        if isinstance(slot, Single):
            if slot.content is not None and (slot.there or not slot.optional):
                yield from leaves_of(inner, slot.content)
        elif isinstance(slot, Many):
            for item in slot.items:
                yield from leaves_of(inner, item)
        else:
            for key, each in slot.entries:
                yield inner, key
                yield from leaves_of(inner, each)
