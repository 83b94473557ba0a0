"""The gateway's signed statement to an agency: who calls which method, in which transaction.

It is a JWT (HS256) whose key is the SHA-256 of the agency's own secret: the exchange has only that hash, the agency has
the secret, and nobody else has either. So no key is distributed, and an agency can forge statements only to itself.
"""

import hashlib
import hmac
import time
from base64 import urlsafe_b64decode
from binascii import b2a_base64
from collections.abc import Callable
from typing import Literal

import msgspec

from ndxp.mac import mac

ISSUER = "ndxp:gateway"
LIFE = 30
"""Seconds for which an assertion may be presented."""

LEEWAY = 5
"""Seconds by which two machines' clocks may differ."""

MOST_PRESENTED = 100_000
"""A verifier remembers at least so many assertions, and at most twice as many."""


class KeyUnavailable(Exception):
    """The agency cannot read its own secret now, so it cannot verify assertions."""


class AssertionRefused(Exception):
    """The assertion is missing, forged, expired, used up or made for something else; the text says which."""


def _expiry() -> int:
    return int(time.time()) + LIFE


class Assertion(
    msgspec.Struct, frozen=True, omit_defaults=True, tag_field="iss", tag=ISSUER,
    rename={
        "client": "sub", "provider": "aud", "method": "mth", "transaction_id": "jti", "user_id": "usr",
        "purpose": "prp", "traceparent": "trc", "fields": "fld", "message": "msg", "expires": "exp",
    },
):  # fmt: skip
    """Who calls: ``client`` calls ``method`` ("package.Service/Method") of ``provider`` in ``transaction_id``.

    ``fields`` of the answer are released: paths of a google.protobuf.FieldMask with commas between; empty for all.
    ``message`` is the ``message_mark`` of the request if the method takes one message, and that of ``x-ndxp-path`` for
    a call of a REST service; empty for another stream, and when the gateway does not know the method yet. ``expires``
    is in seconds since 1970. ``rename`` has the names in the JWT.
    """

    client: str
    provider: str
    method: str
    transaction_id: str
    user_id: str = ""
    purpose: str = ""
    traceparent: str = ""
    fields: str = ""
    message: str = ""
    expires: int = msgspec.field(default_factory=_expiry)


def key_of(secret: str) -> bytes:
    """The key of assertions to the subsystem with this secret."""
    return hashlib.sha256(secret.encode()).digest()


def message_mark(sha256: bytes) -> str:
    """The mark of a request in an assertion: the first half of its SHA-256, in base64url (22 characters)."""
    return _base64url(sha256[:16]).decode()


def sign(assertion: Assertion, key: bytes) -> str:
    """The assertion as a JWT.

    It is built by hand, without empty claims, because it is needed for every call, and PyJWT takes several times as
    long.
    """
    signed = _HEADER + b"." + _base64url(_encode(assertion))
    return (signed + b"." + _base64url(mac(key, signed))).decode()


def audience(text: str) -> str:
    """The provider that an assertion names, not verified: it only decides who must verify it. Empty for none."""
    try:
        return _decode_audience(_from_base64url(text.split(".")[1].encode())).aud
    except (IndexError, ValueError, msgspec.MsgspecError):
        return ""


class Verifier:
    """Verifies assertions made for one provider, each once.

    ``read_key`` returns the provider's key or raises KeyUnavailable. It is called at first, and again after a wrong
    signature, because the secret may have been changed.
    """

    def __init__(self, provider: str, read_key: Callable[[], bytes]) -> None:
        self._provider = provider
        self._read_key = read_key
        self._key = b""
        self._presented = _Presented()

    def verify(self, text: str, method: str) -> Assertion:
        """The assertion in ``text``; raises AssertionRefused unless it is valid for a call of ``method`` now.

        It is valid for one call only. KeyUnavailable passes through.
        """
        now = time.time()
        try:
            assertion = self._read(text.encode(), now)
        except (ValueError, msgspec.MsgspecError) as error:
            raise AssertionRefused(f"the gateway's assertion does not hold: {error}") from error
        if assertion.method != method:
            raise AssertionRefused("the gateway's assertion was made for another method")
        if assertion.expires > now + LIFE + LEEWAY:
            raise AssertionRefused(
                f"the gateway's assertion says that it lives longer than {LIFE} s; are the clocks set?"
            )
        if not self._presented.add(assertion.transaction_id, now):
            raise AssertionRefused("the gateway's assertion was presented before; it is good for one call")
        return assertion

    def _read(self, text: bytes, now: float) -> Assertion:
        """The valid assertion; raises ValueError or MsgspecError. Nothing is decoded before its signature is checked.

        The signature is compared as text, because RFC 7515 allows one way to write it.
        """
        signed, _, signature = text.rpartition(b".")
        if not self._signed(signed, signature):
            raise ValueError("the signature is not good")
        header, _, claims = (_from_base64url(part) for part in signed.partition(b"."))
        _decode_header(header)
        conditions, assertion = _decode_conditions(claims), _decode_assertion(claims)
        if assertion.provider != self._provider:
            raise ValueError("its audience is another provider")
        if conditions.exp <= now - LEEWAY:
            raise ValueError("it has expired")
        if max(conditions.iat, conditions.nbf) > now + LEEWAY:
            raise ValueError("it is not valid yet; are the clocks set?")
        return assertion

    def _signed(self, text: bytes, signature: bytes) -> bool:
        """Whether the signature is right; if not, the key is read again, because it may have been changed."""
        if self._key and hmac.compare_digest(_base64url(mac(self._key, text)), signature):
            return True
        key = self._read_key()
        if key == self._key:
            return False
        self._key = key
        return hmac.compare_digest(_base64url(mac(key, text)), signature)


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The header of an assertion: one algorithm, and no extensions."""

    alg: Literal["HS256"]
    typ: str = ""


class _Conditions(msgspec.Struct, frozen=True):
    """The standard claims of a JWT, which decide whether an assertion is valid; times are in seconds since 1970.

    ``iss`` is required; the tag of Assertion checks that it is ISSUER.
    """

    iss: str
    exp: int
    iat: float = 0
    nbf: float = 0


class _Audience(msgspec.Struct, frozen=True):
    aud: str


class _Presented:
    """The transactions whose assertions were presented, as long as the assertions are valid.

    There are two sets. The older one is dropped when everything in it has expired, or when the newer one is full.
    """

    def __init__(self) -> None:
        self._newer: set[str] = set()
        self._older: set[str] = set()
        self._turn = 0.0

    def add(self, transaction_id: str, now: float) -> bool:
        """Whether it is new; ``now`` is in seconds."""
        if transaction_id in self._newer or transaction_id in self._older:
            return False
        if now >= self._turn or len(self._newer) >= MOST_PRESENTED:
            self._older, self._newer = self._newer, set()
            self._turn = now + LIFE + 2 * LEEWAY
        self._newer.add(transaction_id)
        return True


_encode = msgspec.json.Encoder().encode
_decode_header = msgspec.json.Decoder(_Header).decode
_decode_conditions = msgspec.json.Decoder(_Conditions).decode
_decode_audience = msgspec.json.Decoder(_Audience).decode
_decode_assertion = msgspec.json.Decoder(Assertion).decode


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _base64url(data: bytes) -> bytes:
    return b2a_base64(data, newline=False).translate(_URL_SAFE, b"=")


def _from_base64url(text: bytes) -> bytes:
    return urlsafe_b64decode(text + b"=" * (-len(text) % 4))


_HEADER = _base64url(_encode({"alg": "HS256", "typ": "JWT"}))
