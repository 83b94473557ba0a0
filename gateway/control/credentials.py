"""Secrets of subsystems: made once, kept as hashes in the store and in the clear in the operator's own file.

An agency that runs elsewhere gets a file with its own secret and the key of subjects, and nobody else's.
"""

import hmac
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from gateway.registry_store import RegistryStore
from ndxp.assertion import key_of
from ndxp.subject import SUBJECTS

ADMIN = "admin"
"""Name under which the credentials file holds the operator's own secret."""

_NOT_CLIENTS = frozenset({ADMIN, SUBJECTS})


class Credentials:
    """The credentials file of this exchange (mode 0600) and the hashes in the store.

    ``handed_out`` says in which files single subsystems find what is theirs.
    """

    def __init__(self, path: Path, registry: RegistryStore, handed_out: Mapping[str, Path]) -> None:
        self._path = path
        self._registry = registry
        self._handed_out = handed_out

    async def issue(self, client_ids: Iterable[str]) -> dict[str, str]:
        """Makes secrets for those who have none yet, hands out and publishes all hashes; returns the new secrets."""
        known: dict[str, str] = json.loads(self._path.read_text()) if self._path.exists() else {}
        new = {client_id: secrets.token_urlsafe(32) for client_id in client_ids if client_id not in known}
        if new:
            _write(self._path, {**known, **new})
        known |= new
        for subsystem, path in self._handed_out.items():
            _write(path, {name: known[name] for name in (subsystem, SUBJECTS) if name in known})
        clients = {name: secret for name, secret in known.items() if name not in _NOT_CLIENTS}
        await self._registry.put_secrets({client_id: _hash(secret) for client_id, secret in clients.items()})
        return new

    async def good(self, client_id: str, secret: str) -> bool:
        """Whether the secret is this subsystem's."""
        return hmac.compare_digest(await self._registry.secret(client_id), _hash(secret))

    def admin_secret(self) -> str:
        """The operator's secret."""
        secret: str = json.loads(self._path.read_text())[ADMIN]
        return secret


def _write(path: Path, content: dict[str, str]) -> None:
    beside = path.with_suffix(".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file, indent=1)
    beside.replace(path)


def _hash(secret: str) -> str:
    # The secrets are 256 random bits: a plain hash cannot be searched, and needs no salt or stretching. It is also the
    # key of the gateway's assertions to this subsystem.
    return key_of(secret).hex()
