"""Whom a transaction is about: a citizen's number as a keyed hash, the only form in which the ledger knows it."""

import hmac
import json
from pathlib import Path

SUBJECTS = "subjects"
"""Name under which a credentials file holds the key."""

MOST_SUBJECTS = 64
"""How many subjects a call names; where there are more, a word ``+`` follows the hashes."""

_DOMAIN = b"ndxp subject\0"
_BYTES = 16


class SubjectKeyMissing(Exception):
    """A credentials file cannot be read or holds no key for subjects; the text says which, without any secret."""


def subject_hash(key: bytes, number: str) -> str:
    """HMAC-SHA256 of a citizen number of 12 digits, cut to 128 bits: 32 lower-case hex digits.

    The same number has the same hash wherever the key is the same, and no hash tells its number to those without the
    key: numbers are few enough to try them all, so a plain hash would hide nothing.
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
