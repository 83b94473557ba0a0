"""Messages in JSON: the requests and answers of `ndxp call`."""

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from ndxp.language import _

JSON, LINES = "application/json", "application/x-ndjson"
"""Content types: a message in JSON; a stream, with a line of JSON for each message."""

_SPACE = re.compile(r"[ \t\n\r]*")
_FIELD = re.compile(r"Failed to parse (\S+) field: ")
_ARRAYS = frozenset({"google.protobuf.ListValue", "google.protobuf.Value"})
_OBJECTS = frozenset({"google.protobuf.Any", "google.protobuf.Empty", "google.protobuf.Struct"})


class WrongRequest(Exception):
    """The text is not a request for the method; the error says why in one line."""


def content(request: str) -> bytes:
    """The JSON of an argument: the argument itself, stdin for ``-``, a file for ``@FILE``. Raises WrongRequest.

    JSON is UTF-8 whatever the locale (RFC 8259, section 8.1).
    """
    if request == "-":
        return sys.stdin.buffer.read()
    if request.startswith("@"):
        try:
            return Path(request[1:]).read_bytes()
        except (OSError, ValueError) as error:
            raise WrongRequest(
                _("cannot read the request from {request}: {error}", request=request[1:], error=error)
            ) from error
    if _SPACE.fullmatch(request):
        raise WrongRequest(_("the request is not JSON: it is empty"))
    return os.fsencode(request)


def values(data: bytes) -> list[Any]:
    """The JSON values in a text, one after another. Raises WrongRequest."""
    try:
        return list(_values(data.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise WrongRequest(
            _("the request is not UTF-8: {reason} at byte {start}", reason=error.reason, start=error.start)
        ) from error
    except RecursionError:
        raise WrongRequest(_("the request is not taken: {deep}", deep=_("it is nested too deep"))) from None
    except ValueError as error:
        raise WrongRequest(_("the request is not JSON: {error}", error=error)) from error


def read(data: bytes, method: MethodDescriptor | None) -> list[Message]:
    """The messages for a method, as ``each`` gives them. Raises WrongRequest."""
    return list(each(data, method))


def each(data: bytes, method: MethodDescriptor | None) -> Iterator[Message]:
    """The messages for a method: the items of an array, or one JSON value after another. Raises WrongRequest.

    For an unknown method it only checks the JSON and gives no messages.
    """
    given = values(data)
    if method is None:
        return
    if len(given) == 1 and isinstance(given[0], list):
        (items,) = given
        if method.client_streaming or method.input_type.full_name not in _ARRAYS:
            given = items
    if not method.client_streaming and len(given) != 1:
        raise WrongRequest(
            _("{full_name} takes one message; {given} were given", full_name=method.full_name, given=len(given))
        )
    for value in given:
        yield message(value, method)


def message(value: Any, method: MethodDescriptor) -> Message:
    """The message that a JSON value means. Raises WrongRequest."""
    kind = method.input_type
    try:
        if not isinstance(value, dict) and (not _is_known(kind) or kind.full_name in _OBJECTS):
            raise TypeError(_("a message is a JSON object"))
        made = GetMessageClass(kind)()
        json_format.ParseDict(value, made, descriptor_pool=kind.file.pool)
        made.SerializeToString()
    except RecursionError:
        raise WrongRequest(
            _("the request does not fit {name}: {deep}", name=kind.name, deep=_("it is nested too deep"))
        ) from None
    except (json_format.ParseError, TypeError, AttributeError, ValueError) as error:
        known = ", ".join(f.json_name for f in kind.fields) or _("none")
        fields = "" if _is_known(kind) else _("; its fields are {fields}", fields=known)
        raise WrongRequest(
            _("the request does not fit {name}: {why}{fields}", name=kind.name, why=_why(error), fields=fields)
        ) from None
    return made


def check_field(value: Any, field: FieldDescriptor) -> None:
    """Whether a JSON value is one of a field, or of an item in its list. Raises WrongRequest, which says why."""
    owner: Any = field.containing_type
    given = {field.json_name: [value] if field.is_repeated else value}
    try:
        made = GetMessageClass(owner)()
        json_format.ParseDict(given, made, descriptor_pool=owner.file.pool)
        made.SerializeToString()
    except RecursionError:
        raise WrongRequest(_("it is nested too deep")) from None
    except (json_format.ParseError, TypeError, AttributeError, ValueError) as error:
        raise WrongRequest(_why(error).partition(": ")[2].partition(f" at {owner.name}.")[0]) from None


def shown(message: Message, withheld: Iterable[str] = ()) -> Any:
    """A message as JSON, with empty fields but without withheld fields, whose values are unknown."""
    kind = message.DESCRIPTOR
    pool: Any = kind.file.pool
    plain = json_format.MessageToDict(message, always_print_fields_with_no_presence=True, descriptor_pool=pool)
    if _is_known(kind):
        return plain
    for path in withheld:
        _leave_out(plain, kind, path)
    return {field.json_name: plain[field.json_name] for field in kind.fields if field.json_name in plain}


def plain(message: Message) -> Any:
    """A message as JSON without empty fields, as a request is written."""
    pool: Any = message.DESCRIPTOR.file.pool
    return json_format.MessageToDict(message, descriptor_pool=pool)


def _values(text: str) -> Iterator[Any]:
    """The JSON values of a text. Raises ValueError and RecursionError."""
    decoder = json.JSONDecoder(object_pairs_hook=_without_repeats, parse_constant=_no_number)
    at = _after_space(text, 0)
    while at < len(text):
        value, end = decoder.raw_decode(text, at)
        yield value
        at = _after_space(text, end)


def _after_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if any("\ud800" <= letter <= "\udfff" for name in found for letter in name):
        raise ValueError(_("a name in it has half a character (a lone surrogate)"))
    if len(found) != len(pairs):
        names = [pair[0] for pair in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(_("{name!r} is there twice", name=twice[:100]))
    return found


def _no_number(word: str) -> Any:
    raise ValueError(_("{word} is no JSON; write it as a string", word=word))


def _why(error: Exception) -> str:
    """The error of protobuf about a JSON value: the path of the field first, without protobuf's list of fields."""
    text = " ".join(str(error).partition(" Available Fields")[0].rstrip(". \n").split())
    path = ".".join(_FIELD.findall(text))
    return f"{path[-100:]}: {_FIELD.sub('', text)[:200]}" if path else text[:200]


def _is_known(kind: Any) -> bool:
    """Whether a message type has a special form in JSON, such as a string for a Timestamp."""
    return bool(kind.full_name.startswith("google.protobuf."))


def _leave_out(plain: dict[str, Any], message: Any, path: str) -> None:
    """Removes the field at a path from a message in JSON; ``message`` is its descriptor."""
    name, _, below = path.partition(".")
    field = message.fields_by_name.get(name)
    if field is None or field.json_name not in plain:
        return
    if not below:
        del plain[field.json_name]
        return
    found, inner = plain[field.json_name], field.message_type
    if inner.GetOptions().map_entry:
        found, inner = list(found.values()), inner.fields_by_name["value"].message_type
    for part in found if isinstance(found, list) else [found]:
        _leave_out(part, inner, below)
