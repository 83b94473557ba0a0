"""Signs access tokens, and changes the signing key while everything runs."""

import asyncio
import logging
import time
import uuid
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.core.access_token import AUDIENCE, ISSUER, LEEWAY
from gateway.keys import load_or_create, replace
from gateway.registry_store import RegistryStore
from ndxp.jwk import public_jwk
from ndxp.process import pulse

_LEARNT_AFTER = 1.0
"""Seconds within which every gateway knows a published key."""

_DROP_EVERY = 5.0
"""Seconds between two looks for expired keys; every token of such a key has expired too."""

_log = logging.getLogger(__name__)


class TokenIssuer:
    """Signs tokens that name a subsystem, with the key in a PEM file; ``life`` is in seconds.

    Raises ValueError when the file holds no such key.
    """

    def __init__(self, path: Path, registry: RegistryStore, life: int) -> None:
        self._path = path
        self._registry = registry
        self._key = load_or_create(path)
        self._key_id = public_jwk(self._key)["kid"]
        self._rotating = asyncio.Lock()
        self.life = life

    def issue(self, client: str, generation: int) -> str:
        """A token for a subsystem, valid from now on and only for this generation of its credentials."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": client,
            "iat": now,
            "exp": now + self.life,
            "jti": str(uuid.uuid4()),
        }
        if generation:
            claims["gen"] = generation
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": self._key_id})

    async def publish(self) -> None:
        """Publishes the key to the gateways; older keys stay until their last token has expired."""
        await self._registry.publish_key(public_jwk(self._key))
        await self._registry.retire_keys(self._key_id, int(time.time()) + self.life + LEEWAY)

    async def rotate(self, *, leaked: bool = False) -> list[dict[str, Any]]:
        """Signs with a new key from now on; returns all keys (see ``keys``).

        The gateways learn the new key before its first token is given. They keep the old key until its last token has
        expired. A key that has ``leaked`` is removed at once, so its tokens are refused.
        """
        async with self._rotating:
            new = Ed25519PrivateKey.generate()
            await self._registry.publish_key(public_jwk(new))
            await asyncio.sleep(_LEARNT_AFTER)
            replace(self._path, new)
            self._key, self._key_id = new, public_jwk(new)["kid"]
            await self.publish()
            if leaked:
                await self._registry.retire_keys(self._key_id, 0)
                await self._registry.drop_keys(time.time())
            return await self.keys()

    async def keys(self) -> list[dict[str, Any]]:
        """The valid keys of tokens: id, whether it signs new tokens, and if not, until when it stays."""
        return [
            {"kid": jwk["kid"], "signs": jwk["kid"] == self._key_id, "until": jwk.get("exp")}
            for jwk in await self._registry.keys()
        ]

    async def run(self) -> None:
        """Removes keys whose last token has expired, until cancelled."""
        while True:
            await self._registry.drop_keys(time.time())
            await pulse(_DROP_EVERY)
