"""JSON schemas of messages in their JSON form (https://protobuf.dev/programming-guides/json/)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from ndxp.contract import Contract

Schema = dict[str, Any]

_NOT_NUMBERS = {"enum": ["NaN", "Infinity", "-Infinity"]}


_INT32: Schema = {"type": "integer", "format": "int32", "minimum": -(2**31), "maximum": 2**31 - 1}
_UINT32: Schema = {"type": "integer", "format": "uint32", "minimum": 0, "maximum": 2**32 - 1}
# Integers of 64 bits are strings in JSON: JavaScript's numbers are exact up to 53 bits only.
_INT64: Schema = {"type": "string", "format": "int64", "pattern": "^-?[0-9]+$"}
_UINT64: Schema = {"type": "string", "format": "uint64", "pattern": "^[0-9]+$"}
_DOUBLE: Schema = {"anyOf": [{"type": "number", "format": "double"}, _NOT_NUMBERS]}
_FLOAT: Schema = {"anyOf": [{"type": "number", "format": "float"}, _NOT_NUMBERS]}
_BOOL: Schema = {"type": "boolean"}
_STRING: Schema = {"type": "string"}
_BYTES: Schema = {"type": "string", "contentEncoding": "base64"}

_SCALARS: Mapping[int, Schema] = {
    FieldDescriptor.TYPE_DOUBLE: _DOUBLE, FieldDescriptor.TYPE_FLOAT: _FLOAT, FieldDescriptor.TYPE_INT64: _INT64,
    FieldDescriptor.TYPE_UINT64: _UINT64, FieldDescriptor.TYPE_INT32: _INT32, FieldDescriptor.TYPE_FIXED64: _UINT64,
    FieldDescriptor.TYPE_FIXED32: _UINT32, FieldDescriptor.TYPE_BOOL: _BOOL, FieldDescriptor.TYPE_STRING: _STRING,
    FieldDescriptor.TYPE_BYTES: _BYTES, FieldDescriptor.TYPE_UINT32: _UINT32, FieldDescriptor.TYPE_SFIXED32: _INT32,
    FieldDescriptor.TYPE_SFIXED64: _INT64, FieldDescriptor.TYPE_SINT32: _INT32, FieldDescriptor.TYPE_SINT64: _INT64,
}  # fmt: skip

KNOWN: Mapping[str, Schema] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$"},
    "google.protobuf.FieldMask": {"type": "string", "description": "Paths of fields, with commas between."},
    "google.protobuf.Struct": {"type": "object"},
    "google.protobuf.Value": {},
    "google.protobuf.ListValue": {"type": "array", "items": {}},
    "google.protobuf.Empty": {"type": "object", "additionalProperties": False},
    "google.protobuf.Any": {
        "type": "object",
        "properties": {"@type": {"type": "string", "description": "The URL of the type of the message."}},
        "additionalProperties": True,
    },
    "google.protobuf.DoubleValue": _DOUBLE, "google.protobuf.FloatValue": _FLOAT,
    "google.protobuf.Int64Value": _INT64, "google.protobuf.UInt64Value": _UINT64,
    "google.protobuf.Int32Value": _INT32, "google.protobuf.UInt32Value": _UINT32,
    "google.protobuf.BoolValue": _BOOL, "google.protobuf.StringValue": _STRING, "google.protobuf.BytesValue": _BYTES,
}  # fmt: skip
"""Messages with a JSON form of their own."""

_NULL = "google.protobuf.NullValue"


class Schemas:
    """The schemas of a contract's messages; each message and enum that was asked for gets a place in a document."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._wanted = list[Descriptor | EnumDescriptor]()
        self._names = set[str]()

    def message(self, kind: Descriptor) -> Schema:
        """The schema of a message: its own, or a reference to it."""
        return dict(KNOWN[kind.full_name]) if kind.full_name in KNOWN else self._reference(kind)

    def field(self, field: FieldDescriptor) -> Schema:
        """The schema of a field, with its comment."""
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            schema = self._of_map(field.message_type)
        else:
            schema = {"type": "array", "items": self._single(field)} if field.is_repeated else self._single(field)
        return {**schema, **described(self._contract.comment(field))}

    def fields(self, kind: Descriptor, fields: Sequence[FieldDescriptor]) -> Schema:
        """The schema of an object with some fields of a message."""
        schema: Schema = {
            "type": "object",
            "properties": {field.json_name: self.field(field) for field in fields},
            "additionalProperties": False,
        }
        if required := [field.json_name for field in fields if field.is_required]:
            schema["required"] = required
        names = {field.name for field in fields}
        alternatives = [[each.json_name for each in oneof.fields if each.name in names] for oneof in kind.oneofs]
        if exclusive := [_at_most_one(each) for each in alternatives if len(each) > 1]:
            schema["allOf"] = exclusive
        return schema

    def components(self) -> dict[str, Schema]:
        """The schemas that others refer to, by name. Messages that are named by these are among them."""
        made = [(kind.full_name, self._component(kind)) for kind in self._wanted]  # it grows meanwhile
        return dict(sorted(made, key=lambda named: named[0]))

    def _component(self, kind: Descriptor | EnumDescriptor) -> Schema:
        if isinstance(kind, Descriptor):
            return {**self.fields(kind, list(kind.fields)), **described(self._contract.comment(kind))}
        values = [f"- `{value.name}`: {self._contract.comment(value)}".rstrip(": ") for value in kind.values]
        text = "\n\n".join(filter(None, [self._contract.comment(kind), "\n".join(values)]))
        return {"type": "string", "enum": [value.name for value in kind.values], **described(text)}

    def _reference(self, kind: Descriptor | EnumDescriptor) -> Schema:
        if kind.full_name not in self._names:
            self._names.add(kind.full_name)
            self._wanted.append(kind)
        return {"$ref": f"#/components/schemas/{kind.full_name}"}

    def _single(self, field: FieldDescriptor) -> Schema:
        if field.message_type is not None:
            return self.message(field.message_type)
        if field.enum_type is not None:
            return {"type": "null"} if field.enum_type.full_name == _NULL else self._reference(field.enum_type)
        return dict(_SCALARS[field.type])

    def _of_map(self, entry: Descriptor) -> Schema:
        schema: Schema = {"type": "object", "additionalProperties": self._single(entry.fields_by_name["value"])}
        key = _SCALARS[entry.fields_by_name["key"].type]
        if key is _BOOL:
            schema["propertyNames"] = {"enum": ["true", "false"]}
        elif key is not _STRING:
            schema["propertyNames"] = {"pattern": "^-?[0-9]+$"}
        return schema


def described(text: str) -> dict[str, str]:
    """A description, where there is one."""
    return {"description": text} if text else {}


def _at_most_one(names: Iterable[str]) -> Schema:
    """A schema of objects that have one of the properties or none, as the fields of a oneof are."""
    each = [{"required": [name]} for name in names]
    return {"oneOf": [*each, {"not": {"anyOf": each}}]}
