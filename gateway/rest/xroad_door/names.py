"""X-Road's identifiers as text: each part is percent-encoded by itself, and ``/`` stands between the parts."""

import re
from urllib.parse import quote, unquote

_SENT = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@?]|%[0-9A-Fa-f]{2})+")
"""A part as it is sent: RFC 3986's ``pchar`` and, in header fields, ``?``."""

_PART = re.compile(r"[A-Za-z0-9'()+,\-.=?]{1,64}")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_'()+,\-.=?]{0,199}")


def part(sent: str) -> str | None:
    """The part of an identifier that was sent so; None if it cannot be one."""
    text = _decoded(sent)
    return text if _PART.fullmatch(text) else None


def code(sent: str) -> str | None:
    """The service code that was sent so; None if it cannot be one. A contract's full name is longer, and may have _."""
    text = _decoded(sent)
    return text if _CODE.fullmatch(text) else None


def identifier(sent: str) -> str:
    """The identifier that was sent so, with ``/`` between its parts. Text that is none is returned unchanged."""
    parts = [part(each) for each in sent.split("/")]
    return sent if None in parts else "/".join(filter(None, parts))


def encoded(text: str) -> str:
    """An identifier with its parts percent-encoded."""
    return quote(text, safe="/'()+,=")


def _decoded(sent: str) -> str:
    if not _SENT.fullmatch(sent):
        return ""
    return unquote(sent)  # what is not UTF-8 becomes a character that no identifier has
