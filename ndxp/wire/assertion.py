"""The gateway's signed word to an agency: who calls what, in which transaction.

A JWT (HS256) with the SHA-256 of the agency's own secret as key: the exchange keeps just that hash, the agency knows
the secret, and nobody else has either. So nothing is distributed, and an agency can forge words to itself only.
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
"""How many assertions a verifier remembers at least, and half of the most."""


class KeyUnavailable(Exception):
    """The agency cannot read its own secret now, so that no assertion can be verified."""


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

    ``fields`` of the answer are released, paths of a google.protobuf.FieldMask with commas between; empty for all.
    ``message`` is ``message_mark`` of the request where the method takes one message; empty where it takes a stream, or
    where the gateway does not know yet. ``expires`` is in seconds since 1970. The names in the JWT are those of
    ``rename``.
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
    """What an assertion says of the request: the first half of its SHA-256, in base64url (22 characters)."""
    return _base64url(sha256[:16]).decode()


def sign(assertion: Assertion, key: bytes) -> str:
    """The assertion as a JWT.

    Put together by hand, without claims that say nothing: this is on every call's way, where PyJWT takes several times
    as long.
    """
    signed = _HEADER + b"." + _base64url(_encode(assertion))
    return (signed + b"." + _base64url(mac(key, signed))).decode()


def audience(text: str) -> str:
    """The provider that an assertion names: not verified, it only says who has to verify it. Empty for none."""
    try:
        return _decode_audience(_from_base64url(text.split(".")[1].encode())).aud
    except (IndexError, ValueError, msgspec.MsgspecError):
        return ""


class Verifier:
    """Verifies assertions made for one provider, each once.

    ``read_key`` gives the provider's key or raises KeyUnavailable; it is asked at first, and again when a signature is
    not good, because the secret may have been changed.
    """

    def __init__(self, provider: str, read_key: Callable[[], bytes]) -> None:
        self._provider = provider
        self._read_key = read_key
        self._key = b""
        self._presented = _Presented()

    def verify(self, text: str, method: str) -> Assertion:
        """The assertion in ``text``; raises AssertionRefused unless it is good for a call of ``method`` now.

        It is good for one call only. KeyUnavailable passes through.
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
        """The assertion, if it holds; raises ValueError or MsgspecError. Nothing is decoded before its signature holds.

        The signature is compared as text: there is one way to write it, as RFC 7515 has it.
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
        """Whether it is this provider's signature; when it is not, the key may have been changed and is read again."""
        if self._key and hmac.compare_digest(_base64url(mac(self._key, text)), signature):
            return True
        key = self._read_key()
        if key == self._key:
            return False
        self._key = key
        return hmac.compare_digest(_base64url(mac(key, text)), signature)


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The header of an assertion: one algorithm, and no extension that would have to be understood."""

    alg: Literal["HS256"]
    typ: str = ""


class _Conditions(msgspec.Struct, frozen=True):
    """The claims that say whether an assertion holds at all, those of a JWT; times are in seconds since 1970.

    ``iss`` must be there; that it is ISSUER is checked with the tag of Assertion.
    """

    iss: str
    exp: int
    iat: float = 0
    nbf: float = 0


class _Audience(msgspec.Struct, frozen=True):
    aud: str


class _Presented:
    """The transactions whose assertions were presented, for as long as these live.

    Two sets that take turns: the older one is dropped when everything in it has expired, or when the newer one is full.
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
