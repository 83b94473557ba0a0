"""The connections of an agency's database: SQLAlchemy opens them, statements go to the driver itself.

A statement through SQLAlchemy costs several times as much as in the driver and the database together.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ndxp.agency.tables import make_tables
from ndxp.database_url import is_sqlite, read_url
from ndxp.errors import AgencyError, Code
from ndxp.exhausted import exhausted
from ndxp.sqlite import configure

_log = logging.getLogger(__name__)

_WRITERS = 0x6E647870  # "ndxp": the number of the writers' lock in a PostgreSQL database
_PATIENCE = 5
"""Seconds for which a transaction waits for a connection, and for another writer."""


@dataclass(frozen=True, slots=True)
class _Dialect:
    """What differs between SQLite and PostgreSQL."""

    reading: str
    """Begins a transaction that reads the state of one moment, and waits for no writer."""
    writing: str
    """Begins a transaction that is the only writer from its first statement until it is committed."""
    mark: str
    """The placeholder for a value in a statement."""


# A transaction that reads before it writes must hold the write lock from its start, or it may fail midway.
_SQLITE = _Dialect("BEGIN", "BEGIN IMMEDIATE", "?")
# The lock is held until the commit is visible. Without it a number from a sequence may be committed after a higher one,
# so a reader of the feed would miss it; and a counter might give one number twice.
_POSTGRESQL = _Dialect(
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", f"BEGIN; SELECT pg_advisory_xact_lock({_WRITERS})", "%s"
)


class Connection:
    """A driver's connection, for statements in which ``?`` stands for a value; the driver prepares each only once."""

    __slots__ = ("_mark", "driver")

    def __init__(self, driver: Any, mark: str) -> None:
        self.driver = driver
        self._mark = mark

    def run(self, statement: str, *values: object) -> Any:
        """Runs a statement and returns the driver's cursor."""
        return self.driver.execute(statement.replace("?", self._mark), values)

    def run_many(self, statement: str, rows: list[tuple[Any, ...]]) -> int:
        """Runs a statement for each row of values; returns how many rows of the table it has changed."""
        cursor = self.driver.cursor()
        cursor.executemany(statement.replace("?", self._mark), rows)
        return int(cursor.rowcount)


class Connections:
    """Opens connections and keeps as many as were in use at one moment; on an agency's event loop one or two."""

    def __init__(self, url: str) -> None:
        """``url`` has a form of ``ndxp.database_url``; makes the tables that are missing.

        Raises ValueError for another form, OSError without the driver, SQLAlchemyError when it cannot be opened.
        """
        where = read_url(url)
        limits: dict[str, Any] = {}
        self._dialect = _SQLITE
        if not is_sqlite(where):
            self._dialect = _POSTGRESQL
            limits = {"connect_timeout": _PATIENCE, "options": f"-c lock_timeout={_PATIENCE}s"}
        # With AUTOCOMMIT a transaction begins only with one of the statements above.
        try:
            self._engine = sa.create_engine(
                where, hide_parameters=True, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool, connect_args=limits
            )
        except ImportError as error:
            raise OSError("to keep data in PostgreSQL: pip install 'ndxp[postgres]'") from error
        if self._dialect is _SQLITE:
            sa.event.listen(self._engine, "connect", _configure_sqlite)
        self._driver: Any = self._engine.dialect.loaded_dbapi
        self._kept: list[Connection] = []
        self._trouble = ""
        with self._engine.begin() as connection:  # as the only writer, because several processes may start together
            connection.exec_driver_sql(self._dialect.writing)
            make_tables(connection)

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator[Connection]:
        """A connection with a transaction, which is committed at the end or rolled back.

        Raises AgencyError(DATABASE_UNAVAILABLE) when the database does not answer or its writers are slow; the caller
        may try again.
        """
        try:
            connection = self._begin(self._dialect.writing if write else self._dialect.reading)
            try:
                yield connection
                connection.driver.commit()
            except BaseException:
                self._roll_back(connection)
                raise
            self._kept.append(connection)
            self._trouble = ""
        except self._driver.OperationalError as error:
            raise self._unavailable(exhausted(error)) from error

    def close(self) -> None:
        """Closes the connections."""
        while self._kept:
            self._kept.pop().driver.close()

    def _unavailable(self, full: str) -> AgencyError:
        """The error for callers. The agency's log gets once what is full and what helps."""
        if full and full != self._trouble:
            _log.error("%s", full)
        self._trouble = full
        does = "takes nothing now" if full else "does not answer"
        return AgencyError(
            Code.UNAVAILABLE, "DATABASE_UNAVAILABLE",
            f"the agency's database {does}; retry, a change with the same request_id",
        )  # fmt: skip

    def _begin(self, statement: str) -> Connection:
        while True:
            try:
                connection, new = self._kept.pop(), False
            except IndexError:
                connection, new = self._open(), True
            try:
                connection.run(statement)
            except self._driver.OperationalError:
                # The database may have been restarted since the connection was last used. Nothing was done on it yet.
                if self._roll_back(connection) or new:
                    raise
            else:
                return connection

    def _roll_back(self, connection: Connection) -> bool:
        """Rolls a transaction back; False when the connection is broken, which is then not kept."""
        try:
            connection.driver.rollback()
        except self._driver.Error:
            connection.driver.close()
            return False
        self._kept.append(connection)
        return True

    def _open(self) -> Connection:
        opened = self._engine.raw_connection()
        driver = opened.driver_connection
        opened.detach()  # so that it stays open without SQLAlchemy
        return Connection(driver, self._dialect.mark)


def _configure_sqlite(connection: Any, _: object) -> None:
    configure(connection, (f"busy_timeout={_PATIENCE * 1000}", "synchronous=NORMAL"))
