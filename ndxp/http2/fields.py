"""Header lists: which are allowed (RFC 9113, 8.1 to 8.3), and what their pseudo fields say."""

import re
from dataclasses import dataclass
from typing import TypeAlias

from ndxp.http2.errors import ErrorCode, StreamFailure

Field: TypeAlias = tuple[str, str]
"""A name and a value, a character for each byte (latin-1)."""

Fields: TypeAlias = list[Field]

_NAMES = re.compile(r"[!#$%&'*+\-.^_`|~0-9a-z\n]*")
_NEVER = frozenset({"", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"})
_NOTABLE = _NEVER | {"content-length", "te"}
"""Names that need a second look."""

_OF_REQUESTS = frozenset({":method", ":scheme", ":path", ":authority"})


@dataclass(frozen=True, slots=True)
class Request:
    """What a request asks for. ``length`` is its content-length, None when it does not say."""

    method: str
    path: str
    authority: str
    fields: Fields
    length: int | None


def request(fields: Fields) -> Request:
    """Reads the header list of a request. Raises StreamFailure for a malformed one."""
    pseudo, rest = _split(fields)
    if not pseudo.keys() <= _OF_REQUESTS or not pseudo.keys() >= {":method", ":scheme", ":path"}:
        raise _malformed("pseudo fields")
    if not pseudo[":path"] and pseudo[":scheme"] in ("http", "https"):
        raise _malformed(":path")
    return Request(pseudo[":method"], pseudo[":path"], pseudo.get(":authority", ""), rest, _check(rest))


def response(fields: Fields) -> tuple[str, Fields]:
    """Reads the header list of a response: its status, and the fields behind it. Raises StreamFailure."""
    pseudo, rest = _split(fields)
    status = pseudo.get(":status", "")
    if len(pseudo) != 1 or len(status) != 3 or not (status.isascii() and status.isdigit()):
        raise _malformed(":status")
    _check(rest)
    return status, rest


def trailers(fields: Fields) -> Fields:
    """Reads trailers, which have no pseudo fields. Raises StreamFailure."""
    _check(fields)
    return fields


def _split(fields: Fields) -> tuple[dict[str, str], Fields]:
    """The pseudo fields, which come first, and the others."""
    pseudo: dict[str, str] = {}
    for name, value in fields:
        if name[:1] != ":":
            break
        if name in pseudo:
            raise _malformed(name)
        pseudo[name] = value
    return pseudo, fields[len(pseudo) :]


def _check(fields: Fields) -> int | None:
    """Checks fields that are no pseudo fields; gives the content-length. All at once: this is on every call's way."""
    names = [name for name, _ in fields]
    values = "\n".join([value for _, value in fields])
    breaks = max(0, len(fields) - 1)
    joined = "\n".join(names)
    if not _NAMES.fullmatch(joined) or joined.count("\n") != breaks:
        raise _malformed("a field name")
    if values.count("\n") != breaks or "\r" in values or "\0" in values:
        raise _malformed("a field value")
    return None if _NOTABLE.isdisjoint(names) else _look_again(fields)


def _look_again(fields: Fields) -> int | None:
    length: int | None = None
    for name, value in fields:
        if name in _NEVER or (name == "te" and value != "trailers"):
            raise _malformed("a field of one connection only")
        if name == "content-length":
            if not (value.isascii() and value.isdigit()) or len(value) > 18 or length not in (None, int(value)):
                raise _malformed(name)
            length = int(value)
    return length


def _malformed(what: str) -> StreamFailure:
    return StreamFailure(ErrorCode.PROTOCOL_ERROR, f"malformed: {what}")
