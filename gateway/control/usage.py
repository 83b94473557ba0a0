"""How often the exchange was used: the ledger's statistics by day, for those who have a grant for them."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta

from gateway.ledger.reader import Reader
from gateway.ledger.recorder import caught_up
from gateway.ledger.rollup import DAY
from gateway.store import Store
from ndxp.errors import AgencyError, Code, invalid_argument
from ndxp.exchange.v1 import exchange_pb2 as pb

MOST_DAYS = 31
"""Days that one answer may be about."""

MOST_USAGES = 50_000
"""Entries of one answer, which then has some megabytes."""


class Usage:
    """Counts calls by day, client and service."""

    def __init__(self, ledger: Reader, store: Store) -> None:
        self._ledger = ledger
        self._store = store

    async def between(self, since: str, until: str) -> pb.GetUsageResponse:
        """The usage from a first to a last day, with all that was answered before it was asked for.

        Raises AgencyError for days that are none, in the wrong order or too many, and for an answer that is too long.
        """
        last = _day(until, "until") if until else datetime.now(UTC).date()
        first = _day(since, "since") if since else last
        if not timedelta(0) <= last - first < timedelta(MOST_DAYS):
            raise invalid_argument(
                "DAYS_OUT_OF_RANGE", f"until must be the day of since or later, and both within {MOST_DAYS} days",
                "until",
            )  # fmt: skip
        await caught_up(self._store)
        found = await asyncio.to_thread(self._ledger.statistics, DAY, since=_second(first), until=_second(last) + DAY)
        if len(found) > MOST_USAGES:
            raise AgencyError(
                Code.RESOURCE_EXHAUSTED, "USAGE_TOO_LONG",
                f"these days have {len(found)} entries, and an answer has {MOST_USAGES} at most; ask for fewer days",
            )  # fmt: skip
        response = pb.GetUsageResponse(since=first.isoformat(), until=last.isoformat())
        for one in found:
            response.usages.add(
                day=datetime.fromtimestamp(one.start, UTC).date().isoformat(), client=one.client, service=one.service,
                answered=one.rollup.answered, failed=one.rollup.failed, refused=one.rollup.refused,
            )  # fmt: skip
        return response


def _day(text: str, field: str) -> date:
    try:
        day = date.fromisoformat(text)
        if day.isoformat() == text:
            return day
    except ValueError:
        pass
    raise invalid_argument(f"{field.upper()}_MALFORMED", f"{field} must be a date that exists, as yyyy-MM-dd", field)


def _second(day: date) -> int:
    """When a day begins, in seconds since 1970."""
    return int(datetime.combine(day, time(), UTC).timestamp())
