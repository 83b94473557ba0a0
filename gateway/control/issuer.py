"""Signs access tokens, and changes the key they are signed with while everything runs."""

import asyncio
import logging
import time
import uuid
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.core.access_token import AUDIENCE, ISSUER, LEEWAY
from gateway.keys import load_or_create, public_jwk, replace
from gateway.registry_store import RegistryStore

_LEARNT_AFTER = 1.0
"""Seconds within which every gateway knows a key that was published."""

_DROP_EVERY = 5.0
"""Seconds between two looks for keys that have ended; nothing that one of them has signed is good any more."""

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
        """A token for a subsystem, good from now on and as long as its credentials are of this generation."""
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
        """Shows the key to the gateways; others, from before, stay until their last token has expired."""
        await self._registry.publish_key(public_jwk(self._key))
        await self._registry.retire_keys(self._key_id, int(time.time()) + self.life + LEEWAY)

    async def rotate(self, *, leaked: bool = False) -> list[dict[str, Any]]:
        """Signs with a new key from now on; gives all keys (see ``keys``).

        The gateways learn of the new key before the first token of it is out, and keep the former one until its last
        token has expired; one that has ``leaked`` goes at once, and its tokens with it.
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
        """The keys of tokens that are good: id, whether new tokens are signed with it, until when it stays if not."""
        return [
            {"kid": jwk["kid"], "signs": jwk["kid"] == self._key_id, "until": jwk.get("exp")}
            for jwk in await self._registry.keys()
        ]

    async def run(self) -> None:
        """Removes keys whose last token has expired, until cancelled."""
        while True:
            await self._registry.drop_keys(time.time())
            await asyncio.sleep(_DROP_EVERY)
