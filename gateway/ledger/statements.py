"""The public files of a ledger: its public keys, and the signed notes about new keys and about losses."""

from collections.abc import Sequence
from pathlib import Path

from ndxp.ledger.checkpoint import Key
from ndxp.whole_file import whole_file

KEYS, CHANGES, LOSSES = "ledger-keys", "ledger-key-changes", "ledger-losses"
"""Files in the run folder: public keys, the latest last; notes in which each key names the next; notes of losses."""

_END = "\0"


class Statements:
    """Reads and adds to the files in a run folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def public_keys(self) -> list[Key]:
        """All keys that ever signed, the latest last; none when there is no such file."""
        path = self._folder / KEYS
        return [Key.parse(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []

    def key_changes(self) -> list[str]:
        """The notes in which each key names the next one, in their order."""
        return self._notes(CHANGES)

    def losses(self) -> list[str]:
        """The notes that say which records were lost (``ndxp.ledger.checkpoint.Loss``), in their order."""
        return self._notes(LOSSES)

    def adopt(self, keys: Sequence[Key], changes: Sequence[str], losses: Sequence[str]) -> None:
        """Adds the keys and notes of a restored ledger that are missing here; its keys come before the keys here."""
        known = self.public_keys()
        if new := [key for key in keys if key not in known]:
            self._keep(KEYS, "".join(f"{key}\n" for key in (*new, *known)))
        for name, notes in ((CHANGES, changes), (LOSSES, losses)):
            here = self._notes(name)
            for note in notes:
                if note not in here:
                    self.add_note(name, note)

    def add_key(self, key: Key) -> None:
        """Adds the newest key, unless it is there."""
        known = self.public_keys()
        if key not in known:
            self._keep(KEYS, "".join(f"{one}\n" for one in (*known, key)))

    def add_note(self, name: str, note: str) -> None:
        """Adds a note to ``CHANGES`` or ``LOSSES``."""
        self._keep(name, "".join(f"{one}{_END}" for one in (*self._notes(name), note)))

    def _notes(self, name: str) -> list[str]:
        """Complete notes only: a note at the end that was cut off during writing is ignored."""
        path = self._folder / name
        return path.read_text(errors="replace", encoding="utf-8").split(_END)[:-1] if path.exists() else []

    def _keep(self, name: str, text: str) -> None:
        """Replaces a file on the disk, completely or not at all."""
        with whole_file(self._folder / name, mode=0o644, synced=True) as file:
            file.write(text.encode())
