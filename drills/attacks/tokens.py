"""Tokens: none, forged, of another member, expired."""

import base64
import json
import random
import time
from functools import partial
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from drills.attacks.attack import Attack
from drills.attacks.target import CLIENT, OTHER, VERIFY, Outcome, Target, call, somebody
from ndxp.wire import metadata

_INVALID, _EXPIRED = "UNAUTHENTICATED TOKEN_INVALID", "UNAUTHENTICATED TOKEN_EXPIRED"
_PASSING = "VN/GOV/H03"

_Claims = dict[str, Any]


def attacks(target: Target) -> list[Attack]:
    """All of them."""
    now = int(time.time())
    signed: dict[str, _Claims] = {
        "wrong audience": {"aud": "ndxp:control"},
        "no audience": {"aud": None},
        "wrong issuer": {"iss": "ndxp:somebody"},
        "not yet valid": {"nbf": now + 3600},
        "issued in the future": {"iat": now + 3600},
        "never expires": {"exp": None},
        "no subject": {"sub": None},
        "a subject that is no text": {"sub": 7},
        "a date that is no number": {"exp": "tomorrow"},
    }
    made = [
        Attack("no token", _no_token, ("UNAUTHENTICATED TOKEN_MISSING",)),
        Attack("garbage", _garbage, (_INVALID,), recorded=True),
        Attack("another scheme", _another_scheme, (_INVALID,), recorded=True),
        Attack("alg none", partial(_header, {"alg": "none"}), (_INVALID,), recorded=True),
        Attack("HMAC with the public key", _hmac, (_INVALID,), recorded=True),
        Attack("unknown key id", partial(_signed, {}, {"kid": "nobody"}), (_INVALID,), recorded=True),
        Attack("key id that is a path", partial(_signed, {}, {"kid": "../token-key.pem"}), (_INVALID,), recorded=True),
        Attack("key id that is no text", partial(_header, {"alg": "EdDSA", "kid": ["a"]}), (_INVALID,), recorded=True),
        Attack("deeply nested header", _nested, (_INVALID,), recorded=True),
        Attack("foreign key under the exchange's key id", _foreign, (_INVALID,), recorded=True),
        Attack("claims changed after signing", _changed, (_INVALID,), recorded=True),
        Attack("expired", partial(_signed, {"exp": now - 60, "iat": now - 120}, {}), (_EXPIRED,), recorded=True),
        Attack(
            "a subsystem that is not there",
            partial(_signed, {"sub": "VN/GOV/H99/nobody"}, {}),
            ("PERMISSION_DENIED MEMBER_DISABLED",),
            recorded=True,
        ),
        Attack("another member's", _of_another, ("INVALID_ARGUMENT INVALID_METADATA",), recorded=True),
        Attack("two tokens", _two, ("INVALID_ARGUMENT INVALID_METADATA",), recorded=True),
        Attack("of a member that is disabled", _of_disabled, ("PERMISSION_DENIED MEMBER_DISABLED",), recorded=True),
        Attack("from before a rotation", _rotated, (_INVALID, "UNAUTHENTICATED TOKEN_REVOKED"), recorded=True),
        Attack("64 kB", _huge, ("RESOURCE_EXHAUSTED METADATA_TOO_LARGE",)),
        Attack("8 kB", _large, (_INVALID, "RESOURCE_EXHAUSTED")),
    ]
    made += [Attack(name, partial(_signed, claims, {}), (_INVALID,), recorded=True) for name, claims in signed.items()]
    return made


def _present(target: Target, token: str, *pairs: metadata.Pair, scheme: str = "Bearer") -> Outcome:
    return call(target.state.gateway, VERIFY, somebody(), (metadata.AUTHORIZATION, f"{scheme} {token}"), *pairs)


def _signed(claims: _Claims, headers: _Claims, target: Target, _: random.Random) -> Outcome:
    """A token with wrong claims, signed with the exchange's own key."""
    now = int(time.time())
    usual = {"iss": "ndxp:control", "aud": "ndxp:gateway", "sub": CLIENT, "iat": now, "exp": now + 600, "jti": "drill"}
    claimed = {name: value for name, value in {**usual, **claims}.items() if value is not None}
    kid = jwt.get_unverified_header(target.token())["kid"]
    return _present(target, _encode({"alg": "EdDSA", "kid": kid, **headers}, claimed, _own_key(target)))


def _foreign(target: Target, _: random.Random) -> Outcome:
    headers, claims = _parts(target.token())
    return _present(target, _encode(headers, claims, Ed25519PrivateKey.generate()))


def _changed(target: Target, _: random.Random) -> Outcome:
    header, _claims, signature = target.token().split(".")
    claims = _parts(target.token())[1]
    return _present(target, f"{header}.{_base64url({**claims, 'sub': OTHER})}.{signature}")


def _header(header: _Claims, target: Target, _: random.Random) -> Outcome:
    return _present(target, f"{_base64url(header)}.{_base64url(_parts(target.token())[1])}.")


def _hmac(target: Target, _: random.Random) -> Outcome:
    with target.http() as http:
        key = http.get("/.well-known/jwks.json").json()["keys"][0]
    headers, claims = _parts(target.token())
    forged = jwt.api_jws.PyJWS().encode(
        json.dumps(claims).encode(), base64.urlsafe_b64decode(key["x"] + "=="), "HS256", {**headers, "alg": "HS256"}
    )
    return _present(target, forged)


def _nested(target: Target, source: random.Random) -> Outcome:
    opening = source.choice(("[", '{"a":'))
    return _present(target, base64.urlsafe_b64encode((opening * (2900 // len(opening))).encode()).decode() + ".e30.AA")


def _no_token(target: Target, _: random.Random) -> Outcome:
    return call(target.state.gateway, VERIFY, somebody())


def _garbage(target: Target, source: random.Random) -> Outcome:
    return _present(target, "".join(chr(source.randint(33, 126)) for _ in range(source.randint(1, 300))))


def _another_scheme(target: Target, source: random.Random) -> Outcome:
    return _present(target, target.token(), scheme=source.choice(("Basic", "Digest", "bearer,Bearer", "JWT")))


def _of_another(target: Target, _: random.Random) -> Outcome:
    return _present(target, target.token(), (metadata.CLIENT, OTHER))


def _two(target: Target, _: random.Random) -> Outcome:
    return _present(target, target.token(), target.identity(OTHER))


def _of_disabled(target: Target, _: random.Random) -> Outcome:
    token = target.session.tokens(f"{_PASSING}/one-stop").blocking()
    target.session.send("POST", "/members/disable", body={"member": _PASSING})
    try:
        target.until_known()
        return _present(target, token)
    finally:
        target.session.send("POST", "/members/enable", body={"member": _PASSING})


def _rotated(target: Target, _: random.Random) -> Outcome:
    token = target.session.tokens(f"{_PASSING}/one-stop").blocking()
    target.session.send("POST", "/members/rotate", body={"member": _PASSING})
    target.until_known()
    return _present(target, token)


def _huge(target: Target, source: random.Random) -> Outcome:
    return _present(target, source.randbytes(32768).hex())


def _large(target: Target, source: random.Random) -> Outcome:
    return _present(target, source.randbytes(3500).hex())


def _own_key(target: Target) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key((target.folder / "token-key.pem").read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)  # noqa: S101 - made by the sandbox
    return key


def _encode(headers: _Claims, claims: _Claims, key: Ed25519PrivateKey) -> str:
    signed = f"{_base64url(headers)}.{_base64url(claims)}"  # PyJWT refuses to sign some of these
    return f"{signed}.{base64.urlsafe_b64encode(key.sign(signed.encode())).rstrip(b'=').decode()}"


def _parts(token: str) -> tuple[_Claims, _Claims]:
    return jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})


def _base64url(claimed: _Claims) -> str:
    return base64.urlsafe_b64encode(json.dumps(claimed).encode()).rstrip(b"=").decode()
