"""Header lists: which are allowed (RFC 9113, 8.1 to 8.3), and the values of their pseudo fields."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from ndxp.http2.errors import ErrorCode, StreamFailure

Field: TypeAlias = tuple[str, str]
"""A name and a value, a character for each byte (latin-1)."""

Fields: TypeAlias = list[Field]

_NAMES = re.compile(r"[!#$%&'*+\-.^_`|~0-9a-z\n]*")
_NEVER = frozenset({"", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"})
_NOTABLE = _NEVER | {"content-length", "te"}
"""Names that need another check."""

_CACHED = 512
"""Characters; longer lists of names are not remembered."""

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
    length = _check(rest, fields)
    return Request(pseudo[":method"], pseudo[":path"], pseudo.get(":authority", ""), rest, length)


def response(fields: Fields) -> tuple[str, Fields, int | None]:
    """Reads the header list of a response: its status, the fields behind it, and its content-length.

    Raises StreamFailure for a malformed one.
    """
    pseudo, rest = _split(fields)
    status = pseudo.get(":status", "")
    if len(pseudo) != 1 or len(status) != 3 or not (status.isascii() and status.isdigit()):
        raise _malformed(":status")
    return status, rest, _check(rest, fields)


def trailers(fields: Fields) -> Fields:
    """Reads trailers, which have no pseudo fields. Raises StreamFailure."""
    _check(fields, fields)
    return fields


def _split(fields: Fields) -> tuple[dict[str, str], Fields]:
    """The pseudo fields, which come first, and the others."""
    pseudo: dict[str, str] = {}
    for name, value in fields:
        if name[:1] != ":":
            break
        if name in pseudo:
            raise _malformed("a pseudo field twice")
        pseudo[name] = value
    return pseudo, fields[len(pseudo) :]


def _check(rest: Fields, fields: Fields) -> int | None:
    """Checks the names of fields that are no pseudo fields and the values of all; gives the content-length.

    All at once, because this is part of every call. Unlike in RFC 9113 (8.2.1) a value may begin or end with a space:
    gRPC's libraries send such status messages, and the caller should get them.
    """
    names = "\n".join([name for name, _ in rest])
    notable = (_are_notable_again if len(names) <= _CACHED else _are_notable)(names, len(rest))
    values = "\n".join([value for _, value in fields])
    if values.count("\n") != max(0, len(fields) - 1) or "\r" in values or "\0" in values:
        raise _malformed("a field value")
    return _look_again(rest) if notable else None


def _are_notable(names: str, count: int) -> bool:
    """Checks ``count`` names, one a line; returns whether one of them needs another check."""
    if not _NAMES.fullmatch(names) or names.count("\n") != max(0, count - 1):
        raise _malformed("a field name")
    return count > 0 and not _NOTABLE.isdisjoint(names.split("\n"))


_are_notable_again = lru_cache(1024)(_are_notable)
"""The results are remembered, because clients send the same names with every call."""


def _look_again(fields: Fields) -> int | None:
    length: int | None = None
    for name, value in fields:
        if name in _NEVER or (name == "te" and value != "trailers"):
            raise _malformed("a field of one connection only")
        if name == "content-length":
            if not (value.isascii() and value.isdigit()) or len(value) > 18 or length not in (None, int(value)):
                raise _malformed("content-length")
            length = int(value)
    return length


def _malformed(what: str) -> StreamFailure:
    return StreamFailure(ErrorCode.PROTOCOL_ERROR, f"malformed: {what}")
