"""Secrets of subsystems: made once, stored as hashes in the store and in plain text in the operator's file.

An agency on another machine gets a file with the secrets of its own subsystems and the key of subjects only. An
operator on another machine gets a copy of all secrets.
"""

import hmac
import json
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from gateway.control.http.roles import SECRETS_OF_ROLES
from gateway.core.registry import Registry
from gateway.registry_store import Changed, RegistryStore
from ndxp.authority import AUTHORITY_KEY, Authority, AuthorityMissing
from ndxp.subject import SUBJECTS
from ndxp.whole_file import whole_file
from ndxp.wire.assertion import key_of

_OPERATOR = "admin"
_NOT_CLIENTS = frozenset({*SECRETS_OF_ROLES, SUBJECTS})


class Credentials:
    """The credentials file of this exchange (mode 0600), the hashes in the store, and the members' certificates.

    ``tls_folder`` holds the certificates, and in a sandbox the authority that makes them; None without TLS.
    ``handed_out`` maps a subsystem, or the operator (``admin``), to the file that it gets; subsystems of one process
    may share a file.
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
        self._holders: dict[Path, list[str]] = {}
        for holder, file in (handed_out or {}).items():
            self._holders.setdefault(file, []).append(holder)

    async def change(
        self, edit: Callable[[Registry], Registry], *, come: Collection[str] = (), go: Iterable[str] = ()
    ) -> tuple[Changed, dict[str, str]]:
        """Changes the registry with the credentials of subsystems that come and go; returns the new secrets too.

        In the store all of it happens at once. The files follow: after a crash in between, the next start makes other
        secrets for those that came, and removes those that went. Raises RegistryError.
        """
        known, gone = self._read(), set(go) - _NOT_CLIENTS
        new = {client_id: secrets.token_urlsafe(32) for client_id in come if client_id not in known}
        hashes = {client_id: _hash(secret) for client_id, secret in new.items()}
        changed = await self._registry.change(edit, secrets=hashes, gone=gone)
        self._keep(new, gone)
        await self._certify(come)
        return changed, new

    async def issue(self, client_ids: Collection[str]) -> dict[str, str]:
        """Makes missing secrets, writes the files for others, publishes all hashes; returns the new secrets.

        With TLS it also makes certificates for those who have no valid one.
        """
        known = self._read()
        new = {client_id: secrets.token_urlsafe(32) for client_id in client_ids if client_id not in known}
        clients = {name: secret for name, secret in self._keep(new).items() if name not in _NOT_CLIENTS}
        await self._registry.put_secrets({client_id: _hash(secret) for client_id, secret in clients.items()})
        await self._certify(clients.keys() & client_ids)
        return new

    async def withdraw(self, client_ids: Iterable[str]) -> None:
        """Removes the credentials of removed subsystems for good; a subsystem that is added again gets new ones.

        The store comes first: after a crash in between, the next start still finds them in the file.
        """
        gone = set(client_ids) - _NOT_CLIENTS
        await self._registry.drop_secrets(gone)
        self._keep({}, gone)

    async def known(self) -> set[str]:
        """The subsystems that have credentials, in the file or in the store."""
        return (self._read().keys() - _NOT_CLIENTS) | await self._registry.with_secrets()

    async def certify(self, client_ids: Iterable[str], hosts: Iterable[str]) -> dict[str, str]:
        """Makes new certificates; older ones stay valid. With hosts they are valid for servers too. Returns the files.

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
        """Replaces secrets by new ones; returns the new ones.

        A new generation of credentials begins: tokens and certificates of the old secret are refused. The file comes
        first: after a crash in between, the next start publishes what is in it.
        """
        new = {client_id: secrets.token_urlsafe(32) for client_id in client_ids}
        _write(self._path, {**self._read(), **new})
        await self._registry.put_secrets({client_id: _hash(secret) for client_id, secret in new.items()})
        await self.issue(new)  # this makes their certificates
        return new

    async def generation(self, client_id: str, secret: str) -> int | None:
        """The generation of the subsystem's credentials; None when the secret is not the subsystem's."""
        known, generation = await self._registry.standing(client_id)
        return generation if hmac.compare_digest(known, _hash(secret)) else None

    def secrets_of(self, names: Iterable[str]) -> dict[str, str]:
        """The secrets of these names in the file, such as those of the roles."""
        known = self._read()
        return {name: known[name] for name in names}

    def _read(self) -> dict[str, str]:
        known: dict[str, str] = json.loads(self._path.read_text(encoding="utf-8")) if self._path.exists() else {}
        return known

    def _keep(self, new: Mapping[str, str], gone: Collection[str] = ()) -> dict[str, str]:
        """Writes the files with the secrets that have come and without those that have gone; returns all there are."""
        before = self._read()
        known = {name: secret for name, secret in {**before, **new}.items() if name not in gone}
        if known != before:
            _write(self._path, known)
        for file, holders in self._holders.items():
            names = known.keys() if _OPERATOR in holders else (*holders, SUBJECTS)
            _write(file, {name: known[name] for name in names if name in known})
        return known

    async def _certify(self, client_ids: Iterable[str]) -> None:
        """Makes certificates for those who have no valid one, if this exchange makes certificates."""
        if self._tls_folder and (self._tls_folder / AUTHORITY_KEY).exists():
            authority = Authority.open(self._tls_folder)
            for client_id in client_ids:
                authority.ensure(client_id, (await self._registry.standing(client_id))[1])


def _write(path: Path, content: dict[str, str]) -> None:
    with whole_file(path) as file:
        file.write(json.dumps(content, indent=1).encode())


def _hash(secret: str) -> str:
    # A secret has 256 random bits, so nobody can find it by trying, and a plain hash needs no salt and no stretching.
    # The hash is also the key of the gateway's assertions to this subsystem.
    return key_of(secret).hex()
