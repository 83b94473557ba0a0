"""What of an answer goes out: the fields that the caller's grant releases, and the names of the others."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, TypeVar

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from ndxp.wire.metadata import LONGEST_WITHHELD, MORE

_Answer = TypeVar("_Answer", bound=Message)
_Mask = dict[str, Any]
"""Field names, each with a mask of the fields below it; an empty mask releases everything."""


def released(answer: _Answer, fields: str) -> _Answer:
    """A copy of an answer with nothing but these fields in it.

    ``fields`` are paths of a google.protobuf.FieldMask with commas between. A path leads through repeated fields and
    maps into each of their messages; a path that leads nowhere releases nothing. Unknown fields are left out. A message
    on the way to a released field stays, as empty as may be: whether it is there is part of the answer.
    """
    copy = type(answer)()
    _copy(answer, copy, _mask(fields))
    copy.DiscardUnknownFields()
    return copy


@lru_cache(maxsize=1000)
def withheld(answer: Descriptor, fields: str) -> str:
    """The paths of an answer that ``fields`` do not release, with spaces between, ``+`` for those too many to name.

    All of the contract's, whether this very answer has them or not: a name that comes for the married only would tell
    who is married.
    """
    said = ""
    for path in _others(answer, _mask(fields), ""):
        if len(said) + len(path) + len(f" {MORE}") > LONGEST_WITHHELD:
            return f"{said} {MORE}".lstrip()
        said = f"{said} {path}".lstrip()
    return said


@lru_cache(maxsize=1000)
def _mask(fields: str) -> _Mask:
    mask: _Mask = {}
    for path in sorted(fields.split(","), reverse=True):  # "a" comes after "a.b", which it includes
        *above, last = path.split(".")
        at = mask
        for part in above:
            at = at.setdefault(part, {})
        at[last] = {}
    return mask


def _others(message: Descriptor, mask: _Mask, above: str) -> Iterator[str]:
    for field in message.fields:
        below = mask.get(field.name)
        if below is None:
            yield above + field.name
        elif below and (inner := _message_in(field)):
            yield from _others(inner, below, f"{above}{field.name}.")


def _message_in(field: FieldDescriptor) -> Descriptor | None:
    """The message that a field holds, of a map its values; None for a scalar."""
    inner: Descriptor | None = field.message_type
    return _message_in(inner.fields_by_name["value"]) if inner and inner.GetOptions().map_entry else inner


def _copy(source: Any, target: Any, mask: _Mask) -> None:
    for name, below in mask.items():
        field = source.DESCRIPTOR.fields_by_name.get(name)
        if field is None or (below and not _message_in(field)):
            continue
        if field.is_repeated:
            _copy_each(getattr(source, name), getattr(target, name), below)
        elif not field.has_presence or source.HasField(name):
            if field.message_type is None:
                setattr(target, name, getattr(source, name))
            elif below:
                getattr(target, name).SetInParent()
                _copy(getattr(source, name), getattr(target, name), below)
            else:
                getattr(target, name).CopyFrom(getattr(source, name))


def _copy_each(source: Any, target: Any, mask: _Mask) -> None:
    if not mask:
        target.MergeFrom(source)
    elif hasattr(source, "keys"):
        for key in source:
            target[key].SetInParent()
            _copy(source[key], target[key], mask)
    else:
        for element in source:
            _copy(element, target.add(), mask)
