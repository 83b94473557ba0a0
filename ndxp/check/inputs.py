"""Wrong requests, made from the contract's own descriptors."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias
from uuid import uuid4

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

Path: TypeAlias = tuple[FieldDescriptor, ...]

HUGE = 200_000
"""Letters of a huge text, and at most so many bytes of a huge list."""

_MOST_ELEMENTS = 20_000
_DEEPEST = 3
_REQUEST_ID = "request_id"
_TEXTS = (
    "", " ", "0", "-1", "null", "\x00", "a\nb", "\u202e", "'; DROP TABLE documents; --", "../../etc/passwd", "%s%n{}",
    "2023-02-30", "31/12/9999", "1e999", "999999999999", "0" * 12, "Nguyễn", "é" * 300,
)  # fmt: skip
_NUMBERS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}

_LARGEST_FLOAT = float.fromhex("0x1.fffffep+127")
"""The largest float of 32 bits. Protobuf's JSON writes it in a short form that it refuses to read as too large."""


def messages(kind: Descriptor, depth: int = 0) -> st.SearchStrategy[Message]:
    """Any message of a kind, with any of its fields."""
    fields = {field.name: _value(field, depth) for field in kind.fields if depth < _DEEPEST or not field.message_type}

    def made(values: dict[str, Any]) -> Message:
        message = GetMessageClass(kind)()
        for name, value in values.items():
            put(message, kind.fields_by_name[name], value)
        return message

    return st.fixed_dictionaries({}, optional=fields).map(made)


def with_one_wrong(example: Message) -> st.SearchStrategy[Message]:
    """The example with one of its fields, however deep, replaced by any value."""
    paths = list(paths_of(example.DESCRIPTOR))
    if not paths:
        return st.just(example)
    one = st.sampled_from(paths).flatmap(lambda path: st.tuples(st.just(path), _value(path[-1], len(path))))
    return one.map(lambda chosen: changed(example, *chosen))


def paths_of(kind: Any, above: Path = ()) -> Iterator[Path]:
    """The ways to the fields of a message, and of the messages in it that are not in a list."""
    for field in kind.fields:
        yield (*above, field)
        if field.message_type and not field.is_repeated and len(above) < _DEEPEST - 1:
            yield from paths_of(field.message_type, (*above, field))


def changed(example: Message, path: Path, value: Any) -> Message:
    """The example with another value at a place."""
    copy = type(example)()
    copy.CopyFrom(example)
    at: Any = copy
    for field in path[:-1]:
        at = getattr(at, field.name)
    put(at, path[-1], value)
    return copy


def put(message: Message, field: FieldDescriptor, value: Any) -> None:
    """Sets a field to a value: a list or a dict where it is repeated."""
    message.ClearField(field.name)
    if not field.is_repeated:
        if field.message_type is None:
            setattr(message, field.name, value)
        else:
            getattr(message, field.name).CopyFrom(value)
    elif not _is_map(field):
        getattr(message, field.name).extend(value)
    else:
        entries = getattr(message, field.name)
        for key, each in value.items():
            if isinstance(each, Message):
                entries[key].CopyFrom(each)
            else:
                entries[key] = each


def huge(example: Message) -> Iterator[tuple[str, Message]]:
    """The example with one field that is far too large, each time another one; and the name of the field."""
    for path in paths_of(example.DESCRIPTOR):
        field, name = path[-1], ".".join(step.name for step in path)
        if _is_map(field):
            continue
        if field.is_repeated:
            yield name, changed(example, path, [_largest(field)] * _MOST_ELEMENTS)
        elif field.type in (field.TYPE_STRING, field.TYPE_BYTES):
            yield name, changed(example, path, _text(field, "9" * HUGE))


def renewed(requests: Sequence[Message]) -> list[Message]:
    """Copies of requests with a new request_id each, where they have one."""
    copies = []
    for request in requests:
        copy = type(request)()
        copy.CopyFrom(request)
        if _REQUEST_ID in copy.DESCRIPTOR.fields_by_name:
            setattr(copy, _REQUEST_ID, str(uuid4()))
        copies.append(copy)
    return copies


def has_request_id(kind: Descriptor) -> bool:
    """Whether messages of a kind have a request_id."""
    return _REQUEST_ID in kind.fields_by_name


def _value(field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
    if _is_map(field):
        entry: Any = field.message_type
        key, value = entry.fields_by_name["key"], entry.fields_by_name["value"]
        return st.dictionaries(_single(key, depth + 1), _single(value, depth + 1), max_size=3)
    single = _single(field, depth)
    return st.lists(single, max_size=4) if field.is_repeated else single


def _single(field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
    if (kind := field.message_type) is not None:
        return st.deferred(lambda: messages(kind, depth + 1))
    if field.cpp_type in _NUMBERS:
        lowest, highest = _NUMBERS[field.cpp_type]
        return st.integers(lowest, highest) | st.sampled_from((lowest, 0, 1, highest))
    if field.enum_type is not None:
        return st.sampled_from([value.number for value in field.enum_type.values]) | st.integers(-2, 2**31 - 1)
    if field.type == field.TYPE_BOOL:
        return st.booleans()
    if field.type == field.TYPE_BYTES:
        return st.binary(max_size=200)
    if field.type == field.TYPE_STRING:
        return st.sampled_from(_TEXTS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
    return st.floats(width=32).filter(lambda value: abs(value) != _LARGEST_FLOAT)


def _largest(field: FieldDescriptor) -> Any:
    if field.message_type is not None:
        return GetMessageClass(field.message_type)()
    if field.type in (field.TYPE_STRING, field.TYPE_BYTES):
        return _text(field, "99999999")
    return 1


def _text(field: FieldDescriptor, text: str) -> str | bytes:
    return text.encode() if field.type == field.TYPE_BYTES else text


def _is_map(field: FieldDescriptor) -> bool:
    return bool(field.message_type and field.message_type.GetOptions().map_entry)
