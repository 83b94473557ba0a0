"""Records, in the order in which they were recorded."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBERS = (
    "request_in_ts", "request_out_ts", "response_in_ts", "response_out_ts", "request_size", "response_size",
    "messages_in", "messages_out", "status_code", "attempts",
)  # fmt: skip
_NAMES = (
    "transaction_id", "phase", "client", "service", "method", "message_id", "user_id", "issue", "represented_party",
    "purpose", "request_in_ts", "request_out_ts", "response_in_ts", "response_out_ts", "request_size", "response_size",
    "request_hash", "response_hash", "messages_in", "messages_out", "status_code", "reason", "origin", "attempts",
    "grant", "node", "traceparent",
)  # fmt: skip


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "records",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.BigInteger if name in _NUMBERS else sa.String(256), nullable=False) for name in _NAMES),
        sa.UniqueConstraint("transaction_id", "phase"),
        sqlite_autoincrement=True,
    )
    op.create_index("records_by_client", "records", ["client", "seq"])
    op.create_index("records_by_time", "records", ["request_in_ts"])
