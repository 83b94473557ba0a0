"""Paths of methods for HTTP, as ``google.api.http`` annotations in a contract write them.

The syntax is that of googleapis/google/api/http.proto: ``/v1/{name=shelves/*}/books/{id}:lend``.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self
from urllib.parse import unquote_to_bytes

from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor

WHOLE = "*"
"""As the body of a rule: all fields that are not in the path."""

ONE, REST = "*", "**"
"""In a path: any segment, and any number of them at the end."""

_FIELD_PATH = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
_TEMPLATE = re.compile(r"/(?P<segments>.+?)(?::(?P<action>[^/:{}*]+))?", re.ASCII)
_SEGMENT = re.compile(rf"\{{(?P<field>{_FIELD_PATH})(?:=(?P<inner>[^{{}}]+))?\}}|(?P<plain>[^/{{}}]+)", re.ASCII)
_MOST_MESSAGES = 50
"""Messages inside a request whose fields a query may have; a contract could have millions of such paths."""

_TEXTS = frozenset(
    f"google.protobuf.{name}"
    for name in (
        "Timestamp", "Duration", "FieldMask", "DoubleValue", "FloatValue", "Int64Value", "UInt64Value", "Int32Value",
        "UInt32Value", "BoolValue", "StringValue", "BytesValue",
    )
)  # fmt: skip
"""Messages that are one text, number or truth value in JSON."""

_SLASH = re.compile(r"(?i)(%2f)")


class Part(NamedTuple):
    """A segment of a path: a literal, ``ONE`` or ``REST``; and the field that it belongs to, if any."""

    pattern: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A path with variables. ``action`` is what follows the last colon, empty without one."""

    parts: Sequence[Part]
    action: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads a path of an annotation. Raises ValueError."""
        found = _TEMPLATE.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no path of an HTTP annotation")
        parts, at, segments = list[Part](), 0, found["segments"]
        while at <= len(segments):
            segment = _SEGMENT.match(segments, at)
            if segment is None or segments[segment.end() : segment.end() + 1] not in ("", "/"):
                raise ValueError(f"{text!r} is no path of an HTTP annotation")
            inner = segment["plain"] or segment["inner"] or ONE
            parts += [Part(pattern, segment["field"] or "") for pattern in inner.split("/")]
            at = segment.end() + 1
        if any(not part.pattern or ("*" in part.pattern and part.pattern not in (ONE, REST)) for part in parts):
            raise ValueError(f"{text!r} has a wrong segment")
        if REST in [part.pattern for part in parts[:-1]]:
            raise ValueError(f"{text!r} has ** before its end")
        return cls(tuple(parts), found["action"] or "")

    @property
    def fields(self) -> list[str]:
        """The paths of the fields that it takes, each once."""
        return list(dict.fromkeys(part.field for part in self.parts if part.field))

    def match(self, path: str) -> dict[str, str] | None:
        """The values of the fields in a path, which is as it was on the wire, still percent-encoded.

        None when the path is another. Raises ValueError when what is encoded in it is not UTF-8.
        """
        if self.action:
            path, colon, action = path.rpartition(":")
            if not colon or _decoded(action) != self.action:
                return None
        segments = path.split("/")[1:] if path.startswith("/") else []
        *before, last = self.parts
        if last.pattern == REST:
            # The variable takes what is left, perhaps nothing.
            segments[len(before) :] = ["/".join(segments[len(before) :])]
        if len(segments) != len(self.parts):
            return None
        found = dict[str, list[str]]()
        for part, segment in zip(self.parts, segments, strict=True):
            if part.pattern not in (ONE, REST) and _decoded(segment) != part.pattern:
                return None
            if part.pattern == ONE and not segment:
                return None
            if part.field:
                found.setdefault(part.field, []).append(segment)
        return {field: self._value(field, values) for field, values in found.items()}

    def _value(self, field: str, segments: Sequence[str]) -> str:
        """The value of a field; in one of several segments an encoded slash stays encoded, as the annotation says."""
        patterns = [part.pattern for part in self.parts if part.field == field]
        if len(patterns) == 1 and patterns != [REST]:
            return _decoded(segments[0])
        pieces = _SLASH.split("/".join(segments))
        return "".join(piece if _SLASH.fullmatch(piece) else _decoded(piece) for piece in pieces)


@dataclass(frozen=True, slots=True)
class HttpRule:
    """One way to call a method by HTTP: a verb such as ``GET``, a path, and the fields in request and answer.

    ``body`` is the field that the request's body has, ``WHOLE`` for all that are not in the path, empty for no body;
    ``response_body`` is the field of the answer that is the HTTP answer, empty for all of it.
    """

    verb: str
    template: Template
    body: str = ""
    response_body: str = ""


def read_rules(annotation: Any) -> Iterator[HttpRule]:
    """The rules in a ``google.api.HttpRule`` and its additional bindings, without malformed ones."""
    for rule in (annotation, *annotation.additional_bindings):
        kind = rule.WhichOneof("pattern")
        if kind is None:
            continue
        verb, path = (rule.custom.kind, rule.custom.path) if kind == "custom" else (kind, getattr(rule, kind))
        try:
            template = Template.parse(path)
        except ValueError:
            continue
        yield HttpRule(verb.upper(), template, rule.body, rule.response_body)


def fits(rule: HttpRule, method: MethodDescriptor) -> bool:
    """Whether the fields that a rule names are in the messages, and those in its path are one text each."""
    singles = {".".join(f.name for f in path) for path in query_fields(method.input_type) if not path[-1].is_repeated}
    return (
        singles.issuperset(rule.template.fields)
        and rule.body in ("", WHOLE, *method.input_type.fields_by_name)
        and rule.response_body in ("", *method.output_type.fields_by_name)
    )


def query_fields(kind: Descriptor) -> list[tuple[FieldDescriptor, ...]]:
    """The fields that a query may have, each after the fields that lead to it: those that are one text each in JSON.

    Fields of a message inside itself are left out.
    """
    found = list[tuple[FieldDescriptor, ...]]()
    messages: list[tuple[tuple[FieldDescriptor, ...], Descriptor]] = [((), kind)]
    for above, message in messages:
        for field in message.fields:
            path, inner = (*above, field), field.message_type
            if inner is None or inner.full_name in _TEXTS:
                found.append(path)
            elif _leads_on(field, inner, above) and len(messages) < _MOST_MESSAGES:
                messages.append((path, inner))
    return found


def _leads_on(field: FieldDescriptor, inner: Descriptor, above: Sequence[FieldDescriptor]) -> bool:
    around = {each.containing_type.full_name for each in (*above, field) if each.containing_type}
    return not (field.is_repeated or inner.full_name.startswith("google.protobuf.") or inner.full_name in around)


def is_bound(path: Sequence[FieldDescriptor], bound: Collection[str]) -> bool:
    """Whether a field, or one above it, is among those that the path or the body has."""
    names = [field.name for field in path]
    return any(".".join(names[:length]) in bound for length in range(1, len(names) + 1))


def _decoded(segment: str) -> str:
    return unquote_to_bytes(segment).decode()
