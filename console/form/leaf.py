"""A value that somebody types: text, in the form that protobuf's JSON has."""

import base64
import binascii
import json
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from ndxp import messages


class WrongField(Exception):
    """What was typed into a field is no value of it; ``path`` names the field, as in ``mother.titles[2]``."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}" if path else why)
        self.path = path
        self.why = why


class Kind(Enum):
    """What is typed into a leaf."""

    TEXT = auto()
    NUMBER = auto()
    SWITCH = auto()
    CHOICE = auto()
    BYTES = auto()
    JSON = auto()


_NUMBERS = frozenset(
    {
        FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT32,
        FieldDescriptor.CPPTYPE_UINT64, FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE,
    }
)  # fmt: skip
_KNOWN = {
    **dict.fromkeys(("Timestamp", "Duration", "FieldMask", "StringValue"), Kind.TEXT),
    **dict.fromkeys(("Any", "Struct", "Value", "ListValue"), Kind.JSON),
    **{f"{name}Value": Kind.NUMBER for name in ("Int32", "Int64", "UInt32", "UInt64", "Float", "Double")},
    "BoolValue": Kind.SWITCH,
    "BytesValue": Kind.BYTES,
}
"""Messages of protobuf that are one value in JSON (https://protobuf.dev/programming-guides/json/)."""
_EMPTY_JSON = {"Any": "{}", "Struct": "{}", "Value": "null", "ListValue": "[]"}


@dataclass(slots=True)
class Leaf:
    """A value that is typed. ``described`` is its field, or the message of protobuf that a whole request is."""

    described: FieldDescriptor | Descriptor
    text: str = ""

    @property
    def kind(self) -> Kind:
        """What is typed into it."""
        if (known := known_name(self.described)) is not None:
            return _KNOWN[known]
        described: Any = self.described
        if described.enum_type is not None:
            return Kind.CHOICE
        if described.type == FieldDescriptor.TYPE_BOOL:
            return Kind.SWITCH
        if described.type == FieldDescriptor.TYPE_BYTES:
            return Kind.BYTES
        return Kind.NUMBER if described.cpp_type in _NUMBERS else Kind.TEXT

    def begin(self) -> None:
        """Gives it the value that its type has before anything is typed."""
        known = known_name(self.described)
        if known in _EMPTY_JSON:
            self.text = _EMPTY_JSON[known]
        elif known in ("Timestamp", "Duration"):
            self.text = "1970-01-01T00:00:00Z" if known == "Timestamp" else "0s"
        elif self.kind is Kind.NUMBER:
            self.text = "0"
        elif self.kind is Kind.CHOICE:
            described: Any = self.described
            self.text = described.enum_type.values[0].name

    def fill(self, given: Any) -> None:
        """Takes a value of JSON."""
        if self.kind is Kind.JSON:
            self.text = json.dumps(given, ensure_ascii=False)
        else:
            self.text = given if isinstance(given, str) else json.dumps(given)

    def value(self, path: str) -> Any:
        """The value as JSON. Raises WrongField."""
        kind = self.kind
        if kind is Kind.SWITCH:
            return self.text == "true"
        if kind is Kind.NUMBER and not self.text.strip():
            raise WrongField(path, "a number is missing")
        if kind is Kind.BYTES:
            try:
                base64.b64decode(self.text, validate=True)
            except (binascii.Error, ValueError) as error:
                raise WrongField(path, f"it is not base64: {error}") from None
        if kind is Kind.JSON:
            return _json(self.text, path)
        if kind is Kind.CHOICE and self.text.lstrip("-").isdecimal():
            return int(self.text)
        return self.text.strip() if kind is Kind.NUMBER else self.text

    @property
    def typed(self) -> bool:
        """Whether it has another value than that of a field that is not there."""
        if self.kind is Kind.SWITCH:
            return self.text == "true"
        return bool(self.text.strip() if self.kind is Kind.NUMBER else self.text)


def known_name(described: FieldDescriptor | Descriptor) -> str | None:
    """The name of the message of protobuf that is one value in JSON; None for everything else."""
    kind = described if isinstance(described, Descriptor) else described.message_type
    package, _, name = ("" if kind is None else kind.full_name).rpartition(".")
    return name if package == "google.protobuf" and name in _KNOWN else None


def _json(text: str, path: str) -> Any:
    try:
        given = messages.values(text.encode())
    except (messages.WrongRequest, UnicodeEncodeError) as error:
        raise WrongField(path, str(error)) from None
    if len(given) != 1:
        raise WrongField(path, "one JSON value is wanted")
    return given[0]
