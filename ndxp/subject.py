"""The subject of a transaction: a citizen's number as a keyed hash, the only form in which the ledger has it."""

import hmac
import json
from pathlib import Path

SUBJECTS = "subjects"
"""The name of the key in a credentials file."""

MOST_SUBJECTS = 64
"""How many subjects a call names at most; if there are more, ``+`` follows the hashes."""

_DOMAIN = b"ndxp subject\0"
_BYTES = 16


class SubjectKeyMissing(Exception):
    """A credentials file cannot be read or has no key for subjects; the text says which, without any secret."""


def subject_hash(key: bytes, number: str) -> str:
    """HMAC-SHA256 of a citizen number of 12 digits, cut to 128 bits: 32 lower-case hex digits.

    With the same key a number always has the same hash. Without the key a hash does not reveal its number; a plain hash
    would, because there are few enough numbers to try them all.
    """
    return hmac.digest(key, _DOMAIN + number.encode(), "sha256")[:_BYTES].hex()


def read_subject_key(credentials: Path) -> bytes:
    """The key in a credentials file; raises SubjectKeyMissing."""
    try:
        secret = json.loads(credentials.read_text(encoding="utf-8")).get(SUBJECTS)
    except (OSError, ValueError, AttributeError) as error:
        raise SubjectKeyMissing(f"cannot read credentials from {credentials}: {type(error).__name__}") from error
    if not isinstance(secret, str) or not secret:
        raise SubjectKeyMissing(
            f"{credentials} has no entry {SUBJECTS!r}; the control process adds it at its start, and the operator "
            "gives it to agencies elsewhere"
        )
    return secret.encode()
