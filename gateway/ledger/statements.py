"""What is public of a ledger beside its database: its keys, and what they have signed about keys and losses."""

import os
from collections.abc import Sequence
from pathlib import Path

from ndxp.ledger.checkpoint import Key

KEYS, CHANGES, LOSSES = "ledger-keys", "ledger-key-changes", "ledger-losses"
"""Files of the run folder: public keys, the latest last; notes by which each has named the next; notes of losses."""

_END = "\0"


class Statements:
    """Reads and adds to the files in a run folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def public_keys(self) -> list[Key]:
        """All keys that ever signed, the latest last; none when there is no such file."""
        path = self._folder / KEYS
        return [Key.parse(line) for line in path.read_text().splitlines()] if path.exists() else []

    def key_changes(self) -> list[str]:
        """The notes by which each key has named the next, in their order."""
        return self._notes(CHANGES)

    def losses(self) -> list[str]:
        """The notes that say which records were lost (``ndxp.ledger.checkpoint.Loss``), in their order."""
        return self._notes(LOSSES)

    def adopt(self, keys: Sequence[Key], changes: Sequence[str], losses: Sequence[str]) -> None:
        """Adds what comes with a ledger from elsewhere and is not known here; its keys come before those here."""
        known = self.public_keys()
        if new := [key for key in keys if key not in known]:
            beside = self._folder / f"{KEYS}.new"
            beside.unlink(missing_ok=True)
            for key in (*new, *known):
                _append(beside, f"{key}\n")
            beside.replace(self._folder / KEYS)
        for name, notes in ((CHANGES, changes), (LOSSES, losses)):
            here = self._notes(name)
            for note in notes:
                if note not in here:
                    self.add_note(name, note)

    def add_key(self, key: Key) -> None:
        """Adds the newest key, unless it is there."""
        if key not in self.public_keys():
            _append(self._folder / KEYS, f"{key}\n")

    def add_note(self, name: str, note: str) -> None:
        """Adds a note to ``CHANGES`` or ``LOSSES``."""
        _append(self._folder / name, f"{note}{_END}")

    def _notes(self, name: str) -> list[str]:
        path = self._folder / name
        return path.read_text().split(_END)[:-1] if path.exists() else []


def _append(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), "a") as file:
        file.write(text)
