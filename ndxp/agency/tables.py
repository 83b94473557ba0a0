"""The tables of an agency's database: the same for every agency; the agency's records decide what is in them."""

from functools import cache

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

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
    sa.Column("transaction_id", sa.String(36), nullable=False, server_default=""),
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


_ADDED = (
    ("answers", "subjects", "TEXT"),
    ("answers", "transaction_id", "VARCHAR(36)"),
    ("documents", "filer", "VARCHAR(200)"),
    ("accesses", "provider", "VARCHAR(200)"),
)
"""Columns that tables of older versions do not have: answers had neither subjects nor the transaction, documents no
filer, and accesses did not say which of the agency's subsystems was called."""


def make_tables(connection: sa.Connection) -> None:
    """Makes missing tables, and adds missing columns to those of an older version."""
    inspector = sa.inspect(connection)
    there = inspector.get_table_names()
    for name, statements in _statements(connection.dialect.name).items():
        for statement in statements if name not in there else ():
            connection.exec_driver_sql(statement)
    for table, column, kind in _ADDED:
        if table in there and all(known["name"] != column for known in inspector.get_columns(table)):
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {column} {kind} NOT NULL DEFAULT ''")


@cache
def _statements(database: str) -> dict[str, list[str]]:
    """What makes each table and its indexes in a kind of database; a process with many databases writes it once."""
    dialect = sa.make_url(f"{database}://").get_dialect()()
    written: dict[str, list[str]] = {}
    for table in _tables.sorted_tables:
        parts: tuple[sa.ExecutableDDLElement, ...] = (CreateTable(table), *map(CreateIndex, table.indexes))
        written[table.name] = [str(part.compile(dialect=dialect)) for part in parts]
    return written
