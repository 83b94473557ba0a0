"""The ledger's statistics and totals over HTTP: counts only, no single call."""

import asyncio
import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from gateway.control.api.shapes import Statistic, Totals
from gateway.ledger.reader import Reader
from gateway.ledger.recorder import caught_up
from gateway.ledger.rollup import DAY, MINUTE, Rollup
from gateway.store import Store

_Text = Annotated[str | None, Query(max_length=256, pattern=r"^[^\x00]*$")]
_Second = Annotated[int | None, Query(ge=0, lt=2**40)]
_KEYS = {
    "period": ("start", "client", "service"),
    "time": ("start",),
    "pair": ("client", "service"),
    "client": ("client",),
    "service": ("service",),
}
_PERIODS = {"minute": MINUTE, "day": DAY}


def router(ledger: Reader, store: Store) -> APIRouter:
    """Routes below ``/admin/v1``."""
    routes = APIRouter(tags=["ledger"])

    @routes.get("/statistics")
    async def statistics(
        period: Literal["minute", "day"] = "day",
        since: _Second = None,
        until: _Second = None,
        member: _Text = None,
        service: _Text = None,
        by: Literal["period", "time", "pair", "client", "service"] = "period",
    ) -> list[Statistic]:
        """Outcomes: counts, refusals by reason, durations in µs, bytes.

        Either in each period, by client and service or over both ("time"), or over all periods by both ("pair") or by
        one of them.
        ``since`` and ``until`` are seconds since 1970, by default the last hour (minutes) or 30 days (days).
        """
        await caught_up(store)
        length, now = _PERIODS[period], int(time.time())
        begin = now - (3600 if period == "minute" else 30 * DAY) if since is None else since
        found = await asyncio.to_thread(
            ledger.statistics,
            length,
            since=begin // length * length,
            until=now + DAY if until is None else until,
            member=member,
            service=service,
        )
        sums: dict[tuple[tuple[str, Any], ...], Rollup] = {}
        for one in found:
            key = tuple((name, getattr(one, name)) for name in _KEYS[by])
            sums.setdefault(key, Rollup()).merge(one.rollup)
        return [_line(rollup, **dict(key)) for key, rollup in sums.items()]

    @routes.get("/totals")
    async def totals(after: Annotated[int, Query(ge=0, lt=2**62)] = 0) -> Totals:
        """How many outcomes there are after a place, by client, service, method, status and reason."""
        complete = await caught_up(store)
        names = ("client", "service", "method", "status_code", "reason", "count")
        rows = await asyncio.to_thread(ledger.count, after)
        return {
            "caught_up": complete,
            "last": await asyncio.to_thread(ledger.last),
            "totals": [dict(zip(names, row, strict=True)) for row in rows],
        }

    return routes


def _line(rollup: Rollup, **key: Any) -> Statistic:
    return {
        **key,
        "count": rollup.count,
        "answered": rollup.answered,
        "failed": rollup.failed,
        "refused": rollup.refused,
        "reasons": rollup.reasons,
        "duration_us": {
            "min": rollup.duration_min,
            "avg": rollup.duration_sum // max(1, rollup.count),
            "p50": rollup.percentile(0.5),
            "p99": rollup.percentile(0.99),
            "max": rollup.duration_max,
        },
        "request_bytes": rollup.request_bytes,
        "response_bytes": rollup.response_bytes,
    }
