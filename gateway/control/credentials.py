"""Secrets of subsystems: made once, kept as hashes in the store and in the clear in the operator's own file.

An agency that runs elsewhere gets a file with its own secret and the key of subjects, and nobody else's; the operator
elsewhere gets a copy of all of them.
"""

import hmac
import json
import secrets
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from gateway.control.http.roles import SECRETS_OF_ROLES
from gateway.registry_store import RegistryStore
from ndxp.authority import AUTHORITY_KEY, Authority, AuthorityMissing
from ndxp.subject import SUBJECTS
from ndxp.whole_file import whole_file
from ndxp.wire.assertion import key_of

_OPERATOR = "admin"
_NOT_CLIENTS = frozenset({*SECRETS_OF_ROLES, SUBJECTS})


class Credentials:
    """The credentials file of this exchange (mode 0600), the hashes in the store, and the members' certificates.

    ``tls_folder`` holds certificates, and the sandbox's authority that makes them; None without TLS. ``handed_out``
    says in which files single subsystems, or the operator (``admin``), find what is theirs.
    """

    def __init__(
        self,
        path: Path,
        registry: RegistryStore,
        tls_folder: Path | None = None,
        handed_out: Mapping[str, Path] | None = None,
    ) -> None:
        self._path = path
        self._registry = registry
        self._tls_folder = tls_folder
        self._handed_out = handed_out or {}

    async def issue(self, client_ids: Collection[str]) -> dict[str, str]:
        """Makes secrets for those who have none yet, hands out and publishes all hashes; returns the new secrets.

        With TLS it makes certificates too, for those who have no good one.
        """
        known: dict[str, str] = json.loads(self._path.read_text(encoding="utf-8")) if self._path.exists() else {}
        new = {client_id: secrets.token_urlsafe(32) for client_id in client_ids if client_id not in known}
        if new:
            _write(self._path, {**known, **new})
        known |= new
        for holder, path in self._handed_out.items():
            theirs = known.keys() if holder == _OPERATOR else (holder, SUBJECTS)
            _write(path, {name: known[name] for name in theirs if name in known})
        clients = {name: secret for name, secret in known.items() if name not in _NOT_CLIENTS}
        await self._registry.put_secrets({client_id: _hash(secret) for client_id, secret in clients.items()})
        if self._tls_folder and (self._tls_folder / AUTHORITY_KEY).exists():
            authority = Authority.open(self._tls_folder)
            for client_id in clients.keys() & client_ids:
                authority.ensure(client_id, (await self._registry.standing(client_id))[1])
        return new

    async def withdraw(self, client_ids: Iterable[str]) -> None:
        """Ends the credentials of subsystems that are no more, for good: if they come back they get others.

        The store is first: after a crash in between, the next start finds them in the file.
        """
        gone = set(client_ids) - _NOT_CLIENTS
        await self._registry.drop_secrets(gone)
        known: dict[str, str] = json.loads(self._path.read_text(encoding="utf-8")) if self._path.exists() else {}
        if gone & known.keys():
            _write(self._path, {name: secret for name, secret in known.items() if name not in gone})

    async def known(self) -> set[str]:
        """The subsystems that have credentials, in the file or in the store."""
        there = json.loads(self._path.read_text(encoding="utf-8")) if self._path.exists() else {}
        return (there.keys() - _NOT_CLIENTS) | await self._registry.with_secrets()

    async def certify(self, client_ids: Iterable[str], hosts: Iterable[str]) -> dict[str, str]:
        """Makes new certificates beside the ones that are out, with hosts for servers too; returns their files.

        Raises AuthorityMissing.
        """
        if self._tls_folder is None:
            raise AuthorityMissing("this exchange has no TLS; start it with `ndxp up --tls`")
        authority, made = Authority.open(self._tls_folder), {}
        for client_id in client_ids:
            generation = (await self._registry.standing(client_id))[1]
            made[client_id] = str(authority.issue(client_id, generation, list(hosts)))
        return made

    async def rotate(self, client_ids: Iterable[str]) -> dict[str, str]:
        """Makes new secrets in the place of the old ones; returns them.

        What was got with an old one is no good any more: a new generation of credentials begins. The file is first:
        after a crash in between, the next start publishes what is in it.
        """
        new = {client_id: secrets.token_urlsafe(32) for client_id in client_ids}
        _write(self._path, {**json.loads(self._path.read_text(encoding="utf-8")), **new})
        await self._registry.put_secrets({client_id: _hash(secret) for client_id, secret in new.items()})
        await self.issue(new)  # their certificates
        return new

    async def generation(self, client_id: str, secret: str) -> int | None:
        """The generation of the subsystem's credentials if the secret is its; None when it is not."""
        known, generation = await self._registry.standing(client_id)
        return generation if hmac.compare_digest(known, _hash(secret)) else None

    def secrets_of(self, names: Iterable[str]) -> dict[str, str]:
        """The secrets in the file of those named, such as those of the roles."""
        known = json.loads(self._path.read_text(encoding="utf-8"))
        return {name: known[name] for name in names}


def _write(path: Path, content: dict[str, str]) -> None:
    with whole_file(path) as file:
        file.write(json.dumps(content, indent=1).encode())


def _hash(secret: str) -> str:
    # The secrets are 256 random bits: a plain hash cannot be searched, and needs no salt or stretching. It is also the
    # key of the gateway's assertions to this subsystem.
    return key_of(secret).hex()
