"""Writes the ledger: a batch's rows, tree and statistics in one SQL transaction, and what is signed over them."""

import time
from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from gateway.core.merkle import Tree
from gateway.core.rollup import MINUTE
from gateway.core.transaction import Record, canonical
from gateway.ledger import statistics, tables
from gateway.ledger.signer import Signer
from ndxp.ledger.checkpoint import Checkpoint
from ndxp.ledger.merkle import leaf_hash

CHECKPOINT_RECORDS, CHECKPOINT_SECONDS = 1000, 1.0
"""A checkpoint is signed when so many records or seconds have come since the last one."""

_PRUNED_AT_ONCE = 20_000

MORE = "+"
"""Stands behind a record's subjects when there were more than it names."""


class LedgerDisagrees(Exception):
    """The ledger is not what was signed: somebody has changed it. The text says where."""


class LedgerTaken(Exception):
    """Another recorder has written meanwhile; nothing of this batch was."""


class Writer:
    """Adds to the ledger. One process writes at a time; a second one that tries loses, and nothing is written twice."""

    def __init__(self, engine: sa.Engine, signer: Signer) -> None:
        self._engine = engine.execution_options(write=True)
        self._signer = signer
        self._signed_at = float("-inf")

    def append(self, batch: Sequence[Record]) -> Checkpoint | None:
        """Adds records, without those that are there already; gives the checkpoint if one was signed.

        Raises LedgerDisagrees, LedgerTaken, and SQLAlchemy's errors.
        """
        checkpoint = None
        for start in range(0, len(batch), CHECKPOINT_RECORDS):
            with self._engine.begin() as connection:
                size = add(connection, batch[start : start + CHECKPOINT_RECORDS])
                checkpoint = self._sign(connection, size) or checkpoint
        return checkpoint

    def sign(self) -> Checkpoint | None:
        """Signs a checkpoint if one is due."""
        with self._engine.begin() as connection:
            return self._sign(connection, size_of(connection))

    def check(self, published: int) -> None:
        """That the ledger still holds what its last published checkpoint says: ``published`` records.

        Raises LedgerDisagrees: who recorded on would sign a second history.
        """
        with self._engine.connect() as connection:
            size = size_of(connection)
            last = connection.execute(sa.select(sa.func.max(tables.records.c.seq))).scalar() or 0
        if size < published:
            raise LedgerDisagrees(
                f"the ledger ends at record {size}, and a checkpoint over {published} records was signed: "
                "an older copy of the database is in its place"
            )
        if last > size:
            raise LedgerDisagrees(f"record {last} is in the table and not in the tree, which ends at {size}")

    def probe(self) -> None:
        """That the ledger can take a record now; raises SQLAlchemy's errors."""
        with self._engine.begin() as connection:
            connection.execute(sa.update(tables.tree).values(size=tables.tree.c.size))

    def prune(self, before: int) -> int:
        """Removes the records before the first one of that time (µs since 1970) or later; the tree stays.

        Gives the place of the first record that is left. Statistics by minute of that time go too.
        """
        c, r = tables.records.c, tables.rollups.c
        with self._engine.begin() as connection:
            kept = connection.execute(sa.select(sa.func.min(c.seq)).where(c.request_in_ts >= before)).scalar()
            signed = connection.execute(sa.select(sa.func.max(tables.checkpoints.c.size))).scalar() or 0
            first, wanted = retained_from(connection), min(kept or signed + 1, signed + 1)
            old = sa.and_(r.period == MINUTE, r.start < before // 1_000_000 - MINUTE)
            connection.execute(sa.delete(tables.rollups).where(old))
        while first < wanted:
            first = min(first + _PRUNED_AT_ONCE, wanted)
            with self._engine.begin() as connection:
                connection.execute(sa.delete(tables.records).where(c.seq < first))
                connection.execute(sa.delete(tables.subjects).where(tables.subjects.c.seq < first))
                connection.execute(sa.delete(tables.retentions))
                note = self._signer.retention(first)
                connection.execute(sa.insert(tables.retentions).values(first=first, note=note))
        return first

    def _sign(self, connection: sa.Connection, size: int) -> Checkpoint | None:
        now = time.monotonic()
        new = size - (connection.execute(sa.select(sa.func.max(tables.checkpoints.c.size))).scalar() or 0)
        if new <= 0 or (new < CHECKPOINT_RECORDS and now - self._signed_at < CHECKPOINT_SECONDS):
            return None
        checkpoint = Checkpoint(self._signer.name, size, tree_of(connection, size).root())
        connection.execute(sa.insert(tables.checkpoints).values(size=size, note=self._signer.checkpoint(checkpoint)))
        self._signed_at = now
        return checkpoint


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
    tables.put(connection, tables.tiles, [
        {"level": level, "number": number, "hashes": hashes}
        for (level, number), hashes in tree.append([leaf_hash(canonical(record)) for record in new]).items()
    ])  # fmt: skip
    subjects = [
        (subject, size + place)
        for place, record in enumerate(new, 1)
        for subject in set(record.subjects.split()) - {MORE}
    ]
    tables.insert(connection, tables.subjects, subjects)
    statistics.add(connection, new)
    grown = sa.update(tables.tree).where(tables.tree.c.size == size).values(size=tree.size)
    if connection.execute(grown).rowcount != 1:
        raise LedgerTaken(f"another recorder has written behind record {size}")
    return tree.size


def size_of(connection: sa.Connection) -> int:
    """How many records the tree holds."""
    return int(connection.execute(sa.select(tables.tree.c.size)).scalar_one())


def tree_of(connection: sa.Connection, size: int) -> Tree:
    """The tree of the first ``size`` records, over the stored tiles."""
    c = tables.tiles.c

    def read(place: tuple[int, int]) -> bytes:
        query = sa.select(c.hashes).where(c.level == place[0], c.number == place[1])
        found = connection.execute(query).scalar()
        if found is None:
            raise LedgerDisagrees(f"tile {place[1]} of level {place[0]} of the tree is missing")
        return bytes(found)

    return Tree(size, read)


def retained_from(connection: sa.Connection) -> int:
    """The place of the first record whose row is kept."""
    return int(connection.execute(sa.select(sa.func.max(tables.retentions.c.first))).scalar() or 1)


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
