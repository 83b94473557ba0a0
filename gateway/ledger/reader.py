"""Reads the ledger: search, one transaction, totals, and everything that a proof or an audit needs."""

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from operator import ge, gt, lt
from typing import Any

import msgspec
import sqlalchemy as sa

from gateway.core.transaction import Phase, Record, canonical
from gateway.ledger import derived, statistics, tables
from gateway.ledger.statistics import Statistic
from gateway.ledger.tables import LedgerDisagrees
from gateway.ledger.tree import Place, Tree
from gateway.ledger.writer import holding, latest_note, retained_from, size_of, tile_of, tree_of

_EXACT = (
    "client", "service", "status_code", "reason", "origin", "message_id", "user_id", "purpose", "transaction_id",
)  # fmt: skip
_COUNTED = ("client", "member", "service", "status_code", "reason", "fault", "until")
"""Indexed columns whose value may fit few or most records. PostgreSQL knows how often a value occurs; it only does not
know where in the ledger a time is."""

_SORTED = _SCANNED = 50_000
_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What to look for among outcomes; a field that is None does not restrict the search.

    ``member`` stands for all its subsystems; ``method`` matches its end too ("VerifyCitizen"); ``fault`` is one of
    those that a call has met; ``trace`` is a W3C trace id, ``subject`` a keyed hash. ``since`` and ``until`` are µs
    since 1970, ``before`` and ``after`` places in the ledger at which the next page begins, so that new records do not
    disturb it.
    """

    client: str | None = None
    member: str | None = None
    service: str | None = None
    method: str | None = None
    status_code: int | None = None
    reason: str | None = None
    origin: str | None = None
    message_id: str | None = None
    user_id: str | None = None
    purpose: str | None = None
    fault: str | None = None
    trace: str | None = None
    transaction_id: str | None = None
    subject: str | None = None
    since: int | None = None
    until: int | None = None
    before: int | None = None
    after: int | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """A record at its place in the ledger, from 1."""

    seq: int
    record: Record


class Reader:
    """Reads from the ledger. Raises SQLAlchemy's errors, and LedgerDisagrees for a ledger that somebody has changed.

    With an engine each call is a transaction of its own; with a connection it is part of the connection's transaction.
    """

    def __init__(self, ledger: sa.Engine | sa.Connection) -> None:
        self._ledger = ledger

    def _connected(self) -> AbstractContextManager[sa.Connection]:
        return self._ledger.connect() if isinstance(self._ledger, sa.Engine) else nullcontext(self._ledger)

    def _at_one_moment(self) -> AbstractContextManager[sa.Connection]:
        """A transaction whose statements all see the ledger at the same moment."""
        if isinstance(self._ledger, sa.Engine) and self._ledger.dialect.name == "postgresql":
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            return self._ledger.execution_options(**options).connect()
        return self._connected()

    def transaction(self, transaction_id: str) -> list[Entry]:
        """The records of a transaction, the request before the outcome; empty when there is none."""
        c = tables.records.c
        query = sa.select(tables.records).where(c.transaction_id == transaction_id).order_by(c.seq)
        with self._connected() as connection:
            return _entries(connection, query)

    def search(self, search: Search) -> list[Entry]:
        """Outcomes, the latest first; in the order of the ledger when ``after`` is given."""
        c = tables.records.c
        order = c.seq if search.after is not None else c.seq.desc()
        query = sa.select(tables.records).order_by(order).limit(search.limit)
        with self._connected() as connection:
            sqlite, narrow = connection.dialect.name == "sqlite", (search.trace, search.subject) != (None, None)
            conditions = list(_conditions(connection, search, hidden=sqlite and narrow))
            if any(getattr(search, name) is not None for name in (_COUNTED if sqlite else ("until",))):
                places = _few(connection, conditions)
                if places is not None:
                    places.sort(reverse=search.after is None)
                    return _entries(connection, query.where(c.seq.in_(places[: search.limit])))
                if sqlite and None in (search.since, search.until):
                    conditions = list(_conditions(connection, search, hidden=True))
            return _entries(connection, query.where(*conditions))

    def entries(self, after: int, limit: int) -> list[Entry]:
        """Records of both phases after a place, in their order."""
        c = tables.records.c
        with self._connected() as connection:
            return _entries(connection, sa.select(tables.records).where(c.seq > after).order_by(c.seq).limit(limit))

    def last(self) -> int:
        """The place of the last record; 0 when the ledger is empty."""
        with self._connected() as connection:
            return size_of(connection)

    def count(self, after: int = 0) -> list[tuple[str, str, str, int, str, int]]:
        """Client, service, method, status code, reason and number of the outcomes after a place."""
        c = tables.records.c
        by = (c.client, c.service, c.method, c.status_code, c.reason)
        where = (c.phase == Phase.OUTCOME, c.seq > after)
        query = sa.select(*by, sa.func.count()).where(*where).group_by(*by).order_by(*by)
        with self._connected() as connection:
            return [tuple(row) for row in tables.read(connection, query)]

    def missing(self) -> int:
        """How many rows are missing: records that the tree has, whose rows should be kept and are not in the table."""
        c = tables.records.c
        with self._at_one_moment() as connection:
            first, size = retained_from(connection), size_of(connection)
            query = sa.select(sa.func.count()).select_from(tables.records).where(c.seq >= first, c.seq <= size)
            return int(size - first + 1 - connection.execute(query).scalar_one())

    def unlisted(self, subject: str, after: int, for_seconds: float) -> tuple[list[Entry], int | None]:
        """Outcomes after a place that name a subject but are missing in the index of subjects.

        Reads all records, for about ``for_seconds``; also returns where to continue, None when it has read them all.
        """
        c, s, ends_at = tables.records.c, tables.subjects.c, time.monotonic() + for_seconds
        listed = sa.exists().where(s.subject == subject, s.seq == c.seq)
        names = c.subjects.contains(subject, autoescape=True)
        found: list[Entry] = []
        with self._connected() as connection:
            last = size_of(connection)
            while after < last and time.monotonic() < ends_at and len(found) < _SORTED:
                within = c.seq > after, c.seq <= after + _SCANNED
                where = (*within, c.phase == Phase.OUTCOME, names, ~listed)
                found += _entries(connection, sa.select(tables.records).where(*where).order_by(c.seq))
                after += _SCANNED
        return found, after if after < last else None

    def statistics(
        self, period: int, *, since: int, until: int, member: str | None = None, service: str | None = None
    ) -> list[Statistic]:
        """Rollups of a period (``MINUTE`` or ``DAY``) that begin in [since, until), in seconds since 1970."""
        with self._connected() as connection:
            clients = None if member is None else [member, *statistics.clients_of(connection, member)]
            return statistics.search(connection, period, since=since, until=until, clients=clients, service=service)

    def lines(self, after: int, limit: int) -> bytes:
        """Records of both phases after a place, one a line: place, space, canonical record.

        A row that is no longer a valid record is given as it is; its hash will not fit.
        """
        c = tables.records.c
        query = sa.select(tables.records).where(c.seq > after).order_by(c.seq).limit(limit)
        with self._connected() as connection:
            return b"".join(b"%d %s\n" % (row[0], _line(row)) for row in tables.read(connection, query))

    def tile(self, place: Place) -> bytes:
        """A tile's hashes; empty when there is no such tile."""
        with self._connected() as connection:
            return tile_of(connection, place)

    def checkpoints(self, after: int = 0, limit: int = 1000) -> list[tuple[int, str]]:
        """Sizes and signed checkpoints of more than ``after`` records, in the order of their sizes."""
        c = tables.checkpoints.c
        query = sa.select(c.size, c.note).where(c.size > after).order_by(c.size).limit(limit)
        with self._connected() as connection:
            rows = tables.read(connection, query)
            return [(row.size, str(row.note)) for row in rows if isinstance(row.size, int)]

    def latest_checkpoint(self) -> str:
        """The signed checkpoint over the most records; empty when there is none."""
        with self._connected() as connection:
            return latest_note(connection)

    def state(self) -> dict[str, Any]:
        """The state of the ledger, as an audit needs it (see ``ndxp.ledger.audit.Source``)."""
        c = tables.retentions.c
        with self._at_one_moment() as connection:
            damage = derived.damage(connection)
            if damage:
                return {
                    "checkpoint": "", "size": 0, "first": 1, "retention": "", "outside": [], "damage": damage,
                }  # fmt: skip
            row = connection.execute(sa.select(c.first, c.note).order_by(c.first.desc()).limit(1)).first()
            return {
                "checkpoint": latest_note(connection), "size": size_of(connection), "first": row.first if row else 1,
                "retention": row.note if row else "", "outside": _outside(connection), "damage": [],
            }  # fmt: skip

    def derived(self, mark: str) -> derived.Checked:
        """One part of the check of derived data, from a mark on."""
        with self._at_one_moment() as connection:
            return derived.check(connection, mark)

    @contextmanager
    def tree(self) -> Iterator[tuple[Tree, str]]:
        """The tree and its latest signed checkpoint (empty when there is none), in one transaction."""
        with self._connected() as connection:
            note = latest_note(connection)  # before the tree, which only grows meanwhile
            yield _tree(connection), note

    def inclusion(self, seq: int, size: int) -> list[bytes]:
        """The proof that the record at ``seq`` is among the first ``size``; raises ValueError when it is not."""
        with holding(), self._connected() as connection:
            return _tree(connection).inclusion(seq - 1, size)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the first ``new`` records only add to the first ``old``; raises ValueError if they cannot."""
        with holding(), self._connected() as connection:
            return _tree(connection).consistency(old, new)


def _outside(connection: sa.Connection) -> list[int]:
    """Places of rows that should not exist: before the first kept row, or after the end of the tree."""
    c = tables.records.c
    # Two ranges, so that nothing between them is read.
    before = sa.select(c.seq).where(c.seq < retained_from(connection))
    behind = sa.select(c.seq).where(c.seq > size_of(connection))
    wrong = sa.union_all(before, behind).subquery()
    return list(connection.execute(sa.select(wrong.c.seq).order_by(wrong.c.seq).limit(_SHOWN)).scalars())


def _tree(connection: sa.Connection) -> Tree:
    return tree_of(connection, size_of(connection))


def _conditions(connection: sa.Connection, search: Search, *, hidden: bool = False) -> Iterator[sa.ColumnElement[bool]]:
    """The conditions of a search; ``hidden`` writes those of members and services so that no index is used for them.

    SQLite does not know how often a value occurs: it would use an index even for half of the ledger, and sort it all.
    """
    c = tables.records.c
    yield c.phase == Phase.OUTCOME
    for name in _EXACT:
        if (value := getattr(search, name)) is not None:
            nothing = type(value)()
            yield (c[name] + nothing if hidden else c[name]) == value
            if name in tables.SAID and value != nothing and not hidden:
                yield tables.SAID[name]
    if search.member is not None:
        clients = [search.member, *statistics.clients_of(connection, search.member)]
        yield (c.client + "" if hidden else c.client).in_(clients)
    if search.method is not None:
        yield sa.or_(c.method == search.method, c.method.endswith(f"/{search.method}", autoescape=True))
    yield from _rare(search)
    for bound, column, holds in (
        (search.since, c.request_in_ts, ge),
        (search.until, c.request_in_ts, lt),
        (search.before, c.seq, lt),
        (search.after, c.seq, gt),
    ):
        if bound is not None:
            yield holds(column, bound)


def _rare(search: Search) -> Iterator[sa.ColumnElement[bool]]:
    """The conditions of a search for what few records have."""
    c = tables.records.c
    if search.fault is not None:
        yield sa.and_(tables.SAID["fault"], c.fault > "")  # a range, so that SQLite uses the index
        yield ("," + c.fault + ",").contains(f",{search.fault},", autoescape=True)
    if search.trace is not None:
        span = c.traceparent >= f"00-{search.trace}-", c.traceparent < f"00-{search.trace}."
        yield sa.and_(tables.SAID["traceparent"], *span)
    if search.subject is not None:
        yield c.seq.in_(sa.select(tables.subjects.c.seq).where(tables.subjects.c.subject == search.subject))


def _few(connection: sa.Connection, conditions: Sequence[sa.ColumnElement[bool]]) -> list[int] | None:
    """The places of all matches, if they are few enough to sort; None if they are more.

    An index finds rare values, and those of a short time long ago. Walking back from the end of the ledger passes
    everything that came later, and is quick where many records match.
    """
    found = list(connection.execute(sa.select(tables.records.c.seq).where(*conditions).limit(_SORTED + 1)).scalars())
    return found if len(found) <= _SORTED else None


def _entries(connection: sa.Connection, query: sa.Select[Any]) -> list[Entry]:
    return [Entry(row[0], _record(row)) for row in tables.read(connection, query)]


def _record(row: Any) -> Record:
    try:
        return tables.record(dict(zip(tables.FIELDS, row[1:], strict=True)))
    except msgspec.ValidationError as error:
        raise LedgerDisagrees(f"record {row[0]} is no record any more; see `ndxp log verify`") from error


def _line(row: Any) -> bytes:
    try:
        return canonical(_record(row))
    except LedgerDisagrees:
        return msgspec.json.encode(dict(zip(tables.FIELDS, row[1:], strict=True)), order="sorted")
