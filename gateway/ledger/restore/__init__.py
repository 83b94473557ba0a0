"""Puts a backup into an empty ledger.

The backup is verified first, then the restored ledger before others can see it; both must end with the same checkpoint.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from gateway.ledger import statistics, tables
from gateway.ledger.backup import Progress, copy, holds
from gateway.ledger.reader import Reader
from gateway.ledger.source import Source
from gateway.ledger.statements import Statements
from ndxp.ledger.audit import Audit, Audited
from ndxp.ledger.backup import Backup, BackupRefused
from ndxp.ledger.checkpoint import Key, NoteRefused
from ndxp.plural import count

_BATCH = 5000
_PRUNED = [table for table in tables.metadata.sorted_tables if table is not tables.subjects]
"""The tables that are copied: what the audit proves, and statistics if rows behind them were removed."""

_COMPLETE = [table for table in _PRUNED if table is not tables.rollups]


@dataclass(frozen=True, slots=True)
class Restored:
    """How many records a restored ledger has, how many of them are signed, and whether its statistics follow from them.

    If rows had been removed, statistics are those of the backup, and nothing proves them.
    """

    file: str
    records: int
    signed: int
    statistics_proven: bool


def restore(file: Path, url: str, statements: Statements, keys: list[Key], show: Progress) -> Restored:
    """Restores a backup that ``keys`` prove, completely or not at all, with the keys and statements of the backup.

    Raises BackupRefused, LedgerDisagrees, OSError, and SQLAlchemy's errors.
    """
    with Backup(file) as backup:
        if backup.schema != tables.SCHEMA:
            raise BackupRefused(
                f"{file} has schema {backup.schema}, this software restores {tables.SCHEMA}: restore it with the "
                "software that made it, and then upgrade"
            )
        before = holds(backup.audit(keys, show), str(file))
        trusted = backup.trusted(keys)
        _refuse_other_schema(url)
        engine = tables.open_ledger(url)
        try:
            with engine.execution_options(write=True).begin() as target:
                complete = before.first == 1
                size = _fill(target, file, _COMPLETE if complete else _PRUNED, show)
                source = Source(Reader(target), losses=backup.losses)
                _same(before, holds(Audit(source, trusted).run(show, derived=False), "the restored ledger"))
                _index(target, complete)
                # The last step before the commit: a known key that has signed nothing yet does no harm.
                named = [key for key in trusted if str(key) in backup.keys]
                statements.adopt(named, backup.changes, backup.losses)
        finally:
            engine.dispose()
    return Restored(str(file), size, before.size, complete)


def _refuse_other_schema(url: str) -> None:
    """Refuses a ledger of another schema: opening it would migrate it, which a restore must not do."""
    engine = tables.connect_ledger(url)
    try:
        if (version := tables.version_of(engine)) not in ("", tables.SCHEMA):
            raise BackupRefused(f"there is a ledger of schema {version} in {engine.url.database}; name another: --into")
    finally:
        engine.dispose()


def _fill(target: sa.Connection, file: Path, which: Sequence[sa.Table], show: Progress) -> int:
    size = target.execute(sa.select(tables.tree.c.size).with_for_update()).scalar_one()
    if size or target.execute(sa.select(tables.records.c.seq).limit(1)).first():
        raise BackupRefused(
            f"the ledger in {target.engine.url.database} has {count(size, 'record')}; a backup is restored "
            "into an empty one: name another with --into, or move it away first"
        )
    where = f"file:{quote(str(file))}?mode=ro"
    backup = sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(where, uri=True), hide_parameters=True)
    try:
        with backup.connect() as source:
            return copy(source, target, which, show)
    finally:
        backup.dispose()


def _index(target: sa.Connection, count: bool) -> None:
    """Makes the data that is not in the tree from the verified records: the index of subjects, and statistics."""
    ledger, last = Reader(target), 0
    while entries := ledger.entries(last, _BATCH):
        about = tables.subjects_of((entry.seq, entry.record.subjects) for entry in entries)
        tables.insert(target, tables.subjects, about)
        if count:
            statistics.add(target, [entry.record for entry in entries])
        last = entries[-1].seq


def _same(before: Audited, after: Audited) -> None:
    if before.checkpoint != after.checkpoint:
        raise BackupRefused("the restored ledger ends with another checkpoint than the backup")


def read_keys(given: str, statements: Statements) -> list[Key]:
    """Public keys from the option, a key or a file of keys, or those in the run folder. Raises BackupRefused."""
    path = Path(given)
    try:
        if not given:
            keys = statements.public_keys()
        elif "+" in given and not path.exists():
            keys = [Key.parse(given)]
        else:
            keys = [Key.parse(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (NoteRefused, UnicodeDecodeError) as error:
        raise BackupRefused(f"{given or 'the run folder'}: {error}") from error
    if not keys:
        raise BackupRefused("no public keys in the run folder; --key takes one, or a file as `ndxp log keys` prints it")
    return keys
