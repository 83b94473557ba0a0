"""Releases of an answer only the fields that the caller's grant names, and names the others."""

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
    """A copy of an answer with these fields only.

    ``fields`` are paths of a google.protobuf.FieldMask with commas between. A path leads through repeated fields and
    maps into each of their messages; an unknown path releases nothing. Unknown fields are left out. A message on the
    path to a released field stays, even if it is empty: whether it exists is part of the answer.
    """
    copy = type(answer)()
    _copy(answer, copy, _mask(fields))
    copy.DiscardUnknownFields()
    return copy


@lru_cache(maxsize=1000)
def withheld(answer: Descriptor, fields: str) -> str:
    """The paths of an answer that ``fields`` do not release, with spaces between; ``+`` when the list is cut.

    It lists all such paths of the contract, whether this answer has them or not: a name that is listed for married
    people only would reveal who is married.
    """
    names = ""
    for path in _others(answer, _mask(fields), ""):
        if len(names) + len(path) + len(f" {MORE}") > LONGEST_WITHHELD:
            return f"{names} {MORE}".lstrip()
        names = f"{names} {path}".lstrip()
    return names


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
    """The type of message in a field, or in the values of a map; None for a scalar."""
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
