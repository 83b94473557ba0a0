"""Which header fields of HTTP pass between a caller and a REST service, and which the exchange sets itself."""

import re
from collections.abc import Iterable, Iterator

Fields = list[tuple[str, str]]
"""Header fields: name and value. Each character of a value stands for one byte (ISO-8859-1)."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_LENGTH = re.compile(r"\d{1,15}", re.ASCII)
_MOST, _LONGEST = 100, 32 * 1024

_ONE_CONNECTION = frozenset({
    "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authentication-info",
    "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings",
})  # fmt: skip
"""Fields about one connection only (RFC 9110, section 7.6.1, and its predecessors)."""

_OF_OTHERS = re.compile(r"x-ndxp-.*|x-road-(client|service|request-.*|security-server|error)|x-forwarded-.*")
"""Fields that only the exchange says, or a proxy. A caller cannot say them to a service, nor a service to a caller."""

_NOT_TO_A_SERVICE = frozenset({
    "host", "expect", "authorization", "cookie", "forwarded", "via", "x-real-ip",
    "x-http-method", "x-http-method-override", "x-method-override", "x-original-method",
    "x-original-url", "x-original-uri", "x-rewrite-url",
})  # fmt: skip
"""Credentials, and fields by which some servers take another method or path than the one the gateway decided about, or
take the request for one of their own proxy's."""

_NOT_TO_A_CALLER = frozenset({"set-cookie", "set-cookie2", "alt-svc"})
"""A cookie would hold for all services of the exchange, and another address would lead past it."""


class FieldsRefused(ValueError):
    """The header fields of a request cannot be sent; the text says why, and repeats no value."""


def from_caller(fields: Iterable[tuple[str, str]]) -> Fields:
    """The fields of a request that go on to the adapter: no token, and nothing about the connection to the door."""
    return list(_passing(list(fields), _NOT_TO_A_SERVICE))


def to_service(fields: Iterable[tuple[str, str]], own: Iterable[tuple[str, str]]) -> Fields:
    """The fields of a request that a service gets. The exchange's ``own`` ones replace the caller's.

    Raises FieldsRefused.
    """
    given, own = list(fields), list(own)
    _check(given)
    lengths = {value for name, value in given if name.lower() == "content-length"}
    if len(lengths) > 1 or not all(_LENGTH.fullmatch(length) for length in lengths):
        raise FieldsRefused("content-length is not one number")
    replaced = {"content-length", *(name for name, _ in own)}
    kept = [(name, value) for name, value in _passing(given, _NOT_TO_A_SERVICE) if name not in replaced]
    return [*kept, *(("content-length", length) for length in lengths), *own]


def to_caller(fields: Iterable[tuple[str, str]]) -> Fields:
    """The fields of a service's answer that the caller gets.

    A content-length counts for nothing beside transfer-encoding (RFC 9112, section 6.3), and does not go on alone.
    """
    given = list(fields)
    unsized = any(name.lower() == "transfer-encoding" for name, _ in given)
    dropped = _NOT_TO_A_CALLER | {"content-length"} if unsized else _NOT_TO_A_CALLER
    return list(_passing(given, dropped))


def _passing(fields: Fields, dropped: frozenset[str]) -> Iterator[tuple[str, str]]:
    named = {
        word.strip().lower() for name, value in fields if name.lower() == "connection" for word in value.split(",")
    }
    for name, value in fields:
        lower = name.lower()
        # Many servers give programs the same name for "-" and "_" in a field.
        alike = lower.replace("_", "-")
        if alike in _ONE_CONNECTION or alike in dropped or lower in named or _OF_OTHERS.fullmatch(alike):
            continue
        yield lower, value


def _check(fields: Fields) -> None:
    if len(fields) > _MOST or sum(len(name) + len(value) for name, value in fields) > _LONGEST:
        raise FieldsRefused(f"more than {_MOST} header fields, or more than {_LONGEST} bytes of them")
    for name, value in fields:
        if not _NAME.fullmatch(name):
            raise FieldsRefused("the name of a header field has a character that is not allowed")
        if not _VALUE.fullmatch(value):
            raise FieldsRefused(f"the value of the header field {name.lower()} has a character that is not allowed")
