"""The ledger's tables: every record once, in the order in which they were recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from gateway.core.transaction import Phase, Record

_tables = sa.MetaData()
_KINDS: dict[type, Any] = {str: sa.String(256), int: sa.BigInteger}

records = sa.Table(
    "records", _tables,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    *(
        sa.Column(
            field.name, sa.Text if field.name == "subjects" else _KINDS.get(field.type, sa.String(16)), nullable=False
        )
        for field in msgspec.structs.fields(Record)
    ),
    sa.UniqueConstraint("transaction_id", "phase"),
    sa.Index("records_by_client", "client", "seq"),
    sa.Index("records_by_time", "request_in_ts"),
    sqlite_autoincrement=True,
)  # fmt: skip

_FIELDS = tuple(field.name for field in msgspec.structs.fields(Record))


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What to look for among outcomes: a field left at None does not matter.

    ``method`` matches its end too ("VerifyCitizen"); ``since`` and ``until`` are µs since 1970, ``before`` and
    ``after`` places in the ledger to go on from. ``subject`` is one hash.
    """

    client: str | None = None
    service: str | None = None
    method: str | None = None
    status_code: int | None = None
    reason: str | None = None
    origin: str | None = None
    message_id: str | None = None
    subject: str | None = None
    since: int | None = None
    until: int | None = None
    before: int | None = None
    after: int | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """A record at its place in the ledger."""

    seq: int
    record: Record


class LedgerStore:
    """Opens the ledger and makes its tables if they are missing. Errors are SQLAlchemy's."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url, pool_pre_ping=not url.startswith("sqlite"), hide_parameters=True)
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _configure_sqlite)
        _tables.create_all(self._engine)

    def append(self, batch: Sequence[Record]) -> None:
        """Adds records in one transaction; those already there are left out."""
        rows = [msgspec.structs.asdict(record) for record in batch]
        if not rows:
            return  # to SQLAlchemy no rows mean one row of defaults
        insert = sqlite.insert(records) if self._engine.dialect.name == "sqlite" else postgresql.insert(records)
        statement = insert.on_conflict_do_nothing(index_elements=["transaction_id", "phase"])
        with self._engine.begin() as connection:
            connection.execute(statement, rows)

    def transaction(self, transaction_id: str) -> list[Entry]:
        """The records of a transaction, the request before the outcome; empty when there is none."""
        query = sa.select(records).where(records.c.transaction_id == transaction_id).order_by(records.c.seq)
        return self._entries(query)

    def search(self, search: Search) -> list[Entry]:
        """Outcomes, the latest first; in the order of the ledger when ``after`` is given."""
        c = records.c
        query = sa.select(records).where(c.phase == Phase.OUTCOME)
        for name in ("client", "service", "status_code", "reason", "origin", "message_id"):
            if (value := getattr(search, name)) is not None:
                query = query.where(c[name] == value)
        if search.method is not None:
            query = query.where(
                sa.or_(c.method == search.method, c.method.endswith(f"/{search.method}", autoescape=True))
            )
        if search.subject is not None:
            query = query.where(c.subjects.contains(search.subject, autoescape=True))
        if search.since is not None:
            query = query.where(c.request_in_ts >= search.since)
        if search.until is not None:
            query = query.where(c.request_in_ts < search.until)
        if search.before is not None:
            query = query.where(c.seq < search.before)
        if search.after is not None:
            return self._entries(query.where(c.seq > search.after).order_by(c.seq).limit(search.limit))
        return self._entries(query.order_by(c.seq.desc()).limit(search.limit))

    def last(self) -> int:
        """The place of the last record; 0 when the ledger is empty."""
        with self._engine.connect() as connection:
            return int(connection.execute(sa.select(sa.func.max(records.c.seq))).scalar() or 0)

    def count(self, after: int = 0) -> list[tuple[str, str, str, int, str, int]]:
        """Client, service, method, status code, reason and how many, of outcomes behind a place in the ledger."""
        c = records.c
        by = (c.client, c.service, c.method, c.status_code, c.reason)
        where = (c.phase == Phase.OUTCOME, c.seq > after)
        query = sa.select(*by, sa.func.count()).where(*where).group_by(*by).order_by(*by)
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def close(self) -> None:
        """Closes the connections."""
        self._engine.dispose()

    def _entries(self, query: sa.Select[Any]) -> list[Entry]:
        with self._engine.connect() as connection:
            return [Entry(row.seq, _record(row)) for row in connection.execute(query)]


def _record(row: Any) -> Record:
    return msgspec.convert({name: getattr(row, name) for name in _FIELDS}, Record)


def _configure_sqlite(connection: Any, _: object) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")
