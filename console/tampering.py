"""A lesson on a copy of the ledger: somebody changes it, and an audit says what it finds. The ledger stays as it is."""

import secrets
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.exchange import Refused
from console.job import Progress
from ndxp import tree
from ndxp.ledger.audit import WIDTH, Audit, Finding
from ndxp.ledger.backup import Backup, BackupRefused, line_of
from ndxp.ledger.checkpoint import Key, NoteRefused
from ndxp.ledger.merkle import leaf_hash, perfect_root
from ndxp.sandbox.ledger_process import ledger_environment
from ndxp.sandbox.plan import PlanFailed

MOST = 300_000
"""Records of a ledger that is copied for a lesson; a longer one takes minutes."""

_PATIENCE = 300.0
_STEP = 0.1
_HASH = 32
_LEVELS = 8
_FALSE = "nothing of the kind"


@dataclass(frozen=True, slots=True)
class Change:
    """A value of the database that was changed, as it was and as it is now."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was changed in the copy, at which record, and what the audit found.

    ``alone`` is what it finds without a checkpoint that was kept elsewhere. ``transaction`` is empty when more than one
    record was changed.
    """

    place: int
    transaction: str
    changes: list[Change]
    findings: list[Finding]
    alone: list[Finding]
    records: int
    seconds: float


def teach(kind: str, folder: Path, keys: list[Key], progress: Progress) -> Lesson:
    """Copies the ledger of a run folder, changes the copy in one of the ``KINDS``, and audits it.

    Raises Refused when no copy can be made.
    """
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ndxp-lesson-") as place:  # of mode 0700
        copy = Path(place) / "copy.backup"
        make_copy(folder, copy, progress)
        return tamper(kind, copy, keys, progress, begun)


def tamper(kind: str, copy: Path, keys: list[Key], progress: Progress, begun: float) -> Lesson:
    """Changes a backup of a ledger in one of the ``KINDS``, and audits it. Raises Refused."""
    try:
        with Backup(copy) as before:
            kept, size = before.state()["checkpoint"], before.state()["size"]
        with closing(sqlite3.connect(copy)) as database, database:
            place = _somewhere(database)
            row = _row(database, place)
            changes = KINDS[kind](database, place)
        with Backup(copy) as changed:
            trusted = changed.trusted(keys)
            found = Audit(changed, trusted, [kept] if kept else []).run(progress)
            alone = Audit(changed, trusted).run(progress, derived=False)
    except (BackupRefused, NoteRefused, sqlite3.Error) as error:
        raise Refused(str(error)) from error
    transaction = "" if kind == "cut" else str(row["transaction_id"])
    seconds = time.monotonic() - begun
    return Lesson(place, transaction, changes, found.findings, alone.findings, size, seconds)


def make_copy(folder: Path, copy: Path, progress: Progress) -> None:
    """Makes a backup of the ledger of a run folder with the gateway's command, which is a process of its own.

    Raises Refused.
    """
    try:
        environment = ledger_environment(folder)
    except PlanFailed as error:
        raise Refused(str(error)) from error
    command = tree.command("gateway.ledger.backup", str(copy))
    with _ended(command, environment) as process:
        deadline = time.monotonic() + _PATIENCE
        while process.poll() is None:
            progress(0, 0)
            if time.monotonic() > deadline:
                raise Refused(f"the copy was not made within {_PATIENCE:g} s")
            time.sleep(_STEP)
        if process.returncode:
            why = process.stderr.read() if process.stderr else ""
            raise Refused(" ".join(why.split())[-500:] or f"no copy was made (exit code {process.returncode})")


@contextmanager
def _ended(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A process that has ended afterwards."""
    with subprocess.Popen(  # noqa: S603 - our own command
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8", errors="replace"
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()


def _somewhere(database: sqlite3.Connection) -> int:
    """The place of some record whose row is still there, and before which others are. Raises Refused."""
    places = [place for (place,) in database.execute("SELECT seq FROM records WHERE seq > 1 ORDER BY seq LIMIT 100000")]
    if not places:
        raise Refused("the ledger has too few records yet; make a call or two")
    return int(secrets.choice(places))


def _row(database: sqlite3.Connection, place: int) -> dict[str, Any]:
    found = database.execute("SELECT * FROM records WHERE seq = ?", (place,))
    return dict(zip([column[0] for column in found.description], found.fetchone(), strict=True))


def _field(database: sqlite3.Connection, place: int) -> list[Change]:
    """Another purpose in the row."""
    before = str(_row(database, place)["purpose"])
    database.execute("UPDATE records SET purpose = ? WHERE seq = ?", (_FALSE, place))
    return [Change("records.purpose", before, _FALSE)]


def _removed(database: sqlite3.Connection, place: int) -> list[Change]:
    """The row is gone."""
    row = _row(database, place)
    database.execute("DELETE FROM records WHERE seq = ?", (place,))
    return [Change("records", f"{row['client']} → {row['method']}", "")]


def _hash(database: sqlite3.Connection, place: int) -> list[Change]:
    """Another hash in the tree; the row is as it was."""
    return [_put(database, 0, place - 1, secrets.token_bytes(_HASH))]


def _both(database: sqlite3.Connection, place: int) -> list[Change]:
    """Another purpose, and all hashes of the tree that depend on it, made anew by somebody who knows how."""
    changes = _field(database, place)
    record = line_of(_row(database, place)).rstrip(b"\n").partition(b" ")[2]
    level, index, new = 0, place - 1, leaf_hash(record)
    while level < _LEVELS and _tile(database, level, index // WIDTH):
        changes.append(_put(database, level, index, new))
        hashes = _tile(database, level, index // WIDTH)
        if len(hashes) < WIDTH * _HASH:
            break
        new = perfect_root([hashes[at : at + _HASH] for at in range(0, len(hashes), _HASH)])
        level, index = level + 1, index // WIDTH
    return changes


def _cut(database: sqlite3.Connection, place: int) -> list[Change]:
    """The ledger as it was at an older checkpoint: rows, tree and checkpoints fit one another."""
    (before,) = database.execute("SELECT size FROM tree").fetchone()
    (size,) = database.execute("SELECT coalesce(max(size), 0) FROM checkpoints WHERE size < ?", (place,)).fetchone()
    for table, column in (("records", "seq"), ("checkpoints", "size")):
        database.execute(f"DELETE FROM {table} WHERE {column} > ?", (size,))  # noqa: S608 - names of our own
    database.execute("UPDATE tree SET size = ?", (size,))
    for level in range(_LEVELS):
        tile, hashes = divmod(size >> (8 * level), WIDTH)
        database.execute("DELETE FROM tiles WHERE level = ? AND (number > ? OR ? = 0 AND number = ?)",
                         (level, tile, hashes, tile))  # fmt: skip
        database.execute("UPDATE tiles SET hashes = ? WHERE level = ? AND number = ?",
                         (_tile(database, level, tile)[: hashes * _HASH], level, tile))  # fmt: skip
    return [Change("tree.size", str(before), str(size))]


def _tile(database: sqlite3.Connection, level: int, number: int) -> bytes:
    found = database.execute("SELECT hashes FROM tiles WHERE level = ? AND number = ?", (level, number)).fetchone()
    return bytes(found[0]) if found else b""


def _put(database: sqlite3.Connection, level: int, index: int, new: bytes) -> Change:
    """Puts a hash into the tree."""
    number, at = index // WIDTH, index % WIDTH * _HASH
    hashes = _tile(database, level, number)
    changed = hashes[:at] + new + hashes[at + _HASH :]
    database.execute("UPDATE tiles SET hashes = ? WHERE level = ? AND number = ?", (changed, level, number))
    return Change(f"tiles {level}/{number}", hashes[at : at + _HASH].hex()[:16], new.hex()[:16])


KINDS: dict[str, Callable[[sqlite3.Connection, int], list[Change]]] = {
    "field": _field, "removed": _removed, "hash": _hash, "both": _both, "cut": _cut,
}  # fmt: skip
"""What can be changed, each by a function that changes the copy at a place."""
