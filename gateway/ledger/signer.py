"""The ledger's signing key: made once, in a file of its owner; changed without breaking the chain of checkpoints."""

import contextlib
import os
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.keys import load_or_create
from ndxp.ledger.checkpoint import Checkpoint, Key, sign_note

_KEY, _FORMER = "ledger-key.pem", "ledger-key.former.pem"
PUBLIC = "ledger-keys"
"""File with the public keys, the latest last: what somebody needs to check evidence."""


class Signer:
    """Signs for the ledger ``name``. The key is read again when its file changes, so that all recorders follow.

    After a change of keys the next checkpoint is signed by the former key too: who trusts that one learns of the new.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self._folder = folder
        self._read_at = 0
        self._keys: list[Ed25519PrivateKey] = []
        self._publish(load_or_create(folder / _KEY))

    def checkpoint(self, checkpoint: Checkpoint) -> str:
        """The signed note of a checkpoint."""
        note = sign_note(str(checkpoint), self.name, self._current())
        if len(self._keys) > 1:
            (self._folder / _FORMER).unlink(missing_ok=True)
            del self._keys[1:]
        return note

    def retention(self, first: int) -> str:
        """The signed statement that rows before ``first`` were removed."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        return sign_note(f"{self.name} retention\n{first}\n{at}\n", self.name, self._current()[:1])

    def rotate(self) -> Key:
        """Makes a new key; gives its public half."""
        (self._folder / _KEY).replace(self._folder / _FORMER)
        new = load_or_create(self._folder / _KEY)
        self._publish(new)
        return Key(self.name, new.public_key().public_bytes_raw())

    def public_keys(self) -> list[Key]:
        """All keys that ever signed, the latest last."""
        return [Key.parse(line) for line in (self._folder / PUBLIC).read_text().splitlines()]

    def _current(self) -> list[Ed25519PrivateKey]:
        """The current key, and after it the former one if it has not endorsed the current yet."""
        changed_at = (self._folder / _KEY).stat().st_mtime_ns
        if changed_at != self._read_at:
            self._keys = [load_or_create(self._folder / _KEY)]
            if (self._folder / _FORMER).exists():
                self._keys.append(load_or_create(self._folder / _FORMER))
            self._read_at = changed_at
        return self._keys

    def _publish(self, private: Ed25519PrivateKey) -> None:
        line = f"{Key(self.name, private.public_key().public_bytes_raw())}\n"
        path = self._folder / PUBLIC
        with contextlib.suppress(FileNotFoundError):
            if line in path.read_text().splitlines(keepends=True):
                return
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), "a") as file:
            file.write(line)
