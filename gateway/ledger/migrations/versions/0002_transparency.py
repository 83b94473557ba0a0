"""The Merkle tree, checkpoints, data subjects and statistics; existing records are added to all of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

from gateway.ledger import statistics, tables
from gateway.ledger.tree import Place, Tree
from ndxp.ledger.merkle import leaf_hash

revision = "0002"
down_revision = "0001"

_BATCH = 1000
_PARTIAL = {
    "records_by_status": (["status_code", "request_in_ts"], "status_code <> 0"),
    "records_by_reason": (["reason", "request_in_ts"], "reason <> ''"),
    "records_by_message": (["message_id"], "message_id <> ''"),
    "records_by_trace": (["traceparent"], "traceparent <> ''"),
}
_TEXTS = (
    "transaction_id", "phase", "client", "service", "method", "message_id", "user_id", "issue", "represented_party",
    "purpose", "request_hash", "response_hash", "reason", "origin", "grant", "node", "traceparent", "subjects",
)  # fmt: skip
_NUMBERS = (
    "request_in_ts", "request_out_ts", "response_in_ts", "response_out_ts", "request_size", "response_size",
    "messages_in", "messages_out", "status_code", "attempts",
)  # fmt: skip


def upgrade() -> None:
    """Makes the tables, and takes the old records over in their order, without gaps in their numbers."""
    connection = op.get_bind()
    op.drop_index("records_by_client", "records")
    op.drop_index("records_by_time", "records")
    op.rename_table("records", "records_before")
    records, tiles = _make_records(), _make_tree()
    _make_statistics()
    before = sa.Table("records_before", sa.MetaData(), autoload_with=connection)
    page = sa.select(before).order_by(before.c.seq).limit(_BATCH)
    last = size = 0
    while rows := connection.execute(page.where(before.c.seq > last)).mappings().all():
        taken = [{str(name): value for name, value in row.items() if name != "seq"} for row in rows]
        _take_over(connection, records, tiles, size, taken)
        last, size = rows[-1]["seq"], size + len(rows)
    connection.execute(sa.text("INSERT INTO tree (id, size) VALUES (1, :size)"), {"size": size})
    op.drop_table("records_before")


def _take_over(
    connection: sa.Connection, records: sa.Table, tiles: sa.Table, size: int, taken: Sequence[Mapping[str, Any]]
) -> None:
    """Adds the records after place ``size``, with columns and hashes as they were when this step was written.

    Statistics are computed by today's code: the next step that changes them must keep a copy of that code here.
    """

    def tile_of(place: Place) -> bytes:
        query = sa.select(tiles.c.hashes).where(tiles.c.level == place[0], tiles.c.number == place[1])
        return bytes(connection.execute(query).scalar() or b"")

    rows = [{**one, "seq": size + place, "subjects": ""} for place, one in enumerate(taken, 1)]
    connection.execute(sa.insert(records), rows)
    leaves = [leaf_hash(msgspec.json.encode(_filled(one), order="sorted")) for one in taken]
    changed = Tree(size, tile_of).append(leaves)
    tables.put(
        connection,
        tiles,
        [{"level": level, "number": number, "hashes": hashes} for (level, number), hashes in changed.items()],
    )
    statistics.add(connection, [tables.record(one) for one in taken])


def _filled(record: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a record that differ from their defaults: the canonical record has no others."""
    always = ("transaction_id", "phase", "origin")
    return {name: value for name, value in record.items() if value not in ("", 0) or name in always}


def _make_records() -> sa.Table:
    made = op.create_table(
        "records",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
        *(sa.Column(name, tables.Text, nullable=False) for name in _TEXTS),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in _NUMBERS),
        sa.UniqueConstraint("transaction_id", "phase"),
    )
    op.create_index("records_by_client", "records", ["client", "request_in_ts"])
    op.create_index("records_by_service", "records", ["service", "request_in_ts"])
    op.create_index("records_by_time", "records", ["request_in_ts"])
    for name, (columns, condition) in _PARTIAL.items():
        where = sa.text(condition)
        op.create_index(name, "records", columns, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "subjects",
        sa.Column("subject", tables.Text, primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    return made


def _make_tree() -> sa.Table:
    made = op.create_table(
        "tiles",
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "tree",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("size", sa.BigInteger, nullable=False),
    )
    for name, number in (("checkpoints", "size"), ("retentions", "first")):
        op.create_table(
            name,
            sa.Column(number, sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("note", tables.Text, nullable=False),
        )
    return made


def _make_statistics() -> None:
    numbers = ("answered", "failed", "refused", "duration_sum", "duration_min", "duration_max")
    op.create_table(
        "rollups",
        sa.Column("period", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("start", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("client", tables.Text, primary_key=True),
        sa.Column("service", tables.Text, primary_key=True),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in numbers),
        sa.Column("request_bytes", sa.BigInteger, nullable=False),
        sa.Column("response_bytes", sa.BigInteger, nullable=False),
        sa.Column("reasons", sa.LargeBinary, nullable=False),
        sa.Column("durations", sa.LargeBinary, nullable=False),
    )
