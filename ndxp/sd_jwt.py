"""Documents with selective disclosure (SD-JWT, RFC 9901): issued, presented with a bound key, checked offline.

An issuer signs the digests of all claims; the holder hands over the claims that are to be seen, and signs for whom and
against which nonce. Whoever checks it needs the issuer's public key and no connection.
"""

import json
import time
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_bytes
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.types import Options

from ndxp.jwk import base64url, public_jwk

LONGEST = 65_536
"""Characters of a presentation that are looked at."""

LEEWAY = 60
"""Seconds by which the clocks of issuer, holder and checker may differ."""

FRESH = 300
"""Seconds for which the holder's signature is good."""

_TYP, _BOUND_TYP = "dc+sd-jwt", "kb+jwt"
_ALGORITHM = "EdDSA"
_DIGESTS, _ELEMENT, _DIGEST_ALGORITHM = "_sd", "...", "_sd_alg"
_SALT_BYTES = 16
_NOT_CLAIMS = {"iss", "iat", "nbf", "exp", "cnf", _DIGESTS, _DIGEST_ALGORITHM}
_UNCHECKED: Options = {"verify_aud": False, "verify_exp": False, "verify_iat": False, "verify_nbf": False}


class PresentationRefused(ValueError):
    """A presentation is not to be believed; ``reason`` is a word for programs. The text repeats nothing of it."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Presented:
    """What a checked presentation says: the issuer, the claims that were disclosed, and until when it is good (s)."""

    issuer: str
    claims: Mapping[str, Any]
    expires_at: int


@dataclass(frozen=True, slots=True)
class Issued:
    """A signed document: the issuer's token, and a disclosure for each claim by its name."""

    token: str
    disclosures: Mapping[str, str]


def issue(
    claims: Mapping[str, Any], *, open_claims: Mapping[str, Any], issuer: str, key: Ed25519PrivateKey,
    holder: Ed25519PrivateKey, issued_at: int, expires_at: int,
) -> Issued:  # fmt: skip
    """Signs a document. Each of ``claims`` can be disclosed alone; ``open_claims`` everybody sees."""
    disclosures = {name: _disclosure(name, value) for name, value in claims.items()}
    payload = {
        **open_claims, "iss": issuer, "iat": issued_at, "exp": expires_at, _DIGEST_ALGORITHM: "sha-256",
        _DIGESTS: sorted(map(_digest, disclosures.values())), "cnf": {"jwk": public_jwk(holder)},
    }  # fmt: skip
    headers = {"typ": _TYP, "kid": public_jwk(key)["kid"]}
    return Issued(jwt.encode(payload, key, algorithm=_ALGORITHM, headers=headers), disclosures)


def present(
    issued: Issued, names: Collection[str], *, holder: Ed25519PrivateKey, audience: str, nonce: str, now: int
) -> str:
    """A presentation of the named claims for one audience. Raises KeyError for a claim that there is not."""
    shown = "~".join([issued.token, *(issued.disclosures[name] for name in names), ""])
    bound = {"aud": audience, "nonce": nonce, "iat": now, "sd_hash": _digest(shown)}
    return shown + jwt.encode(bound, holder, algorithm=_ALGORITHM, headers={"typ": _BOUND_TYP})


def check(
    presentation: str, issuer_keys: Sequence[Mapping[str, Any]], *, audience: str, nonce: str, now: float | None = None
) -> Presented:
    """Checks a presentation offline, as RFC 9901 says in section 7.3.

    ``issuer_keys`` are the JWKs of the issuers that are trusted. ``audience`` and ``nonce`` are what the checker asked
    for. Raises PresentationRefused.
    """
    at = time.time() if now is None else now
    if len(presentation) > LONGEST or not presentation.isascii():
        raise _malformed()
    token, *parts = presentation.split("~")
    *disclosures, bound = parts or [""]
    if not (token and bound):
        raise PresentationRefused("KEY_BINDING_MISSING", "the holder has not signed the presentation")
    payload = _verified(token, _issuer_key(token, issuer_keys))
    claims = _disclosed(payload, disclosures)
    expires_at = _times(payload, at)
    _check_binding(payload, bound, presentation[: -len(bound)], audience=audience, nonce=nonce, at=at)
    shown = {name: value for name, value in claims.items() if name not in _NOT_CLAIMS}
    return Presented(str(payload.get("iss", "")), shown, expires_at)


def _issuer_key(token: str, issuer_keys: Sequence[Mapping[str, Any]]) -> jwt.PyJWK:
    """The trusted key that the token names; the only one when it names none."""
    kid = _header(token).get("kid")
    fitting = [key for key in issuer_keys if kid in (None, key.get("kid"))]
    if len(fitting) != 1:
        raise PresentationRefused("ISSUER_UNKNOWN", "none of the trusted issuers has signed the document")
    return _key(fitting[0])


def _check_binding(payload: Mapping[str, Any], bound: str, shown: str, *, audience: str, nonce: str, at: float) -> None:
    """Raises PresentationRefused unless the holder signed just this, for this audience and nonce, a moment ago."""
    confirmation = payload.get("cnf")
    if not isinstance(confirmation, dict) or not isinstance(confirmation.get("jwk"), dict):
        raise PresentationRefused("HOLDER_UNKNOWN", "the document names no key of its holder")
    binding = _verified(bound, _key(confirmation["jwk"]))
    if _header(bound).get("typ") != _BOUND_TYP:
        raise _malformed()
    if binding.get("aud") != audience:
        raise PresentationRefused("AUDIENCE_DIFFERS", "the presentation was made for somebody else")
    if binding.get("nonce") != nonce:
        raise PresentationRefused("NONCE_DIFFERS", "the presentation answers another question")
    if binding.get("sd_hash") != _digest(shown):
        raise PresentationRefused("DISCLOSURES_DIFFER", "the holder has signed other disclosures than these")
    if not at - FRESH - LEEWAY <= _number(binding, "iat") <= at + LEEWAY:
        raise PresentationRefused("PRESENTATION_EXPIRED", "the holder has not signed just now")


def _times(payload: Mapping[str, Any], at: float) -> int:
    """Until when the document is good; raises PresentationRefused when it is over or has not begun."""
    expires_at = _number(payload, "exp")
    if expires_at + LEEWAY <= at:
        raise PresentationRefused("DOCUMENT_EXPIRED", "the document is good no longer")
    if _number(payload, "nbf" if "nbf" in payload else "iat") > at + LEEWAY:
        raise PresentationRefused("DOCUMENT_NOT_YET_VALID", "the document is not good yet")
    return int(expires_at)


def _disclosed(payload: Mapping[str, Any], disclosures: Sequence[str]) -> dict[str, Any]:
    """The payload with the disclosed claims in their places (RFC 9901, section 7.1)."""
    if payload.get(_DIGEST_ALGORITHM, "sha-256") != "sha-256":
        raise _malformed()
    waiting = {_digest(disclosure): disclosure for disclosure in disclosures}
    there, opened = Counter(_digests_in(payload)), dict[str, list[Any]]()
    while signed := waiting.keys() & there.keys():  # what the issuer has not signed is not even read
        for digest in signed:
            opened[digest] = _read(waiting.pop(digest))
            there.update(_digests_in(opened[digest][-1]))
    if waiting:
        raise PresentationRefused("DISCLOSURE_UNKNOWN", "a claim was disclosed that the issuer has not signed")
    if len(opened) != len(disclosures) or any(number > 1 for number in there.values()):
        raise _malformed()
    claims: dict[str, Any] = _opened(dict(payload), opened)
    return claims


def _opened(value: Any, opened: Mapping[str, list[Any]]) -> Any:
    """A value with what was disclosed in it; what was not disclosed is left out."""
    if isinstance(value, list):
        elements = []
        for element in value:
            if isinstance(element, dict) and element.keys() == {_ELEMENT}:
                parts = opened.get(element[_ELEMENT])
                if parts:
                    elements.append(_opened(_of_length(parts, 2)[1], opened))
            else:
                elements.append(_opened(element, opened))
        return elements
    if not isinstance(value, dict):
        return value
    claims = {name: _opened(inner, opened) for name, inner in value.items() if name != _DIGESTS}
    for digest in value.get(_DIGESTS, []):
        if parts := opened.get(digest):
            _, name, inner = _of_length(parts, 3)
            if name in claims or name in (_DIGESTS, _ELEMENT):
                raise _malformed()
            claims[name] = _opened(inner, opened)
    return claims


def _digests_in(value: Any) -> Iterator[str]:
    """Every digest that a value holds, at any depth."""
    if isinstance(value, list):
        for element in value:
            yield from _digests_in(element)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in (_DIGESTS, _ELEMENT):
                yield from _digests_in(inner)
                continue
            digests = inner if name == _DIGESTS else [inner]
            if not isinstance(digests, list) or not all(isinstance(digest, str) for digest in digests):
                raise _malformed()
            yield from digests


def _disclosure(name: str, value: Any) -> str:
    return base64url(json.dumps([base64url(token_bytes(_SALT_BYTES)), name, value], ensure_ascii=False).encode())


def _digest(text: str) -> str:
    return base64url(sha256(text.encode()).digest())


def _read(disclosure: str) -> list[Any]:
    try:
        parts = json.loads(urlsafe_b64decode(disclosure + "=" * (-len(disclosure) % 4)))
    except (NotBase64, ValueError, RecursionError):
        raise _malformed() from None
    if not isinstance(parts, list) or not 2 <= len(parts) <= 3 or not isinstance(parts[-2], str):
        raise _malformed()
    return parts


def _of_length(parts: list[Any], length: int) -> list[Any]:
    if len(parts) != length:
        raise _malformed()
    return parts


def _header(token: str) -> dict[str, Any]:
    try:
        return jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise _malformed() from None


def _key(jwk: Mapping[str, Any]) -> jwt.PyJWK:
    try:
        return jwt.PyJWK(dict(jwk))
    except (jwt.PyJWTError, ValueError, TypeError):
        raise PresentationRefused("KEY_MALFORMED", "a key of issuer or holder cannot be read") from None


def _verified(token: str, key: jwt.PyJWK) -> dict[str, Any]:
    """What a token says, once its signature is that of the key, by the key's own algorithm."""
    try:
        return jwt.decode(token, key, algorithms=[key.algorithm_name], options=_UNCHECKED)
    except (jwt.PyJWTError, ValueError):
        raise PresentationRefused("SIGNATURE_INVALID", "a signature of issuer or holder is not good") from None


def _number(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _malformed()
    return value


def _malformed() -> PresentationRefused:
    return PresentationRefused("PRESENTATION_MALFORMED", "it has not the form of a presentation")
