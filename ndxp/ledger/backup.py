"""Reads a backup of a ledger: one SQLite file that an auditor can verify without gateway and database."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from ndxp.ledger.audit import Audit, Audited
from ndxp.ledger.checkpoint import Key, KeyChange

FORMAT = "ndxp-backup/1"
"""The value of ``format`` in the backup's table ``backup`` of names and values."""

_ALWAYS = ("transaction_id", "phase", "origin")
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str).encode


class BackupRefused(Exception):
    """A backup cannot be made or is not valid; the text says why."""


class Backup:
    """An open backup: its description, and the source of an audit. Nothing in it is changed.

    Its tables are those of the ledger (``records``, ``tiles``, ``tree``, ``checkpoints``, ``retentions``, ``subjects``,
    ``rollups``). Raises BackupRefused for a file that is not a backup.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        with self._readable():
            self._database = sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)
            self._database.text_factory = lambda data: data.decode(errors="replace")
            about = dict(self._database.execute("SELECT name, value FROM backup"))
            if about.get("format") != FORMAT:
                raise BackupRefused(f"{file} is a backup of another kind: {str(about.get('format'))[:40]!r}")
            self.schema = str(about["schema"])
            self.keys: list[str] = json.loads(about["keys"])
            self.changes: list[str] = json.loads(about["changes"])
            self.losses: list[str] = json.loads(about["losses"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._database.close()

    def trusted(self, keys: Iterable[Key]) -> list[Key]:
        """The keys and their successors, which they have named."""
        return KeyChange.follow(keys, self.changes)

    def audit(self, keys: Iterable[Key], progress: Callable[[int, int], None] = lambda _done, _all: None) -> Audited:
        """Computes every hash again. Raises BackupRefused when the file cannot be read to its end."""
        with self._readable():
            return Audit(self, self.trusted(keys)).run(progress)

    def state(self) -> dict[str, Any]:
        """See ``ndxp.ledger.audit.Source``."""
        kept = self._row(
            "SELECT CAST(first AS INTEGER), CAST(note AS TEXT) FROM retentions ORDER BY first DESC LIMIT 1"
        )
        first, statement = kept or (1, "")
        (size,) = self._row("SELECT CAST(size AS INTEGER) FROM tree") or (0,)
        (note,) = self._row("SELECT CAST(note AS TEXT) FROM checkpoints ORDER BY size DESC LIMIT 1") or ("",)
        outside = self._database.execute(
            "SELECT seq FROM records WHERE seq < ? UNION ALL SELECT seq FROM records WHERE seq > ? "
            "ORDER BY seq LIMIT 10",
            (first, size),
        )  # two ranges, so that nothing between them is read
        return {
            "checkpoint": note, "published": "", "size": size, "first": first, "retention": statement,
            "outside": [seq for (seq,) in outside], "losses": self.losses,
        }  # fmt: skip

    def checkpoints(self, after: int, limit: int) -> list[tuple[int, str]]:
        """Sizes and signed checkpoints of more than ``after`` records."""
        query = "SELECT size, CAST(note AS TEXT) FROM checkpoints WHERE size > ? ORDER BY size LIMIT ?"
        return self._database.execute(query, (after, limit)).fetchall()

    def records(self, after: int, limit: int) -> bytes:
        """Lines of place, space and canonical record."""
        rows = self._database.execute("SELECT * FROM records WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit))
        names = [column[0] for column in rows.description]
        return b"".join(line_of(dict(zip(names, row, strict=True))) for row in rows)

    def tile(self, level: int, number: int) -> bytes:
        """A tile's hashes."""
        (found,) = self._row(
            "SELECT CAST(hashes AS BLOB) FROM tiles WHERE level = ? AND number = ?", level, number
        ) or (b"",)
        return bytes(found or b"")

    def derived(self, mark: str) -> dict[str, Any]:
        """See ``ndxp.ledger.audit.Source``; a restore computes again what is not checked here."""
        lines = [line for (line,) in self._database.execute("PRAGMA integrity_check(10)") if line != "ok"]
        return {
            "findings": [(0, f"the file is damaged: {str(line)[:200]}") for line in lines],
            "unchecked": ["the backup's statistics and index of subjects (a restore makes them of the records)"],
            "next": "",
        }

    def _row(self, query: str, *values: int) -> Any:
        return self._database.execute(query, values).fetchone()

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, ValueError, KeyError, TypeError) as error:
            if not self._file.is_file():
                raise BackupRefused(f"there is no file {self._file}") from error
            why = f" ({error})" if isinstance(error, sqlite3.Error) else ""
            raise BackupRefused(f"{self._file} is no backup of a ledger, or was cut off or damaged{why}") from error


def line_of(row: dict[str, Any]) -> bytes:
    """A record in the form whose hash is the tree's leaf: without fields that have their default."""
    place = row.pop("seq")
    lines = {name: value for name, value in row.items() if value not in ("", 0) or name in _ALWAYS}
    return b"%d %s\n" % (place, _encode(lines).encode(errors="replace"))
