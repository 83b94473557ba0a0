"""An agency's own database: documents, the feed of changes, answers to replay, and the access log.

SQLite by default, PostgreSQL by URL; every agency has the same tables, and its records decide what is in them. Several
processes may serve one agency over one database: whoever writes, writes alone, on PostgreSQL as on SQLite.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from google.protobuf.message import Message
from sqlalchemy.dialects import postgresql, sqlite

from ndxp.agency.subject import name_subjects_again, subjects_named
from ndxp.database_url import is_sqlite, read_url
from ndxp.errors import AgencyError, Code
from ndxp.sqlite import configure

_tables = sa.MetaData()
_Sequence = sa.BigInteger().with_variant(sa.Integer, "sqlite")

_documents = sa.Table(
    "documents", _tables,
    sa.Column("seq", _Sequence, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("kind", "key"),
    sa.Index("documents_by_owner", "kind", "owner", "seq"),
    sqlite_autoincrement=True,
)  # fmt: skip
_changes = sa.Table(
    "changes", _tables,
    sa.Column("seq", _Sequence, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sqlite_autoincrement=True,
)  # fmt: skip
_answers = sa.Table(
    "answers", _tables,
    sa.Column("client", sa.String(200), primary_key=True),
    sa.Column("method", sa.String(200), primary_key=True),
    sa.Column("request_id", sa.String(64), primary_key=True),
    sa.Column("request_hash", sa.LargeBinary, nullable=False),
    sa.Column("response", sa.LargeBinary, nullable=False),
    sa.Column("subjects", sa.Text, nullable=False, server_default=""),
)  # fmt: skip
_accesses = sa.Table(
    "accesses", _tables,
    sa.Column("seq", _Sequence, primary_key=True, autoincrement=True),
    sa.Column("transaction_id", sa.String(36), nullable=False, unique=True),
    sa.Column("client", sa.String(200), nullable=False),
    sa.Column("user_id", sa.String(256), nullable=False),
    sa.Column("purpose", sa.String(256), nullable=False),
    sa.Column("method", sa.String(200), nullable=False),
    sa.Column("status_code", sa.SmallInteger, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sqlite_autoincrement=True,
)  # fmt: skip

_Answer = TypeVar("_Answer", bound=Message)

_WRITERS = 0x6E647870  # "ndxp": names the lock of those who write, among the locks of one PostgreSQL database
_PATIENCE = 5
"""Seconds for which a transaction waits for a connection, and for another writer."""


@dataclass(frozen=True, slots=True)
class Document:
    """A stored record: ``seq`` grows with every new document, ``body`` is the agency's own encoding."""

    seq: int
    key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the feed: ``cursor`` grows, ``at`` is in µs since 1970 (UTC)."""

    cursor: int
    kind: str
    key: str
    at: int


@dataclass(frozen=True, slots=True)
class Access:
    """A call that the agency answered; ``at`` is in µs since 1970 (UTC)."""

    transaction_id: str
    client: str
    user_id: str
    purpose: str
    method: str
    status_code: int
    at: int


class Transaction:
    """Reads and writes that take effect together."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def get(self, kind: str, key: str) -> bytes | None:
        """The body of a document, or None."""
        query = sa.select(_documents.c.body).where(_documents.c.kind == kind, _documents.c.key == key)
        return self._connection.execute(query).scalar_one_or_none()

    def put(self, kind: str, key: str, body: bytes, *, owner: str = "") -> None:
        """Writes a document, new or in place of the one with this key. ``owner`` groups documents for ``of``."""
        where = (_documents.c.kind == kind, _documents.c.key == key)
        if not self._connection.execute(sa.update(_documents).where(*where).values(body=body, owner=owner)).rowcount:
            self._connection.execute(sa.insert(_documents).values(kind=kind, key=key, owner=owner, body=body))

    def of(self, kind: str, owner: str, *, before: int | None = None, limit: int = 500) -> list[Document]:
        """An owner's documents, the latest first; ``before`` is the ``seq`` to go on from."""
        c = _documents.c
        query = sa.select(c.seq, c.key, c.body).where(c.kind == kind, c.owner == owner)
        if before is not None:
            query = query.where(c.seq < before)
        return [Document(*row) for row in self._connection.execute(query.order_by(c.seq.desc()).limit(limit))]

    def count(self, kind: str, owner: str) -> int:
        """How many documents an owner has."""
        c = _documents.c
        query = sa.select(sa.func.count()).select_from(_documents).where(c.kind == kind, c.owner == owner)
        return int(self._connection.execute(query).scalar_one())

    def note_change(self, kind: str, key: str) -> None:
        """Appends to the feed of changes."""
        self._connection.execute(sa.insert(_changes).values(kind=kind, key=key, at=now()))

    def changes(self, after: int, *, kinds: Sequence[str] = (), limit: int = 500) -> list[Change]:
        """Changes after a cursor, in their order; all kinds when none is named."""
        c = _changes.c
        query = sa.select(c.seq, c.kind, c.key, c.at).where(c.seq > after)
        if kinds:
            query = query.where(c.kind.in_(kinds))
        return [Change(*row) for row in self._connection.execute(query.order_by(c.seq).limit(limit))]

    def newest_change(self) -> int:
        """The cursor of the last change of any kind; 0 while there is none."""
        return int(self._connection.execute(sa.select(sa.func.max(_changes.c.seq))).scalar() or 0)

    def answered(self, client: str, method: str, request: Message, answer: type[_Answer]) -> _Answer | None:
        """The answer that this request got before, or None; it is about whom it was about then.

        Raises AgencyError(REQUEST_ID_REUSED) when its ``request_id`` was given to a different request.
        """
        c = _answers.c
        request_id = _request_id(request)
        query = sa.select(c.request_hash, c.response, c.subjects).where(
            c.client == client, c.method == method, c.request_id == request_id
        )
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        if row.request_hash != _hash(request):
            raise AgencyError(
                Code.INVALID_ARGUMENT,
                "REQUEST_ID_REUSED",
                "this request_id was given to a different request before; use a new one for a new request",
                field="request_id",
            )
        name_subjects_again(row.subjects)
        return answer.FromString(row.response)

    def save_answer(self, client: str, method: str, request: Message, answer: Message) -> None:
        """Keeps the answer, to give it again when the request is repeated."""
        values = {
            "client": client, "method": method, "request_id": _request_id(request),
            "request_hash": _hash(request), "response": answer.SerializeToString(),
            "subjects": subjects_named(),
        }  # fmt: skip
        self._connection.execute(sa.insert(_answers).values(values))

    def log(self, accesses: Sequence[Access]) -> set[str]:
        """Appends to the access log, and gives the transactions that were not there yet; the others are left out."""
        rows = [{field: getattr(access, field) for field in Access.__slots__} for access in accesses]
        insert = postgresql.insert if self._connection.dialect.name == "postgresql" else sqlite.insert
        statement = insert(_accesses).on_conflict_do_nothing(index_elements=["transaction_id"])
        if self._connection.execute(statement, rows).rowcount == len(rows):
            return {access.transaction_id for access in accesses}
        # RETURNING would say it too, for half as much again as the whole insertion costs, at every call.
        c = _accesses.c
        query = sa.select(c.transaction_id, c.at).where(c.transaction_id.in_([row["transaction_id"] for row in rows]))
        logged = {found.transaction_id: found.at for found in self._connection.execute(query)}
        return {access.transaction_id for access in accesses if logged[access.transaction_id] == access.at}

    def accesses(self, *, after: int = 0, since: int = 0, limit: int = 500) -> list[tuple[int, Access]]:
        """The access log from ``after`` (a seq) and ``since`` (µs) on, in its order, each with its seq."""
        c = _accesses.c
        query = sa.select(c.seq, *(c[field] for field in Access.__slots__)).where(c.seq > after, c.at >= since)
        return [(row[0], Access(*row[1:])) for row in self._connection.execute(query.order_by(c.seq).limit(limit))]

    def count_accesses(self, since: int, until: int) -> list[tuple[str, str, int, int]]:
        """Client, method, status code and how many, for accesses in [since, until) µs."""
        c = _accesses.c
        by = (c.client, c.method, c.status_code)
        query = sa.select(*by, sa.func.count()).where(c.at >= since, c.at < until).group_by(*by).order_by(*by)
        return [(row[0], row[1], row[2], row[3]) for row in self._connection.execute(query)]


class Database:
    """Opens an agency's database and makes its tables if they are missing."""

    def __init__(self, url: str) -> None:
        """``url`` is as ``ndxp.database_url`` has it, for example ``sqlite:///population.db`` or ``postgresql://...``.

        Raises ValueError for another one, OSError without the driver, SQLAlchemyError for what cannot be opened.
        """
        where = read_url(url)
        if is_sqlite(where):
            self._engine = sa.create_engine(where, hide_parameters=True)
            sa.event.listen(self._engine, "connect", _configure_sqlite)
            sa.event.listen(self._engine, "begin", _begin_sqlite)
        else:
            # An agency reads and writes on its one event loop, hence on one connection at a time, or two in each other.
            limits = {"connect_timeout": _PATIENCE, "options": f"-c lock_timeout={_PATIENCE}s"}
            try:
                self._engine = sa.create_engine(
                    where, hide_parameters=True, pool_pre_ping=True, pool_size=2, max_overflow=2,
                    pool_timeout=_PATIENCE, connect_args=limits,
                )  # fmt: skip
            except ImportError as error:
                raise OSError("to keep data in PostgreSQL: pip install 'ndxp[postgres]'") from error
            sa.event.listen(self._engine, "begin", _begin_postgresql)
        with self._engine.begin() as connection:  # as the only writer: processes that start together must not collide
            _tables.create_all(connection)
            if all(column["name"] != "subjects" for column in sa.inspect(connection).get_columns("answers")):
                # made by a version whose answers did not say whom they are about
                connection.exec_driver_sql("ALTER TABLE answers ADD COLUMN subjects TEXT NOT NULL DEFAULT ''")

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Reads and writes that commit together at the end, or not at all; one at a time, whoever else writes.

        What a feed or a counter gave before is therefore committed, and cursors grow in the order of the commits.
        """
        with _answering(), self._engine.begin() as connection:
            yield Transaction(connection)

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Reads only, all of one moment; they wait for no writer."""
        with _answering(), self._engine.connect() as connection:
            yield Transaction(connection.execution_options(**_READING[connection.dialect.name]))

    def once(
        self, client: str, method: str, request: Message, answer: type[_Answer], do: Callable[[Transaction], _Answer]
    ) -> _Answer:
        """Does what the request asks, or gives the answer that the same ``request_id`` got before."""
        with self.transaction() as transaction:
            before = transaction.answered(client, method, request, answer)
            if before is not None:
                return before
            response = do(transaction)
            transaction.save_answer(client, method, request, response)
            return response

    def close(self) -> None:
        """Closes the connections."""
        self._engine.dispose()


def now() -> int:
    """The time in µs since 1970 (UTC)."""
    return int(datetime.now(UTC).timestamp() * 1_000_000)


def _configure_sqlite(connection: Any, _: object) -> None:
    configure(connection, ("busy_timeout=5000", "synchronous=NORMAL"))


@contextmanager
def _answering() -> Iterator[None]:
    """A database that is away, or whose writers are slow, is no surprise: the caller may try again."""
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.TimeoutError) as error:
        raise AgencyError(
            Code.UNAVAILABLE, "DATABASE_UNAVAILABLE",
            "the agency's database does not answer; retry, a change with the same request_id",
        ) from error  # fmt: skip


_READING: dict[str, dict[str, Any]] = {
    "sqlite": {"reading": True},
    "postgresql": {"reading": True, "isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}


def _begin_postgresql(connection: sa.Connection) -> None:
    # Held until the commit is visible. Without it a number drawn from a sequence may be committed after a later one,
    # and who follows the feed would miss it; a counter might be given twice.
    if not connection.get_execution_options().get("reading"):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")


def _begin_sqlite(connection: sa.Connection) -> None:
    # A transaction that reads before it writes must hold the write lock from its start, or it may fail midway.
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("reading") else "BEGIN IMMEDIATE")


def _request_id(request: Message) -> str:
    request_id: str = request.request_id  # type: ignore[attr-defined] # every mutation has one
    if not 1 <= len(request_id) <= 64:
        raise AgencyError(
            Code.INVALID_ARGUMENT, "REQUEST_ID_MISSING",
            "give the request a request_id of at most 64 characters, such as a new UUID", field="request_id",
        )  # fmt: skip
    return request_id


def _hash(request: Message) -> bytes:
    return hashlib.sha256(request.SerializeToString(deterministic=True)).digest()
