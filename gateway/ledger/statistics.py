"""The ledger's statistics: rollups by minute and day, updated with every batch."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from gateway.core.transaction import Phase, Record
from gateway.ledger.rollup import DAY, MINUTE, Rollup
from gateway.ledger.tables import LedgerDisagrees, put, read, rollups

_SUMS = (
    "answered",
    "failed",
    "refused",
    "duration_sum",
    "duration_min",
    "duration_max",
    "request_bytes",
    "response_bytes",
)
_encode = msgspec.msgpack.Encoder().encode
_read_reasons = msgspec.msgpack.Decoder(dict[str, int]).decode
_read_durations = msgspec.msgpack.Decoder(dict[int, int]).decode
Key = tuple[int, str, str]
"""Start of the period in seconds since 1970, client, service."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """The rollup of one client at one service in the period that begins at ``start`` (seconds since 1970)."""

    start: int
    client: str
    service: str
    rollup: Rollup


def counted(records: Iterable[Record]) -> tuple[dict[Key, Rollup], dict[Key, Rollup]]:
    """The rollups of the outcomes among records, by minute and by day."""
    minutes: dict[Key, Rollup] = defaultdict(Rollup)
    days: dict[Key, Rollup] = defaultdict(Rollup)
    for record in records:
        if record.phase is Phase.OUTCOME:
            second = record.request_in_ts // 1_000_000
            minutes[second - second % MINUTE, record.client, record.service].add(record)
    for (start, client, service), rollup in minutes.items():
        days[start - start % DAY, client, service].merge(rollup)
    return minutes, days


def add(connection: sa.Connection, batch: Sequence[Record]) -> None:
    """Adds the outcomes of a batch."""
    minutes, days = counted(batch)
    changed = []
    for period, added in ((MINUTE, minutes), (DAY, days)):
        same = sa.tuple_(rollups.c.start, rollups.c.client, rollups.c.service).in_(added)
        for stored in _read(connection, rollups.c.period == period, same):
            added[stored.start, stored.client, stored.service].merge(stored.rollup)
        changed += [
            {"period": period, "start": start, "client": client, "service": service, **_columns(rollup)}
            for (start, client, service), rollup in added.items()
        ]
    if changed:
        put(connection, rollups, changed)


def search(
    connection: sa.Connection,
    period: int,
    *,
    since: int,
    until: int,
    clients: Sequence[str] | None = None,
    service: str | None = None,
) -> list[Statistic]:
    """Rollups that begin in [since, until), in seconds since 1970, in the order of time, client and service."""
    c = rollups.c
    where = [c.period == period, c.start >= since, c.start < until]
    if clients is not None:
        where.append(c.client.in_(clients))
    if service is not None:
        where.append(c.service == service)
    return _read(connection, *where)


def stored(connection: sa.Connection, period: int, since: int, until: int) -> dict[Key, Rollup | None]:
    """The rollups of a period that begin in [since, until); None for an unreadable one."""
    c = rollups.c
    query = sa.select(rollups).where(c.period == period, c.start >= since, c.start < until)
    found: dict[Key, Rollup | None] = {}
    for row in read(connection, query):
        found[row.start, str(row.client), str(row.service)] = _rollup(row._mapping)
    return found


def clients_of(connection: sa.Connection, member: str) -> list[str]:
    """The subsystems of a member that have ever called."""
    c = rollups.c
    query = sa.select(c.client).distinct().where(c.period == DAY, c.client >= f"{member}/", c.client < f"{member}0")
    return list(connection.execute(query).scalars())


def _read(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Statistic]:
    c = rollups.c
    query = sa.select(rollups).where(*where).order_by(c.start, c.client, c.service)
    found = []
    for row in read(connection, query):
        if (rollup := _rollup(row._mapping)) is None:
            raise LedgerDisagrees(
                f"the statistics of {row.client} at {row.service} cannot be read any more; see `ndxp log verify`"
            )
        found.append(Statistic(row.start, row.client, row.service, rollup))
    return found


def _columns(rollup: Rollup) -> dict[str, Any]:
    return {
        **{name: getattr(rollup, name) for name in _SUMS},
        "reasons": _encode(rollup.reasons),
        "durations": _encode(rollup.durations),
    }


def _rollup(row: Any) -> Rollup | None:
    """A row's rollup; None when somebody has made it unreadable."""
    try:
        return Rollup(
            **msgspec.convert({name: row[name] for name in _SUMS}, dict[str, int]),
            reasons=_read_reasons(row["reasons"]),
            durations=_read_durations(row["durations"]),
        )
    except (msgspec.MsgspecError, TypeError, UnicodeDecodeError):
        return None
