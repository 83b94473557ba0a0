"""Writes the ledger: rows, tree, statistics and signed checkpoint of a batch, in one SQL transaction."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import msgspec
import sqlalchemy as sa

from gateway.core.transaction import Record, canonical
from gateway.ledger import statistics, tables
from gateway.ledger.rollup import MINUTE
from gateway.ledger.signer import Signer
from gateway.ledger.tables import LedgerDisagrees
from gateway.ledger.tree import Place, TileMissing, Tree
from ndxp.ledger.checkpoint import Checkpoint, Loss, NoteRefused
from ndxp.ledger.merkle import leaf_hash
from ndxp.plural import count

CHECKPOINT_RECORDS, CHECKPOINT_SECONDS = 1000, 1.0
"""A checkpoint is signed after so many records, or so many seconds, since the last one."""

_PRUNED_AT_ONCE = 5_000
"""Rows removed in one transaction; it must take less than a second, because the recorder has to renew its lease."""

SIZE = sa.select(tables.tree.c.size)
"""How many records the tree holds."""

FIRST = sa.select(sa.func.coalesce(sa.func.max(tables.retentions.c.first), 1))
"""The place of the first record whose row is kept."""


class LedgerTaken(Exception):
    """Another recorder has written meanwhile; nothing of this batch was written."""


class Writer:
    """Adds to the ledger. Only one process can write at a time; a second one fails, and nothing is written twice.

    It signs only a ledger that continues its last checkpoint, so a changed database gets no signature.
    """

    def __init__(self, engine: sa.Engine, signer: Signer) -> None:
        self._engine = engine.execution_options(write=True)
        self._signer = signer
        self._last: Checkpoint | None = None
        self._signed_at = float("-inf")
        self.size = 0

    @property
    def signed(self) -> int:
        """How many records the last checkpoint covers that this process knows; ``size`` is the number of records."""
        return self._last.size if self._last else 0

    @property
    def signed_ago(self) -> float:
        """Seconds since this process signed a checkpoint; infinite before the first."""
        return time.monotonic() - self._signed_at

    def append(self, batch: Sequence[Record]) -> str:
        """Adds records, except those that are there already; returns the note of the checkpoint if one was signed.

        Raises LedgerDisagrees, LedgerTaken, and SQLAlchemy's errors.
        """
        note = ""
        for start in range(0, len(batch), CHECKPOINT_RECORDS):
            part = batch[start : start + CHECKPOINT_RECORDS]
            note = self._write(partial(add, batch=part)) or note
        return note

    def sign(self) -> str:
        """Signs a checkpoint if one is due; returns its note."""
        return self._write(size_of)

    def sign_all(self) -> str:
        """Signs a checkpoint over all unsigned records; returns its note, empty when there are none."""
        self._signed_at = float("-inf")
        return self._write(size_of)

    def check(self, published: str) -> str:
        """Checks that the ledger agrees with its last checkpoints; ``published`` is a note, or empty.

        Returns the note of the last checkpoint, empty when there is none. A published checkpoint is skipped if its loss
        was accepted. Raises LedgerDisagrees: recording on would sign a second history.
        """
        self._last, last_note = None, ""
        with holding(), self._engine.connect() as connection:
            self.size = size = size_of(connection)
            last = connection.execute(sa.select(sa.func.max(tables.records.c.seq))).scalar() or 0
            if last > size:
                raise LedgerDisagrees(f"record {last} is in the table and not in the tree, which ends at {size}")
            for note in (latest_note(connection), published):
                if note:
                    checkpoint = self._opened(note)
                    if note == published and self._accepted(checkpoint):
                        continue
                    _continues(connection, size, checkpoint)
                    if self._last is None or checkpoint.size > self._last.size:
                        self._last, last_note = checkpoint, note
        return last_note

    def accept_loss(self, published: str) -> Loss:
        """Signs a statement that the ledger is shorter than the published checkpoint, so that recording can go on.

        Raises ValueError when it is not shorter, and LedgerDisagrees when no known key has signed the checkpoint.
        """
        with self._engine.connect() as connection:
            size = size_of(connection)
        lost = self._opened(published) if published else None
        if lost is None or lost.size <= size or self._accepted(lost):
            raise ValueError(f"nothing that was signed is missing: the ledger has {count(size, 'record')}")
        return self._signer.lose(size, lost)

    def probe(self) -> None:
        """Checks that the ledger can take a record now; raises SQLAlchemy's errors."""
        with self._engine.begin() as connection:
            connection.execute(sa.update(tables.tree).values(size=tables.tree.c.size))

    def prune(self, before: int, for_seconds: float = math.inf) -> tuple[int, bool]:
        """Removes the rows of all records that are older than a time (µs since 1970); the tree stays.

        Works in parts, for about ``for_seconds`` at most, so that others can write in between. Returns the place of the
        first record that is left, and whether all are removed. Statistics by minute of that time are removed too.
        """
        r, ends_at = tables.rollups.c, time.monotonic() + for_seconds
        with self._engine.begin() as connection:
            old = sa.and_(r.period == MINUTE, r.start < before // 1_000_000 - MINUTE)
            connection.execute(sa.delete(tables.rollups).where(old))
        while True:
            with self._engine.begin() as connection:
                first = retained_from(connection)
                kept = _kept_from(connection, first, before)
                if kept > first:
                    _forget(connection, kept)
                    connection.execute(sa.delete(tables.retentions))
                    note = self._signer.retention(kept)
                    connection.execute(sa.insert(tables.retentions).values(first=kept, note=note))
            if kept < first + _PRUNED_AT_ONCE:
                return kept, True
            if time.monotonic() >= ends_at:
                return kept, False

    def _write(self, work: Callable[[sa.Connection], int]) -> str:
        """Does ``work``, which returns the size of the tree, and signs if it is time, in one transaction."""
        now, note, checkpoint = time.monotonic(), "", None
        with holding(), self._engine.begin() as connection:
            size = work(connection)
            new = size - (self._last.size if self._last else 0)
            if new >= CHECKPOINT_RECORDS or (new > 0 and now - self._signed_at >= CHECKPOINT_SECONDS):
                if self._last is not None:
                    _continues(connection, size, self._last)
                root = tree_of(connection, size).root()
                number = self._last.number + 1 if self._last else 1
                checkpoint = Checkpoint(self._signer.name, size, root, self._losses(), number)
                note = self._signer.checkpoint(checkpoint)
                tables.put(connection, tables.checkpoints, [{"size": size, "note": note}])
        self.size = size
        if checkpoint is not None:
            self._last, self._signed_at = checkpoint, now
            self._signer.endorsed()
        return note

    def _accepted(self, checkpoint: Checkpoint) -> bool:
        """Whether a statement says that the records of this checkpoint are lost."""
        return any(loss.accepts(checkpoint) for loss in self._signer.stated())

    def _losses(self) -> int:
        """How many losses were stated; at least as many as the last checkpoint says, whose signer may know more."""
        return max([self._last.losses if self._last else 0, *(loss.number for loss in self._signer.stated())])

    def _opened(self, note: str) -> Checkpoint:
        try:
            return Checkpoint.open(note, self._signer.public_keys())
        except NoteRefused as error:
            raise LedgerDisagrees(f"the last checkpoint does not hold: {error}") from error


@contextmanager
def holding() -> Iterator[None]:
    """A tree that lacks something is a ledger that disagrees."""
    try:
        yield
    except TileMissing as error:
        raise LedgerDisagrees(str(error)) from error


def _continues(connection: sa.Connection, size: int, checkpoint: Checkpoint) -> None:
    """That the tree of ``size`` continues what was signed."""
    if size < checkpoint.size:
        raise LedgerDisagrees(
            f"the ledger ends at record {size}, and a checkpoint over {count(checkpoint.size, 'record')} was signed: "
            "an older copy of the database is in its place; put the newer one back or, if there is none, accept the "
            "loss with `ndxp log accept-loss`"
        )
    if tree_of(connection, size).root(checkpoint.size) != checkpoint.root:
        raise LedgerDisagrees(f"the first {checkpoint.size} records are not those that were signed")


def add(connection: sa.Connection, batch: Sequence[Record]) -> int:
    """Adds records to rows, tree, subjects and statistics; gives the size of the tree.

    Raises LedgerDisagrees and LedgerTaken.
    """
    size = size_of(connection)
    new = _without_known(connection, batch)
    if not new:
        return size
    rows = [(size + place, *msgspec.structs.astuple(record)) for place, record in enumerate(new, 1)]
    tables.insert(connection, tables.records, rows)
    tree = tree_of(connection, size)
    tables.put(
        connection,
        tables.tiles,
        [
            {"level": level, "number": number, "hashes": hashes}
            for (level, number), hashes in tree.append([leaf_hash(canonical(record)) for record in new]).items()
        ],
    )
    tables.insert(connection, tables.subjects, tables.subjects_of(enumerate((one.subjects for one in new), size + 1)))
    statistics.add(connection, new)
    grown = sa.update(tables.tree).where(tables.tree.c.size == size).values(size=tree.size)
    if connection.execute(grown).rowcount != 1:
        raise LedgerTaken(f"another recorder has written behind record {size}")
    return tree.size


def _kept_from(connection: sa.Connection, first: int, before: int) -> int:
    """The place of the next record to be kept, behind a part to be removed; what is not signed is kept."""
    c = tables.records.c
    signed = connection.execute(sa.select(sa.func.max(tables.checkpoints.c.size))).scalar() or 0
    end = max(first, min(first + _PRUNED_AT_ONCE, signed + 1))
    young = sa.select(sa.func.min(c.seq)).where(c.seq >= first, c.seq < end, c.request_in_ts >= before)
    return int(connection.execute(young).scalar() or end)


def _forget(connection: sa.Connection, first: int) -> None:
    """Removes the records before ``first``, and whom they are about, each by its key: no index has their places."""
    c, s = tables.records.c, tables.subjects.c
    about = tables.read(connection, sa.select(c.seq, c.subjects).where(c.seq < first, c.subjects != ""))
    if gone := tables.subjects_of((seq, named) for seq, named in about):
        one = sa.delete(tables.subjects).where(s.subject == sa.bindparam("whom"), s.seq == sa.bindparam("place"))
        connection.execute(one, [{"whom": subject, "place": seq} for subject, seq in gone])
    connection.execute(sa.delete(tables.records).where(c.seq < first))


def size_of(connection: sa.Connection) -> int:
    """How many records the tree holds. Raises LedgerDisagrees when its table does not say one number."""
    sizes = connection.execute(SIZE).scalars().all()
    if len(sizes) != 1:
        raise LedgerDisagrees(f"the table tree has {len(sizes)} rows, and one belongs there")
    return _number(sizes[0], "the size of the tree")


def tree_of(connection: sa.Connection, size: int) -> Tree:
    """The tree of the first ``size`` records, over the stored tiles."""
    return Tree(size, partial(tile_of, connection))


def tile_of(connection: sa.Connection, place: Place) -> bytes:
    """A tile's hashes; empty when there is no such tile."""
    c = tables.tiles.c
    query = sa.select(sa.type_coerce(c.hashes, sa.types.NullType)).where(c.level == place[0], c.number == place[1])
    found = connection.execute(query).scalar()
    return bytes(found) if isinstance(found, bytes | memoryview) else b""


def latest_note(connection: sa.Connection) -> str:
    """The signed checkpoint of most records; empty when there is none."""
    c = tables.checkpoints.c
    rows = tables.read(connection, sa.select(c.note).order_by(c.size.desc()).limit(1))
    return str(rows[0].note) if rows else ""


def retained_from(connection: sa.Connection) -> int:
    """The place of the first record whose row is kept. Raises LedgerDisagrees when that is no number."""
    return _number(connection.execute(FIRST).scalar_one(), "the first place of a retention")


def _number(value: object, what: str) -> int:
    if not isinstance(value, int):
        raise LedgerDisagrees(f"{what} is no number in the database any more")
    return value


def _without_known(connection: sa.Connection, batch: Sequence[Record]) -> list[Record]:
    """The records that the ledger does not have, each once."""
    c = tables.records.c
    query = sa.select(c.transaction_id, c.phase).where(c.transaction_id.in_([one.transaction_id for one in batch]))
    known = {(row.transaction_id, row.phase) for row in connection.execute(query)}
    new = []
    for record in batch:
        key = (record.transaction_id, str(record.phase))
        if key not in known:
            known.add(key)
            new.append(record)
    return new
