"""Checks what is derived from the records: tables and indexes of the database, the index of subjects, statistics.

None of this is in the tree. It is computed again from the rows, in parts, so that no transaction takes long.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from gateway.core.transaction import Phase
from gateway.ledger import statistics, tables
from gateway.ledger.rollup import DAY, MINUTE, MOST_REASONS, Rollup
from gateway.ledger.statistics import Key
from gateway.ledger.tree import WIDTH
from gateway.ledger.writer import retained_from, size_of
from ndxp.plural import count
from ndxp.wire.metadata import MORE

MARK = r"(tiles|indexes|named|subjects \d{1,18}|statistics( -?\d{1,12})?)?"
"""Where a check continues; empty for its beginning."""

_ROWS, _PAIRS, _MOST = 20_000, 500, 100
_BITS, _LEVELS = 8, 8
_LACKS = re.compile(r"row \d+ missing from index (\S+)|wrong # of entries in index (\S+)")
_COUNTED = tuple(
    tables.records.c[name]
    for name in (
        "transaction_id", "phase", "origin", "client", "service", "request_in_ts", "response_out_ts", "status_code",
        "reason", "request_size", "response_size",
    )
)  # fmt: skip
_SUMS = ("answered", "failed", "refused", "duration_sum", "request_bytes", "response_bytes")


@dataclass(slots=True)
class Checked:
    """The findings of one part, by place (0 for none), what could not be checked, and where the next part begins."""

    findings: list[tuple[int, str]] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    next: str = ""


def check(connection: sa.Connection, mark: str) -> Checked:
    """One part of the check, from a mark on; the connection must see the ledger at one moment.

    Raises LedgerDisagrees and SQLAlchemy's errors.
    """
    part, _, rest = mark.partition(" ")
    if part == "statistics":
        return _statistics(connection, int(rest) if rest else None)
    if part == "subjects":
        return _subjects(connection, int(rest))
    if part == "named":
        strange = _strange(connection)
        return Checked(strange, next="statistics" if not strange and _as_many(connection) else "subjects 0")
    if part == "indexes":
        return _indexes(connection)
    return Checked(_tiles(connection), next="indexes")


def damage(connection: sa.Connection) -> list[str]:
    """Damage in the small tables, which are needed to read all others."""
    there = sa.inspect(connection).get_table_names()
    found = [f"the table {table.name} is gone" for table in tables.metadata.sorted_tables if table.name not in there]
    if found:
        return found
    sizes = connection.execute(sa.select(tables.tree.c.size)).scalars().all()
    if len(sizes) != 1 or not isinstance(sizes[0], int):
        found.append(f"the table tree has {len(sizes)} rows, and must have one with a number: {_shown(sizes)}")
    for table, number in ((tables.checkpoints, "size"), (tables.retentions, "first")):
        query = sa.select(table.c[number], sa.type_coerce(table.c.note, sa.types.NullType))
        wrong = [row[0] for row in tables.read(connection, query) if not _is_note(row)]
        if wrong:
            found.append(f"the table {table.name} has rows that do not hold a number and a text: {_shown(wrong)}")
    return found


def _is_note(row: Any) -> bool:
    return isinstance(row[0], int) and isinstance(row[1], str)


def _shown(values: Iterable[object]) -> str:
    return ", ".join(str(value)[:40] for value in list(values)[:5])


def _tiles(connection: sa.Connection) -> list[tuple[int, str]]:
    """Tiles in the table that are not part of the tree."""
    size, c = size_of(connection), tables.tiles.c
    strange = []
    for level, number in connection.execute(sa.select(c.level, c.number)):
        known = isinstance(level, int) and isinstance(number, int) and 0 <= level < _LEVELS and number >= 0
        if not known or (size >> (_BITS * level)) <= number * WIDTH:
            strange.append((0, f"tile {number} of level {level} is in the table and not in the tree: it was inserted"))
    return strange[:_MOST]


def _indexes(connection: sa.Connection) -> Checked:
    checked = Checked(next="named")
    for table in tables.metadata.sorted_tables:
        there = {index["name"]: index["column_names"] for index in sa.inspect(connection).get_indexes(table.name)}
        for index in sorted(table.indexes, key=lambda one: str(one.name)):
            if there.get(str(index.name)) != [column.name for column in index.columns]:
                checked.findings.append((0, f"the index {index.name} is gone, or one over other columns"))
    if connection.dialect.name == "sqlite":
        checked.findings += _integrity(connection)
    else:
        _amcheck(connection, checked)
    return checked


def _integrity(connection: sa.Connection) -> list[tuple[int, str]]:
    """What SQLite finds when it compares every index with its table."""
    try:
        problems = [str(line) for line in connection.exec_driver_sql(f"PRAGMA integrity_check({_MOST})").scalars()]
    except DatabaseError as error:
        problems = [str(error.orig)]
    lacking = {found[1] or found[2] for line in problems if (found := _LACKS.fullmatch(line))}
    others = [line for line in problems if line != "ok" and not _LACKS.fullmatch(line)]
    return [
        *(
            (0, f"the index {name} does not have what its table has: what is read by it misses rows")
            for name in sorted(lacking)
        ),
        *((0, f"the database is damaged: {line[:200]}") for line in others),
    ]


def _amcheck(connection: sa.Connection, checked: Checked) -> None:
    """What PostgreSQL finds when it compares every index with its table, if it has the extension for that."""
    if not connection.execute(sa.text("SELECT 1 FROM pg_extension WHERE extname = 'amcheck'")).first():
        checked.unchecked.append(
            "whether the database's indexes have all rows (CREATE EXTENSION amcheck in the ledger's database lets "
            "`ndxp log verify` check it)"
        )
        return
    names = [table.name for table in tables.metadata.sorted_tables]
    query = sa.text(
        "SELECT i.indexrelid, c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "JOIN pg_class t ON t.oid = i.indrelid JOIN pg_am a ON a.oid = c.relam "
        "WHERE a.amname = 'btree' AND t.relname = ANY(:names) AND t.relnamespace = 'public'::regnamespace"
    )
    for oid, name in connection.execute(query, {"names": names}).all():
        try:
            with connection.begin_nested():
                connection.execute(sa.text("SELECT bt_index_check(CAST(:oid AS regclass), true)"), {"oid": oid})
        except DatabaseError as error:
            problems = str(error.orig).splitlines()[0]
            if "permission denied" in problems:
                checked.unchecked.append(f"whether the database's index {name} has all rows ({problems})")
            else:
                checked.findings.append((0, f"the index {name} does not have what its table has: {problems}"))


def _strange(connection: sa.Connection) -> list[tuple[int, str]]:
    """Rows of the index of subjects without a record that names this subject."""
    r, s = tables.records.c, tables.subjects.c
    about = tables.subjects.outerjoin(tables.records, r.seq == s.seq)
    named = sa.literal(" ") + r.subjects + " "
    wanted = sa.literal(" ") + s.subject + " "
    here = sa.func.instr(named, wanted) if connection.dialect.name == "sqlite" else sa.func.strpos(named, wanted)
    query = sa.select(s.seq).select_from(about).where(sa.or_(r.seq.is_(None), here == 0, s.subject == MORE))
    places = connection.execute(query.order_by(s.seq).limit(_MOST)).scalars()
    text = "the index of subjects has an entry about record {} that this record is not about: the table was changed"
    return [(place if isinstance(place, int) else 0, text.format(place)) for place in places]


def _as_many(connection: sa.Connection) -> bool:
    """Whether the index of subjects has as many rows as the records have subjects; then none is missing."""
    c = tables.records.c
    words = sa.func.length(c.subjects) - sa.func.length(sa.func.replace(c.subjects, " ", "")) + 1
    hashes = words - sa.case((c.subjects.endswith(f" {MORE}", autoescape=True), 1), else_=0)
    named = sa.select(sa.func.coalesce(sa.func.sum(hashes), 0)).where(c.subjects != "")
    listed = sa.select(sa.func.count()).select_from(tables.subjects)
    return bool(connection.execute(named).scalar() == connection.execute(listed).scalar())


def _subjects(connection: sa.Connection, after: int) -> Checked:
    """Records that name subjects but are missing in the index of subjects."""
    c, s = tables.records.c, tables.subjects.c
    query = sa.select(c.seq, c.subjects).where(c.seq > after, c.subjects != "").order_by(c.seq).limit(_ROWS)
    rows = tables.read(connection, query)
    wanted = tables.subjects_of((row.seq, str(row.subjects)) for row in rows)
    there: set[tuple[str, int]] = set()
    for start in range(0, len(wanted), _PAIRS):
        pairs = sa.tuple_(s.subject, s.seq).in_(wanted[start : start + _PAIRS])
        there |= {(row.subject, row.seq) for row in connection.execute(sa.select(s.subject, s.seq).where(pairs))}
    lacking = sorted({seq for subject, seq in wanted if (subject, seq) not in there})
    text = "record {} is about somebody whom the index of subjects does not have: the table was changed"
    findings = [(place, text.format(place)) for place in lacking[:_MOST]]
    return Checked(findings, next=f"subjects {rows[-1].seq}" if rows else "statistics")


def _statistics(connection: sa.Connection, start: int | None) -> Checked:
    """Compares the statistics of the next day, from a second since 1970 on, with its records."""
    day = _next_day(connection, start)
    if day is None:
        return Checked()
    removed_at = _removed_at(connection)
    minutes, days = statistics.counted(_outcomes(connection, day))
    checked = Checked(next=f"statistics {day + DAY}")
    for period, expected in ((MINUTE, minutes), (DAY, days)):
        stored = statistics.stored(connection, period, day, day + DAY)
        for key in sorted({*expected, *stored}):
            removed = key[0] < removed_at
            if removed and period == MINUTE:  # retention removes statistics by minute together with the rows
                continue
            if wrong := _differs(stored.get(key), expected.get(key, Rollup()), key in stored, removed):
                checked.findings.append((0, f"{_named(period, key)} {wrong}"))
    del checked.findings[_MOST:]
    return checked


def _next_day(connection: sa.Connection, start: int | None) -> int | None:
    r, c = tables.rollups.c, tables.records.c
    times = [sa.select(sa.func.min(r.start)), sa.select(sa.func.min(c.request_in_ts)).where(c.phase == Phase.OUTCOME)]
    if start is not None:
        times = [times[0].where(r.start >= start), times[1].where(c.request_in_ts >= start * 1_000_000)]
    first, micros = (connection.execute(query).scalar() for query in times)
    seconds = [first] if isinstance(first, int) else []
    seconds += [micros // 1_000_000] if isinstance(micros, int) else []
    return min(second - second % DAY for second in seconds) if seconds else None


def _outcomes(connection: sa.Connection, day: int) -> Iterator[Any]:
    """Outcomes of a day, without unreadable rows: the audit finds those by their hash."""
    c = tables.records.c
    place = sa.tuple_(c.request_in_ts, c.seq)
    names = [*(str(column.name) for column in _COUNTED), "seq"]
    query = sa.select(*_COUNTED, c.seq).where(c.phase == Phase.OUTCOME, c.request_in_ts < (day + DAY) * 1_000_000)
    page, last = query.order_by(c.request_in_ts, c.seq).limit(_ROWS), (day * 1_000_000, -1)
    while rows := tables.read(connection, page.where(c.request_in_ts >= last[0], place > last)):
        last = (rows[-1].request_in_ts, rows[-1].seq)
        for row in rows:
            try:
                yield tables.record(dict(zip(names, row, strict=True)))
            except msgspec.ValidationError:
                continue


def _removed_at(connection: sa.Connection) -> float:
    """When rows were last removed, in seconds since 1970: older outcomes cannot be counted again."""
    first = retained_from(connection)
    if first <= 1:
        return 0
    note = connection.execute(sa.select(tables.retentions.c.note).where(tables.retentions.c.first == first)).scalar()
    try:
        return datetime.fromisoformat(str(note).split("\n")[2]).astimezone(UTC).timestamp()
    except (ValueError, IndexError):
        return 0  # the statement has no valid signature


def _differs(stored: Rollup | None, expected: Rollup, present: bool, removed: bool) -> str:
    """What is wrong with a rollup; empty when nothing is. If rows were removed, it may count more than the records."""
    if not present:
        return f"are gone: the records have {count(expected.count, 'call')}"
    if stored is None:
        return "are none any more: they cannot be read"
    if removed:
        less = any(getattr(stored, name) < getattr(expected, name) for name in _SUMS)
        return (
            f"count {count(stored.count, 'call')}, fewer than the {count(expected.count, 'record')} that are left"
            if less
            else ""
        )
    if stored.count != expected.count:
        return f"count {count(stored.count, 'call')}, and the records {expected.count}"
    return "" if _same(stored, expected) else "are not what the records give"


def _same(stored: Rollup, expected: Rollup) -> bool:
    if len(expected.reasons) < MOST_REASONS:
        return stored == expected
    # With too many reasons, which of them are counted separately depends on the order in which they came.
    other = Rollup(**{name: getattr(stored, name) for name in Rollup.__slots__ if name != "reasons"})
    other.reasons = expected.reasons
    return other == expected and sum(stored.reasons.values()) == sum(expected.reasons.values())


def _named(period: int, key: Key) -> str:
    start, client, service = key
    try:
        when = f"{datetime.fromtimestamp(start, UTC):{'%Y-%m-%d' if period == DAY else '%Y-%m-%d %H:%M'}} UTC"
    except (ValueError, OverflowError, OSError):
        when = f"second {start}"
    return f"the statistics of {client or '-'} at {service or '-'} of {when}"
