"""Makes a backup of the ledger while it is written to.

With either database, a backup is one SQLite file with the ledger's rows as they were at one moment, and with the public
keys that prove them (``ndxp.ledger.backup`` reads it). Private keys and salts are not in it.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from gateway.ledger import tables
from gateway.ledger.statements import Statements
from gateway.ledger.writer import size_of
from ndxp import __version__
from ndxp.database_url import read_url
from ndxp.ledger.audit import Audited
from ndxp.ledger.backup import FORMAT, Backup, BackupRefused
from ndxp.sqlite import sqlite_url

Progress = Callable[[int, int], None]
_BATCH = 5000
_PATIENCE, _STEP = 5.0, 0.005
"""Seconds to wait for a moment at which all records are signed; with a recorder it comes once a second."""

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Copied:
    """A ledger that was copied and verified: how many records it has, and how many of them are signed."""

    file: str
    records: int
    signed: int
    bytes: int


def back_up(ledger: sa.Engine, statements: Statements, file: Path, show: Progress) -> Copied:
    """Makes a verified backup of mode 0600, or no file of that name.

    Raises BackupRefused, OSError and SQLAlchemy's errors.
    """
    if file.exists():
        raise BackupRefused(f"{file} is there already; a backup overwrites nothing")
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    os.close(descriptor)
    beside = Path(name)
    try:
        with _at_one_moment(ledger) as source, _new(beside) as target:
            size = copy(source, target, tables.metadata.sorted_tables, show)
            _describe(target, statements)
        with Backup(beside) as backup:
            audited = holds(backup.audit(statements.public_keys(), show), "the ledger")
        with beside.open("rb") as written:
            os.fsync(written.fileno())
        _name(beside, file)
    finally:
        beside.unlink(missing_ok=True)
    return Copied(str(file), size, audited.size, file.stat().st_size)


def copy(source: sa.Connection, target: sa.Connection, which: Iterable[sa.Table], show: Progress) -> int:
    """Copies all rows of these tables into empty ones; returns how many records the tree has."""
    size, done = size_of(source), 0
    target.execute(sa.delete(tables.tree))  # an empty ledger has a row there
    for table in which:
        query = sa.select(table).order_by(*table.primary_key.columns)
        for rows in source.execution_options(yield_per=_BATCH).execute(query).partitions():
            tables.insert(target, table, [tuple(row) for row in rows])
            if table is tables.records:
                done += len(rows)
                show(done, size)
    return size


def holds(audited: Audited, what: str) -> Audited:
    """The audit's result if nothing is wrong. Raises BackupRefused, which names the places."""
    if audited.findings:
        named = "; ".join(finding.text for finding in audited.findings[:_SHOWN])
        others = len(audited.findings) - _SHOWN
        raise BackupRefused(f"{what} does not hold: {named}{f'; and {others} more' if others > 0 else ''}")
    return audited


def _name(beside: Path, file: Path) -> None:
    """Renames a file unless the name is taken; without a hard link, which not every file system has."""
    try:
        file.touch(mode=0o600, exist_ok=False)
    except FileExistsError as error:
        raise BackupRefused(f"another process has made {file} meanwhile; a backup overwrites nothing") from error
    try:
        beside.replace(file)
    except OSError:
        file.unlink()
        raise


@contextmanager
def _at_one_moment(ledger: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that sees the ledger at one moment, if possible at a moment when all records are signed."""
    postgresql = ledger.dialect.name == "postgresql"
    if postgresql:
        ledger = ledger.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    deadline = time.monotonic() + _PATIENCE
    while True:
        with ledger.connect() as connection:
            if postgresql:  # the transaction does not block writers, and the target of the copy may be slow
                connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
            signed = connection.execute(sa.select(sa.func.max(tables.checkpoints.c.size))).scalar() or 0
            if size_of(connection) == signed or time.monotonic() > deadline:
                yield connection
                return
        time.sleep(_STEP)


@contextmanager
def _new(file: Path) -> Iterator[sa.Connection]:
    """A new file with the ledger's tables, without rows and indexes; for one transaction."""
    engine = sa.create_engine(read_url(sqlite_url(file)), hide_parameters=True)
    try:
        with engine.begin() as connection:
            # Nobody reads the file before it is complete, and it is synced at the end.
            connection.exec_driver_sql("PRAGMA journal_mode=OFF")
            connection.exec_driver_sql("PRAGMA synchronous=OFF")
            for table in tables.metadata.sorted_tables:
                connection.execute(sa.schema.CreateTable(table))
            yield connection
    finally:
        engine.dispose()


def _describe(target: sa.Connection, statements: Statements) -> None:
    about = {
        "format": FORMAT,
        "schema": tables.SCHEMA,
        "software": __version__,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "keys": json.dumps([str(key) for key in statements.public_keys()]),
        "changes": json.dumps(statements.key_changes()),
        "losses": json.dumps(statements.losses()),
    }
    target.exec_driver_sql("CREATE TABLE backup (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
    target.exec_driver_sql("INSERT INTO backup VALUES (?, ?)", list(about.items()))


def existing(url: str) -> sa.Engine:
    """Connects to an existing ledger without migrating it. Raises BackupRefused and OSError."""
    engine = tables.connect_ledger(url)
    file = engine.url.database or ""
    if engine.dialect.name == "sqlite" and not Path(file).is_file():
        raise BackupRefused(f"there is no ledger in {file}; --ledger or NDXP_LEDGER_URL say where it is")
    if (version := tables.version_of(engine)) != tables.SCHEMA:
        raise BackupRefused(
            f"the ledger has schema {version or 'of before there were numbers'}, this software makes backups of "
            f"{tables.SCHEMA}: use the software that records into it"
        )
    return engine
