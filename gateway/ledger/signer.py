"""The ledger's signing key: made once, in a private file; changed without breaking the chain of checkpoints."""

from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.keys import load_or_create
from gateway.ledger.statements import CHANGES, LOSSES, Statements
from ndxp.ledger.checkpoint import Checkpoint, Conformance, Key, KeyChange, Loss, Retention, sign_note

_KEY, _FORMER = "ledger-key.pem", "ledger-key.former.pem"


class RotationUnderWay(Exception):
    """The old key has not signed a checkpoint of the new key yet."""


class Signer(Statements):
    """Signs for the ledger ``name``. The key is read again when its file changes, so that all recorders follow.

    After a change of keys, the old key signs a note that names the new key, and the next checkpoint is signed by both.
    So whoever trusts the old key learns the new one.
    """

    def __init__(self, folder: Path, name: str) -> None:
        super().__init__(folder)
        self.name = name
        self._read_at = 0
        self._keys: list[Ed25519PrivateKey] = []
        self.add_key(self._public(load_or_create(folder / _KEY)))

    def checkpoint(self, checkpoint: Checkpoint) -> str:
        """The signed note of a checkpoint; call ``endorsed`` after it is stored."""
        return sign_note(str(checkpoint), self.name, self._current())

    def endorsed(self) -> None:
        """A checkpoint with both signatures is stored: the old key is no longer needed."""
        if len(self._keys) > 1:
            (self._folder / _FORMER).unlink(missing_ok=True)
            del self._keys[1:]

    def retention(self, first: int) -> str:
        """The signed statement that rows before ``first`` were removed."""
        return sign_note(str(Retention(self.name, first, _now())), self.name, self._current()[:1])

    def conformance(self, digest: str) -> str:
        """The signed statement that an agency was checked, with this report."""
        return sign_note(str(Conformance(self.name, digest, _now())), self.name, self._current()[:1])

    def stated(self) -> list[Loss]:
        """The stated losses, in their order; notes that are not statements of this ledger are skipped."""
        return Loss.all_of(self.losses(), self.public_keys())

    def lose(self, kept: int, lost: Checkpoint) -> Loss:
        """States that the ledger ends at ``kept`` although ``lost`` was signed; stores the statement."""
        number = max([lost.losses, *(loss.number for loss in self.stated())]) + 1
        loss = Loss(kept, lost, _now(), number)
        self.add_note(LOSSES, sign_note(str(loss), self.name, self._current()[:1]))
        return loss

    def rotate(self) -> Key:
        """Makes a new key; returns its public half. Raises RotationUnderWay."""
        key, former, beside = (self._folder / name for name in (_KEY, _FORMER, "ledger-key.new.pem"))
        if former.exists():
            raise RotationUnderWay("the last change of keys waits for its first checkpoint, which the next call brings")
        beside.unlink(missing_ok=True)
        new = self._public(load_or_create(beside))
        self.add_note(CHANGES, sign_note(str(KeyChange(new)), self.name, [load_or_create(key)]))
        former.hardlink_to(key)
        beside.replace(key)
        self.add_key(new)
        return new

    def _current(self) -> list[Ed25519PrivateKey]:
        """The current key, followed by the old key if that has not endorsed the current one yet."""
        changed_at = (self._folder / _KEY).stat().st_ctime_ns
        if changed_at != self._read_at:
            self._keys = [load_or_create(self._folder / _KEY)]
            if (self._folder / _FORMER).exists():
                self._keys.append(load_or_create(self._folder / _FORMER))
            self._read_at = changed_at
        return self._keys

    def _public(self, private: Ed25519PrivateKey) -> Key:
        return Key(self.name, private.public_key().public_bytes_raw())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
