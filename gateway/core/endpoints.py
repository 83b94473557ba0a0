"""The paths of REST services: their one canonical form, and the patterns of paths in grants.

A caller states the path of a REST call in ``x-ndxp-path``. The gateway decides by this text and the adapter sends this
text, so that both mean the same resource. Therefore a path has one form only. Whatever another program could read in
another way is refused and never repaired.
"""

import re
import unicodedata
from urllib.parse import urlsplit

from ndxp.address import Address
from ndxp.errors import Reason, Refusal
from ndxp.wire import metadata

CONTRACT = "ndxp.rest.v1.RestService"
"""The contract by which REST services are called."""

_METHODS = f"{CONTRACT}/"

LONGEST_PATTERNS = 2000
"""The characters of all patterns of a grant together."""

_LONGEST_URL = 500
_ONE, _REST = "*", "**"
_CODE = re.compile(r"[A-Za-z0-9'()+,\-.=]{1,64}")
_PLAIN = re.compile(r"[A-Za-z0-9._~!$&'()*+,=:@-]*")
"""What may be in a segment as it is: RFC 3986's ``pchar`` without ``;``, after which some servers read parameters."""

_ENCODED = re.compile(r"%([0-9A-F]{2})")
_NEEDLESS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_DOUBTFUL = frozenset("/\\;?#%")
"""Characters that may not be there even when they are encoded, because a server may decode them before it divides the
path, or decode the path twice."""

_LETTERS = frozenset({"Lu", "Ll", "Lo", "Mn", "Mc", "Nd"})
"""Categories of Unicode that are allowed beyond ASCII: letters, marks, digits. Others have look-alikes of dots and
slashes."""


def check_path(method: str, path: str) -> None:
    """Raises Refusal (INVALID_METADATA) unless a call of ``method`` has the right ``x-ndxp-path``.

    A call of a REST service needs a canonical one, every other call none; ``path`` is "" for none.
    """
    if not method.startswith(_METHODS):
        if path:
            raise _refusal(f"{metadata.PATH} is only for calls of {CONTRACT}")
    elif not path:
        raise _refusal(f"a call of {CONTRACT} needs its path in {metadata.PATH}, such as /CODE/patients/7")
    elif wrong := wrong_in_path(path):
        raise _refusal(f"the value of {metadata.PATH} {wrong}")


def wrong_in_path(path: str) -> str:
    """What is not canonical in a path, as the rest of a sentence; empty for a canonical path.

    The sentence does not repeat the path, in which there may be personal data.

    Canonical are ``/CODE/`` and segments with ``/`` between them; the last one may be empty. A segment has letters,
    digits and ``-._~!$&'()*+,=:@`` as they are; other characters are percent-encoded in UTF-8, with capital letters.
    """
    if len(path) > metadata.LONGEST_PATH:
        return f"is longer than {metadata.LONGEST_PATH} characters"
    first, *segments = path.split("/")
    if first or len(segments) < 2:
        return "must begin with /CODE/, the code of the REST service"
    code, *below = segments
    if wrong := wrong_in_code(code):
        return f"must begin with /CODE/: {wrong}"
    if "" in below[:-1]:
        return "has an empty segment (//)"
    for number, segment in enumerate(below, 2):
        if wrong := _wrong_in_segment(segment):
            return f"is not in canonical form: in its segment {number} {wrong}"
    return ""


def wrong_in_code(code: str) -> str:
    """What is wrong in the code of a REST service; empty for a right one.

    It has the characters of X-Road's identifiers, except for ``?``, which ends a path.
    """
    if not _CODE.fullmatch(code) or code.endswith("."):
        return "a code has 1 to 64 of the characters A-Z a-z 0-9 '()+,-.= and no dot at the end"
    return ""


def wrong_in_base_url(url: str) -> str:
    """What is wrong in the base URL of a REST service, as the rest of a sentence; empty for a right one.

    It is ``http`` or ``https``, host, perhaps a port, and perhaps a canonical path. The sentence does not repeat the
    URL, in which there may be a password.
    """
    if len(url) > _LONGEST_URL or not (url.isascii() and url.isprintable()):
        return f"must be printable ASCII of at most {_LONGEST_URL} characters"
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("http", "https"):
        return "must begin with http:// or https://"
    if "?" in rest or "#" in rest:
        return "may not have a query or a fragment: callers give the query"
    authority, slash, path = rest.partition("/")
    if "@" in authority:
        return "may not have a user or a password"
    try:
        usual = 443 if scheme == "https" else 80
        port = urlsplit(f"{scheme}://{authority}").port
        Address.parse(authority if port is not None else f"{authority}:{usual}")
    except ValueError:
        return "must name a host and perhaps a port, such as http://127.0.0.1:8000"
    # A path that is joined to this one must stay below it, so that this one must be canonical too.
    return f"has a path that {wrong}" if (wrong := wrong_in_path(f"/CODE{slash}{path}" if slash else "/CODE/")) else ""


def joined(base_url: str, path: str) -> str:
    """The URL of the resource that a canonical path names; ``/CODE/`` itself names the base URL."""
    below = path.split("/", 2)[2]
    return f"{base_url.removesuffix('/')}/{below}" if below else base_url


def code_of(path: str) -> str:
    """The code at the beginning of a canonical path."""
    return path.split("/", 2)[1]


def wrong_in_pattern(pattern: str) -> str:
    """What is wrong in a pattern of paths; empty for a right one.

    It is a canonical path in which a segment may be ``*`` for any one segment that is not empty, and the last segment
    may be ``**`` for the rest, which may be empty. ``/clinic/**`` includes ``/clinic/`` and all below it.
    """
    if wrong := wrong_in_path(pattern):
        return wrong
    segments = pattern.split("/")[2:]
    for segment in segments:
        if _ONE in segment and segment not in (_ONE, _REST):
            return "has a * in a segment: * stands for a whole segment, and ** for all the rest"
    if _REST in segments[:-1]:
        return "has ** before its end"
    return ""


def includes(pattern: str, path: str) -> bool:
    """Whether a pattern includes a canonical path. Upper and lower case matter."""
    wanted, found = pattern.split("/"), path.split("/")
    if wanted[-1] == _REST:
        del wanted[-1]
        if len(found) <= len(wanted):
            return False
        del found[len(wanted) :]
    return len(wanted) == len(found) and all(w == f or (w == _ONE and f) for w, f in zip(wanted, found, strict=True))


def _wrong_in_segment(segment: str) -> str:
    decoded = segment
    if not _PLAIN.fullmatch(segment):
        try:
            decoded = _decoded(segment)
        except ValueError as error:
            return str(error)
    if decoded.endswith((".", " ")) or decoded.startswith(" "):
        return "a dot is at the end, or a space at the beginning or the end"
    return ""


def _decoded(segment: str) -> str:
    """The text of a segment; raises ValueError for one that is not canonical."""
    plain = _ENCODED.sub("", segment)
    if "%" in plain:
        raise ValueError("a % is not followed by two hexadecimal digits with capital letters")
    if not _PLAIN.fullmatch(plain):
        raise ValueError("there is a character that is not allowed as it is")
    if not _NEEDLESS.isdisjoint(int(number, 16) for number in _ENCODED.findall(segment)):
        raise ValueError("a character is percent-encoded that stands for itself")
    try:
        text = _ENCODED.sub(lambda found: chr(int(found[1], 16)), segment).encode("latin-1").decode()
    except UnicodeDecodeError:
        raise ValueError("what is percent-encoded is not UTF-8") from None
    if not all(_allowed(character) for character in text):
        raise ValueError("there is a character that is not allowed, not even percent-encoded")
    if not unicodedata.is_normalized("NFKC", text):
        raise ValueError("a letter is not in normal form (Unicode NFKC)")
    return text


def _allowed(character: str) -> bool:
    if character.isascii():
        return character.isprintable() and character not in _DOUBTFUL
    return unicodedata.category(character) in _LETTERS


def _refusal(message: str) -> Refusal:
    return Refusal(Reason.INVALID_METADATA, message, metadata={"key": metadata.PATH})
