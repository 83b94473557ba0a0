"""The gateway's signed word to an agency: who calls what, in which transaction."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ISSUER = "ndxp:gateway"
LIFE = 30
"""Seconds for which an assertion may be presented."""

LEEWAY = 5
"""Seconds by which two machines' clocks may differ."""


_FETCH_PAUSE = 0.1


class KeysUnavailable(Exception):
    """The exchange's keys cannot be had now, so that no assertion can be verified."""


class AssertionRefused(Exception):
    """The assertion is missing, forged, expired or made for somebody else; the text says which."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """Who calls: ``client`` calls ``method`` ("package.Service/Method") of ``provider`` in ``transaction_id``."""

    client: str
    provider: str
    method: str
    transaction_id: str
    user_id: str = ""
    purpose: str = ""
    traceparent: str = ""


class Signer:
    """Signs assertions with a key that never leaves the process."""

    def __init__(self, key: Ed25519PrivateKey, key_id: str) -> None:
        self._key = key
        self._headers = {"kid": key_id}

    def sign(self, assertion: Assertion) -> str:
        """The assertion as a JWS."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": assertion.client,
            "aud": assertion.provider,
            "jti": assertion.transaction_id,
            "mth": assertion.method,
            "usr": assertion.user_id,
            "prp": assertion.purpose,
            "trc": assertion.traceparent,
            "iat": now,
            "exp": now + LIFE,
        }
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers=self._headers)


class Verifier:
    """Verifies assertions made for one provider.

    ``fetch`` gives the exchange's JWKS or raises KeysUnavailable; it is asked again for an unknown key, at most ten
    times a second.
    """

    def __init__(self, provider: str, fetch: Callable[[], Awaitable[Mapping[str, Any]]]) -> None:
        self._provider = provider
        self._fetch = fetch
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")
        self._fetching = asyncio.Lock()

    async def verify(self, text: str, method: str) -> Assertion:
        """The assertion in ``text``; raises AssertionRefused unless it is good for a call of ``method`` now.

        KeysUnavailable passes through.
        """
        try:
            key = await self._key(jwt.get_unverified_header(text).get("kid", ""))
            claims = jwt.decode(
                text, key, algorithms=["EdDSA"], audience=self._provider, issuer=ISSUER, leeway=LEEWAY,
                options={"require": ["sub", "jti", "exp"]},
            )  # fmt: skip
        except jwt.PyJWTError as error:
            raise AssertionRefused(f"the gateway's assertion does not hold: {error}") from error
        if claims.get("mth") != method:
            raise AssertionRefused("the gateway's assertion was made for another method")
        return Assertion(
            client=claims["sub"],
            provider=self._provider,
            method=method,
            transaction_id=claims["jti"],
            user_id=claims.get("usr", ""),
            purpose=claims.get("prp", ""),
            traceparent=claims.get("trc", ""),
        )

    async def _key(self, key_id: str) -> jwt.PyJWK:
        if key_id not in self._keys:
            asked_at = time.monotonic()
            async with self._fetching:
                # Keys that were fetched since this call came are the last word; whoever waited shares them.
                if key_id not in self._keys and self._fetched_at <= asked_at:
                    await asyncio.sleep(max(0.0, self._fetched_at + _FETCH_PAUSE - asked_at))
                    self._fetched_at = time.monotonic()
                    self._keys = {jwk["kid"]: jwt.PyJWK(jwk) for jwk in (await self._fetch())["keys"]}
        if key_id not in self._keys:
            raise AssertionRefused("the gateway's assertion is signed with a key that the exchange does not publish")
        return self._keys[key_id]
