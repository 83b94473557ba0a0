"""The Merkle tree, checkpoints, data subjects and statistics; records that were there before come into all of them."""

import sqlalchemy as sa
from alembic import op

from gateway.ledger import tables, writer

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
    _make_records()
    _make_tree()
    _make_statistics()
    connection.execute(sa.text("INSERT INTO tree (id, size) VALUES (1, 0)"))
    before = sa.Table("records_before", sa.MetaData(), autoload_with=connection)
    page = sa.select(before).order_by(before.c.seq).limit(_BATCH)
    last = 0
    # The step that changes the records next must keep its own copy of what `writer.add` does here.
    while rows := connection.execute(page.where(before.c.seq > last)).mappings().all():
        writer.add(connection, [tables.record({str(k): v for k, v in row.items() if k != "seq"}) for row in rows])
        last = rows[-1]["seq"]
    op.drop_table("records_before")


def _make_records() -> None:
    op.create_table(
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


def _make_tree() -> None:
    op.create_table(
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
