"""Names of the exchange's metadata on the wire, and the check of a caller's metadata."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from secrets import token_hex
from urllib.parse import quote, unquote_to_bytes

from ndxp.errors import Reason, Refusal
from ndxp.subject import MOST_SUBJECTS

AUTHORIZATION = "authorization"
CLIENT = "x-ndxp-client"
SERVICE = "x-ndxp-service"
MESSAGE_ID = "x-ndxp-message-id"
USER_ID = "x-ndxp-user-id"
ISSUE = "x-ndxp-issue"
REPRESENTED_PARTY = "x-ndxp-represented-party"
PURPOSE = "x-ndxp-purpose"
PATH = "x-ndxp-path"
FAULT = "x-ndxp-fault"
TRACEPARENT = "traceparent"
PREVIOUS_ATTEMPTS = "grpc-previous-rpc-attempts"
ATTEMPTS_BEFORE = "x-ndxp-previous-attempts"
"""What our client says in place of ``PREVIOUS_ATTEMPTS``, which grpcio takes out of an application's metadata."""

TRANSACTION_ID = "x-ndxp-transaction-id"
ERROR_ORIGIN = "x-ndxp-error-origin"
ASSERTION = "x-ndxp-assertion"
SUBJECT = "x-ndxp-subject"
REPLAY_OF = "x-ndxp-replay-of"
WITHHELD = "x-ndxp-withheld"
GRANT = "x-ndxp-grant"
STATUS_DETAILS = "grpc-status-details-bin"

FAULT_OF_CALLER = "caller"
"""Stands for the id of a rule where a call itself asks for a fault."""

DOORS = "ndxp-rest"
"""The user-agent of the doors for HTTP, on whose connections to the gateway are calls of many callers."""

MORE = "+"
"""Follows a list of subjects, or of withheld fields, that does not name all."""

PREFIX = "x-ndxp-"
FROM_CALLER = frozenset({CLIENT, SERVICE, MESSAGE_ID, USER_ID, ISSUE, REPRESENTED_PARTY, PURPOSE, PATH, FAULT})
"""The ``x-ndxp-*`` keys that a caller may send, besides ``ATTEMPTS_BEFORE``."""

TEXTS = frozenset({USER_ID, ISSUE, REPRESENTED_PARTY, PURPOSE})
"""The keys whose values are texts of people. Letters outside ASCII are sent as RFC 8187 writes them after ``UTF_8``."""

UTF_8 = "UTF-8''"
"""How the value of a text begins that is percent-encoded: ``UTF-8''Tr%E1%BA%A7n%20V%C4%83n%20B`` for Trần Văn B."""

MAX_VALUE = 256
"""Longest value of an ``x-ndxp-*`` key, in characters; ``x-ndxp-path`` may be longer."""

LONGEST_ENCODED = 1024
"""Longest value of a text as it is sent, percent-encoded."""

LONGEST_PATH = 1024
"""Longest value of ``x-ndxp-path``, in characters."""

LONGEST_WITHHELD = 1024
"""Longest value of ``x-ndxp-withheld``, in characters."""

_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_TRANSACTION = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SUBJECTS = re.compile(rf"[0-9a-f]{{32}}(?: [0-9a-f]{{32}}){{0,{MOST_SUBJECTS - 1}}}(?: \+)?")
_WITHHELD = re.compile(r"(?:[A-Za-z_][\w.]*(?: [A-Za-z_][\w.]*)*(?: \+)?|\+)?", re.ASCII)
_ENCODED = re.compile(rf"{UTF_8}(?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-Fa-f]{{2}})+")
_FORMS = {TRACEPARENT: _TRACEPARENT, PREVIOUS_ATTEMPTS: re.compile(r"[1-9]\d{0,2}", re.ASCII)}
_READ_AS = {ATTEMPTS_BEFORE: PREVIOUS_ATTEMPTS}
_NOT_ONWARD = frozenset({AUTHORIZATION, CLIENT, SERVICE, FAULT, "user-agent", "te", "content-type"})

_OF_EACH_PAIR = 32

Pair = tuple[str, str | bytes]
Pairs = Iterable[Pair]


def read(pairs: Pairs) -> dict[str, str]:
    """The caller's ``authorization``, ``traceparent``, ``grpc-previous-rpc-attempts`` and ``x-ndxp-*`` values.

    Texts are decoded if they are percent-encoded. Raises Refusal(INVALID_METADATA) for an unknown or repeated
    ``x-ndxp-*`` key, a value of one that is too long or encoded wrongly, and any key's value that is not printable
    ASCII. A malformed ``traceparent`` is left out, as W3C Trace Context asks, and so is a malformed number of attempts;
    ``x-ndxp-previous-attempts`` is read under gRPC's name.
    """
    found: dict[str, str] = {}
    for given, value in pairs:
        key = _READ_AS.get(given, given)
        if isinstance(value, str) and not (value.isascii() and value.isprintable()):
            # HTTP/2 allows such bytes, but gRPC clients refuse to pass them on.
            advice = f"; other letters follow {UTF_8} percent-encoded (RFC 8187)" if key in TEXTS else ""
            raise _invalid(key, f"the value of {key[:64]} must be printable ASCII{advice}")
        if key.startswith(PREFIX):
            value = _of_caller(key, value)
        elif (form := _FORMS.get(key)) is not None:
            if not isinstance(value, str) or not form.fullmatch(value):
                continue
        elif key != AUTHORIZATION:
            continue
        if key in found:
            raise _invalid(key, f"{key} is given more than once")
        found[key] = value if isinstance(value, str) else ""
    return found


def carried(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """Metadata to send: texts with letters outside ASCII as RFC 8187 writes them; empty values are left out.

    Other values are sent as they are, so that the gateway refuses what they cannot be.
    """
    return [(key, encoded(value) if key in TEXTS else value) for key, value in texts.items() if value]


def encoded(text: str) -> str:
    """A text as metadata carries it: itself if it is printable ASCII, else percent-encoded after ``UTF_8``."""
    if text.isascii() and text.isprintable() and not text.startswith(UTF_8):
        return text
    return UTF_8 + quote(unicodedata.normalize("NFC", text), safe="")


def traceparent(pairs: Pairs) -> str:
    """The one ``traceparent`` among ``pairs``; empty when there is none, or more than one, or a malformed one."""
    given = [value for key, value in pairs if key == TRACEPARENT]
    if len(given) != 1 or not isinstance(given[0], str) or not _TRACEPARENT.fullmatch(given[0]):
        return ""
    return given[0]


def size(pairs: Pairs) -> int:
    """The bytes of metadata as HTTP/2 counts a header list (RFC 9113, 6.5.2)."""
    return sum([len(key) + len(value) + _OF_EACH_PAIR for key, value in pairs])


def first(pairs: Pairs, key: str) -> str | bytes:
    """The first value of a key; empty when there is none."""
    return next((value for name, value in pairs if name == key), "")


def onward(pairs: Pairs) -> list[Pair]:
    """The caller's metadata that the provider gets unchanged: all but credentials and the gateway's own keys."""
    return [(k, v) for k, v in pairs if k not in _NOT_ONWARD and not k.startswith("grpc-")]


def back(pairs: Pairs | None) -> list[Pair]:
    """The provider's metadata that the caller gets unchanged: all but the exchange's own keys."""
    return [(k, v) for k, v in pairs or () if not k.startswith(PREFIX)]


def subjects(pairs: Pairs | None) -> str:
    """The subjects of an answer, as the provider's trailing metadata names them.

    They are hashes, each once, sorted, with spaces between; ``+`` follows when there were more. Empty when there are
    none, or in any other form: an agency cannot write free text into the ledger.
    """
    values = [value for key, value in pairs or () if key == SUBJECT]
    if len(values) != 1 or not isinstance(values[0], str) or not _SUBJECTS.fullmatch(values[0]):
        return ""
    hashes, more, _ = values[0].partition(f" {MORE}")
    return " ".join(sorted(set(hashes.split(" ")))) + more


def replay_of(pairs: Pairs | None) -> str:
    """The transaction in which this answer was given first, as the provider's trailing metadata says; empty for none.

    Empty also in any other form than the id of a transaction: an agency cannot write free text into the ledger.
    """
    value = first(pairs or (), REPLAY_OF)
    return value if isinstance(value, str) and _TRANSACTION.fullmatch(value) else ""


def withheld(pairs: Pairs | None) -> str | None:
    """The withheld fields that a provider's trailing metadata names, with spaces between.

    ``+`` follows when there are more. None when the metadata has no such list, or in another form.
    """
    values = [value for key, value in pairs or () if key == WITHHELD]
    if len(values) != 1 or not isinstance(values[0], str) or len(values[0]) > LONGEST_WITHHELD:
        return None
    return values[0] if _WITHHELD.fullmatch(values[0]) else None


def _of_caller(key: str, value: str | bytes) -> str:
    """The value of an ``x-ndxp-*`` key of a caller. Raises Refusal(INVALID_METADATA)."""
    if key not in FROM_CALLER:
        raise _invalid(key, f"unknown metadata key {key[:64]!r}; known: {', '.join(sorted(FROM_CALLER))}")
    if key in TEXTS and isinstance(value, str) and value.startswith(UTF_8):
        value = _decoded(key, value)
    longest = LONGEST_PATH if key == PATH else MAX_VALUE
    if not isinstance(value, str) or len(value) > longest:
        raise _invalid(key, f"the value of {key} must be printable ASCII of at most {longest} characters")
    return value


def _decoded(key: str, value: str) -> str:
    """A text that is percent-encoded, in Unicode's composed form (NFC). Raises Refusal(INVALID_METADATA)."""
    if len(value) > LONGEST_ENCODED or not _ENCODED.fullmatch(value):
        raise _invalid(
            key, f"the value of {key} must follow {UTF_8} percent-encoded (RFC 8187), {LONGEST_ENCODED} bytes at most"
        )
    try:
        text = unicodedata.normalize("NFC", unquote_to_bytes(value[len(UTF_8) :]).decode())
    except UnicodeDecodeError:
        raise _invalid(key, f"the value of {key} is percent-encoded, and it is not UTF-8") from None
    if not text.isprintable():
        raise _invalid(key, f"the value of {key} has characters that cannot be printed")
    return text


def _invalid(key: str, message: str) -> Refusal:
    return Refusal(Reason.INVALID_METADATA, message, metadata={"key": key[:64]})


def new_traceparent() -> str:
    """A trace of its own, for a matter that begins without one (W3C Trace Context, not sampled)."""
    return f"00-{token_hex(16)}-{token_hex(8)}-00"
