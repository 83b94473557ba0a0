"""The tables of an agency's database: the same for every agency; the agency's records decide what is in them."""

import sqlalchemy as sa

_tables = sa.MetaData()
_Sequence = sa.BigInteger().with_variant(sa.Integer, "sqlite")

sa.Table(
    "documents", _tables,
    sa.Column("seq", _Sequence, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("filer", sa.String(200), nullable=False, server_default=""),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("kind", "key"),
    sa.Index("documents_by_owner", "kind", "owner", "seq"),
    sqlite_autoincrement=True,
)  # fmt: skip
sa.Table(
    "changes", _tables,
    sa.Column("seq", _Sequence, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sqlite_autoincrement=True,
)  # fmt: skip
sa.Table(
    "answers", _tables,
    sa.Column("client", sa.String(200), primary_key=True),
    sa.Column("method", sa.String(200), primary_key=True),
    sa.Column("request_id", sa.String(64), primary_key=True),
    sa.Column("request_hash", sa.LargeBinary, nullable=False),
    sa.Column("response", sa.LargeBinary, nullable=False),
    sa.Column("subjects", sa.Text, nullable=False, server_default=""),
)  # fmt: skip
sa.Table(
    "accesses", _tables,
    sa.Column("seq", _Sequence, primary_key=True, autoincrement=True),
    sa.Column("transaction_id", sa.String(36), nullable=False, unique=True),
    sa.Column("client", sa.String(200), nullable=False),
    sa.Column("user_id", sa.String(256), nullable=False),
    sa.Column("purpose", sa.String(256), nullable=False),
    sa.Column("method", sa.String(200), nullable=False),
    sa.Column("status_code", sa.SmallInteger, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("provider", sa.String(200), nullable=False, server_default=""),
    sqlite_autoincrement=True,
)  # fmt: skip
sa.Table(
    "jobs", _tables,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("due", sa.BigInteger, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("retry_at", sa.BigInteger, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Index("jobs_by_due", "due"),
)  # fmt: skip


def make_tables(connection: sa.Connection) -> None:
    """Makes missing tables, and adds missing columns to those of an older version."""
    _tables.create_all(connection)
    # In older versions answers had no subjects, and documents no filer.
    _add_column(connection, "answers", "subjects", "TEXT")
    _add_column(connection, "documents", "filer", "VARCHAR(200)")
    # Nor did their accesses say which of the agency's subsystems was called.
    _add_column(connection, "accesses", "provider", "VARCHAR(200)")


def _add_column(connection: sa.Connection, table: str, name: str, kind: str) -> None:
    if all(column["name"] != name for column in sa.inspect(connection).get_columns(table)):
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {name} {kind} NOT NULL DEFAULT ''")
