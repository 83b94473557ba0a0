"""Verifies access tokens, and remembers valid ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from gateway.core.access_token import AUDIENCE, ISSUER, LEEWAY
from ndxp.errors import Reason, Refusal

MAX_TOKEN = 4096
"""Longest token, in characters."""

_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Token:
    """A valid token: its subsystem, the generation of the credentials, and when it expires.

    ``expires`` is in seconds since 1970, with the leeway.
    """

    client: str
    generation: int
    expires: float


class TokenVerifier:
    """Verifies tokens with the exchange's current keys; a known token costs one look-up."""

    def __init__(self) -> None:
        self._keys: dict[str, jwt.PyJWK] = {}
        self._published: Mapping[str, object] = {}
        self._good: dict[str, Token] = {}

    def use_keys(self, keys: Mapping[str, dict[str, Any]]) -> None:
        """Takes the current keys, by key id; tokens of other keys are refused from now on."""
        if dict(keys) != self._published:
            self._published = dict(keys)
            self._keys = {key_id: jwt.PyJWK(jwk) for key_id, jwk in keys.items()}
            self._good.clear()

    def verify(self, authorization: str, now: float) -> Token:
        """The token in an ``authorization`` value; ``now`` is seconds since 1970.

        The caller must check its generation, because that can change while the token stays valid.
        Raises Refusal: TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED (its ``metadata`` then names the client).
        """
        known = self._good.get(authorization)
        if known is not None and now < known.expires:
            return known
        token = self._verify(authorization)
        if len(self._good) >= _REMEMBERED:
            self._good.clear()
        self._good[authorization] = token
        return token

    def _verify(self, authorization: str) -> Token:
        if not authorization:
            raise Refusal(Reason.TOKEN_MISSING, "the call carries no token")
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refusal(Reason.TOKEN_INVALID, "the authorization metadata is not of the form 'Bearer TOKEN'")
        if len(token) > MAX_TOKEN:
            raise Refusal(Reason.TOKEN_INVALID, f"the token is longer than {MAX_TOKEN} characters")
        try:
            key = self._keys.get(jwt.get_unverified_header(token).get("kid", ""))
            if key is None:
                raise Refusal(Reason.TOKEN_INVALID, "the token is signed with a key that this exchange does not know")
            claims = jwt.decode(
                token, key, algorithms=["EdDSA"], audience=AUDIENCE, issuer=ISSUER, leeway=LEEWAY,
                options={"require": ["sub", "exp", "iat"]},
            )  # fmt: skip
        except jwt.ExpiredSignatureError as error:
            # PyJWT checks the signature first, so the identity in the token can be trusted.
            client = jwt.decode(token, options={"verify_signature": False}).get("sub", "")
            raise Refusal(Reason.TOKEN_EXPIRED, "the token has expired", metadata={"client": client}) from error
        except jwt.PyJWTError as error:
            raise Refusal(Reason.TOKEN_INVALID, f"the token does not hold: {error}") from error
        return Token(claims["sub"], claims.get("gen", 0), float(claims["exp"]) + LEEWAY)
