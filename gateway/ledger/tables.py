"""The ledger's tables, and how a ledger is opened: SQLite or PostgreSQL by URL, brought to the newest schema.

This file has the newest schema and makes it in an empty database; the steps in ``migrations/`` bring older ones to it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from gateway.core.transaction import Record
from ndxp.database_url import is_sqlite, read_url
from ndxp.sqlite import configure
from ndxp.wire.metadata import MORE

SCHEMA = "0003"
"""The newest migration."""


class LedgerDisagrees(Exception):
    """The ledger is not what was signed: somebody has changed it. The text says where."""


_LOCK_MS, _IDLE_MS = 5000, 10_000
_POSTGRES_LIMITS = {
    # A writer that hangs, or whose machine is gone, must not block the next one for hours.
    "options": f"-c lock_timeout={_LOCK_MS} -c idle_in_transaction_session_timeout={_IDLE_MS} "
    "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3",
    "connect_timeout": 5,
    "tcp_user_timeout": _IDLE_MS,
}
_SCHEMA_LOCK = 0x6E647870
"""The lock that lets only one process change the schema of a ledger in PostgreSQL; any number will do."""

_PRAGMAS = (
    "synchronous=FULL",  # an entry is acknowledged to the journal only if it survives a power cut
    f"busy_timeout={_LOCK_MS}",
    "cache_size=-32768",  # kB: subjects come in random order, so their index is written everywhere
    "wal_autocheckpoint=8000",  # pages: a page that changes in many batches is moved to its place once
)

metadata = sa.MetaData()

Text = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Text that is compared byte by byte, so that all values with one prefix are one range."""

FIELDS = tuple(field.name for field in msgspec.structs.fields(Record))

records = sa.Table(
    "records",
    metadata,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
    *(
        sa.Column(field.name, sa.BigInteger if field.type is int else Text, nullable=False)
        for field in msgspec.structs.fields(Record)
    ),
    sa.UniqueConstraint("transaction_id", "phase"),
)
"""Every record at its place: the leaf of the tree at index ``seq - 1``."""

tiles = sa.Table(
    "tiles",
    metadata,
    sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("hashes", sa.LargeBinary, nullable=False),
)
"""The tree's hashes (see ``gateway.ledger.tree``)."""

tree = sa.Table(
    "tree",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("size", sa.BigInteger, nullable=False),
)
"""One row: how many leaves the tree has."""

checkpoints = sa.Table(
    "checkpoints",
    metadata,
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("note", Text, nullable=False),
)
"""Signed checkpoints (C2SP notes) by size."""

retentions = sa.Table(
    "retentions",
    metadata,
    sa.Column("first", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("note", Text, nullable=False),
)
"""Signed statements that the rows before ``first`` were removed on purpose."""

subjects = sa.Table(
    "subjects",
    metadata,
    sa.Column("subject", Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
"""The citizens whom a record's answer was about, as keyed hashes."""

rollups = sa.Table(
    "rollups",
    metadata,
    sa.Column("period", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("start", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("client", Text, primary_key=True),
    sa.Column("service", Text, primary_key=True),
    sa.Column("answered", sa.BigInteger, nullable=False),
    sa.Column("failed", sa.BigInteger, nullable=False),
    sa.Column("refused", sa.BigInteger, nullable=False),
    sa.Column("reasons", sa.LargeBinary, nullable=False),
    sa.Column("duration_sum", sa.BigInteger, nullable=False),
    sa.Column("duration_min", sa.BigInteger, nullable=False),
    sa.Column("duration_max", sa.BigInteger, nullable=False),
    sa.Column("durations", sa.LargeBinary, nullable=False),
    sa.Column("request_bytes", sa.BigInteger, nullable=False),
    sa.Column("response_bytes", sa.BigInteger, nullable=False),
)
"""Statistics (see ``gateway.ledger.rollup``) by period, in seconds, and its start, in seconds since 1970."""

_schema = sa.Table(
    "alembic_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32)),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""One row: the version of the schema, where alembic looks for it."""

SAID = {
    name: records.c[name] != sa.literal_column(repr(nothing))
    for name, nothing in (("status_code", 0), ("reason", ""), ("message_id", ""), ("traceparent", ""), ("fault", ""))
}
"""Conditions for a non-empty column: only such rows are in its index, and SQLite uses it only for a query that has
the same condition."""

for _name, _columns in (
    ("client", ("client", "request_in_ts")),
    ("service", ("service", "request_in_ts")),
    ("time", ("request_in_ts",)),
):
    sa.Index(f"records_by_{_name}", *(records.c[column] for column in _columns))
for _name, _columns in (
    ("status", ("status_code", "request_in_ts")),
    ("reason", ("reason", "request_in_ts")),
    ("message", ("message_id",)),
    ("trace", ("traceparent",)),
    ("fault", ("fault",)),
):
    _where = SAID[_columns[0]]
    sa.Index(
        f"records_by_{_name}", *(records.c[column] for column in _columns), sqlite_where=_where, postgresql_where=_where
    )


def record(row: Mapping[str, Any]) -> Record:
    """Makes a record from a row without its place; missing fields get their defaults."""
    return msgspec.convert(row, Record)


def subjects_of(placed: Iterable[tuple[int, str]]) -> list[tuple[str, int]]:
    """The rows of ``subjects`` for records at their places; each record may have several."""
    return [(subject, seq) for seq, named in placed for subject in set(named.split()) - {MORE}]


def insert(connection: sa.Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Writes new rows, values in the order of the columns; for PostgreSQL by COPY, which takes half the time."""
    if not rows:
        return
    names = ", ".join(f'"{column.name}"' for column in table.c)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" for _ in table.c)
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", list(rows))  # noqa: S608
        return
    driver: Any = connection.connection.driver_connection
    statement = f"COPY {table.name} ({names}) FROM STDIN"
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except connection.dialect.loaded_dbapi.Error as error:
        raise DBAPIError.instance(statement, None, error, connection.dialect.loaded_dbapi.Error) from error


def put(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes rows; a row replaces an existing one with its primary key."""
    insert = sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
    keys = [column.name for column in table.primary_key]
    values = {column.name: insert.excluded[column.name] for column in table.c if column.name not in keys}
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=values), rows)


def open_ledger(url: str) -> sa.Engine:
    """Connects and migrates. Raises OSError when that cannot be done, ValueError for a ledger of newer software.

    With the execution option ``write`` a transaction takes SQLite's write lock at once, so that what it reads is still
    true when it writes.
    """
    with _opening():
        engine = connect_ledger(url)
        version = version_of(engine)
        if version > SCHEMA:
            raise ValueError(f"the ledger has schema {version}, this software knows {SCHEMA}: use the newer software")
        if version < SCHEMA and not _make(engine):
            from gateway.ledger.migrations import upgrade  # slow to import, and rarely needed

            upgrade(engine)
    return engine


def connect_ledger(url: str) -> sa.Engine:
    """Connects at the first use, and does not migrate. Raises the same errors as ``open_ledger``."""
    where = read_url(url)
    in_sqlite = is_sqlite(where)
    limits = {} if in_sqlite else _POSTGRES_LIMITS
    with _opening():
        engine = sa.create_engine(where, pool_pre_ping=not in_sqlite, hide_parameters=True, connect_args=limits)
    if in_sqlite:
        sa.event.listen(engine, "connect", _configure_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def changing_schema(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction in which no other process changes the schema."""
    with engine.execution_options(write=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
        yield connection


def _make(engine: sa.Engine) -> bool:
    """Makes the tables if the database is empty, and returns whether it was; the steps would take 130 ms longer."""
    with changing_schema(engine) as connection:
        if sa.inspect(connection).get_table_names():
            return False
        metadata.create_all(connection)
        connection.execute(sa.insert(tree).values(id=1, size=0))
        _schema.create(connection)
        connection.execute(sa.insert(_schema).values(version_num=SCHEMA))
    return True


def read(connection: sa.Connection, query: sa.Select[Any]) -> Sequence[Any]:
    """The rows of a query, even from a damaged ledger: text that is not UTF-8 gets replacement characters."""
    try:
        return connection.execute(query).all()
    except OperationalError:
        if connection.dialect.name != "sqlite":  # PostgreSQL does not store such text
            raise
    driver: Any = connection.connection.driver_connection
    strict, driver.text_factory = driver.text_factory, lambda data: data.decode(errors="replace")
    try:
        return connection.execute(query).all()
    finally:
        driver.text_factory = strict


def version_of(engine: sa.Engine) -> str:
    """The schema that a ledger has; empty when there is none yet."""
    with _opening(), engine.connect() as connection:
        if "alembic_version" not in sa.inspect(connection).get_table_names():
            return ""
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() or ""


@contextmanager
def _opening() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise OSError("to keep the ledger in PostgreSQL: pip install 'ndxp[postgres]'") from error
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
        raise OSError(f"cannot open the ledger ({reason}); see NDXP_LEDGER_URL") from error


def _configure_sqlite(connection: Any, _: object) -> None:
    configure(connection, _PRAGMAS)  # transactions are begun below


def _begin_sqlite(connection: sa.Connection) -> None:
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
